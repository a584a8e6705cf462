"""Find personal data in a prompt: e-mail addresses, phone numbers, and names of persons, by rule.

A name is one of a list, or a title with a capitalised word, or a common given name with a capitalised word. Names that
consist of one word, that are written in small letters, or whose given name is rare are not found: list them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache

from imageseo.heroes.policy.given_names import GIVEN_NAMES
from imageseo.heroes.policy.words import find_terms

KINDS = ("email", "phone", "name")
_AT, _DOT = r"(?:@|\s*[\[({]\s*(?:at|@)\s*[\])}]\s*)", r"(?:\.|\s*[\[({]\s*(?:dot|\.)\s*[\])}]\s*)"
_EMAIL = re.compile(rf"[\w.+%'-]{{1,64}}{_AT}[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{1,6}}", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<![\w.#-])(?:\+|00|\(\+|\(?0)[\d ()/.\-–]{5,24}\d(?![\w])|(?<![\w.#-])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w-])"
)
_TITLES = (
    *("Mr", "Mrs", "Ms", "Miss", "Mister", "Dr", "Prof", "Professor", "Sir", "Lady", "Lord", "President", "Chancellor"),
    *("Senator", "Pope", "King", "Queen", "Prince", "Princess", "CEO", "Herr", "Herrn", "Frau", "Kanzler", "Kanzlerin"),
    *("Präsident", "Präsidentin", "Papst", "Monsieur", "Madame", "Mme", "Señor", "Señora", "Signor", "Signora"),
)
_CAP = r"(?:(?:von|van|de|der|den|da|di|du|la|le|zu|al|bin|el|O['’]|Mc|Mac|[A-ZÀ-ÖØ-Þ]\.)\s*){0,3}[A-ZÀ-ÖØ-Þ][\w'’-]+"
_NAME = re.compile(
    rf"\b(?:(?:{'|'.join(_TITLES)})\b\.?\s+(?:{_CAP})(?:\s+{_CAP})?|"
    rf"(?P<given>[A-ZÀ-ÖØ-Þ][\w'’]+)(?:-[A-ZÀ-ÖØ-Þ][\w'’]+)?\s+{_CAP})"
)
_PLACE = (
    "Street",
    "Avenue",
    "Road",
    "Square",
    "Island",
    "Bay",
    "River",
    "Lake",
    "Bridge",
    "Church",
    "Cathedral",
    "University",
    "Day",
    "Park",
)


def find_personal(text: str, *, people: Iterable[str] = ()) -> dict[str, list[str]]:
    """Return what a text contains, by kind: ``email``, ``phone`` and ``name``. ``people``: listed names."""
    text = visible(text)
    listed = find_terms(text, people)
    names = [*listed, *(match for match in _names(text) if not find_terms(match, listed))]
    found = {"email": _EMAIL.findall(text), "phone": _phones(text), "name": list(dict.fromkeys(names))}
    return {kind: values for kind, values in found.items() if values}


def redact(text: str, kinds: Collection[str], *, people: Iterable[str] = ()) -> tuple[str, tuple[str, ...]]:
    """Return a text without personal data, and the kinds that were taken out. A text without any stays as it is."""
    found = find_personal(text, people=people)
    removed = tuple(kind for kind in KINDS if kind in kinds and kind in found)
    if not removed:
        return text, ()
    clean = visible(text)
    if "email" in removed:
        clean = _EMAIL.sub("", clean)
    if "phone" in removed:
        clean = _PHONE.sub(lambda match: "" if _is_phone(match[0]) else match[0], clean)
    if "name" in removed:
        for name in sorted(found["name"], key=len, reverse=True):
            parts = r"[\W_]*".join(re.escape(part) for part in re.findall(r"\w+", name))
            clean = re.sub(rf"(?<!\w){parts}(?!\w)", "a person", clean, flags=re.IGNORECASE)
    clean = re.sub(r"\(\s*\)|\[\s*\]", "", clean)
    return re.sub(r"\s{2,}", " ", re.sub(r"\s+([,.;:])", r"\1", clean)).strip(), removed


@lru_cache(maxsize=256)
def visible(text: str) -> str:
    """Return a text in its plain form: full-width letters become ordinary ones, invisible characters go."""
    return "".join(each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each) != "Cf")


def _names(text: str) -> list[str]:
    found = []
    for match in _NAME.finditer(text):
        given, last = match["given"], match[0].split()[-1]
        if (given is None or given in GIVEN_NAMES) and last not in _PLACE:
            found.append(match[0])
    return found


def _phones(text: str) -> list[str]:
    return [match[0] for match in _PHONE.finditer(text) if _is_phone(match[0])]


def _is_phone(text: str) -> bool:
    return 7 <= sum(letter.isdigit() for letter in text) <= 15
