"""Find the metadata segments of an image file: offsets, sizes, and the contents that describe its origin.

Bytes are read through a function, so that a file of many megabytes costs a few small reads: every format declares the
length of its parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

ReadRange = Callable[[int, int], bytes]
"""Offset and size -> bytes; fewer at the end of the file."""

_MAX_PARTS = 4096  # a PNG may consist of thousands of chunks; metadata does not come after so many
_MAX_CONTENT = 2**20
_XMP_JPEG = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_PNG = b"XML:com.adobe.xmp\0"
_C2PA_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_XMP_MIME = b"application/rdf+xml"
# Chunks that a PNG's pixels need, in addition to the critical ones.
_PNG_PIXELS = frozenset(
    (b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs", b"cICP", b"mDCV", b"mDCv", b"cLLI", b"cLLi")
) | {b"acTL", b"fcTL", b"fdAT", b"hIST", b"tIME", b"oFFs", b"sTER"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataSegment:
    """Metadata of one kind: ``exif``, ``xmp``, ``icc``, ``c2pa``, ``other``; the size includes its framing.

    ``tag``: the type of a PNG's or WebP's chunk, the marker of a JPEG's segment, ``b""`` in an AVIF. ``head``: bytes of
    the framing before the content.
    """

    kind: str
    offset: int
    size: int
    tag: bytes = b""
    head: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedMetadata:
    """All metadata of a file. ``xmp``: the packet. ``icc``: the profile's first KiB. ``manifest``: the raw C2PA store.

    ``counts``: bytes by kind.
    """

    parts: tuple[MetadataSegment, ...] = ()
    xmp: bytes = field(default=b"", repr=False)
    icc: bytes = field(default=b"", repr=False)
    manifest: bytes = field(default=b"", repr=False)

    @property
    def counts(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for part in self.parts:
            counts[part.kind] = counts.get(part.kind, 0) + part.size
        return counts


def reader_of(data: bytes) -> ReadRange:
    """Return the function that reads a file whose bytes are in memory."""
    return lambda offset, size: data[offset : offset + max(0, size)]


def read_segments(read: ReadRange) -> EmbeddedMetadata | None:
    """Return the metadata of a JPEG, PNG, WebP or AVIF; None for other formats. A truncated file is no error."""
    head = read(0, 32)
    if head.startswith(b"\xff\xd8\xff"):
        segments = _read_jpeg(read)
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        segments = _read_png(read)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        segments = _read_webp(read, head)
    elif head[4:8] == b"ftyp":
        segments = _read_avif(read)
    else:
        return None
    return _collect(segments)


SegmentIterator = Iterator[tuple[str, int, int, bytes, bytes, int]]
"""Kind, offset, size with framing, content if needed, tag, bytes before the content."""


def _collect(segments: SegmentIterator) -> EmbeddedMetadata:
    parts: list[MetadataSegment] = []
    contents: dict[str, bytes] = {}
    for kind, offset, size, content, tag, head in segments:
        parts.append(MetadataSegment(kind=kind, offset=offset, size=size, tag=tag, head=head))
        if kind in ("xmp", "c2pa", "icc") and len(contents.get(kind, b"")) < _MAX_CONTENT:
            contents[kind] = contents.get(kind, b"") + content
    return EmbeddedMetadata(
        parts=tuple(parts),
        xmp=contents.get("xmp", b""),
        icc=contents.get("icc", b"")[:1024],
        manifest=contents.get("c2pa", b""),
    )


def _read_jpeg(read: ReadRange) -> SegmentIterator:
    """Yield the segments before the first scan. Images after it (previews, gain maps) are pixels, not metadata."""
    at = 2
    for _ in range(_MAX_PARTS):
        head = read(at, 64)
        if len(head) < 4 or head[0] != 0xFF:
            return
        marker, length = head[1], int.from_bytes(head[2:4], "big")
        if marker == 0xFF:  # fill
            at += 1
            continue
        if marker in (0xDA, 0xD9) or length < 2:
            return
        kind, skip = _classify_segment(marker, head[4:])
        if kind is not None:
            content = read(at + 4 + skip, length - 2 - skip) if kind in ("xmp", "c2pa", "icc") else b""
            yield kind, at, length + 2, content, head[:2], 4 + skip
        at += 2 + length


def _classify_segment(marker: int, head: bytes) -> tuple[str | None, int]:
    """Return the kind of an application segment, and the length of its header."""
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


def _read_png(read: ReadRange) -> SegmentIterator:
    at = 8
    for _ in range(_MAX_PARTS):
        head = read(at, 40)
        if len(head) < 8:
            return
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        size = length + 12
        if kind == b"IEND":
            return
        if kind == b"iTXt" and head[8:].startswith(_XMP_PNG):
            content = read(at + 8, min(length, _MAX_CONTENT))
            # Keyword, compression flag and method, language, translated keyword.
            packet = content[len(_XMP_PNG) + 2 :].split(b"\0", 2)[-1]
            is_compressed = content[len(_XMP_PNG) : len(_XMP_PNG) + 1] == b"\1"
            yield "xmp", at, size, _inflate(packet, _MAX_CONTENT) if is_compressed else packet, b"", 8
        elif kind == b"eXIf":
            yield "exif", at, size, b"", kind, 8
        elif kind == b"iCCP":
            yield "icc", at, size, _decompress_profile(read(at + 8, min(length, _MAX_CONTENT))), kind, 8
        elif kind == b"caBX":
            yield "c2pa", at, size, read(at + 8, min(length, _MAX_CONTENT)), kind, 8
        elif kind[:1].islower() and kind not in _PNG_PIXELS:
            yield "other", at, size, b"", kind, 8
        at += size


def _decompress_profile(chunk: bytes) -> bytes:
    """Return the first KiB of a PNG's compressed profile."""
    return _inflate(chunk.partition(b"\0")[2][1:], 1024)


