"""Notices another program that writes the same pages again after each build, because it watches them too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from imageseo.integrations.pages import PAGE_SUFFIXES

_ROUNDS, _PAUSE = 10, 2.0
"""Builds of the same page, and seconds between them, that no author causes."""


@dataclass(slots=True)
class WriteLoop:
    """The pages that the builds one after another have written."""

    _again: frozenset[str] = frozenset()
    _rounds: int = 0
    _ended: float = 0.0

    def find(self, start: float, end: float, changed: Iterable[str]) -> str | None:
        """Return a page that is written without end, once; else None.

        ``start``, ``end``: of a build, in seconds. ``changed``: the paths that it wrote.
        """
        is_soon = 0 <= start - self._ended < _PAUSE
        pages = frozenset(path for path in changed if path.endswith(PAGE_SUFFIXES))  # a sitemap changes with any
        again = self._again & pages if is_soon else frozenset[str]()
        self._rounds = self._rounds + 1 if again else 1
        self._again = again or pages
        self._ended = end
        return min(self._again) if self._rounds == _ROUNDS else None
