"""Applies edits to a page by byte span, and removes the markup that an earlier build added."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import starmap

from imageseo.model.edit import Edit
from imageseo.model.image import Span
from imageseo.web.html.attributes import SPACE, RawAttribute, Tag, attributes
from imageseo.web.html.tokenizer import walk

__all__ = ["ADDABLE", "CHROME", "HERO", "MARKER", "NATURAL", "Edit", "apply", "strip"]

MARKER = "data-imageseo"
_HERO_FIGURE = "hero-figure"
# Attributes that a build may add to an author's <img>; a marker that lists any other is not from imageseo.
ADDABLE = frozenset({"alt", "width", "height", "loading", "decoding", "fetchpriority", "srcset", "sizes", "style"})
HERO = "hero"  # the page's hero
NATURAL = "natural"  # the width that is shown follows from the height that the theme sets
CHROME = "chrome"  # outside the article: only the theme determines its width
_LINK_ADDABLE = frozenset({"imagesrcset", "imagesizes", "type"})
_EDITED_TAGS = frozenset({"picture", "source", "img", "figure", "style", "script", "link"})
_RAW_END = re.compile(rf"</(?:style|script)[{SPACE}]*>")


def apply(html: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the page with all edits applied. Insertions at the same offset keep their order.

    Raises ``ValueError`` if spans overlap or lie outside the page.
    """
    pieces: list[bytes] = []
    position = 0
    for edit in sorted(edits, key=lambda edit: edit.span):
        start, end = edit.span
        if not position <= start <= end <= len(html):
            raise ValueError(f"the edit of bytes {start}-{end} overlaps another edit or the end of the page")
        pieces += (html[position:start], edit.replacement)
        position = end
    return b"".join([*pieces, html[position:]])


def strip(html: bytes) -> bytes:
    """Return the page as its author wrote it, without everything that a build added."""
    if not _may_have_marker(html):
        return html
    text = html.decode("latin-1")
    cuts = tuple(Edit(span=span, replacement=b"") for span in _added_spans(text, html.lower().decode("latin-1")))
    return apply(html, cuts) if cuts else html


def _may_have_marker(html: bytes) -> bool:
    """Whether the marker may occur in a tag; in highlighted code it directly follows a ``>``."""
    needle = MARKER.encode()
    at = html.find(needle)
    while at > 0 and html[at - 1 : at] == b">":
        at = html.find(needle, at + len(needle))
    return at >= 0


def _added_spans(text: str, lowered: str) -> Iterator[Span]:
    """Yield the spans that a build added, in order and without overlaps."""
    in_picture = False
    figure: Tag | None = None
    for tag in starmap(Tag, walk(lowered, _EDITED_TAGS)):
        if figure is not None:
            if tag.name == "/figure":
                yield Span(figure.start, tag.end)
                figure = None
            continue
        if in_picture and tag.name in ("source", "/picture"):
            in_picture = tag.name == "source"
            yield Span(tag.start, tag.end)
            continue
        if lowered.find(MARKER, tag.start, tag.end) < 0:
            continue
        written = attributes(text, tag)
        marker = next((item for item in written if item.name == MARKER), None)
        if marker is None:
            continue
        value = (marker.value or "").strip()
        if tag.name == "img" or (tag.name == "link" and value):
            yield from _added_attributes(text, tag, written, marker)
        elif tag.name == "link":
            yield Span(tag.start, tag.end)
        elif tag.name == "figure" and value == _HERO_FIGURE:
            figure = tag
        elif tag.name == "picture" and not value:
            in_picture = True
            yield Span(tag.start, tag.end)
        elif tag.name in ("style", "script") and not value:
            close = _RAW_END.match(lowered, tag.close)
            yield Span(tag.start, close.end() if close else tag.close)


def _added_attributes(text: str, tag: Tag, written: list[RawAttribute], marker: RawAttribute) -> Iterator[Span]:
    """Yield the spans of the marker and the attributes it lists, each with the preceding space."""
    listed = set((marker.value or "").split()) - {HERO, CHROME, NATURAL}
    if not (marker.value or "").strip() or not listed <= (_LINK_ADDABLE if tag.name == "link" else ADDABLE):
        return
    start = end = -1
    for item in written:
        if item.name not in listed and item is not marker:
            continue
        begin = item.start - 1 if text[item.start - 1] in SPACE else item.start
        if begin != end:
            if end > start:
                yield Span(start, end)
            start = begin
        end = item.end
    yield Span(start, end)
