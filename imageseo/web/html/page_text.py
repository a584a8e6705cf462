"""Pieces of a page by offset, as text in the page's own charset."""

from __future__ import annotations

from collections.abc import Mapping

from imageseo.web.html.attributes import RawAttribute, Tag, attributes, decoded, written
from imageseo.web.html.text_content import text_content


class PageText:
    """A page as latin-1 text, in which every offset is that of a byte. ``codec``: what its bytes really mean."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.codec = "latin-1"  # until the page has said

    def decode(self, value: str) -> str:
        """A piece of the latin-1 text, in the page's charset."""
        return value if value.isascii() else value.encode("latin-1").decode(self.codec, "replace")

    def value(self, attribute: RawAttribute) -> str | None:
        """What an attribute means, its character references resolved; ``None`` when it is bare."""
        return None if attribute.value is None else decoded(self.decode(attribute.value))

    def values(self, tag: Tag) -> Mapping[str, str]:
        """The attributes of a start tag by name, ``""`` for bare ones; nobody may change them."""
        source = self.text[tag.start : tag.end]
        if source.isascii():
            return written(source, 1 + len(tag.name))
        return {found.name: self.value(found) or "" for found in attributes(self.text, tag)}

    def words(self, start: int, end: int) -> str:
        """The text of a range as a reader sees it."""
        return text_content(self.decode(self.text[start:end]))
