"""The ancestors of each image of a page: its link and the elements that contain it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from html import unescape
from itertools import starmap
from typing import NamedTuple

from imageseo.model.image import Span
from imageseo.web.html.attributes import Tag
from imageseo.web.html.page_text import PageText
from imageseo.web.html.tokenizer import tag_name, walk

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
        open_tags: list[Tag] = []
        image_number = -1
        for tag in starmap(Tag, walk(self._lowered, _CONTAINERS | {"img"})):
            if tag.name == "img":
                image_number += 1
                if image_number == number:
                    return tuple(self.values(open_tag) for open_tag in reversed(open_tags))
            elif tag.name[0] != "/":
                if tag.name in ("p", "div", "section", "figure", "header") and open_tags and open_tags[-1].name == "p":
                    open_tags.pop()  # a paragraph ends where another block begins
                open_tags.append(tag)
            else:
                at = next((i for i in range(len(open_tags) - 1, -1, -1) if open_tags[i].name == tag.name[1:]), None)
                if at is not None:
                    del open_tags[at:]
        return ()

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
    def _links(self) -> tuple[Link | None, ...]:
        links: list[Link | None] = []
        open_link: Tag | None = None
        first = 0  # number of the first image in the open link
        for tag in starmap(Tag, walk(self._lowered, frozenset({"a", "img"}))):
            if tag.name == "img":
                links.append(None)
                continue
            if open_link is not None and first < len(links):
                link = self._link(open_link, tag.start)
                links[first:] = [link] * (len(links) - first)
            open_link = tag if tag.name == "a" else None
            first = len(links)
        return tuple(links)

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
