"""The tree that a browser builds of a page (turbohtml), with the place of every element in the bytes of the page."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from turbohtml import Document, Element, Namespace, Node
from turbohtml import parse as parse_html

from imageseo.web.html.attributes import Tag, attributes

INERT = frozenset({"svg", "math", "template"})
"""Elements whose content is no part of the page's own: what is in them stays as it is."""
_BOM = "\xef\xbb\xbf"
_MAX_CACHED = 1_000_000  # bytes; trees of larger pages are made anew


def parse(html: bytes) -> Document:
    """Return the tree of a page, as of a browser that runs scripts; do not modify it, it is cached.

    Names and values are latin-1 text, so that every offset is a byte offset.
    """
    return _cached(html) if len(html) <= _MAX_CACHED else parse_anew(html)


def parse_anew(html: bytes, *, scripting: bool = True) -> Document:
    """Return a tree of one's own. ``scripting``: of a browser with scripts; others read ``<noscript>`` as markup."""
    source = html.decode("latin-1")
    if source.startswith(_BOM):  # no text, which would end the head
        source = "   " + source[3:]
    if "\r" in source:  # the parser counts a line break as one character
        source = source.replace("\r\n", " \n")
    return parse_html(source, source_locations=True, scripting=scripting, allow_declarative_shadow_roots=False)


_cached = lru_cache(maxsize=4)(parse_anew)


def start_of(element: Element) -> int:
    """Return where the start tag begins; -1 of an element that the parser adds."""
    location = element.source_location
    return -1 if location is None else location[0][2]


def tag_of(element: Element, text: str) -> Tag | None:
    """Return the start tag; None of an element that the parser adds (``<body>``, or a formatting element again).

    Its name is as written: ``<image>`` makes an ``<img>`` too.
    """
    location = element.source_location
    if location is None:
        return None
    start, end, name = location[0][2], location[0][5], element.tag
    if name == "img" and text[start + 1 : start + 6].lower() == "image":
        name = "image"
    return Tag(name, start, end, end)


def raw_tag(element: Element, size: int) -> Tag | None:
    """Return the start tag of an element of text only, with the end of its content. ``size``: of the page."""
    location = element.source_location
    if location is None:
        return None
    ending = location[1]
    return Tag(element.tag, location[0][2], location[0][5], size if ending is None else ending[2])


def content_end(element: Element, size: int) -> tuple[int, int]:
    """Return where the content of an element ends, and where its end tag does; twice the same if that is implied."""
    location = element.source_location
    if location is not None and location[1] is not None:
        return location[1][2], location[1][5]
    node: Element | None = element
    while node is not None:
        following = node.next_sibling
        while following is not None:
            start = start_of(following) if isinstance(following, Element) else -1
            if start >= 0:
                return start, start
            following = following.next_sibling
        parent = node.parent
        node = parent if isinstance(parent, Element) else None
        location = node.source_location if node is not None else None
        if location is not None and location[1] is not None:
            return location[1][2], location[1][2]
    return size, size


def is_html(element: Element) -> bool:
    """Whether an element is not one of SVG or MathML."""
    return element.namespace is Namespace.HTML


def is_inert(element: Node) -> bool:
    """Whether an element is in a drawing, a formula or a template."""
    return any(getattr(parent, "tag", "") in INERT for parent in element.ancestors)


def ancestors(element: Element) -> Iterator[Element]:
    """Yield the elements around an element, innermost first."""
    return (each for each in element.ancestors if isinstance(each, Element))


def images(document: Document) -> list[Element]:
    """Return the images of a page's scan, in the order of their tags."""
    found = [each for each in document.find_all("img") if is_html(each) and not is_inert(each)]
    return sorted(found, key=start_of)


def numbered_images(document: Document) -> list[int]:
    """Return the offsets of the tags of a script's ``document.images``, in order; those in drawings count there."""
    found = [
        each
        for each in document.find_all("img")
        if is_html(each) and all(getattr(parent, "tag", "") != "template" for parent in each.ancestors)
    ]
    return sorted(map(start_of, found))


def elements(document: Document, selector: str) -> Iterator[Element]:
    """Yield the elements of a page that match, in the order of the tree, without those in drawings and templates."""
    return (each for each in document.select(selector) if is_html(each) and not is_inert(each))


def ends_foreign(element: Element, lowered: str) -> bool:
    """Whether the tag of an element ends a drawing or formula that has no end tag: others would be in it."""
    node = element
    while node.previous_sibling is None:
        parent = node.parent
        if not isinstance(parent, Element) or parent.source_location is not None:
            return False
        node = parent  # a formatting element that the parser has opened once more, for this element
    before = node.previous_sibling
    if not isinstance(before, Element) or is_html(before):
        return False
    location = before.source_location
    if location is None or location[1] is not None:
        return False
    return not is_self_closing(lowered, Tag(before.tag, location[0][2], location[0][5], location[0][5]))


def is_self_closing(text: str, tag: Tag) -> bool:
    """Whether a tag ends in a slash that is not part of an unquoted value."""
    if not text.startswith("/>", tag.end - 2):
        return False
    written = attributes(text, tag)
    return not (written and max(each.end for each in written) == tag.end - 1)
