"""A published image file does not say where it was taken.

Phones and cameras write the position of each photograph into its EXIF, and editors copy it to XMP. Everybody who opens
the page can read it: the homes of people, sites of rare species. A build removes it from published files, without a
change of their pixels, unless `metadata.gps` or `metadata.exclude` keeps it; then this rule is silent.

Bad:
    <img src="photo-640x360-gps.jpg" alt="A harbour">

Good:
    <img src="photo-640x360.jpg" alt="A harbour">
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from imageseo.model.facts import Problem, ProblemLocation
from imageseo.model.finding import Severity

if TYPE_CHECKING:
    from imageseo.lint.facts.file_metadata import SiteFileMetadata

SEVERITY = Severity.WARN
LINT_ONLY = True


def check_site(marks: SiteFileMetadata) -> Iterator[Problem]:
    for path in marks.images():
        if marks.has_position(path):
            yield Problem(
                message=f"{path} says where the image was taken",
                hint="`imageseo build` removes the position from the published file; `metadata.gps` or "
                "`metadata.exclude` keeps one that is meant for visitors",
                place=ProblemLocation(file=path),
            )
