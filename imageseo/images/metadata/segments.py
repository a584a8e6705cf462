"""What an image file carries beside its pixels: where, how many bytes, and which marks of origin. Heads are read only.

Bytes come from a function, so that a file of many megabytes costs a few small reads: every format says how long its
parts are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Read = Callable[[int, int], bytes]
"""Offset and size -> bytes; fewer at the end of the file."""

_MOST_PARTS = 4096  # a PNG may be cut into thousands of chunks; nobody's metadata stands behind so many
_MAX_KEPT = 2**20
_XMP_JPEG = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_PNG = b"XML:com.adobe.xmp\0"
_C2PA_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_XMP_MIME = b"application/rdf+xml"
# Chunks that a PNG's pixels need, beside the critical ones.
_PNG_PIXELS = frozenset(
    (b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs", b"cICP", b"mDCV", b"mDCv", b"cLLI", b"cLLi")
) | {b"acTL", b"fcTL", b"fdAT", b"hIST", b"tIME", b"oFFs", b"sTER"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataSegment:
    """Metadata of one kind: ``exif``, ``xmp``, ``icc``, ``c2pa``, ``other``; its bytes with what frames them."""

    kind: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedMetadata:
    """All of it. ``xmp``: the packet. ``icc``: the profile's first KiB. ``manifest``: what C2PA's store says, raw.

    ``counts``: bytes by kind.
    """

    parts: tuple[MetadataSegment, ...] = ()
    xmp: bytes = field(default=b"", repr=False)
    icc: bytes = field(default=b"", repr=False)
    manifest: bytes = field(default=b"", repr=False)

    @property
    def counts(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for part in self.parts:
            found[part.kind] = found.get(part.kind, 0) + part.size
        return found


def read_segments(read: Read) -> EmbeddedMetadata | None:
    """What a JPEG, PNG, WebP or AVIF carries; None for any other file. Of a cut file what there is."""
    head = read(0, 32)
    if head.startswith(b"\xff\xd8\xff"):
        found = _jpeg(read)
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        found = _png(read)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        found = _webp(read, head)
    elif head[4:8] == b"ftyp":
        found = _avif(read)
    else:
        return None
    return _gathered(found)


Found = Iterator[tuple[str, int, int, bytes]]  # kind, offset, size with the frame, content where it is wanted


def _gathered(found: Found) -> EmbeddedMetadata:
    parts: list[MetadataSegment] = []
    kept: dict[str, bytes] = {}
    for kind, offset, size, content in found:
        parts.append(MetadataSegment(kind=kind, offset=offset, size=size))
        if kind in ("xmp", "c2pa", "icc") and len(kept.get(kind, b"")) < _MAX_KEPT:
            kept[kind] = kept.get(kind, b"") + content
    return EmbeddedMetadata(
        parts=tuple(parts),
        xmp=kept.get("xmp", b""),
        icc=kept.get("icc", b"")[:1024],
        manifest=kept.get("c2pa", b""),
    )


def _jpeg(read: Read) -> Found:
    """Segments up to the first scan. The pictures behind a scan (previews, gain maps) are pixels, no metadata."""
    at = 2
    for _ in range(_MOST_PARTS):
        head = read(at, 64)
        if len(head) < 4 or head[0] != 0xFF:
            return
        marker, length = head[1], int.from_bytes(head[2:4], "big")
        if marker == 0xFF:  # fill
            at += 1
            continue
        if marker in (0xDA, 0xD9) or length < 2:
            return
        kind, skip = _segment(marker, head[4:])
        if kind is not None:
            content = read(at + 4 + skip, length - 2 - skip) if kind in ("xmp", "c2pa", "icc") else b""
            yield kind, at, length + 2, content
        at += 2 + length


def _segment(marker: int, head: bytes) -> tuple[str | None, int]:
    """What an application segment holds, and how long its own head is."""
    if marker == 0xE1:
        if head.startswith(_XMP_JPEG):
            return "xmp", len(_XMP_JPEG)
        return ("exif", 0) if head.startswith(b"Exif\0") else ("other", 0)
    if marker == 0xE2:
        if head.startswith(b"ICC_PROFILE\0"):
            return "icc", 14
        return (None, 0) if head.startswith((b"MPF\0", b"urn:iso:std:iso:ts:21496")) else ("other", 0)
    if marker == 0xEB:
        return ("c2pa", 16) if head.startswith(b"JP") else ("other", 0)
    # JFIF and Adobe's colour transform belong to the pixels.
    if marker in (0xE0, 0xEE):
        return (None, 0) if head.startswith((b"JFIF\0", b"Adobe")) else ("other", 0)
    return ("other", 0) if 0xE3 <= marker <= 0xEF or marker == 0xFE else (None, 0)


def _png(read: Read) -> Found:
    at = 8
    for _ in range(_MOST_PARTS):
        head = read(at, 40)
        if len(head) < 8:
            return
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        size = length + 12
        if kind == b"IEND":
            return
        if kind == b"iTXt" and head[8:].startswith(_XMP_PNG):
            content = read(at + 8, min(length, _MAX_KEPT))
            # Keyword, compression flag and method, language, translated keyword; XMP is never compressed.
            yield "xmp", at, size, content[len(_XMP_PNG) + 2 :].split(b"\0", 2)[-1]
        elif kind == b"eXIf":
            yield "exif", at, size, b""
        elif kind == b"iCCP":
            yield "icc", at, size, _profile(read(at + 8, min(length, _MAX_KEPT)))
        elif kind == b"caBX":
            yield "c2pa", at, size, read(at + 8, min(length, _MAX_KEPT))
        elif kind[:1].islower() and kind not in _PNG_PIXELS:
            yield "other", at, size, b""
        at += size


def _profile(chunk: bytes) -> bytes:
    """The first KiB of a PNG's compressed profile."""
    import zlib

    try:
        return zlib.decompressobj().decompress(chunk.partition(b"\0")[2][1:], 1024)
    except zlib.error:
        return b""


