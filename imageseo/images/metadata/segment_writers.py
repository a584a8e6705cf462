"""Write image files with other metadata and the same pixels, for each format.

Every byte that is not metadata is copied. PNG, JPEG and WebP lose whole parts; in an AVIF, whose tables hold positions,
they are overwritten by spaces of the same length.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from imageseo.images.metadata.exif_text import display_exif
from imageseo.images.metadata.segments import EmbeddedMetadata, MetadataSegment

_KEPT_TEXTS = (b"Author\0", b"Copyright\0", b"Creation Time\0", b"Disclaimer\0")
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_MAX_KEPT = 1024
_MAX_JPEG_SEGMENT = 65_533
_XMP_JPEG = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_XMP_PNG = b"XML:com.adobe.xmp\0\0\0\0\0"


@dataclass(slots=True, kw_only=True)
class MetadataEdit:
    """What is to change. ``is_ai``: whether a tool wrote the texts. ``packet``: the new XMP, ``b""`` for none.

    ``fresh``: a packet with the rights alone. ``drops_manifest``: a manifest does not fit, whatever else changes.
    """

    data: bytes
    found: EmbeddedMetadata
    leaks: set[MetadataSegment]
    is_ai: bool
    packet: bytes
    fresh: bytes
    drops_manifest: bool = False

    def is_removed(self, part: MetadataSegment) -> bool:
        """Whether a part is left out: prompts, the former XMP, and a manifest, which no longer fits."""
        return part in self.leaks or part.kind in ("xmp", "c2pa")

    def content(self, part: MetadataSegment) -> bytes:
        return self.data[part.offset + part.head : part.offset + part.size]


def written(edit: MetadataEdit) -> bytes | None:
    """Return the file with its new metadata; None for other formats, and where they have no place."""
    write = next((write for magic, write in _WRITERS if magic(edit.data)), None)
    return write(edit) if write is not None else None


def _write_png(edit: MetadataEdit) -> bytes:
    data, out, at = edit.data, [edit.data[:8]], 8
    leaks = {part.offset for part in edit.leaks}
    removes_texts = bool(leaks) and edit.is_ai
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        chunk, body = data[at : at + length + 12], data[at + 8 : at + 8 + min(length, 4096)]
        is_xmp = kind == b"iTXt" and body.startswith(_XMP_PNG[:18])
        if kind == b"caBX" or is_xmp:
            pass
        elif kind == b"eXIf":
            exif = display_exif(data[at + 8 : at + 8 + length]) if at in leaks else None
            out += [chunk] if at not in leaks else [_png_chunk(kind, exif)] if exif else []
        elif kind in _TEXTS and (at in leaks or (removes_texts and not _is_kept(body, length))):
            pass
        else:
            out.append(chunk)
        if kind == b"IHDR" and edit.packet:
            out.append(_png_chunk(b"iTXt", _XMP_PNG + edit.packet))
        at += length + 12
    return b"".join([*out, data[at:]])


def _is_kept(body: bytes, length: int) -> bool:
    return length <= _MAX_KEPT and body.startswith(_KEPT_TEXTS)


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def _write_jpeg(edit: MetadataEdit) -> bytes | None:
    segment = _XMP_JPEG + edit.packet
    if len(segment) > _MAX_JPEG_SEGMENT:
        return None
    out, at, data, parts = [edit.data[:2]], 2, edit.data, {part.offset: part for part in edit.found.parts}
    inserted = False
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0xDA, 0xD9, 0xFF):
        size = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        part, marker = parts.get(at), data[at + 1]
        # JFIF and EXIF have to be the first segments.
        if not inserted and marker != 0xE0 and not (part is not None and part.kind == "exif") and edit.packet:
            out.append(_jpeg_segment(0xE1, segment))
            inserted = True
        if part is not None and part.kind == "exif" and part in edit.leaks:
            exif = display_exif(edit.content(part))
            out += [_jpeg_segment(0xE1, b"Exif\0\0" + exif)] if exif else []
        elif not (part is not None and edit.is_removed(part)) and not data.startswith(_XMP_EXTENSION, at + 4):
            out.append(data[at : at + size])
        at += size
    if not inserted and edit.packet:
        out.append(_jpeg_segment(0xE1, segment))
    return b"".join([*out, data[at:]])


def _jpeg_segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def _write_webp(edit: MetadataEdit) -> bytes | None:
    data = edit.data
    if data[12:16] != b"VP8X":
        return None
    out, at, parts = list[bytes](), 12, {part.offset: part for part in edit.found.parts}
    flags = data[20] & ~0x0C
    while at + 8 <= len(data):
        size = 8 + (length := int.from_bytes(data[at + 4 : at + 8], "little")) + length % 2
        part, chunk = parts.get(at), data[at : at + size]
        if part is not None and part.kind == "exif":
            exif = display_exif(edit.content(part)) if part in edit.leaks else chunk[8 : 8 + length]
            flags |= 0x08 if exif else 0
            out += [_riff_chunk(b"EXIF", exif)] if exif else []
        elif not (part is not None and edit.is_removed(part)):
            out.append(chunk)
        at += size
    if edit.packet:
        out.append(_riff_chunk(b"XMP ", edit.packet))
        flags |= 0x04
    out[0] = out[0][:8] + bytes((flags,)) + out[0][9:]
    body = b"WEBP" + b"".join(out)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _riff_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)


def _write_avif(edit: MetadataEdit) -> bytes | None:
    """Overwrite items in place, with padding; the file keeps its size. Without room for a mark it stays unmarked."""
    out = bytearray(edit.data)
    for part in edit.found.parts:
        body: bytes | None
        if part.kind == "exif" and part in edit.leaks:
            body = b"\0\0\0\0" + (display_exif(edit.content(part)) or b"II*\0\x08\0\0\0\0\0\0\0\0\0")
        elif part.kind == "xmp":
            packets = (_squeezed(edit.packet), edit.fresh)
            body = next((each for each in packets if len(each) <= part.size), b"" if part in edit.leaks else None)
        elif part.kind == "c2pa" and (edit.leaks or edit.drops_manifest):
            out[part.offset + 4 : part.offset + 8] = b"free"
            continue
        else:
            continue
        if body is None or len(body) > part.size:
            continue
        filler = b" " if part.kind == "xmp" else b"\0"
        out[part.offset : part.offset + part.size] = body + filler * (part.size - len(body))
    return bytes(out)


def _squeezed(packet: bytes) -> bytes:
    """Return a packet without the padding at its end."""
    return re.sub(rb"\s{2,}(<\?xpacket end=)", rb"\1", packet)


_WRITERS: tuple[tuple[Callable[[bytes], bool], Callable[[MetadataEdit], bytes | None]], ...] = (
    (lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"), _write_png),
    (lambda data: data.startswith(b"\xff\xd8\xff"), _write_jpeg),
    (lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP", _write_webp),
    (lambda data: data[4:8] == b"ftyp", _write_avif),
)
