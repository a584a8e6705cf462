"""What stands around each image of a page: the link that holds it, the elements that stand open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from itertools import starmap
from typing import NamedTuple

from imageseo.model.image import Span
from imageseo.web.html.attributes import Tag
from imageseo.web.html.page_text import PageText
from imageseo.web.html.tokenizer import tag_name, walk

_HOLDERS = frozenset({"figure", "picture", "p", "div", "section", "header", "main", "article", "a", "span", "body"})
_NAMED = re.compile(r"""<[^>]*\s(?:aria-label|aria-labelledby|title)\s*=\s*["']?[^"'\s>]|<title\b""", re.IGNORECASE)
_ALTERNATIVE = re.compile(
    r"""<(?:img|area|input)\b[^>]*\salt\s*=\s*(?:"\s*[^"\s]|'\s*[^'\s]|[^"'\s>])""", re.IGNORECASE
)


# What parts an image from the link around it, or may hold what only looks like a tag.
_UNCLEAR = re.compile(r"</?a[\s>/]|<!--|<(?:script|style|svg|template|textarea|noscript)\b")


class Link(NamedTuple):
    """The ``<a>`` around an image: its attributes, the text in it, and whether anything inside names it otherwise."""

    values: Mapping[str, str]
    text: str
    named: bool


class Ancestors(PageText):
    """What is around the images of one page. Worked out when it is first asked for.

    Images are asked for by number, from 0, as ``PageScan.refs`` and the fact ``images`` list them, and by the span of
    their tag. In a build the scan's spans are those of the page without our edits: there the number alone tells.
    """

    def __init__(self, html: bytes, charset: str) -> None:
        super().__init__(html.decode("latin-1"))
        self.codec = charset
        self._html = html

    def link(self, number: int, span: Span) -> Link | None:
        """The link around an image; None where there is none."""
        near = self._near(span)
        return near or (self._links[number] if number < len(self._links) else None)

    def holders(self, number: int) -> tuple[Mapping[str, str], ...]:
        """Attributes of the elements that hold an image, innermost first; of those that may lack an end tag, the
        paragraph alone is among them.
        """
        found: list[Tag] = []
        seen = -1
        for tag in starmap(Tag, walk(self._lowered, _HOLDERS | {"img"})):
            if tag.name == "img":
                seen += 1
                if seen == number:
                    return tuple(self.values(each) for each in reversed(found))
            elif tag.name[0] != "/":
                if tag.name in ("p", "div", "section", "figure", "header") and found and found[-1].name == "p":
                    found.pop()  # a paragraph ends where another block begins
                found.append(tag)
            else:
                at = next((i for i in range(len(found) - 1, -1, -1) if found[i].name == tag.name[1:]), None)
                if at is not None:
                    del found[at:]
        return ()

    def _near(self, span: Span) -> Link | None:
        """The link, told by the tags next to the image: a walk over the page takes a hundred times as long.

        None where that does not tell: other tags between, or a span that is not this page's.
        """
        lowered = self._lowered
        if not lowered.startswith("<img", span.start):
            return None
        start, end = lowered.rfind("<a", 0, span.start), lowered.find("</a", span.end)
        tag = _tag_at(lowered, start) if start >= 0 <= end else None
        if tag is None or tag.name != "a" or tag.end > span.start:
            return None
        before, after = lowered[tag.end : span.start], lowered[span.end : end]
        if _UNCLEAR.search(before) or _UNCLEAR.search(after):
            return None
        return self._link(tag, end)

    @cached_property
    def _lowered(self) -> str:
        return self._html.lower().decode("latin-1")

    @cached_property
    def _links(self) -> tuple[Link | None, ...]:
        found: list[Link | None] = []
        opened: Tag | None = None
        first = 0  # the first image in the open link
        for tag in starmap(Tag, walk(self._lowered, frozenset({"a", "img"}))):
            if tag.name == "img":
                found.append(None)
                continue
            if opened is not None and first < len(found):
                link = self._link(opened, tag.start)
                found[first:] = [link] * (len(found) - first)
            opened = tag if tag.name == "a" else None
            first = len(found)
        return tuple(found)

    def _link(self, tag: Tag, end: int) -> Link:
        inner = self.text[tag.end : end]
        named = _NAMED.search(inner) is not None or _ALTERNATIVE.search(inner) is not None
        return Link(self.values(tag), self.words(tag.end, end), named)


@lru_cache(maxsize=4)  # several rules ask of the page that is being judged
def ancestors_of(html: bytes, charset: str) -> Ancestors:
    """What is around the images of a page, ``html`` as it is published."""
    return Ancestors(html, charset)


def _tag_at(lowered: str, start: int) -> Tag | None:
    """The start tag at an offset, where it holds no ``>`` before its end."""
    end = lowered.find(">", start) + 1
    name = tag_name(lowered[start:end]) if end else None
    return None if name is None else Tag(name, start, end, end)
