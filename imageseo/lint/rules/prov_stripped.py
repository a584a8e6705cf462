"""Marks of origin survive: what the picture behind `src` carries, its variants carry too.

Resizing drops a C2PA manifest and XMP without a word. Who publishes generated pictures may not take out the marks that
they came with. A variant keeps them by a manifest of its own, embedded or beside it (`tower-800w.avif.c2pa`), or by
saying in its XMP how the picture came to be. XMP alone that says a model made it is `prov-dst`'s business.

Of a manifest that tells of no model the loss is a warning. Measure 1.2 of the code of practice is about generated
pictures, and the manifest of a camera holds for its pixels alone: no tool can carry it into a scaled copy without a
signature of its own, as XMP can be.

Bad (its manifest says that a model made it):
    <img src="tower-1600x900-c2pa.jpg" srcset="tower-800x450.webp 800w" alt="A tower">

Good:
    <img src="tower-1600x900-c2pa.jpg" srcset="tower-800x450-c2pa.jpg 800w, tower-400x225-ai.webp 400w" alt="A tower">

Good (nothing to lose):
    <img src="tower-1600x900.jpg" srcset="tower-800x450.webp 800w" alt="A tower">
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity
from imageseo.web.ai_labels import is_ai_generated

if TYPE_CHECKING:
    from imageseo.lint.facts.file_metadata import SiteFileMetadata

SEVERITY = Severity.ERROR
_HINT = "put the manifest beside each variant, or say the origin in their XMP (Iptc4xmpExt:DigitalSourceType)"


def check(images: Sequence[ImageFact], marks: SiteFileMetadata) -> Iterator[Problem]:
    for image in images:
        source = next((target.path for target in image.targets if target.attribute == "src" and target.exists), None)
        carried = marks.of(source) if source is not None else None
        marked = carried is not None and (carried.c2pa or carried.digital_source_type)
        if carried is None or not marked or is_ai_generated(carried.digital_source_type):
            continue
        variants = dict.fromkeys(target.path for target in image.targets if target.path is not None and target.exists)
        lost = [path for path in variants if path != source and _bare(marks, path)]
        if lost:
            by_xmp = carried.digital_source_type is not None and not carried.c2pa_ai
            what = f"its origin ({carried.digital_source_type})" if by_xmp else "a C2PA manifest"
            others = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
            yield Problem(
                message=f"{source} carries {what}; {lost[0]}{others}, made of it, carries no mark",
                hint=_HINT,
                at=image.ref,
                severity=None if by_xmp or carried.c2pa_ai else Severity.WARN,
            )


def _bare(marks: SiteFileMetadata, path: str) -> bool:
    found = marks.of(path)
    return found is not None and not (found.c2pa or found.digital_source_type) and not marks.sidecar(path)
