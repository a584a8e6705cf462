"""The link that something on a page stands in, looked for only when it is asked for: most tags of a page are links."""

from __future__ import annotations

from collections.abc import Sequence

from imageseo.web.html.attributes import SPACE, Tag
from imageseo.web.html.tokenizer import in_text, start_tag, walk

_AFTER_NAME = frozenset(SPACE + "/>")
_LINK = frozenset({"a"})


class Links:
    """The links of one page (latin-1 text in lower case), asked for in the order of the page.

    ``hidden``: what hides tags, as ``walk`` tells it; the caller lets it grow before each question.
    """

    def __init__(self, lowered: str, hidden: Sequence[tuple[int, int]]) -> None:
        self._lowered = lowered
        self._hidden = hidden
        self._known = 0  # up to here
        self._link: Tag | None = None

    def around(self, at: int) -> Tag | None:
        """The ``<a>`` that stands open at a tag: it ends with the next one or its end tag, nothing else ends it."""
        end, index = at, len(self._hidden)
        while end > self._known:
            index -= 1
            opened, closed = self._hidden[index] if index >= 0 else (0, 0)
            found, told = self._last(max(closed, self._known), end)
            if told:
                self._link = found
                break
            end = opened
        self._known = at
        return self._link

    def _last(self, since: int, end: int) -> tuple[Tag | None, bool]:
        """The link open at the end of a range that hides nothing, and whether the range tells."""
        lowered = self._lowered
        at = max(_rfind(lowered, "<a", since, end), _rfind(lowered, "</a", since, end))
        if at < 0:
            return None, False
        if in_text(lowered, since, at):
            return start_tag(lowered, at), True
        told, link = False, None
        for name, start, stop, close in walk(lowered, _LINK, since=since):
            if start >= end:
                break
            told, link = True, Tag(name, start, stop, close) if name == "a" else None
        return link, told


def _rfind(lowered: str, begin: str, since: int, end: int) -> int:
    """Where the last tag begins of which this is all but the attributes; -1 without any."""
    at = lowered.rfind(begin, since, end)
    while at >= 0 and lowered[at + len(begin)] not in _AFTER_NAME:
        at = lowered.rfind(begin, since, at)
    return at
