"""Provenance metadata survives: what the file of `src` carries, its variants carry too.

Resizing silently drops a C2PA manifest and XMP. Publishers of generated images must not remove the marks that the
images came with. A variant keeps them with a manifest of its own, embedded or next to it (`tower-800w.avif.c2pa`), or
with a digital source type in its XMP. An image that only its XMP declares AI-generated is covered by `prov-dst`.

If a manifest does not declare AI, its loss is a warning. Measure 1.2 of the code of practice is about generated images,
and a camera's manifest is valid for its own pixels only: no tool can copy it to a scaled file without a signature of
its own, whereas XMP can be copied.

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
_HINT = "store the manifest next to each variant, or write Iptc4xmpExt:DigitalSourceType into its XMP"


def check(images: Sequence[ImageFact], marks: SiteFileMetadata) -> Iterator[Problem]:
    for image in images:
        source = next((target.path for target in image.targets if target.attribute == "src" and target.exists), None)
        metadata = marks.of(source) if source is not None else None
        has_provenance = metadata is not None and (metadata.c2pa or metadata.digital_source_type)
        if metadata is None or not has_provenance or is_ai_generated(metadata.digital_source_type):
            continue
        variants = dict.fromkeys(target.path for target in image.targets if target.path is not None and target.exists)
        stripped = [path for path in variants if path != source and _lacks_provenance(marks, path)]
        if stripped:
            by_xmp = metadata.digital_source_type is not None and not metadata.c2pa_ai
            what = f"a digital source type ({metadata.digital_source_type})" if by_xmp else "a C2PA manifest"
            others = f" (and {len(stripped) - 1} more)" if len(stripped) > 1 else ""
            yield Problem(
                message=f"{source} carries {what}, but {stripped[0]}{others} of the same image carries none",
                hint=_HINT,
                at=image.ref,
                severity=None if by_xmp or metadata.c2pa_ai else Severity.WARN,
            )


def _lacks_provenance(marks: SiteFileMetadata, path: str) -> bool:
    found = marks.of(path)
    return found is not None and not (found.c2pa or found.digital_source_type) and not marks.sidecar(path)
