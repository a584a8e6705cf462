"""The picture of a shared page is a JPEG or a PNG.

Facebook's and LinkedIn's crawlers show nothing of an AVIF or an SVG, and LinkedIn nothing of a WebP. Of this site's
files the content tells, of others the name or `og:image:type`. Off by default, as imageseo does not write these tags
yet.

Bad:
    site_url = "https://x.example/"
    <meta property="og:image" content="https://x.example/guide/photo-1200x630.webp">

Bad (by its name):
    <meta property="og:image" content="https://img.example/card.avif?v=2">

Good:
    site_url = "https://x.example/"
    <meta property="og:image" content="https://x.example/guide/photo-1200x630.png">
    <meta property="og:image" content="https://img.example/card">
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from imageseo.model.facts import Problem, ProblemLocation, ResolvedUrl, shorten
from imageseo.model.finding import Severity
from imageseo.model.image import Asset
from imageseo.web.html.head import Head
from imageseo.web.html.open_graph import OgImage, og_images

if TYPE_CHECKING:
    from imageseo.lint.facts.page import SiteFiles

SEVERITY = Severity.ERROR
DEFAULT = Severity.OFF
LINT_ONLY = True
_SHOWN = ("jpeg", "png")
_OTHERS = ("webp", "avif", "svg", "gif", "heic", "jxl", "bmp", "tiff", "ico")


def check(head: Head, files: SiteFiles, target: Callable[[str], ResolvedUrl]) -> Iterator[Problem]:
    for preview in og_images(head):
        kind = _format(preview, files, target)
        if kind is not None and kind not in _SHOWN:
            yield Problem(
                message=f"og:image is {kind.upper()}, which not every network shows: {shorten(preview.url)}",
                hint="name a JPEG (or a PNG) here; the page itself may show any format",
                place=ProblemLocation(offset=preview.tag.span.start, image=preview.url),
            )


def _format(preview: OgImage, files: SiteFiles, target: Callable[[str], ResolvedUrl]) -> str | None:
    """What it is, as far as that can be known."""
    file = target(preview.url)
    if file.path is not None:
        asset = files.asset(file.path) if file.exists else None
        return asset.format if isinstance(asset, Asset) else None
    said = (preview.said("type") or "").lower().removeprefix("image/").removesuffix("+xml").replace("jpg", "jpeg")
    ending = preview.url.partition("?")[0].partition("#")[0].rpartition(".")[2].lower()
    return next((kind for kind in (said, ending) if kind in _OTHERS), None)
