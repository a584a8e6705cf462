"""Languages of texts: words without a subject, stems, and the language of a text that does not name it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources

_STEMMERS = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "eo": "esperanto",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "st": "sesotho",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
_NORWEGIAN = ("nb", "nn")
_TAG = re.compile(r"[A-Za-z]{2,3}(?=$|[-_.])")
_MOST_COMMON = ("en", "de", "fr", "es", "ru", "pt", "it", "nl", "pl", "tr", "sv", "da", "no")


def base_language(tag: str | None) -> str:
    """Return the language of a tag such as ``de-AT``, ``pt_BR`` or ``nb``; ``""`` if it is not one."""
    match = _TAG.match((tag or "").strip())
    language = match[0].lower() if match else ""
    return "no" if language in _NORWEGIAN else language


@cache
def stop_words() -> Mapping[str, frozenset[str]]:
    """Return language -> words without a subject, case-folded."""
    text = resources.files(__package__).joinpath("stop_words.toml").read_text("utf-8")
    return {language: frozenset(words.split()) for language, words in tomllib.loads(text).items()}


def detect(words: tuple[str, ...]) -> str:
    """Return the language that most of the stop words of a text belong to; ``""`` if it has none.

    Of several languages with as many, such as Dutch and German for "die" and "der", the more common one on the web.
    """
    counts = {language: sum(word in known for word in words) for language, known in stop_words().items()}
    order = (*_MOST_COMMON, *sorted(counts.keys() - {*_MOST_COMMON}))
    found = max(order, key=lambda language: counts[language])  # the first of equal ones
    return found if counts[found] else ""


def language_of(words: tuple[str, ...], declared: str = "") -> str:
    """Return the language to search in; ``""`` if neither the page nor the text shows any.

    ``declared``: the page's language tag. A title whose words are clearly of another language is read in that one:
    an English post of a German site.
    """
    declared = base_language(declared)
    found = detect(words)
    if not declared:
        return found
    own = stop_words().get(declared)
    if own is None or not found or any(word in own for word in words):
        return declared
    return found


@cache
def stemmer(language: str) -> Callable[[str], str]:
    """Return the function that cuts a word's endings; the word itself in languages without a stemmer."""
    import snowballstemmer  # it imports all of its stemmers

    name = _STEMMERS.get(language)
    if name not in snowballstemmer.algorithms():
        return str
    stem: Callable[[str], str] = snowballstemmer.stemmer(name).stemWord
    return stem
