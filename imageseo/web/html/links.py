"""Finds the link around a tag on demand: links are most of the tags of a page, so that a walk would be slow."""

from __future__ import annotations

from collections.abc import Sequence

from imageseo.web.html.attributes import SPACE, Tag
from imageseo.web.html.tokenizer import in_text, start_tag, walk

_AFTER_NAME = frozenset(SPACE + "/>")
_LINK = frozenset({"a"})


class Links:
    """The links of one page. Query them in page order.

    ``lowered``: the page as latin-1 text in lower case. ``hidden``: the list of ranges that hide tags, filled by
    ``walk``; before each query it must contain all ranges up to there.
    """

    def __init__(self, lowered: str, hidden: Sequence[tuple[int, int]]) -> None:
        self._lowered = lowered
        self._hidden = hidden
        self._position = 0  # offset of the last query
        self._link: Tag | None = None  # the link open at that offset

    def enclosing(self, at: int) -> Tag | None:
        """Return the ``<a>`` that is open at an offset; only its end tag or the next ``<a>`` ends it."""
        end, index = at, len(self._hidden)
        while end > self._position:
            index -= 1
            hidden_start, hidden_end = self._hidden[index] if index >= 0 else (0, 0)
            link, is_decided = self._last_link(max(hidden_end, self._position), end)
            if is_decided:
                self._link = link
                break
            end = hidden_start
        self._position = at
        return self._link

    def _last_link(self, since: int, end: int) -> tuple[Tag | None, bool]:
        """Return the link open at the end of a range without hidden parts, and whether the range has a link tag."""
        lowered = self._lowered
        at = max(_rfind_tag(lowered, "<a", since, end), _rfind_tag(lowered, "</a", since, end))
        if at < 0:
            return None, False
        if in_text(lowered, since, at):
            return start_tag(lowered, at), True
        is_decided, link = False, None
        for name, start, stop, close in walk(lowered, _LINK, since=since):
            if start >= end:
                break
            is_decided, link = True, Tag(name, start, stop, close) if name == "a" else None
        return link, is_decided


def _rfind_tag(lowered: str, begin: str, since: int, end: int) -> int:
    """Return the start of the last tag in the range that begins with ``begin`` as its full name; -1 if none."""
    at = lowered.rfind(begin, since, end)
    while at >= 0 and lowered[at + len(begin)] not in _AFTER_NAME:
        at = lowered.rfind(begin, since, at)
    return at
