"""Remove private data from EXIF in place: positions, serial numbers, owners, maker notes and previews.

The structure is edited without rewriting it (TIFF 6.0, EXIF 3.0): all other values keep their bytes and offsets, and
the data keep their length.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

GPS, DEVICE = "gps", "device"
"""Kinds of private data: where an image was taken; what identifies the camera or its owner."""

_GPS_IFD, _EXIF_IFD, _SUB_IFDS, _INTEROP_IFD = 0x8825, 0x8769, 0x014A, 0xA005
_GPS_VERSION = 0
_MAKER_NOTE = 0x927C
# Owner, body, lens and camera serial numbers, maker note.
_DEVICE_TAGS = frozenset((0xA430, 0xA431, 0xA435, 0xC62F, _MAKER_NOTE))
_DATA = {0x0201: 0x0202, 0x0111: 0x0117}  # offsets of previews -> their lengths
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
_MOST_ENTRIES, _MOST_FOLDERS = 512, 16


@dataclass(slots=True)
class _ExifEntry:
    """``raw``: its 12 bytes. ``start``, ``size``: of a value that is elsewhere; 0 for one in the entry itself."""

    tag: int
    raw: bytes
    start: int = 0
    size: int = 0


@dataclass(slots=True)
class _Directory:
    """An image file directory. ``following``: offset of the next one."""

    at: int
    entries: list[_ExifEntry]
    following: int
    kept: list[_ExifEntry] = field(default_factory=list)


def private_exif(content: bytes) -> frozenset[str]:
    """Return the kinds of private data in EXIF data."""
    return _remove(content, (GPS, DEVICE))[1]


def without_private_exif(content: bytes, kinds: Collection[str]) -> bytes:
    """Return EXIF data of the same length without these kinds of private data; the same bytes if there are none."""
    return _remove(content, kinds)[0]


def used_length(content: bytes) -> int:
    """Return the length of EXIF data without zeros at the end that no value needs."""
    base = _base(content)
    tiff = _TiffReader(content[base:]) if base is not None else None
    if base is None or tiff is None or not tiff.is_valid:
        return len(content)
    last = max(8, len(content.rstrip(b"\0")) - base)
    for folder in tiff.folders():
        last = max(last, folder.at + 6 + 12 * len(folder.entries))
        last = max([last, *(start + size for start, size in tiff.ranges(folder, folder.entries))])
    return min(len(content), base + last + last % 2)


def _base(content: bytes) -> int | None:
    """Return where the TIFF header begins: after ``Exif``, or after the offset that precedes it in an AVIF."""
    start = content[:16].find(b"Exif\0\0")
    at = start + 6 if start >= 0 else 0
    for base in (at, at + 4):
        if content[base : base + 4] in (b"II*\0", b"MM\0*"):
            return base
    return None


class _TiffReader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.order = "little" if data[:2] == b"II" else "big"
        self.first = self.number(4, 4)
        self.is_valid = self.first >= 8

    def number(self, at: int, size: int) -> int:
        return int.from_bytes(self.data[at : at + size], "little" if self.order == "little" else "big")

    def bytes_of(self, value: int, size: int) -> bytes:
        return value.to_bytes(size, "little" if self.order == "little" else "big")

    def folder(self, at: int) -> _Directory | None:
        count = self.number(at, 2)
        end = at + 2 + 12 * count
        if at < 8 or count > _MOST_ENTRIES or end > len(self.data):
            return None
        entries = []
        for start in range(at + 2, end, 12):
            size = _SIZES.get(self.number(start + 2, 2), 0) * self.number(start + 4, 4)
            value = self.number(start + 8, 4)
            entry = _ExifEntry(self.number(start, 2), self.data[start : start + 12])
            if size > 4 and value + size <= len(self.data):
                entry.start, entry.size = value, size
            entries.append(entry)
        return _Directory(at, entries, self.number(end, 4) if end + 4 <= len(self.data) else 0)

    def folders(self, *, skip: Collection[int] = ()) -> Iterator[_Directory]:
        """Yield all directories but those at some offsets, each once."""
        queue, seen = [self.first], set(skip)
        while queue and len(seen) < _MOST_FOLDERS + len(skip):
            at = queue.pop(0)
            folder = self.folder(at) if at not in seen else None
            seen.add(at)
            if folder is not None:
                yield folder
                queue += [*self.inner(folder), folder.following]

    def inner(self, folder: _Directory) -> Iterator[int]:
        for entry in folder.entries:
            if entry.tag in (_EXIF_IFD, _GPS_IFD, _INTEROP_IFD) or (entry.tag == _SUB_IFDS and not entry.size):
                yield self.pointer(entry)
            elif entry.tag == _SUB_IFDS:
                yield from (self.number(at, 4) for at in range(entry.start, entry.start + min(entry.size, 64), 4))

    def pointer(self, entry: _ExifEntry) -> int:
        return int.from_bytes(entry.raw[8:12], "little" if self.order == "little" else "big")

    def ranges(self, folder: _Directory, entries: Collection[_ExifEntry]) -> Iterator[tuple[int, int]]:
        """Yield start and size of what entries refer to: their values, and previews."""
        by_tag = {entry.tag: entry for entry in folder.entries}
        for entry in entries:
            if entry.size:
                yield entry.start, entry.size
            length = by_tag.get(_DATA.get(entry.tag, -1))
            if length is not None and not entry.size and not length.size:
                yield self.pointer(entry), self.pointer(length)

    def has_value(self, entry: _ExifEntry) -> bool:
        value = self.data[entry.start : entry.start + entry.size] if entry.size else entry.raw[8:12]
        return bool(value.strip(b"\0 "))


def _remove(content: bytes, kinds: Collection[str]) -> tuple[bytes, frozenset[str]]:
    base = _base(content)
    tiff = _TiffReader(content[base:]) if base is not None else None
    if base is None or tiff is None or not tiff.is_valid:
        return content, frozenset()
    main = tiff.folder(tiff.first)
    if main is None:
        return content, frozenset()
    preview = tiff.folder(main.following)
    folders = list(tiff.folders(skip=[main.following] if preview is not None else []))
    positions = {tiff.pointer(entry) for folder in folders for entry in folder.entries if entry.tag == _GPS_IFD}
    found = {
        kind
        for folder in folders
        for entry in folder.entries
        for kind in (_kind(tiff, folder, entry, positions),)
        if kind is not None
    }
    in_preview = _kinds_of_preview(tiff, preview) if preview is not None else frozenset()
    removed = (found | in_preview).intersection(kinds)
    if not removed:
        return content, frozenset(found | in_preview)
    whole = DEVICE in kinds  # previews and what maker notes refer to go too: nothing else refers to those bytes
    new = bytearray(len(tiff.data)) if whole else bytearray(tiff.data)
    for folder in folders:
        is_gone = folder.at in positions and GPS in removed
        folder.kept = [] if is_gone else [entry for entry in folder.entries if _stays(entry, removed)]
        gone = [entry for entry in folder.entries if entry not in folder.kept]
        for start, size in [(folder.at, 6 + 12 * len(folder.entries)), *tiff.ranges(folder, gone)]:
            new[start : start + size] = bytes(len(new[start : start + size]))
    kept = [folder for folder in folders if not (folder.at in positions and GPS in removed)]
    for folder in kept:
        for start, size in tiff.ranges(folder, folder.kept):
            new[start : start + size] = tiff.data[start : start + size]
    keeps_preview = preview is not None and not whole and not in_preview.intersection(removed)
    for folder in kept:
        following = 0 if folder is kept[0] and not keeps_preview else folder.following
        table = tiff.bytes_of(len(folder.kept), 2) + b"".join(entry.raw for entry in folder.kept)
        table = (table + tiff.bytes_of(following, 4)).ljust(6 + 12 * len(folder.entries), b"\0")
        end = min(folder.at + len(table), len(new))
        new[folder.at : end] = table[: end - folder.at]
    if preview is not None and not keeps_preview and not whole:
        for start, size in [(preview.at, 6 + 12 * len(preview.entries)), *tiff.ranges(preview, preview.entries)]:
            new[start : start + size] = bytes(len(new[start : start + size]))
    new[:8] = tiff.data[:8]
    return content[:base] + bytes(new), frozenset(found | in_preview)


def _kind(tiff: _TiffReader, folder: _Directory, entry: _ExifEntry, positions: Collection[int]) -> str | None:
    """Return the kind of private data that an entry is; a position that is only a version number is none."""
    if folder.at in positions:
        return GPS if entry.tag != _GPS_VERSION else None
    return DEVICE if entry.tag in _DEVICE_TAGS and tiff.has_value(entry) else None


def _stays(entry: _ExifEntry, removed: Collection[str]) -> bool:
    return not (
        (entry.tag == _GPS_IFD and GPS in removed)
        or (entry.tag in _DEVICE_TAGS and DEVICE in removed)
        or (entry.tag == _GPS_IFD and not entry.raw[8:12].strip(b"\0"))
    )


def _kinds_of_preview(tiff: _TiffReader, preview: _Directory) -> frozenset[str]:
    """Return the kinds of private data in the metadata of a preview, which is a JPEG."""
    for start, size in tiff.ranges(preview, preview.entries):
        at = tiff.data.find(b"Exif\0\0", start, start + min(size, 4096))
        if at >= 0:
            return _remove(tiff.data[at : start + size], ())[1]
    return frozenset()
