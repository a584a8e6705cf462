"""Keys and what they lead to, in 72 bytes each: of a million entries no dictionary would fit beside a build."""

from __future__ import annotations

import hashlib
import struct
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from imageseo.model.protocols import StoredBlob

_RECORD = struct.Struct(">32s32sQ")
_MAGIC = b"imageseo entries 1\n"
_MAX_LABEL = 1024  # bytes


class Records:
    """A sorted table: key -> entries. Two entries of a key come only from codecs that report the same version."""

    def __init__(self, data: bytes = b"") -> None:
        """``data``: from ``bytes(records)``. Raises ValueError for other bytes."""
        if len(data) % _RECORD.size:
            raise ValueError("incomplete records")
        self._data = data

    @classmethod
    def of(cls, entries: Iterable[tuple[str, StoredBlob]]) -> Records:
        rows = (_RECORD.pack(bytes.fromhex(key), bytes.fromhex(stored.sha256), stored.bytes) for key, stored in entries)
        return cls(b"".join(sorted(set(rows))))

    def __len__(self) -> int:
        return len(self._data) // _RECORD.size

    def __bytes__(self) -> bytes:
        return self._data

    def __iter__(self) -> Iterator[tuple[str, StoredBlob]]:
        for key, sha256, size in _RECORD.iter_unpack(self._data):
            yield key.hex(), StoredBlob(sha256=sha256.hex(), bytes=size)

    def find(self, key: str) -> tuple[StoredBlob, ...]:
        """Return what lies under a key, in order."""
        wanted, found = bytes.fromhex(key), []
        at = bisect_left(
            range(len(self)), wanted, key=lambda row: self._data[row * _RECORD.size : row * _RECORD.size + 32]
        )
        while at < len(self):
            each, sha256, size = _RECORD.unpack_from(self._data, at * _RECORD.size)
            if each != wanted:
                break
            found.append(StoredBlob(sha256=sha256.hex(), bytes=size))
            at += 1
        return tuple(found)


def encode_site(label: str, records: Records) -> bytes:
    """Return the list of the entries that a site uses. ``label``: what people call the site."""
    text = label.encode("utf-8", "replace")[:_MAX_LABEL].replace(b"\n", b" ")
    return _MAGIC + text + b"\n" + bytes(records)


def decode_site(data: bytes, digest: str) -> tuple[str, Records] | None:
    """Return label and entries; None if the bytes are not those of this SHA-256, or of another format."""
    if hashlib.sha256(data).hexdigest() != digest or not data.startswith(_MAGIC):
        return None
    label, newline, rows = data[len(_MAGIC) :].partition(b"\n")
    try:
        return (label.decode("utf-8", "replace"), Records(rows)) if newline else None
    except ValueError:
        return None
