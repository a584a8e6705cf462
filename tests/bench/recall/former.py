"""The search of version 1: English word forms, English stop words, SQLite's BM25; sizes do not count.

It is kept to compare with. Words, weights and limits are those of the time.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping

_WORD = re.compile(r"[^\W_]+")
_STOP_WORDS = frozenset(
    _WORD.findall(
        "a about all also an and any are as at be been but by can do for from had has have he her his how i if in into "
        "is it its me my no not of on or our she so some such than that the their them then there these they this to "
        "up us was we were what when where which who why will with you your"
    )
)
_MAX_TERMS, _ALL_TERMS, _MANY = 12, 24, 4
_WEIGHTS = "8.0, 6.0, 4.0, 2.0"


class FormerSearch:
    """``pictures``: path -> title, tags, alternative text."""

    def __init__(self, pictures: Mapping[str, tuple[str, str, str]]) -> None:
        self._paths = list(pictures)
        self._base = sqlite3.connect(":memory:")
        self._base.execute("CREATE VIRTUAL TABLE words USING fts5(title, tags, alt, name, tokenize='porter unicode61')")
        rows = ((*texts, path.rpartition(".")[0]) for path, texts in pictures.items())
        self._base.executemany("INSERT INTO words VALUES (?, ?, ?, ?)", rows)

    def find(self, query: str) -> list[str]:
        """Return the paths of matching pictures, best first."""
        words = tuple(dict.fromkeys(_WORD.findall(query.casefold())))
        words = (tuple(word for word in words if word not in _STOP_WORDS) or words)[:_ALL_TERMS]
        having = {word: self._having([word]) for word in words}
        rarest = sorted(words, key=lambda word: (len(having[word]), word))
        uncommon = [word for word in rarest if 0 < len(having[word]) * 2 <= len(self._paths)]
        terms = (uncommon or [word for word in rarest if having[word]] or rarest)[:_MAX_TERMS]
        required = min(len(words), 1 if len(words) < _MANY else 2)
        counts = {id: sum(id in having[word] for word in words) for id in self._having(terms)}
        scored = self._base.execute(
            f"SELECT bm25(words, {_WEIGHTS}), rowid FROM words WHERE words MATCH ?", [_any(terms)]
        )
        ranked = sorted((score, self._paths[id - 1]) for score, id in scored if counts[id] >= required)
        return [path for _, path in ranked]

    def _having(self, words: Iterable[str]) -> set[int]:
        return {id for (id,) in self._base.execute("SELECT rowid FROM words WHERE words MATCH ?", [_any(words)])}


def _any(words: Iterable[str]) -> str:
    return " OR ".join(f'"{word}"' for word in words)
