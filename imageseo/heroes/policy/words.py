"""Find blocked words and names in a prompt, however they are spelt."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

SEXUAL = ("nude*", "nudity", "naked", "nsfw", "porn*", "erotic*", "topless", "nackt*", "hentai", "desnud*", "undressed")
"""Words that the profile `commercial` blocks."""
BRANDS = (
    *(
        "Adidas",
        "Adobe",
        "Airbnb",
        "Audi",
        "BMW",
        "Coca-Cola",
        "Disney",
        "Facebook",
        "Ferrari",
        "Gucci",
        "Harley-Davidson",
    ),
    *("Heineken", "IKEA", "Instagram", "iPhone", "Lamborghini", "LEGO", "Louis Vuitton", "Lufthansa", "Marvel"),
    *(
        "Mastercard",
        "McDonald's",
        "Mercedes-Benz",
        "Microsoft",
        "Mickey Mouse",
        "Netflix",
        "Nike",
        "Nintendo",
        "Nutella",
    ),
    *("Pepsi", "Pixar", "Playmobil", "PlayStation", "Pokémon", "Porsche", "Red Bull", "Rolex", "Samsung", "Spider-Man"),
    *("Star Wars", "Starbucks", "Tesla", "TikTok", "Toyota", "Volkswagen", "WhatsApp", "YouTube"),
)
"""Well-known brands that the profile `commercial` blocks; your own list adds to them."""

_ALIKE = str.maketrans(dict(zip("аеорсухікмтвнԁӏјѕԛԝοαερτυχικɑ", "aeopcyxikmtbhdljsqwoaeptuxika", strict=True)))
"""Letters of other scripts that look like Latin ones, used in a word that has Latin letters too."""
_WORD = re.compile(r"\w+")
_SPACED = re.compile(r"(?<!\w)(?:\w[ .\-_*·]){2,}\w(?!\w)")


@lru_cache(maxsize=512)
def plain(text: str) -> str:
    """Return a text without case, accents, invisible characters and look-alike letters."""
    text = "".join(
        each for each in unicodedata.normalize("NFKD", text) if unicodedata.category(each) not in ("Cf", "Mn")
    )
    text = unicodedata.normalize("NFKC", text.casefold())
    return _WORD.sub(lambda match: _latin(match[0]), text)


def _latin(word: str) -> str:
    """Replace look-alike letters in a word that mixes scripts."""
    return word.translate(_ALIKE) if any("a" <= letter <= "z" for letter in word) else word


@lru_cache(maxsize=1024)
def _pattern(term: str) -> re.Pattern[str] | None:
    """Return the pattern of a term: its parts with anything but letters between them; ``*`` at the end: any ending."""
    parts = _WORD.findall(plain(term).replace("_", " "))
    if not parts:
        return None
    ending = r"\w*" if term.rstrip().endswith("*") else r"(?:['’]?s)?"
    words = r"[\W_]*".join(map(re.escape, parts))
    return re.compile(rf"(?<!\w){words}{ending}(?!\w)")


def find_terms(text: str, terms: Iterable[str]) -> list[str]:
    """Return the terms that a text contains as words, in the order of the list."""
    folded = plain(text).replace("_", " ")
    spaced = [re.sub(r"[\W_]", "", run) for run in _SPACED.findall(plain(text))]  # n u d e, n.u.d.e
    patterns = ((term, _pattern(term)) for term in dict.fromkeys(terms))
    return [
        term
        for term, pattern in patterns
        if pattern is not None and (pattern.search(folded) or any(_letters(term) in run for run in spaced))
    ]


def _letters(term: str) -> str:
    return re.sub(r"[\W_]", "", plain(term))
