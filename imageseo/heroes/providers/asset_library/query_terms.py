"""The words of a query."""

from __future__ import annotations

import re

LIMIT = 24
"""Words of a query that are searched for: a page's summary may be long."""

_WORD = re.compile(r"[^\W_]+")
# Chinese and Japanese are written without spaces, and SQLite takes a run of them for one word.
_SIGN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_IDLE = frozenset(
    _WORD.findall(
        "a about all also an and any are as at be been but by can do for from had has have he her his how i if in into "
        "is it its me my no not of on or our she so some such than that the their them then there these they this to "
        "up us was we were what when where which who why will with you your"
    )
)


def asked(query: str) -> tuple[str, ...]:
    """The words to search for, each once: without those that every English sentence has, unless it has no others."""
    words = tuple(dict.fromkeys(_WORD.findall(spaced(query).casefold())))
    return (tuple(word for word in words if word not in _IDLE) or words)[:LIMIT]


def needed(words: tuple[str, ...]) -> int:
    """How many of them a picture must have: one, of four and more two."""
    return min(len(words), 1 if len(words) < 4 else 2)


def spaced(text: str) -> str:
    """The text with every sign of Chinese and Japanese as a word of its own."""
    return _SIGN.sub(r" \g<0> ", text)
