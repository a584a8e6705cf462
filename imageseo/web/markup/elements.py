"""The elements of one page by name, with their attributes and their places in its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from imageseo.web.html.attributes import RawAttribute, Tag, attributes
from imageseo.web.html.page_text import PageText

if TYPE_CHECKING:
    from turbohtml import Document, Element  # rules import this module, and a build without a changed page parses none

MAX_FOUND = 20_000
"""Elements of one name that are looked at on one page."""
_BYTES = re.compile(r"[\x00-\xff]+")
_UNDECODED = re.compile(r"[\udc80-\udcff]")


class MarkupElement:
    """One element. ``values``: its attributes, names in lower case, values decoded; ``tag``: its start tag."""

    __slots__ = ("_page", "node", "tag")

    def __init__(self, page: PageText, node: Element, tag: Tag) -> None:
        self._page = page  # not the elements of the page, which would be kept until garbage is collected
        self.node = node
        self.tag = tag

    @property
    def offset(self) -> int:
        """Where the start tag begins, in bytes."""
        return self.tag.start

    @property
    def values(self) -> Mapping[str, str]:
        return self._page.values(self.tag)

    def get(self, name: str) -> str | None:
        """Return the value of an attribute; ``""`` if bare, ``None`` if absent."""
        return self.values.get(name)

    @property
    def written(self) -> list[RawAttribute]:
        """The attributes with their places in the bytes of the page."""
        return attributes(self._page.text, self.tag)


class PageElements:
    """The elements of a page, in the tree that browsers build of it. Nothing is read before it is asked for."""

    def __init__(self, html: bytes, charset: str) -> None:
        self.codec = charset
        self._html = html
        self._found: dict[str, tuple[MarkupElement, ...]] = {}

    @cached_property
    def page(self) -> PageText:
        """The page as latin-1 text, so that every offset is a byte offset."""
        page = PageText(self._html.decode("latin-1"))
        page.codec = self.codec
        return page

    @property
    def text(self) -> str:
        return self.page.text

    @cached_property
    def document(self) -> Document:
        """The tree; its names and values are latin-1 text."""
        from imageseo.web.html import tree

        return tree.parse(self._html)

    def named(self, name: str) -> tuple[MarkupElement, ...]:
        """Return the elements with this name, in page order, without those in drawings and templates."""
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = self._sorted(self.document.find_all(name))
        return found

    def matching(self, selector: str) -> tuple[MarkupElement, ...]:
        """Return the elements that match a selector, as ``named`` does."""
        return self._sorted(self.document.select(selector))

    def _sorted(self, nodes: Iterable[Element]) -> tuple[MarkupElement, ...]:
        from imageseo.web.html import tree

        own = (each for each in nodes if tree.is_html(each) and not tree.is_inert(each))
        elements = (element for each in own if (element := self.element(each)) is not None)
        return tuple(sorted(islice(elements, MAX_FOUND), key=lambda element: element.offset))

    def element(self, node: Element) -> MarkupElement | None:
        """Return an element of the tree; None of one that the parser adds."""
        from imageseo.web.html import tree

        tag = tree.tag_of(node, self.text)
        return None if tag is None else MarkupElement(self.page, node, tag)

    def decode_node(self, text: str) -> str:
        """Decode text or a value of the tree, in which references are resolved and all else is latin-1."""
        return text if text.isascii() else _decoded(text, self.codec)


@lru_cache(maxsize=1024)
def _decoded(text: str, codec: str) -> str:
    def decode(match: re.Match[str]) -> str:
        return match[0].encode("latin-1").decode(codec, "surrogateescape")

    # What is left was a reference, such as `&nbsp;`.
    return _UNDECODED.sub(lambda match: chr(ord(match[0]) - 0xDC00), _BYTES.sub(decode, text))


def parents(node: Element) -> Iterator[Element]:
    """Yield the elements around an element, innermost first."""
    from imageseo.web.html import tree

    return tree.ancestors(node)
