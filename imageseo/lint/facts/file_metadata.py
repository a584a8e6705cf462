"""The metadata in image files of a built site: each file is read once, and only its head."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from imageseo.config.globs import matches
from imageseo.config.provenance import MetadataSettings
from imageseo.images.decoding.probe import MAX_BYTES
from imageseo.images.metadata.ai_origin import read_ai_origin
from imageseo.images.metadata.rights import read_rights
from imageseo.images.metadata.segments import EmbeddedMetadata, read_segments
from imageseo.model import regular_file
from imageseo.model.origin import AiOrigin
from imageseo.storage.site_folder import SiteFolder
from imageseo.web.filenames import looks_like_variant

_BLOCK = 4096
_TELLING = ("exif", "xmp", "other")  # kinds of metadata with positions
_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".avif")
_AI_WORDS = (b"trainedAlgorithmicMedia", b"compositeWithTrainedAlgorithmicMedia")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMetadata:
    """The metadata of a file. ``bytes``: of the file. ``digital_source_type``: IPTC URI, from its XMP.
    ``origin``: what it tells about a model that made the image.

    ``counts``: bytes of metadata by kind (``exif``, ``xmp``, ``icc``, ``c2pa``, ``other``). ``srgb``: whether its
    profile is sRGB, the default of browsers. ``c2pa``: whether a manifest is embedded; ``c2pa_ai``: whether it declares
    AI.
    """

    bytes: int
    counts: tuple[tuple[str, int], ...] = ()
    digital_source_type: str | None = None
    srgb: bool = False
    c2pa: bool = False
    c2pa_ai: bool = False
    origin: AiOrigin | None = None

    def count(self, kind: str) -> int:
        """Return the bytes of one kind."""
        return dict(self.counts).get(kind, 0)


class SiteFileMetadata:
    """The metadata of a site's image files, by path. ``settings``: which positions are meant to be published."""

    def __init__(self, root: Path, settings: MetadataSettings = MetadataSettings()) -> None:  # noqa: B008 - frozen
        self._settings = settings
        self._prefix = f"{root}{os.sep}"  # a string, because a Path costs more than the system calls
        self._folder = SiteFolder(root)
        self._metadata: dict[str, FileMetadata | None] = {}

    def of(self, path: str) -> FileMetadata | None:
        """Return the metadata of a file; None if it cannot be read, or is not a JPEG, PNG, WebP or AVIF."""
        if path not in self._metadata:
            self._metadata[path] = self._read(path)
        return self._metadata[path]

    def has_position(self, path: str) -> bool:
        """Whether a file says where it was taken, and the settings do not want that to be published."""
        found = self.of(path)
        if found is None or self._settings.gps == "keep" or not any(found.count(kind) for kind in _TELLING):
            return False
        if any(matches(path, glob) for glob in self._settings.exclude):
            return False
        from imageseo.images.metadata.private_data import GPS, private_kinds  # few files have such metadata

        try:
            return GPS in private_kinds(regular_file.read(self._folder.locate(path), limit=MAX_BYTES))
        except (OSError, ValueError):
            return False

    def images(self) -> Iterator[str]:
        """Yield the paths of the site's JPEG, PNG, WebP and AVIF files, in order, without variants by imageseo."""
        for folder, folders, names in os.walk(self._prefix):
            folders.sort()
            base = folder[len(self._prefix) :].strip(os.sep).replace(os.sep, "/")
            for name in sorted(names):
                if name.lower().endswith(_SUFFIXES) and not looks_like_variant(name):
                    yield f"{base}/{name}" if base else name

    def sidecar(self, path: str) -> bool:
        """Whether a C2PA manifest exists next to a file: ``.c2pa`` replaces its suffix or is appended to it."""
        stem = path.rpartition(".")[0]
        return any(Path(f"{self._prefix}{name}").is_file() for name in (f"{stem}.c2pa", f"{path}.c2pa"))

    def _read(self, path: str) -> FileMetadata | None:
        try:
            file = regular_file.open_handle(self._folder.locate(path))
        except (OSError, ValueError):
            return None
        try:
            size = os.fstat(file).st_size
            head = _read_at(file, 0, _BLOCK)

            def read(offset: int, count: int) -> bytes:
                end = offset + max(0, count)
                if end <= len(head) or offset >= size:
                    return head[offset:end]
                return _read_at(file, offset, min(count, size - offset))

            found = read_segments(read)
            origin = read_ai_origin(read, found)
        except (OSError, OverflowError):
            return None
        finally:
            os.close(file)
        return None if found is None else _summarize(found, size, origin)


def _read_at(file: int, offset: int, count: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(file, count, offset)
    os.lseek(file, offset, os.SEEK_SET)
    return os.read(file, count)


def _summarize(found: EmbeddedMetadata, size: int, origin: AiOrigin | None) -> FileMetadata:
    if not found.parts:
        return FileMetadata(bytes=size)
    return FileMetadata(
        bytes=size,
        counts=tuple(sorted(found.counts.items())),
        digital_source_type=_source_type(found.xmp) if b"DigitalSourceType" in found.xmp else None,
        srgb=bool(found.icc) and _is_srgb(found.icc),
        c2pa=bool(found.manifest),
        c2pa_ai=any(word in found.manifest for word in _AI_WORDS),
        origin=origin,
    )


@lru_cache(maxsize=1024)  # all variants of an image have the same packet
def _source_type(xmp: bytes) -> str | None:
    return read_rights(xmp=xmp).digital_source_type


def _is_srgb(icc: bytes) -> bool:
    """Whether the profile's description (``desc`` tag: ASCII in version 2, UTF-16 in version 4) names sRGB."""
    for entry in range(min(int.from_bytes(icc[128:132], "big"), 60)):
        at = 132 + 12 * entry
        if len(icc) < at + 12:
            break
        name, start, size = struct.unpack_from(">4sII", icc, at)
        if name == b"desc":
            text = icc[start : start + min(size, 256)].replace(b"\0", b"").lower()
            return b"srgb" in text
    return False
