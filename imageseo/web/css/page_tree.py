"""Trees of pages of any charset, depth and length, by lxml and cssselect2: elements, and the images of the scan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from cssselect2 import ElementWrapper
from lxml import html as lxml_html

Node = Any  # an element of lxml

# Elements without content that libxml2 does not know as such.
_CHILDLESS = ("source", "track", "wbr")
# The scan of a page sees no image in these, although the parser makes elements of their content.
_NOT_SCANNED = frozenset(
    ("noscript", "template", "svg", "math", "iframe", "noembed", "noframes", "textarea", "title", "xmp")
)


class TooMuchWork(Exception):
    """Selectors ask for more elements of a page than may be looked at."""


def parse_page(html: bytes, codec: str) -> Node:
    """Return the root of a page's tree. ``codec``: of the scan; libxml2 knows few of the charsets of browsers."""
    text = html.decode(codec, "replace").encode("utf-8", "replace")
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    root = lxml_html.document_fromstring(text or b"<html></html>", parser=parser)
    for node in list(root.iter(*_CHILDLESS)):
        _empty(node)
    return root


def scanned_images(root: Node) -> list[Node]:
    """Return the images that a scan of the page sees too, in page order."""
    return scanned_elements(root, "img")


def scanned_elements(root: Node, name: str) -> list[Node]:
    """Return the elements with a name that a scan of the page sees too, in page order."""
    return [node for node in root.iter(name) if not any(parent.tag in _NOT_SCANNED for parent in node.iterancestors())]


def _empty(node: Node) -> None:
    """Move what libxml2 took for the content of an element that has none behind it."""
    parent, children = node.getparent(), list(node)
    if parent is not None and children:
        at = parent.index(node) + 1
        children[-1].tail = (children[-1].tail or "") + (node.tail or "")
        node.tail = node.text
        parent[at:at] = children


class PageElement(ElementWrapper):  # type: ignore[misc]  # cssselect2 has no types
    """An element for selectors. Those of the library recurse once for each ancestor, and for each sibling before it.

    ``work``, ``max_work``: how many elements selectors have looked at; a subclass for each tree counts its own.
    """

    work: ClassVar[int] = 0
    max_work: ClassVar[int | None] = None

    @classmethod
    def limited(cls, max_work: int) -> type[PageElement]:
        """Return the class of the elements of one tree, which raise ``TooMuchWork``."""
        return type("PageElement", (cls,), {"work": 0, "max_work": max_work})

    @classmethod
    def spend(cls, work: int) -> None:
        """Count elements that are looked at."""
        if cls.max_work is not None:
            cls.work += work
            if cls.work > cls.max_work:
                raise TooMuchWork

    def iter_children(self) -> Iterator[Any]:
        """Yield its elements."""
        self.spend(len(self.etree_children))
        yield from super().iter_children()

    @property
    def ancestors(self) -> Iterator[Any]:
        """Yield the elements around it, the nearest first."""
        found = self.parent
        while found is not None:
            yield found
            found = found.parent

    @property
    def previous_siblings(self) -> Iterator[Any]:
        """Yield the siblings before it, the nearest first."""
        self.spend(self.index // 8)  # often one of the first answers, and none is made anew
        found = self.previous
        while found is not None:
            yield found
            found = found.previous
