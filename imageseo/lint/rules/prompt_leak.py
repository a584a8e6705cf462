"""No published image contains the prompt, the settings or the workflow that it was made with.

Tools that generate images write them into each file, where every visitor can read them: PNG texts such as `parameters`,
`prompt`, `workflow`, `invokeai_metadata` and `Comment`, EXIF's UserComment, XMP and IPTC descriptions. They may name
clients, people, unpublished products and paths on your disk. All JPEG, PNG, WebP and AVIF files of the site are
inspected, also those that no page shows. `imageseo build` takes these texts out of the images that pages show, and
`imageseo lint --fix` out of every file of the built site, without touching a pixel; source files stay as they are.
A text that is too long to be inspected, under a name that such tools use, counts as well.

Bad:
    <img src="tower-1600x900-prompt.png" alt="A tower in fog">

Bad (a file that is only linked):
    <a href="tower-1600x900-prompt.jpg">The tower</a>

Good (it only says that a model made it):
    <img src="tower-1600x900-ai.jpg" alt="A tower in fog">

Good (a camera's description):
    <img src="tower-1600x900-exif.jpg" alt="A tower in fog">
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from imageseo.model.facts import Problem, ProblemLocation
from imageseo.model.finding import Severity

if TYPE_CHECKING:
    from imageseo.lint.facts.file_metadata import SiteFileMetadata

SEVERITY = Severity.ERROR
LINT_ONLY = True


def check_site(marks: SiteFileMetadata) -> Iterator[Problem]:
    for path in marks.images():
        metadata = marks.of(path)
        origin = metadata.origin if metadata is not None else None
        if origin is None or not origin.prompts:
            continue
        tool = f" of {origin.tool}" if origin.tool else ""
        hidden = ""
        if origin.tool == "NovelAI" and path.lower().endswith(".png"):
            hidden = "; NovelAI may repeat it in the transparency: publish the image without, or as WebP"
        yield Problem(
            message=f"{path} contains the prompt or settings{tool}: {', '.join(origin.prompts[:4])}",
            hint=f"`imageseo lint --fix` takes them out of the published file{hidden}",
            place=ProblemLocation(file=path),
            file_fix=path,
        )
