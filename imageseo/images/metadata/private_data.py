"""Find and remove private data in the metadata of image files: positions, serial numbers and owners of cameras.

Pixels, rights, colour profiles and all other metadata stay as they are. Only bytes of metadata are overwritten, so that
nothing else in the file moves; PNGs, which have no offsets, become shorter, and so do most JPEGs.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator

from imageseo.images.metadata.private_exif import DEVICE, GPS, private_exif, used_length, without_private_exif
from imageseo.images.metadata.private_xmp import private_xmp, without_private_xmp
from imageseo.images.metadata.segments import EmbeddedMetadata, MetadataSegment, read_segments, reader_of

__all__ = ["DEVICE", "GPS", "has_manifest", "private_kinds", "without_private"]

_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_EXTENSION_HEAD = len(_EXTENSION) + 40  # with its identifier, the whole length and its offset
_RESOURCES = b"Photoshop 3.0\0"
_RESOURCE_EXIF, _RESOURCE_XMP = (0x0422, 0x0423), 0x0424
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_MOST_TEXT = 4 * 2**20
_PREVIEWS = b"MPF\0"
_SECOND_IMAGE = b"\xff\xd8\xff\xe1"

Change = tuple[MetadataSegment, bytes | None]
"""A segment and its new content; None: it is left out."""


def private_kinds(data: bytes, found: EmbeddedMetadata | None = None) -> frozenset[str]:
    """Return the kinds of private data in a file. ``found``: its metadata, if they have been read.

    Costs nothing for a file without metadata.
    """
    found = found or read_segments(reader_of(data))
    kinds: set[str] = set()
    if found is None:
        return frozenset()
    for part in found.parts:
        content = _content(data, part)
        if part.kind == "exif":
            kinds |= private_exif(content)
        elif part.kind == "xmp":
            kinds |= private_xmp(_packet(content)[1])
        elif part.tag == b"\xff\xed":
            kinds.update(*(_resource_kinds(number, inner) for number, _, inner in _resources(content)))
        elif part.tag in _TEXTS:
            kinds |= _text_kinds(part.tag, content)
    kinds |= private_xmp(_extension(data, found)[1])
    for at in _second_images(data):
        kinds |= private_kinds(data[at:])
    return frozenset(kinds)


def without_private(data: bytes, kinds: Collection[str]) -> bytes:
    """Return a file without these kinds of private data; the same bytes if there is nothing to remove.

    A C2PA manifest stays, though it no longer fits.
    """
    found = read_segments(reader_of(data))
    if found is None or not kinds:
        return data
    seconds = _second_images(data)
    changes = [each for part in found.parts for each in _changes(data, part, kinds)]
    changes += _extension_changes(data, found, kinds)
    new = _spliced(data, changes, keeps_length=bool(seconds) or _PREVIEWS in data[: 2**17])
    for at in seconds:  # nothing has moved
        part = without_private_in_place(new[at:], kinds)
        new = new[:at] + part
    return new


def without_private_in_place(data: bytes, kinds: Collection[str]) -> bytes:
    """Return an image at the end of a file, with the same length."""
    found = read_segments(reader_of(data))
    if found is None:
        return data
    changes = [each for part in found.parts for each in _changes(data, part, kinds)]
    return _spliced(data, [*changes, *_extension_changes(data, found, kinds)], keeps_length=True)


def has_manifest(data: bytes) -> bool:
    """Whether a file has a C2PA manifest."""
    found = read_segments(reader_of(data))
    return found is not None and bool(found.manifest)


def _content(data: bytes, part: MetadataSegment) -> bytes:
    end = part.offset + part.size
    if len(part.tag) == 4 and data[:4] == b"RIFF":
        length = int.from_bytes(data[part.offset + 4 : part.offset + 8], "little")
        return data[part.offset + 8 : part.offset + 8 + length]
    return data[part.offset + part.head : end - 4 if data[:4] == b"\x89PNG" else end]


def _packet(content: bytes) -> tuple[bytes, bytes, bool]:
    """Return what precedes an XMP packet (in a PNG's chunk), the packet, and whether it is compressed there."""
    if not content.startswith(b"XML:com.adobe.xmp\0"):
        return b"", content, False
    parts = content[20:].split(b"\0", 2)
    packet = parts[-1]
    head = content[: len(content) - len(packet)]
    is_compressed = content[18:19] == b"\1"
    return head, _inflate(packet) if is_compressed else packet, is_compressed


def _inflate(raw: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(raw, _MOST_TEXT)
    except zlib.error:
        return b""


def _changes(data: bytes, part: MetadataSegment, kinds: Collection[str]) -> Iterator[Change]:
    content = _content(data, part)
    if part.kind == "exif":
        new = without_private_exif(content, kinds)
        if new != content:
            yield part, new[: used_length(new)]
    elif part.kind == "xmp":
        head, packet, is_compressed = _packet(content)
        cleaned = without_private_xmp(packet, kinds)
        if cleaned != packet:
            yield part, (head + (zlib.compress(cleaned, 9) if is_compressed else cleaned)) if cleaned else None
    elif part.tag == b"\xff\xed":
        resources = bytearray(content)
        for number, at, inner in _resources(content):
            if number in _RESOURCE_EXIF:
                resources[at : at + len(inner)] = without_private_exif(inner, kinds)
            elif number == _RESOURCE_XMP:
                resources[at : at + len(inner)] = without_private_xmp(inner, kinds).ljust(len(inner))
        if resources != content:
            yield part, bytes(resources)
    elif part.tag in _TEXTS and _text_kinds(part.tag, content).intersection(kinds):
        yield part, None


def _resources(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, offset and content of Photoshop's image resources in a JPEG's segment."""
    at = len(_RESOURCES)
    while content.startswith(_RESOURCES) and content[at : at + 4] == b"8BIM":
        number, name = int.from_bytes(content[at + 4 : at + 6], "big"), content[at + 6] if at + 6 < len(content) else 0
        start = at + 6 + name + 1 + (name + 1) % 2 + 4
        size = int.from_bytes(content[start - 4 : start], "big")
        if start + size > len(content):
            return
        yield number, start, content[start : start + size]
        at = start + size + size % 2


def _resource_kinds(number: int, inner: bytes) -> frozenset[str]:
    if number in _RESOURCE_EXIF:
        return private_exif(inner)
    return private_xmp(inner) if number == _RESOURCE_XMP else frozenset()


def _text_kinds(tag: bytes, content: bytes) -> frozenset[str]:
    """Return the kinds in a PNG's text: EXIF or XMP as hexadecimal digits, or one value, as ImageMagick writes them."""
    keyword, _, rest = content.partition(b"\0")
    key = keyword.lower()
    if key.startswith((b"exif:gps", b"gps")):
        return frozenset((GPS,))
    if b"serialnumber" in key or b"ownername" in key:
        return frozenset((DEVICE,))
    if not key.startswith(b"raw profile type "):
        return frozenset()
    text = _inflate(rest[1:]) if tag == b"zTXt" else rest if tag == b"tEXt" else rest[2:].split(b"\0", 2)[-1]
    digits = b"".join(text.split()[2:])
    try:
        profile = bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
    except ValueError:
        return frozenset()
    return private_exif(profile) | (private_xmp(profile) if b"<x:xmpmeta" in profile[:4096] else frozenset())


def _extension(data: bytes, found: EmbeddedMetadata) -> tuple[list[MetadataSegment], bytes]:
    """Return the segments of a JPEG with the rest of a long XMP packet, and that rest."""
    parts = [
        part
        for part in found.parts
        if part.tag == b"\xff\xe1" and data.startswith(_EXTENSION, part.offset + 4) and part.kind == "other"
    ]
    return parts, b"".join(_content(data, part)[_EXTENSION_HEAD:] for part in parts)


def _extension_changes(data: bytes, found: EmbeddedMetadata, kinds: Collection[str]) -> list[Change]:
    parts, packet = _extension(data, found)
    cleaned = without_private_xmp(packet, kinds)
    if cleaned == packet:
        return []
    changes: list[Change] = []
    left = cleaned.ljust(len(packet))
    for part in parts:
        content = _content(data, part)
        count = len(content) - _EXTENSION_HEAD
        changes.append((part, content[:_EXTENSION_HEAD] + left[:count]))
        left = left[count:]
    return changes


def _second_images(data: bytes) -> list[int]:
    """Return where the further images of a JPEG begin: previews and gain maps, which have metadata of their own."""
    if not data.startswith(b"\xff\xd8") or _PREVIEWS not in data[: 2**17]:
        return []
    found, at = list[int](), data.find(_PREVIEWS)
    while (at := data.find(_SECOND_IMAGE, at + 1)) >= 0:
        found.append(at)
    return found


def _spliced(data: bytes, changes: Collection[Change], *, keeps_length: bool) -> bytes:
    if not changes:
        return data
    is_png, is_jpeg = data[:4] == b"\x89PNG", data[:2] == b"\xff\xd8"
    pieces, at = list[bytes](), 0
    for part, content in sorted(changes, key=lambda change: change[0].offset):
        end = part.offset + part.size
        pieces.append(data[at : part.offset])
        if is_png:
            if content is not None:
                kind = data[part.offset + 4 : part.offset + 8]
                crc = zlib.crc32(kind + content).to_bytes(4, "big")
                pieces.append(len(content).to_bytes(4, "big") + kind + content + crc)
        elif is_jpeg and not keeps_length:
            if content is not None:
                head = data[part.offset + 4 : part.offset + part.head]
                length = (len(head) + len(content) + 2).to_bytes(2, "big")
                pieces.append(data[part.offset : part.offset + 2] + length + head + content)
        else:
            old = _content(data, part)
            filler = b" " if part.kind == "xmp" else b"\0"
            start = part.offset + part.head
            body = (content or b"").ljust(len(old), filler)[: len(old)]
            pieces.append(data[part.offset : start] + body + data[start + len(old) : end])
        at = end
    return b"".join([*pieces, data[at:]])
