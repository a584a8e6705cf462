"""Applies edits to a page by byte span, and removes the markup that an earlier build added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from imageseo.model.edit import Edit
from imageseo.model.image import Span
from imageseo.web.html.attributes import SPACE, RawAttribute, Tag, attributes

if TYPE_CHECKING:
    from turbohtml import Element

__all__ = ["ADDABLE", "CHROME", "HERO", "LINK_ADDABLE", "MARKER", "NATURAL", "Edit", "apply", "strip"]

MARKER = "data-imageseo"
_HERO_FIGURE = "hero-figure"
# Attributes that a build may add to an author's <img>; a marker that lists any other is not from imageseo.
ADDABLE = frozenset({"alt", "width", "height", "loading", "decoding", "fetchpriority", "srcset", "sizes", "style"})
HERO = "hero"  # the page's hero
NATURAL = "natural"  # the width that is shown follows from the height that the theme sets
CHROME = "chrome"  # outside the article: only the theme determines its width
LINK_ADDABLE = frozenset({"imagesrcset", "imagesizes", "type"})
_MARKED = ("picture", "img", "figure", "style", "script", "link", "meta")
_MAX_ROUNDS = 10


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
    for _ in range(_MAX_ROUNDS):  # a page that somebody has cut may show more of it then
        if not _may_have_marker(html):
            return html
        cuts = _restoring_edits(html)
        if not cuts:
            return html
        html = apply(html, cuts)
    return html


def replaced_tag(new: bytes, former: bytes) -> bytes:
    """Return a ``<meta>`` tag that replaces the author's, which it contains. ``new``: its beginning, without ``>``."""
    quoted = former.replace(b"&", b"&amp;").replace(b'"', b"&quot;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    return b'%s %s="%s">' % (new, MARKER.encode(), quoted)


def _former_tag(value: str) -> bytes | None:
    """Return the author's tag that a marker contains; None if it is none."""
    for quoted, character in (("&gt;", ">"), ("&lt;", "<"), ("&quot;", '"'), ("&amp;", "&")):
        value = value.replace(quoted, character)
    return value.encode("latin-1") if value[:5].lower() == "<meta" and value.endswith(">") else None


def _may_have_marker(html: bytes) -> bool:
    """Whether the marker may occur in a tag; in highlighted code it directly follows a ``>``."""
    needle = MARKER.encode()
    at = html.find(needle)
    while at > 0 and html[at - 1 : at] == b">":
        at = html.find(needle, at + len(needle))
    return at >= 0


def _restoring_edits(html: bytes) -> list[Edit]:
    """Return what takes out all that a build added, in order and without overlaps."""
    from imageseo.web.html import tree  # a build without a changed page parses none

    text, document = html.decode("latin-1"), tree.parse(html)
    found: list[Edit] = []
    for name in _MARKED:  # by name, elements are looked up in an index of the tree
        for element in document.find_all(name):
            if MARKER in element.attrs and tree.is_html(element) and not tree.is_inert(element):
                found += _cuts_of(element, text)
    cuts: list[Edit] = []
    for cut in sorted(found, key=lambda each: each.span):
        if not cuts or cut.span.start >= cuts[-1].span.end:  # a figure contains others
            cuts.append(cut)
    return cuts


def _cuts_of(element: Element, text: str) -> Iterator[Edit]:
    """Yield what takes out what a build added of an element with the marker."""
    if element.tag == "meta":
        yield from _meta_cuts(element, text)
    else:
        yield from (Edit(span=span, replacement=b"") for span in _spans_of(element, text))


def _meta_cuts(element: Element, text: str) -> Iterator[Edit]:
    """Yield what removes a ``<meta>`` tag, or puts back the author's."""
    from imageseo.web.html import tree

    tag = tree.tag_of(element, text)
    marker = next((each for each in attributes(text, tag) if each.name == MARKER), None) if tag is not None else None
    if tag is None or marker is None:
        return
    former = _former_tag(marker.value) if marker.value else b""
    if former is not None:
        yield Edit(span=Span(tag.start, tag.end), replacement=former)


def _spans_of(element: Element, text: str) -> Iterator[Span]:
    """Yield what a build added of an element with the marker."""
    from imageseo.web.html import tree

    tag = tree.tag_of(element, text)
    written = [] if tag is None else attributes(text, tag)
    marker = next((item for item in written if item.name == MARKER), None)
    if tag is None or marker is None:
        return
    value = (marker.value or "").strip()
    name = element.tag
    if name == "img" or (name == "link" and value):
        yield from _added_attributes(text, tag, written, marker)
        return
    close, end = tree.content_end(element, len(text))
    if name == "link":
        yield Span(tag.start, tag.end)
    elif name == "figure" and value == _HERO_FIGURE:
        if end > close:
            yield Span(tag.start, end)
    elif name == "picture" and not value:
        yield Span(tag.start, tag.end)
        for child in element.find_all("source"):
            source = tree.tag_of(child, text) if child.parent == element else None
            if source is not None:
                yield Span(source.start, source.end)
        if end > close:
            yield Span(close, end)
    elif name in ("style", "script") and not value:
        yield Span(tag.start, end if end > close else len(text))
    elif name == "script" and value[0].isdigit():
        yield from _added_json(text, tag, marker, close)


def _added_json(text: str, tag: Tag, marker: RawAttribute, close: int) -> Iterator[Span]:
    """Yield what a build added to a JSON-LD block of the theme, and the marker on its tag."""
    from imageseo.web.structured_data import node_edits  # few pages have such blocks

    yield Span(marker.start - 1, marker.end)
    for start, end in node_edits.added(text[tag.end : close], marker.value or ""):
        yield Span(tag.end + start, tag.end + end)


def _added_attributes(text: str, tag: Tag, written: list[RawAttribute], marker: RawAttribute) -> Iterator[Span]:
    """Yield the spans of the marker and the attributes it lists, each with the preceding space."""
    listed = set((marker.value or "").split()) - {HERO, CHROME, NATURAL}
    if not (marker.value or "").strip() or not listed <= (LINK_ADDABLE if tag.name == "link" else ADDABLE):
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
