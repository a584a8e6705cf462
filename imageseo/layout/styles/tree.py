"""A page as a tree of elements in which images can be wrapped or given attributes, to see what then matches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from imageseo.model.image import ImageRef, Span
from imageseo.web.css.compounds import Compound

Node = Any  # an element of lxml
Element = Any  # the same, wrapped by cssselect2

_MAX_WORK = 600_000


class PageTree:
    """The elements of a page. ``images``: those of its scan, by span; empty if they could not be told apart.

    Its elements raise ``TooMuchWork`` when selectors have looked at more than are read in about a second.
    """

    def __init__(self, html: bytes, refs: Sequence[ImageRef], charset: str) -> None:
        from imageseo.web.css.page_tree import PageElement, parse_page, scanned_images

        self.root: Node = parse_page(html, charset)
        self.element_type = PageElement.limited(_MAX_WORK)
        self.images = dict(_pairs(scanned_images(self.root), refs))
        self._wrapped: dict[Node, Element] = {}
        self._index: dict[str, list[Node]] | None = None

    def element(self, node: Node) -> Element:
        """Return an element for selectors, as the tree is now."""
        found = self._wrapped.get(node)
        if found is not None:
            return found
        path = []  # a page may be nested deeper than functions can call each other
        while node is not None and node not in self._wrapped:
            path.append(node)
            node = node.getparent()
        for each in reversed(path):
            parent = each.getparent()
            if parent is None:
                self._wrapped[each] = self.element_type.from_html_root(each)
            else:
                for child in self._wrapped[parent].iter_children():
                    self._wrapped.setdefault(child.etree_element, child)
        return self._wrapped[path[0]]

    def candidates(self, subject: Compound) -> Sequence[Node]:
        """Return the elements that a compound selector may match; all for one without tag, class and id."""
        if self._index is None:
            self._index = {}
            for node in self.root.iter():
                if isinstance(node.tag, str):
                    keys = [f".{name}" for name in (node.get("class") or "").split()]
                    for key in ("*", node.tag, f"#{node.get('id')}", *keys):
                        self._index.setdefault(key, []).append(node)
        keys = [*(f"#{name}" for name in subject.ids), *(f".{name}" for name in subject.classes)]
        if subject.tag:
            keys.append(subject.tag)
        found = [self._index.get(key, []) for key in keys or ["*"]]
        return min(found, key=len)

    @contextmanager
    def wrapped(self, image: Node) -> Iterator[Node]:
        """Put the image into a ``<picture>`` for a while, and yield that."""
        parent, tail = image.getparent(), image.tail
        picture = parent.makeelement("picture", {"data-imageseo": ""})
        picture.append(parent.makeelement("source", {"type": "image/avif", "srcset": "x 1w", "sizes": "1px"}))
        parent.replace(image, picture)
        picture.append(image)
        picture.tail, image.tail = tail, None
        before, self._wrapped = self._wrapped, {}
        try:
            yield picture
        finally:
            parent.replace(picture, image)
            picture.tail, image.tail = None, tail
            self._wrapped = before

    @contextmanager
    def given(self, image: Node, attributes: Mapping[str, str]) -> Iterator[None]:
        """Give the image attributes that it does not have, for a while."""
        before, self._wrapped = self._wrapped, {}
        for name, value in attributes.items():
            image.set(name, value)
        try:
            yield
        finally:
            for name in attributes:
                del image.attrib[name]
            self._wrapped = before


def _pairs(nodes: Sequence[Node], refs: Sequence[ImageRef]) -> Iterator[tuple[Span, Node]]:
    if len(nodes) == len(refs):
        for node, ref in zip(nodes, refs, strict=True):
            if (node.get("src") or "").strip() == ref.src:
                yield ref.span, node
