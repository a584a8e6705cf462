"""What trees of a page need from lxml and cssselect2 for pages of any charset, depth and length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from cssselect2 import ElementWrapper


class TooMuchWork(Exception):
    """Selectors ask for more elements of a page than may be looked at."""


def as_utf8(html: bytes, codec: str) -> bytes:
    """Return a page in UTF-8: libxml2 knows few of the charsets that Python and browsers know."""
    return html.decode(codec, "replace").encode("utf-8", "replace")


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
