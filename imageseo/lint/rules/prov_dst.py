"""Every file of an AI-generated image declares it: XMP with IPTC's DigitalSourceType.

Google labels an image by the metadata in its file, and European law requires machine-readable marks. Each file of
`src`, `srcset` and `<source>` needs its own: whoever saves a variant has only that file. An image counts as
AI-generated if the XMP of one of its files, or the page's JSON-LD, declares it, or a file's texts do.

Bad (a variant lacks what its picture says):
    <img src="tower-1600x900-ai.jpg" srcset="tower-800x450.webp 800w, tower-1600x900-ai.jpg 1600w" alt="A tower">

Bad (only the page says it):
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "ImageObject",
    "contentUrl": "tower-1600x900.jpg", "creditText": "Ada",
    "digitalSourceType": "https://schema.org/TrainedAlgorithmicMediaDigitalSource"}</script>
    <img src="tower-1600x900.jpg" alt="A tower">

Good:
    <picture><source type="image/avif" srcset="tower-800x450-ai.avif">
    <img src="tower-1600x900-ai.jpg" alt="A tower"></picture>

Good (no model made it):
    <img src="tower-1600x900.jpg" srcset="tower-800x450.webp 800w" alt="A tower">
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.model.facts import ImageFact, Problem, ResolvedUrl
from imageseo.model.finding import Severity
from imageseo.web.ai_labels import is_ai_generated
from imageseo.web.structured_data.digital_source_type import declared_types, is_ai_type
from imageseo.web.structured_data.parser import JsonLd

if TYPE_CHECKING:
    from imageseo.lint.facts.file_metadata import FileMetadata, SiteFileMetadata

SEVERITY = Severity.ERROR
_HINT = "write an XMP packet with Iptc4xmpExt:DigitalSourceType into each file, as `imageseo build` does"


def check(
    images: Sequence[ImageFact], json_ld: JsonLd, marks: SiteFileMetadata, target: Callable[[str], ResolvedUrl]
) -> Iterator[Problem]:
    declared = declared_types(json_ld, target)
    for image in images:
        paths = dict.fromkeys(target.path for target in image.targets if target.path is not None and target.exists)
        found = [(path, metadata) for path in paths if (metadata := marks.of(path)) is not None]
        declared_by_page = any(is_ai_type(declared.get(path)) for path, _ in found)
        by_file = any(
            is_ai_generated(file.digital_source_type) or (_tells(file) and not file.c2pa_ai) for _, file in found
        )
        if not declared_by_page and not by_file:
            continue
        undeclared = [
            path for path, file in found if not is_ai_generated(file.digital_source_type) and not _tells(file)
        ]
        if undeclared:
            others = f" (and {len(undeclared) - 1} more of {len(found)} files)" if len(undeclared) > 1 else ""
            message = f"{undeclared[0]}{others} belongs to an AI-generated image, but its XMP does not declare it"
            yield Problem(message=message, hint=_HINT, at=image.ref)


def _tells(file: FileMetadata) -> bool:
    """Whether a file tells in another way that a model made it: by a manifest, or as `ai-unmarked` reports."""
    return file.origin is not None and file.origin.source_type is not None