def _webp(read: Read, head: bytes) -> Found:
    if head[12:16] != b"VP8X":
        return  # nothing but pixels
    at = 12
    kinds = {b"EXIF": "exif", b"XMP ": "xmp", b"ICCP": "icc", b"C2PA": "c2pa"}
    pixels = (b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF")
    for _ in range(_MOST_PARTS):
        chunk = read(at, 8)
        if len(chunk) < 8:
            return
        length = int.from_bytes(chunk[4:8], "little")
        size = 8 + length + length % 2
        if chunk[:4] not in pixels:
            kind = kinds.get(chunk[:4], "other")
            yield kind, at, size, read(at + 8, min(length, _MAX_KEPT)) if kind in ("xmp", "c2pa", "icc") else b""
        at += size


def _avif(read: Read) -> Found:
    at = 0
    for _ in range(64):
        head = read(at, 32)
        if len(head) < 8:
            return
        size, skip, kind = int.from_bytes(head[:4], "big"), 8, head[4:8]
        if size == 1:
            size, skip = int.from_bytes(head[8:16], "big"), 16
        if size == 0 or kind == b"mdat" or size < skip:
            size = size or 2**62
        if size < skip:
            return
        if kind == b"meta":
            yield from _items(read(at + skip, min(size - skip, _MAX_KEPT)), read)
        elif kind == b"uuid":
            manifest = head[skip : skip + 16] == _C2PA_BOX
            yield "c2pa" if manifest else "other", at, size, read(at + skip + 16, min(size - skip - 16, _MAX_KEPT))
        at += size


def _boxes(data: bytes, at: int = 0) -> Iterator[tuple[bytes, bytes]]:
    while at + 8 <= len(data):
        size, skip = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, skip = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        size = size or len(data) - at
        if size < skip:
            return
        yield data[at + 4 : at + 8], data[at + skip : at + size]
        at += size


def _items(meta: bytes, read: Read) -> Found:
    """EXIF and XMP are items, whose place a table tells; a profile is a property."""
    if b"Exif" not in meta and b"mime" not in meta and b"prof" not in meta and b"rICC" not in meta:
        return  # nearly all variants
    boxes = dict(_boxes(meta, 4))
    named = _item_kinds(boxes.get(b"iinf", b""))
    if named:
        for item, offset, size in _item_places(boxes.get(b"iloc", b"")):
            kind = named.get(item)
            if kind is not None:
                yield kind, offset, size, read(offset, min(size, _MAX_KEPT)) if kind == "xmp" else b""
    for name, inner in _boxes(dict(_boxes(boxes.get(b"iprp", b""))).get(b"ipco", b"")):
        if name == b"colr" and inner[:4] in (b"prof", b"rICC"):
            yield "icc", 0, len(inner) + 8, inner[4:]


def _item_kinds(iinf: bytes) -> dict[int, str]:
    found: dict[int, str] = {}
    if len(iinf) < 6:
        return found
    for name, entry in _boxes(iinf, 6 if iinf[0] == 0 else 8):
        if name != b"infe" or len(entry) < 12:
            continue
        wide = entry[0] >= 3
        item = int.from_bytes(entry[4:8] if wide else entry[4:6], "big")
        kind = entry[10:14] if wide else entry[8:12]
        if kind == b"Exif":
            found[item] = "exif"
        elif kind == b"mime":
            found[item] = "xmp" if _XMP_MIME in entry else "other"
    return found


def _item_places(iloc: bytes) -> Iterator[tuple[int, int, int]]:
    """Item, offset in the file and bytes of each extent, as ISO/IEC 14496-12 8.11.3 packs them."""
    if len(iloc) < 8:
        return
    version = iloc[0]
    sizes = iloc[4] >> 4, iloc[4] & 15, iloc[5] >> 4, iloc[5] & 15 if version else 0
    offset_size, length_size, base_size, index_size = sizes
    at = 6

    def take(size: int) -> int:
        nonlocal at
        value = int.from_bytes(iloc[at : at + size], "big")
        at += size
        return value

    for _ in range(min(take(4 if version == 2 else 2), _MOST_PARTS)):
        item = take(4 if version == 2 else 2)
        in_file = (take(2) & 15) == 0 if version else True
        take(2)
        base = take(base_size)
        for _ in range(min(take(2), 64)):
            take(index_size)
            offset, length = take(offset_size), take(length_size)
            if in_file and at <= len(iloc):
                yield item, base + offset, length
