"""Pages as all checkers see them: the start tags of the source by number, and which of them are about one image.

Checkers name an element by line and column, by offset, or by a selector; all become the number of a start tag. In the
browser the tags carry it as an attribute, which ``marked`` writes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

MARK = "data-agreement"
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_IMAGES = frozenset({"img", "svg", "area", "map", "object", "picture", "source"})
CONTROLS = frozenset({"a", "button"})


@dataclass(slots=True)
class Tag:
    """One start tag. ``start``: offset of its ``<``, in characters. ``parent``: number of the tag that it is in."""

    name: str
    start: int
    parent: int | None
    attributes: Mapping[str, str]
    text: bool = False  # has text that is read, itself or inside
    inside: list[int] = field(default_factory=list)  # images in it, at any depth


@dataclass(frozen=True)
class Page:
    """One HTML file. ``path``: in the site. ``file``: on disk."""

    path: str
    file: Path

    @cached_property
    def text(self) -> str:
        return self.file.read_bytes().decode("utf-8", "replace")

    @cached_property
    def tags(self) -> list[Tag]:
        return _Tags(self.text).found

    @cached_property
    def _starts(self) -> list[int]:
        return [tag.start for tag in self.tags]

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def offset(self, line: int, column: int, *, utf16: bool = False) -> int:
        """The offset of a line and column, both from 1. ``utf16``: columns as JavaScript and Java count them."""
        begin = self._lines[min(max(line, 1), len(self._lines)) - 1]
        if not utf16:
            return begin + max(column - 1, 0)
        units, at = 0, begin
        while units < column - 1 and at < len(self.text):
            units += 2 if ord(self.text[at]) > 0xFFFF else 1
            at += 1
        return at

    def tag_at(self, offset: int) -> int | None:
        """The last start tag that begins at an offset or before."""
        number = bisect_right(self._starts, offset) - 1
        return number if number >= 0 else None

    def image(self, number: int | None) -> int | None:
        """The tag that stands for the image which a tag is about; None for a tag that is about none.

        A picture and its sources stand for their img, what is in an svg for the svg, a link or button for the image
        that is all of its content.
        """
        if number is None or number >= len(self.tags):
            return None
        tag = self.tags[number]
        for around in self._ancestors(number):
            if self.tags[around].name == "svg":
                return around
            if self.tags[around].name == "picture" and tag.name in ("picture", "source"):
                return next((each for each in self.tags[around].inside if self.tags[each].name == "img"), number)
        if tag.name in _IMAGES or tag.attributes.get("role") in ("img", "image"):
            return number
        if tag.name == "input" and tag.attributes.get("type", "").strip().lower() == "image":
            return number
        if tag.name == "link" and tag.attributes.get("as", "").lower() == "image":
            return number
        control = tag.name in CONTROLS or tag.attributes.get("role") in ("link", "button")
        return tag.inside[0] if control and tag.inside and not tag.text else None

    def _ancestors(self, number: int) -> Iterator[int]:
        """A tag and those around it, from the inside."""
        at: int | None = number
        while at is not None:
            yield at
            at = self.tags[at].parent


def marked(html: bytes) -> bytes:
    """A page whose start tags carry their number as their first attribute."""
    text = html.decode("utf-8", "replace")
    parts, at = [], 0
    for number, tag in enumerate(_Tags(text).found):
        end = tag.start + 1 + len(tag.name)
        parts += [text[at:end], f' {MARK}="{number}"']
        at = end
    return "".join([*parts, text[at:]]).encode("utf-8")


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Tag] = []
        self._open: list[int] = []
        self._begins = [0, *(match.end() for match in re.finditer("\n", text))]
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, column = self.getpos()
        number = len(self.found)
        parent = self._open[-1] if self._open else None
        # Of an attribute that is there twice, browsers take the first.
        attributes = {name: value or "" for name, value in reversed(attrs)}
        self.found.append(Tag(tag, self._begins[line - 1] + column, parent, attributes))
        if tag in ("img", "svg", "object") or attributes.get("role") == "img":
            for around in self._open:
                self.found[around].inside.append(number)
        if tag not in _VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self._open.append(number)

    def handle_endtag(self, tag: str) -> None:
        for at in range(len(self._open) - 1, max(len(self._open) - 40, -1), -1):
            if self.found[self._open[at]].name == tag:
                del self._open[at:]
                return

    def handle_data(self, data: str) -> None:
        if data.strip() and self._open and self.found[self._open[-1]].name not in ("script", "style", "title", "desc"):
            for around in self._open:
                self.found[around].text = True
