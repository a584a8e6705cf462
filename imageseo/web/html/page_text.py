"""Decodes parts of a page, located by byte offset, with the page's charset."""

from __future__ import annotations

from collections.abc import Mapping

from imageseo.web.html.attributes import RawAttribute, Tag, attributes, decode_value, read_cached
from imageseo.web.html.text_content import text_content


class PageText:
    """A page as latin-1 text, so that every offset is a byte offset. ``codec``: the page's actual charset."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.codec = "latin-1"  # until the charset is determined

    def decode(self, value: str) -> str:
        """Decode a part of the latin-1 text with the page's charset."""
        return value if value.isascii() else value.encode("latin-1").decode(self.codec, "replace")

    def value(self, attribute: RawAttribute) -> str | None:
        """Return the value of an attribute with character references resolved; ``None`` if it is bare."""
        return None if attribute.value is None else decode_value(self.decode(attribute.value))

    def values(self, tag: Tag) -> Mapping[str, str]:
        """Return the attributes of a start tag by name, ``""`` for bare ones; do not modify the cached mapping."""
        source = self.text[tag.start : tag.end]
        if source.isascii():
            return read_cached(source, 1 + len(tag.name))
        return {item.name: self.value(item) or "" for item in attributes(self.text, tag)}

    def words(self, start: int, end: int) -> str:
        """Return the visible text of a range."""
        return text_content(self.decode(self.text[start:end]))
