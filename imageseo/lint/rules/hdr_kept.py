"""An HDR image is published unchanged, without variants.

Variants are sRGB: on an HDR screen a browser would take the AVIF and show less light than the source file holds.

Bad:
    <img src="sunset-800x450-hdr.jpg" alt="A sunset" width="800" height="450">

Good:
    <img src="photo-1600x900.jpg" alt="A harbour" width="800" height="450">
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity

SEVERITY = Severity.INFO
_HINT = "no quality is lost; for small files on all screens publish an SDR copy (JPEG or PNG in sRGB) instead"


def check(images: Sequence[ImageFact]) -> Iterator[Problem]:
    for image in images:
        if image.asset is not None and image.asset.hdr is not None:
            message = f"{image.asset.path} is HDR ({image.asset.hdr}) and is published unchanged, without variants"
            yield Problem(message=message, hint=_HINT, at=image.ref)
