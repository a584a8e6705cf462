"""The image of a shared page is a JPEG or a PNG.

Facebook's and LinkedIn's crawlers do not show AVIF or SVG, and LinkedIn does not show WebP. The format of this site's
files is read from their content, that of others from the name or `og:image:type`.

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
from imageseo.web.html.head import Head, OgImage, og_images

if TYPE_CHECKING:
    from imageseo.lint.facts.page import SiteFiles

SEVERITY = Severity.ERROR
LINT_ONLY = True
_ACCEPTED = ("jpeg", "png")
_OTHER_FORMATS = ("webp", "avif", "svg", "gif", "heic", "jxl", "bmp", "tiff", "ico")


def check(head: Head, files: SiteFiles, target: Callable[[str], ResolvedUrl]) -> Iterator[Problem]:
    for preview in og_images(head):
        kind = _format(preview, files, target)
        if kind is not None and kind not in _ACCEPTED:
            yield Problem(
                message=f"og:image is {kind.upper()}, which not every network shows: {shorten(preview.url)}",
                hint="use a JPEG (or a PNG) here; the page itself may show any format",
                place=ProblemLocation(offset=preview.tag.span.start, image=preview.url),
            )


def _format(preview: OgImage, files: SiteFiles, target: Callable[[str], ResolvedUrl]) -> str | None:
    """The format of the shared image; None if it is unknown."""
    file = target(preview.url)
    if file.path is not None:
        asset = files.asset(file.path) if file.exists else None
        return asset.format if isinstance(asset, Asset) else None
    declared = (preview.said("type") or "").lower().removeprefix("image/").removesuffix("+xml").replace("jpg", "jpeg")
    suffix = preview.url.partition("?")[0].partition("#")[0].rpartition(".")[2].lower()
    return next((kind for kind in (declared, suffix) if kind in _OTHER_FORMATS), None)
