"""Measures the text of an article: how much of it visitors see before an image, and whether that is in a table."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from itertools import islice

from imageseo.model.image import Span
from imageseo.web.html.elements import OpenElement
from imageseo.web.html.page_text import PageText
from imageseo.web.html.walker import PageWalker

MAX_TEXT_BEFORE = 5_000
"""Characters: images after this much text are far from the top; no rule compares further."""
_TABLE = re.compile(r"<(/?)table\b")


class ArticleText(PageText):
    """A page with its structure. ``article``: the inner bytes of its main article; None if there is none."""

    article: Span | None = None

    def __init__(self, text: str, walker: PageWalker) -> None:
        super().__init__(text)
        self.walker = walker
        self._tables_read = 0
        self._open_tables = 0

    def visible_length(self, start: int, end: int) -> int:
        """Return the number of characters that visitors see at first in a range; exact only up to the maximum."""
        return self._length(start, end) - self._hidden_length(start, end)

    def is_in_table(self, at: int) -> bool:
        """Whether an offset is in a table of the article; looks no further than from one image to the next."""
        lowered, since = self.walker.lowered, max(self._tables_read, self.text_start())
        if lowered.find("<table", since, at) >= 0 or self._open_tables:
            for match in _TABLE.finditer(lowered, since, at):
                self._open_tables = max(0, self._open_tables + (-1 if match[1] else 1))
        self._tables_read = at
        return self._open_tables > 0

    def _length(self, start: int, end: int) -> int:
        """Return the number of characters of text in a range; exact only up to the maximum."""
        is_long = end - start > 4 * MAX_TEXT_BEFORE
        cut = self.text.rfind("<", start, start + 4 * MAX_TEXT_BEFORE) if is_long else start
        size = len(self.words(start, cut)) if cut > start else 0
        return size if size > MAX_TEXT_BEFORE else len(self.words(start, end))

    def _hidden_length(self, start: int, end: int) -> int:
        """Return the number of characters in a range that no visitor sees at first; they take no room."""
        size, behind = 0, start
        hiding, closes = self._hiding
        for element in islice(hiding, bisect_right(closes, start), None):
            if element.tag.end >= end:
                break
            since, until = max(element.tag.end, behind), min(element.close, end)
            if since < until:
                size += len(self.words(since, until))
                behind = until
        return size

    @cached_property
    def _hiding(self) -> tuple[list[OpenElement], list[int]]:
        """The outermost elements that hide something, in order, and where their contents end."""
        found: list[OpenElement] = []
        closes: list[int] = []
        for element in self.walker.hiding(self.text_start()):
            if not closes or element.close > closes[-1]:
                found.append(element)
                closes.append(element.close)
        return found, closes

    def text_start(self) -> int:
        if self.article is not None:
            return self.article.start
        return self.walker.body.end if self.walker.body else 0