def _inflate(data: bytes, limit: int) -> bytes:
    """Return at most ``limit`` decompressed bytes; none of broken data."""
    import zlib

    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error:
        return b""


def _read_webp(read: ReadRange, head: bytes) -> SegmentIterator:
    if head[12:16] != b"VP8X":
        return  # only pixels
    at = 12
    kinds = {b"EXIF": "exif", b"XMP ": "xmp", b"ICCP": "icc", b"C2PA": "c2pa"}
    pixels = (b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF")
    for _ in range(_MAX_PARTS):
        chunk = read(at, 8)
        if len(chunk) < 8:
            return
        length = int.from_bytes(chunk[4:8], "little")
        size = 8 + length + length % 2
        if chunk[:4] not in pixels:
            kind = kinds.get(chunk[:4], "other")
            content = read(at + 8, min(length, _MAX_CONTENT)) if kind in ("xmp", "c2pa", "icc") else b""
            yield kind, at, size, content, chunk[:4], 8
        at += size


def _read_avif(read: ReadRange) -> SegmentIterator:
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
            yield from _read_items(read(at + skip, min(size - skip, _MAX_CONTENT)), read)
        elif kind == b"uuid":
            manifest = head[skip : skip + 16] == _C2PA_BOX
            content = read(at + skip + 16, min(size - skip - 16, _MAX_CONTENT))
            yield "c2pa" if manifest else "other", at, size, content, b"", skip + 16
        at += size


def _iter_boxes(data: bytes, at: int = 0) -> Iterator[tuple[bytes, bytes]]:
    while at + 8 <= len(data):
        size, skip = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, skip = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        size = size or len(data) - at
        if size < skip:
            return
        yield data[at + 4 : at + 8], data[at + skip : at + size]
        at += size


def _read_items(meta: bytes, read: ReadRange) -> SegmentIterator:
    """Yield EXIF and XMP, which are items located by a table, and the profile, which is a property."""
    if b"Exif" not in meta and b"mime" not in meta and b"prof" not in meta and b"rICC" not in meta:
        return  # true of nearly all variants
    boxes = dict(_iter_boxes(meta, 4))
    item_kinds = _read_item_kinds(boxes.get(b"iinf", b""))
    if item_kinds:
        for item, offset, size in _item_extents(boxes.get(b"iloc", b"")):
            kind = item_kinds.get(item)
            if kind is not None:
                content = read(offset, min(size, _MAX_CONTENT)) if kind == "xmp" else b""
                yield kind, offset, size, content, b"", 0
    for name, inner in _iter_boxes(dict(_iter_boxes(boxes.get(b"iprp", b""))).get(b"ipco", b"")):
        if name == b"colr" and inner[:4] in (b"prof", b"rICC"):
            yield "icc", 0, len(inner) + 8, inner[4:], b"", 0


def _read_item_kinds(iinf: bytes) -> dict[int, str]:
    kinds: dict[int, str] = {}
    if len(iinf) < 6:
        return kinds
    for name, entry in _iter_boxes(iinf, 6 if iinf[0] == 0 else 8):
        if name != b"infe" or len(entry) < 12:
            continue
        wide = entry[0] >= 3
        item = int.from_bytes(entry[4:8] if wide else entry[4:6], "big")
        kind = entry[10:14] if wide else entry[8:12]
        if kind == b"Exif":
            kinds[item] = "exif"
        elif kind == b"mime":
            kinds[item] = "xmp" if _XMP_MIME in entry else "other"
    return kinds


def _item_extents(iloc: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield item, file offset and size of each extent from an ``iloc`` box (ISO/IEC 14496-12 8.11.3)."""
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

    for _ in range(min(take(4 if version == 2 else 2), _MAX_PARTS)):
        item = take(4 if version == 2 else 2)
        in_file = (take(2) & 15) == 0 if version else True
        take(2)
        base = take(base_size)
        for _ in range(min(take(2), 64)):
            take(index_size)
            offset, length = take(offset_size), take(length_size)
            if in_file and at <= len(iloc):
                yield item, base + offset, length
