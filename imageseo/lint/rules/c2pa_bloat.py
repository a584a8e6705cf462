"""What a picture carries beside its pixels is small: at most a tenth of the file, and 4 KiB in `srcset`.

Visitors download EXIF, previews in it, editing histories in XMP and signed manifests with every variant, before the
first pixel. Counted are the bytes in the file. A colour profile counts only where it is sRGB's, which browsers assume
anyway: others change what is seen. Up to 1.5 KiB, enough for creator, licence and origin, are never too much in a
variant, nor 4 KiB in the file of `src`. Put manifests beside variants, and take thumbnails out of them.

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
_MOST, _FREE, _SHARE = 4096, 1536, 0.1
_NAMES = {"exif": "EXIF", "xmp": "XMP", "icc": "an sRGB profile", "c2pa": "C2PA", "other": "other metadata"}


def check(images: Sequence[ImageFact], marks: SiteFileMetadata) -> Iterator[Problem]:
    for image in images:
        heavy: list[tuple[int, str, FileMetadata]] = []
        seen: set[str] = set()
        # What `src` names stays its file, for crawlers and rights, where `srcset` names it again.
        source = next((target.path for target in image.targets if target.attribute == "src"), None)
        for target in image.targets:
            if target.path is None or not target.exists or target.path in seen:
                continue
            seen.add(target.path)
            found = marks.of(target.path)
            size = _counted(found) if found is not None and found.counts else 0
            if found is not None and _too_much(size, found.bytes, target.path != source):
                heavy.append((size, target.path, found))
        if heavy:
            size, path, found = max(heavy, key=lambda each: (each[0], each[1]))
            kinds = sorted((count, kind) for kind, count in found.counts if count and (kind != "icc" or found.srgb))
            what = ", ".join(f"{_NAMES[kind]} {count / 1024:.1f} KiB" for count, kind in reversed(kinds))
            others = f"; {len(heavy) - 1} more of its files are like this" if len(heavy) > 1 else ""
            share = f"{size / 1024:.1f} KiB of metadata in {found.bytes / 1024:.1f} KiB"
            yield Problem(
                message=f"{path} carries {share} ({what}){others}",
                hint="strip what no reader needs; creator, licence and origin fit into 1.5 KiB of XMP",
                at=image.ref,
            )


def _counted(found: FileMetadata) -> int:
    return sum(count for kind, count in found.counts if kind != "icc" or found.srgb)


def _too_much(size: int, whole: int, offered: bool) -> bool:
    if offered and size > _MOST:
        return True
    return size > (_FREE if offered else _MOST) and size > whole * _SHARE
