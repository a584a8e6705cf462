"""Split a query into search terms."""

from __future__ import annotations

import re

LIMIT = 24
"""Maximum number of search terms: a page's summary may be long."""

_WORD = re.compile(r"[^\W_]+")
# Chinese and Japanese are written without spaces; SQLite would treat a run of characters as one word.
_CJK_CHARACTER = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_STOP_WORDS = frozenset(
    _WORD.findall(
        "a about all also an and any are as at be been but by can do for from had has have he her his how i if in into "
        "is it its me my no not of on or our she so some such than that the their them then there these they this to "
        "up us was we were what when where which who why will with you your"
    )
)


def search_terms(query: str) -> tuple[str, ...]:
    """Return the distinct words to search for, without stop words unless there are no others."""
    words = tuple(dict.fromkeys(_WORD.findall(separate_cjk(query).casefold())))
    return (tuple(word for word in words if word not in _STOP_WORDS) or words)[:LIMIT]


def required_matches(words: tuple[str, ...]) -> int:
    """Return how many of the terms an image must contain: one, or two if there are four or more."""
    return min(len(words), 1 if len(words) < 4 else 2)


def separate_cjk(text: str) -> str:
    """Return the text with every Chinese or Japanese character as a separate word."""
    return _CJK_CHARACTER.sub(r" \g<0> ", text)
