"""A C2PA manifest in a published image is valid.

A manifest that does not match its file (edited, resized or given XMP after signing) makes a genuine image look forged.
It is checked by c2pa-python, the extra `imageseo[c2pa]`. Without the extra a note reports that nothing was checked, if
a file of the site has a manifest. Trust in the signer is not checked, and nothing is fetched.

Bad:
    <img src="tower-800x450-c2pa.jpg" alt="A tower">

Good:
    <img src="tower-800x450.jpg" alt="A tower">
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.model import extras
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity

if TYPE_CHECKING:
    from imageseo.lint.facts.c2pa import ContentCredentials
    from imageseo.lint.facts.file_metadata import SiteFileMetadata

SEVERITY = Severity.ERROR
LINT_ONLY = True


def check(images: Sequence[ImageFact], marks: SiteFileMetadata, credentials: ContentCredentials) -> Iterator[Problem]:
    for image in images:
        for path in dict.fromkeys(target.path for target in image.targets if target.path is not None and target.exists):
            metadata = marks.of(path)
            status = credentials.check(path) if metadata is not None and metadata.c2pa else None
            if status is not None and status.problems:
                code, why = status.problems[0]
                more = f" (and {len(status.problems) - 1} more errors)" if len(status.problems) > 1 else ""
                yield Problem(
                    message=f"the C2PA manifest of {path} is not valid: {code}{more}",
                    hint=f"{why}. Sign after the last change of the file, or remove the manifest".lstrip(". "),
                    at=image.ref,
                )


def check_site(marks: SiteFileMetadata, credentials: ContentCredentials) -> Iterator[Problem]:
    if not credentials.available and any(found.c2pa for found in map(marks.of, marks.images()) if found is not None):
        yield Problem(
            message="C2PA manifests were not checked: c2pa-python is not installed",
            hint=f'`pip install "{extras.CLONE}[c2pa]"`, or switch the rule off',
            severity=Severity.INFO,
        )
