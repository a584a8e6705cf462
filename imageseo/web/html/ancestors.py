"""The ancestors of each image of a page: its link and the elements that contain it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from html import unescape
from typing import TYPE_CHECKING, NamedTuple

from imageseo.model.image import Span
from imageseo.web.html.attributes import Tag
from imageseo.web.html.page_text import PageText
from imageseo.web.html.tokenizer import tag_name

if TYPE_CHECKING:
    from turbohtml import Element  # rules import this module, and a build without a changed page parses none

_CONTAINERS = frozenset({"figure", "picture", "p", "div", "section", "header", "main", "article", "a", "span", "body"})
_ACCESSIBLE_NAME = re.compile(
    r"""<[^>]*\s(?:aria-label|aria-labelledby|title)\s*=\s*["']?[^"'\s>]|<title\b""", re.IGNORECASE
)
_NON_EMPTY_ALT = re.compile(
    r"""<(?:img|area|input)\b[^>]*\salt\s*=\s*("\s*[^"\s][^"]*|'\s*[^'\s][^']*|[^"'\s>]+)""", re.IGNORECASE
)


# Text that separates an image from an adjacent link tag, or that may contain what only looks like a tag.
_INCONCLUSIVE = re.compile(r"</?a[\s>/]|<!--|<(?:script|style|svg|template|textarea|noscript)\b")


class Link(NamedTuple):
    """The ``<a>`` around an image: its attributes, its text, and whether it has another accessible name."""

    values: Mapping[str, str]
    text: str
    named: bool


class Ancestors(PageText):
    """The ancestors of the images of one page, computed on first use.

    An image is identified by its number (from 0, in the order of ``PageScan.refs`` and the fact ``images``) and by the
    span of its tag. In a build, the spans of the scan are those of the page without added markup: only the number
    applies to the published page.
    """

    def __init__(self, html: bytes, charset: str) -> None:
        super().__init__(html.decode("latin-1"))
        self.codec = charset
        self._html = html

    def link(self, number: int, span: Span) -> Link | None:
        """Return the link around an image; None if there is none."""
        link = self._adjacent_link(span)
        return link or (self._links[number] if number < len(self._links) else None)

    def holders(self, number: int) -> tuple[Mapping[str, str], ...]:
        """Return the attributes of the elements around an image, innermost first.

        Of the elements whose end tag is optional, only paragraphs are included.
        """
        if number >= len(self._images):
            return ()
        from turbohtml import Element

        from imageseo.web.html import tree

        around = (each for each in self._images[number].ancestors if isinstance(each, Element))
        tags = (tree.tag_of(each, self._lowered) for each in around if each.tag in _CONTAINERS)
        return tuple(self.values(tag) for tag in tags if tag is not None)

    def _adjacent_link(self, span: Span) -> Link | None:
        """Return the link by the ``<a>`` tags next to the image, a hundred times faster than a walk over the page.

        None if that is inconclusive: other tags between, or a span that does not belong to this page.
        """
        lowered = self._lowered
        if not lowered.startswith("<img", span.start):
            return None
        start, end = lowered.rfind("<a", 0, span.start), lowered.find("</a", span.end)
        tag = _tag_at(lowered, start) if start >= 0 <= end else None
        if tag is None or tag.name != "a" or tag.end > span.start:
            return None
        before, after = lowered[tag.end : span.start], lowered[span.end : end]
        if _INCONCLUSIVE.search(before) or _INCONCLUSIVE.search(after):
            return None
        return self._link(tag, end)

    @cached_property
    def _lowered(self) -> str:
        return self._html.lower().decode("latin-1")

    @cached_property
    def _images(self) -> list[Element]:
        from imageseo.web.html import tree

        return tree.images(tree.parse(self._html))

    @cached_property
    def _links(self) -> tuple[Link | None, ...]:
        return tuple(self._link_around(image) for image in self._images)

    def _link_around(self, image: Element) -> Link | None:
        from imageseo.web.html import tree

        element = image.closest("a")
        tag = None if element is None else tree.tag_of(element, self._lowered)
        if element is None or tag is None:
            return None
        return self._link(tag, tree.content_end(element, len(self.text))[0])

    def _link(self, tag: Tag, end: int) -> Link:
        inner = self.text[tag.end : end]
        return Link(self.values(tag), self.words(tag.end, end), has_name(inner))


def has_name(inner: str) -> bool:
    """Whether the content of an element names it other than by text: a label, a title, or an image with a text."""
    if _ACCESSIBLE_NAME.search(inner) is not None:
        return True
    return any(unescape(match[1]).strip(" \t\r\n\f\xa0\"'") for match in _NON_EMPTY_ALT.finditer(inner))


@lru_cache(maxsize=4)  # several rules use the ancestors of the same page
def ancestors_of(html: bytes, charset: str) -> Ancestors:
    """Return the ancestors of the images of a page. ``html``: as published."""
    return Ancestors(html, charset)


def _tag_at(lowered: str, start: int) -> Tag | None:
    """Return the start tag at an offset; None if there is none, or if a value contains ``>``."""
    end = lowered.find(">", start) + 1
    name = tag_name(lowered[start:end]) if end else None
    return None if name is None else Tag(name, start, end, end)
