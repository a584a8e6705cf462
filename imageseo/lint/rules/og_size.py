"""The image of a shared page is 1200×630 px and small in bytes.

Below 600×315 px networks show a thumbnail next to the text instead of a large card; 1200×630 px (1.91:1) is sharp on
all screens and never cropped. X refuses files above 5 MB, and messengers far smaller ones: 300 KB is safe. Only files
of this site can be measured.

Bad:
    site_url = "https://x.example/"
    <meta property="og:image" content="https://x.example/guide/photo-400x210.jpg">

Bad (a warning, not the shape of a card):
    site_url = "https://x.example/"
    <meta property="og:image" content="https://x.example/guide/photo-1200x1200.jpg">

Bad (a warning, heavy):
    site_url = "https://x.example/"
    <meta property="og:image" content="https://x.example/guide/photo-1200x630-400KiB.jpg">

Bad (too heavy):
    site_url = "https://x.example/"
    <meta property="og:image" content="https://x.example/guide/photo-1200x630-5000KiB.jpg">

Good:
    site_url = "https://x.example/"
    <meta property="og:image" content="https://x.example/guide/photo-1200x630.jpg">
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from imageseo.model.facts import Problem, ProblemLocation, ResolvedUrl
from imageseo.model.finding import Severity
from imageseo.model.image import Asset
from imageseo.web.html.head import Head, og_images

if TYPE_CHECKING:
    from imageseo.lint.facts.page import SiteFiles

SEVERITY = Severity.ERROR
LINT_ONLY = True
_LEAST, _BEST = (600, 315), (1200, 630)
_RATIO, _SLACK = 1.91, 0.04
_MOST, _LIGHT = 5_000_000, 300_000


def check(head: Head, files: SiteFiles, target: Callable[[str], ResolvedUrl]) -> Iterator[Problem]:
    for preview in og_images(head):
        file = target(preview.url)
        asset = files.asset(file.path) if file.path is not None and file.exists else None
        if not isinstance(asset, Asset) or asset.format == "svg":
            continue
        place = ProblemLocation(offset=preview.tag.span.start, image=preview.url)
        for message, hint, severity in (*_shape(asset), *_weight(asset)):
            yield Problem(message=f"og:image {asset.path} {message}", hint=hint, severity=severity, place=place)


def _shape(asset: Asset) -> Iterator[tuple[str, str, Severity]]:
    size = f"is {asset.width}×{asset.height} px"
    crop_hint = f"crop the image to {_BEST[0]}×{_BEST[1]} px"
    if asset.width < _LEAST[0] or asset.height < _LEAST[1]:
        yield f"{size}; a large card needs at least {_LEAST[0]}×{_LEAST[1]}", crop_hint, Severity.ERROR
    elif asset.width < _BEST[0] or asset.height < _BEST[1]:
        yield f"{size}; {_BEST[0]}×{_BEST[1]} is sharp on all screens", crop_hint, Severity.WARN
    elif abs(asset.width / asset.height / _RATIO - 1) > _SLACK:
        yield (
            f"{size}, {asset.width / asset.height:.2f}:1; cards are {_RATIO}:1 and crop the rest",
            crop_hint,
            Severity.WARN,
        )


def _weight(asset: Asset) -> Iterator[tuple[str, str, Severity]]:
    if asset.bytes > _MOST:
        yield f"is {asset.bytes / 1e6:.1f} MB; X accepts {_MOST / 1e6:.0f} MB", "compress it as a JPEG", Severity.ERROR
    elif asset.bytes > _LIGHT:
        safe = f"{_LIGHT // 1000} KB is safe for messengers"
        yield f"is {asset.bytes / 1000:.0f} KB; {safe}", "compress it as a JPEG", Severity.WARN
