"""Every image file that a page references can be read.

A truncated, empty or mislabelled file, or one that is not an image, shows as a broken image, and nothing can be derived
from it: no variants, no dimensions, no preview.

Bad:
    <img src="truncated.jpg" alt="A harbour" width="800" height="450">

Bad:
    <img src="empty.png" alt="A harbour" width="800" height="450">

Good:
    <img src="photo-1600x900.jpg" alt="A harbour" width="800" height="450">

Good (not there at all is another rule's business):
    <img src="gone.jpg" alt="A harbour" width="800" height="450">
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity
from imageseo.model.image import BadAsset

SEVERITY = Severity.ERROR


def check(images: Sequence[ImageFact]) -> Iterator[Problem]:
    for image in images:
        if isinstance(image.file, BadAsset) and image.file.rule == "img-unreadable":
            yield Problem(message=image.file.problem, hint=image.file.hint, at=image.ref)
