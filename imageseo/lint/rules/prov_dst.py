"""Every file of a picture that a model made says so: XMP with IPTC's DigitalSourceType.

Google labels a picture by what stands in its file, and European law wants marks that machines can read. Each file of
`src`, `srcset` and `<source>` is a picture of its own: whoever saves a variant has only that. Known as made by a model
are pictures one of whose files says so in its XMP, or of which the page's JSON-LD says it.

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
    from imageseo.lint.facts.file_metadata import SiteFileMetadata

SEVERITY = Severity.ERROR
_HINT = "write an XMP packet with Iptc4xmpExt:DigitalSourceType into each file, as `imageseo build` does"


def check(
    images: Sequence[ImageFact], json_ld: JsonLd, marks: SiteFileMetadata, target: Callable[[str], ResolvedUrl]
) -> Iterator[Problem]:
    said = declared_types(json_ld, target)
    for image in images:
        paths = dict.fromkeys(target.path for target in image.targets if target.path is not None and target.exists)
        found = [(path, carried) for path in paths if (carried := marks.of(path)) is not None]
        told = any(is_ai_type(said.get(path)) for path, _ in found)
        if not told and not any(is_ai_generated(each.digital_source_type) for _, each in found):
            continue
        bare = [path for path, each in found if not is_ai_generated(each.digital_source_type)]
        if bare:
            others = f" (and {len(bare) - 1} more of its {len(found)} files)" if len(bare) > 1 else ""
            message = f"{bare[0]}{others} is of a picture that a model made, and its XMP does not say so"
            yield Problem(message=message, hint=_HINT, at=image.ref)
