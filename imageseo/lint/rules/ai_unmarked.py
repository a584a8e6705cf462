"""An image that a generative model made declares it in its file: XMP with IPTC's DigitalSourceType.

Tools such as AUTOMATIC1111, ComfyUI, InvokeAI, NovelAI, Fooocus, SwarmUI, Draw Things and Midjourney write prompts and
settings into their files, but often no mark that search engines and the European AI Act's machine-readable marking
know. The texts of PNG, EXIF, IPTC and XMP are inspected, in every file of `src`, `srcset` and `<source>`. A file whose
C2PA manifest declares the type has its mark. `imageseo build` marks its variants and the published file;
`imageseo lint --fix` marks the file in the built site. Neither touches pixels or your source files. If a file is
recognised wrongly, suppress the rule at the image.

Bad (a tool's settings, and no mark):
    <img src="tower-1600x900-prompt.jpg" alt="A tower in fog">

Bad (in a variant):
    <img src="tower-1600x900.jpg" srcset="tower-800x450-prompt.webp 800w, tower-1600x900.jpg 1600w" alt="A tower">

Good:
    <img src="tower-1600x900-ai.jpg" alt="A tower in fog">

Good (its manifest says it):
    <img src="tower-1600x900-c2pa.jpg" alt="A tower in fog">

Good (a camera wrote its texts):
    <img src="tower-1600x900-exif.jpg" alt="A tower in fog">
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity
from imageseo.web.ai_labels import is_ai_generated
from imageseo.web.structured_data.digital_source_type import short_name

if TYPE_CHECKING:
    from imageseo.lint.facts.file_metadata import FileMetadata, SiteFileMetadata

SEVERITY = Severity.ERROR
LINT_ONLY = True


def check(images: Sequence[ImageFact], marks: SiteFileMetadata) -> Iterator[Problem]:
    for image in images:
        for path in dict.fromkeys(target.path for target in image.targets if target.path is not None and target.exists):
            metadata = marks.of(path)
            if metadata is not None and _is_unmarked(metadata):
                assert metadata.origin is not None
                tool = metadata.origin.tool or "a generative model"
                declared = short_name(metadata.digital_source_type)
                state = f"its XMP says {declared}" if declared else "its XMP does not declare it"
                yield Problem(
                    message=f"{path} was made with {tool}, but {state}",
                    hint="run `imageseo build`, or let `imageseo lint --fix` write the mark into the published file",
                    at=image.ref,
                    file_fix=path,
                )


def _is_unmarked(file: FileMetadata) -> bool:
    """Whether a tool is known by a file's texts, and neither XMP nor a manifest declares what it is."""
    origin = file.origin
    return (
        origin is not None
        and origin.source_type is not None
        and not is_ai_generated(file.digital_source_type)
        and not file.c2pa_ai
    )
