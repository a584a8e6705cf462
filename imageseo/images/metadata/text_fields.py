"""Read the texts in an image file's metadata: PNG text, EXIF, IPTC, JPEG comments and XMP.

Only the beginning of a long text is read, and a compressed one is never inflated beyond that.
"""

from __future__ import annotations

import html
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from imageseo.images.metadata.exif_text import MAX_TEXT, exif_texts
from imageseo.images.metadata.segments import EmbeddedMetadata, MetadataSegment, ReadRange

_IPTC_HEADER = b"Photoshop 3.0\0"
_IPTC_NAMES = {5: "ObjectName", 105: "Headline", 110: "Credit", 116: "CopyrightNotice", 120: "Caption"}
_MAX_FIELDS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField:
    """A text of a file. ``source``: ``PNG text``, ``EXIF``, ``IPTC``, ``JPEG comment`` or ``XMP``.

    ``key``: its name there, ``""`` if it has none. ``whole``: whether ``text`` is complete. ``segment``: where it is.
    """

    source: str
    key: str
    text: str
    whole: bool
    segment: MetadataSegment

    @property
    def name(self) -> str:
        """Its name in messages."""
        return f"{self.source} {self.key}".strip()


def read_text_fields(read: ReadRange, found: EmbeddedMetadata) -> Iterator[TextField]:
    """Yield the texts of a file, in order. ``read``, ``found``: as ``read_segments`` got and returned them."""
    number = 0
    for part in found.parts:
        for field in _read_part(read, part):
            yield field
            number += 1
            if number >= _MAX_FIELDS:
                return
    if found.xmp:
        part = next(part for part in found.parts if part.kind == "xmp")
        text = html.unescape(found.xmp[:MAX_TEXT].decode("utf-8", "replace"))
        yield TextField(source="XMP", key="", text=text, whole=len(found.xmp) <= MAX_TEXT, segment=part)


def _read_part(read: ReadRange, part: MetadataSegment) -> Iterator[TextField]:
    if part.tag in (b"tEXt", b"zTXt", b"iTXt"):
        field = _png_text(part, read(part.offset + 8, min(part.size - 12, MAX_TEXT)))
        yield from _raw_profile(field) if field.key.startswith("Raw profile type ") else (field,)
    elif part.kind == "exif":
        content = read(part.offset + part.head, min(part.size - part.head, 8 * MAX_TEXT))
        for name, text, whole in exif_texts(content):
            yield TextField(source="EXIF", key=name, text=text, whole=whole, segment=part)
    elif part.tag == b"\xff\xfe":
        text = read(part.offset + 4, part.size - 4).decode("utf-8", "replace").strip("\0 \r\n\t")
        yield TextField(source="JPEG comment", key="", text=text, whole=True, segment=part)
    elif part.tag == b"\xff\xed":
        for key, text in _iptc_texts(read(part.offset + 4, part.size - 4)):
            yield TextField(source="IPTC", key=key, text=text, whole=True, segment=part)


def _png_text(part: MetadataSegment, content: bytes) -> TextField:
    """Parse a text chunk (PNG 11.3.3); a broken one has an empty text."""
    keyword, _, rest = content.partition(b"\0")
    key = keyword[:79].decode("latin-1")
    whole = part.size - 12 <= MAX_TEXT
    raw, inflates = rest, False
    if part.tag == b"zTXt":
        raw, inflates = rest[1:], True
    elif part.tag == b"iTXt":
        raw, inflates = rest[2:].split(b"\0", 2)[-1], rest[:1] == b"\1"
    if inflates:
        inflater = zlib.decompressobj()
        try:
            raw = inflater.decompress(raw, MAX_TEXT)
        except zlib.error:
            raw = b""
        whole = whole and inflater.eof
    return TextField(source="PNG text", key=key, text=raw.decode("utf-8", "replace"), whole=whole, segment=part)


def _raw_profile(field: TextField) -> Iterator[TextField]:
    """Yield the texts of EXIF, IPTC or XMP that ImageMagick has written into a PNG as hexadecimal digits."""
    digits = "".join(field.text.split()[2:])
    try:
        content = bytes.fromhex(digits[: len(digits) // 2 * 2])
    except ValueError:
        return
    if content.startswith(b"Exif\0\0"):
        for name, text, whole in exif_texts(content):
            yield replace(field, source="EXIF", key=name, text=text, whole=whole and field.whole)
    elif b"<x:xmpmeta" in content[:4096]:
        yield replace(field, source="XMP", key="", text=html.unescape(content.decode("utf-8", "replace")))
    else:
        for name, text in _iptc_texts(content if content.startswith(_IPTC_HEADER) else _IPTC_HEADER + content):
            yield replace(field, source="IPTC", key=name, text=text)


def _iptc_texts(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield the texts of Photoshop's resource 0x0404."""
    from imageseo.images.metadata.properties import records

    if not content.startswith(_IPTC_HEADER):
        return
    at = content.find(b"8BIM\x04\x04")
    if at < 0:
        return
    name = content[at + 6] if at + 6 < len(content) else 0
    start = at + 6 + (name + 2 if name % 2 == 0 else name + 1) + 4
    size = int.from_bytes(content[start - 4 : start], "big")
    for number, texts in records(content[start : start + size]).items():
        if number in _IPTC_NAMES:
            yield _IPTC_NAMES[number], ", ".join(texts)
