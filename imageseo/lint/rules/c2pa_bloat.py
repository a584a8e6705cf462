"""The metadata in an image file is small: at most a tenth of the file, and 4 KiB in `srcset`.

Visitors download EXIF, embedded previews, editing histories in XMP and signed manifests with every variant, before the
first pixel. The bytes in the file are counted. A colour profile counts only if it is sRGB, which browsers assume
anyway; other profiles change the colours shown. Up to 1.5 KiB, enough for creator, licence and digital source type, is
always accepted in a variant, and up to 4 KiB in the file of `src`. Store manifests next to variants instead of in them,
without thumbnails.

Bad:
    <img src="photo-1600x900.jpg" srcset="photo-800x450-exif.jpg 800w, photo-1600x900.jpg 1600w" alt="A harbour">

Bad (a tenth of the file):
    <img src="photo-640x360-exif.jpg" alt="A harbour">

Good:
    <img src="tower-1600x900-ai.jpg" srcset="tower-800x450-ai.webp 800w, tower-1600x900-ai.jpg 1600w" alt="A tower">
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity

if TYPE_CHECKING:
    from imageseo.lint.facts.file_metadata import FileMetadata, SiteFileMetadata

SEVERITY = Severity.WARN
LINT_ONLY = True
_MOST, _FREE, _SHARE = 4096, 1536, 0.1  # bytes in a candidate, bytes always accepted, share of the file
_NAMES = {"exif": "EXIF", "xmp": "XMP", "icc": "an sRGB profile", "c2pa": "C2PA", "other": "other metadata"}


def check(images: Sequence[ImageFact], marks: SiteFileMetadata) -> Iterator[Problem]:
    for image in images:
        heavy: list[tuple[int, str, FileMetadata]] = []
        checked: set[str] = set()
        # The file of `src` keeps its larger allowance, for crawlers and rights, if `srcset` names it again.
        source = next((target.path for target in image.targets if target.attribute == "src"), None)
        for target in image.targets:
            if target.path is None or not target.exists or target.path in checked:
                continue
            checked.add(target.path)
            found = marks.of(target.path)
            size = _metadata_bytes(found) if found is not None and found.counts else 0
            if found is not None and _is_too_much(size, found.bytes, target.path != source):
                heavy.append((size, target.path, found))
        if heavy:
            size, path, found = max(heavy, key=lambda each: (each[0], each[1]))
            kinds = sorted((count, kind) for kind, count in found.counts if count and (kind != "icc" or found.srgb))
            what = ", ".join(f"{_NAMES[kind]} {count / 1024:.1f} KiB" for count, kind in reversed(kinds))
            others = f"; {len(heavy) - 1} more files of this image are similar" if len(heavy) > 1 else ""
            share = f"{size / 1024:.1f} KiB of metadata in {found.bytes / 1024:.1f} KiB"
            yield Problem(
                message=f"{path} carries {share} ({what}){others}",
                hint="remove what readers do not need; creator, licence and source type fit into 1.5 KiB of XMP",
                at=image.ref,
            )


def _metadata_bytes(found: FileMetadata) -> int:
    return sum(count for kind, count in found.counts if kind != "icc" or found.srgb)


def _is_too_much(size: int, file_size: int, is_candidate: bool) -> bool:
    if is_candidate and size > _MOST:
        return True
    return size > (_FREE if is_candidate else _MOST) and size > file_size * _SHARE
