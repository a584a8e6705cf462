"""Split texts into words, and a query into search terms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from imageseo.heroes.providers.asset_library import languages

LIMIT = 24
"""Maximum number of search terms: a page's summary may be long."""

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KATAKANA, _HIRAGANA = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff", "\u3041-\u309f"
# Vowel signs and accents belong to words; Python's \w leaves them out. The Indic, Thai, Burmese and Khmer blocks hold
# many; their two full stops are no letters.
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0966-\u109f\u1780-\u17d3"
# Chinese and Japanese are written without spaces: their scripts are told apart, the rest of a text is in words.
_TOKEN = re.compile(
    rf"(?P<han>[{_HAN}]+)|(?P<kana>[{_KATAKANA}]+)|(?P<hiragana>[{_HIRAGANA}]+)"
    rf"|(?P<word>(?:(?![{_HAN}{_KATAKANA}{_HIRAGANA}])[^\W_]|[{_MARKS}])+)"
)
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]")
# Chinese words of one character without a subject, such as "of" and "and".
_PARTICLES = re.compile("[的了是在和与與或及之这這那就都而但也很]")
_MAX_LETTERS = 64  # of a word; what is longer is no word
_SHORT = re.compile(r"[a-z]|[0-9]{1,2}")


def search_terms(query: str, language: str = "") -> tuple[str, ...]:
    """Return the distinct words to search for, in their order, without stop words unless there are no others.

    ``language``: the page's; found out from the words if it is ``""``.
    """
    words = tuple(dict.fromkeys(_words(query)))
    language = query_language(query, language)
    return (tuple(word for word in words if has_subject(word, language)) or words)[:LIMIT]


def has_subject(word: str, language: str) -> bool:
    """Whether a word can say what an image shows: no stop word, single letter, short number or Japanese ending."""
    is_stop_word = word in languages.stop_words().get(language, frozenset())
    return not is_stop_word and not _SHORT.fullmatch(word) and not _is_hiragana(word)


def query_language(query: str, declared: str = "") -> str:
    """Return the language whose endings and stop words apply to a query; ``""`` if it is unknown."""
    return languages.language_of(tuple(_words(query)), declared)


def index_words(text: str) -> Iterator[str]:
    """Yield the words of an image's text, as often as they occur; of Chinese also each single character."""
    for kind, run in _runs(text):
        yield from (run if kind == "han" and len(run) > 1 else ())
        yield from _pairs(run) if kind == "han" else (run,)


def fold(word: str) -> str:
    """Return a word without accents, for comparison."""
    return (
        word if word.isascii() else unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", word)))
    )


def _words(text: str) -> Iterator[str]:
    for kind, run in _runs(text):
        parts = [part for part in _PARTICLES.split(run) if part] if kind == "han" else ()
        for part in parts or (run,):
            yield from _pairs(part) if kind == "han" else (part,)


def _runs(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(unicodedata.normalize("NFC", text).casefold()):
        if match.lastgroup == "han" or match.end() - match.start() <= _MAX_LETTERS:
            yield match.lastgroup or "", match[0]


def _pairs(run: str) -> tuple[str, ...]:
    return tuple(run[at : at + 2] for at in range(len(run) - 1)) or (run,)


def _is_hiragana(word: str) -> bool:
    return "\u3041" <= word[0] <= "\u309f"
