"""What is said of a shared page's picture is there, and true: width, height, type and words for it.

With `og:image:width` and `og:image:height` Facebook shows the picture at the first share, before it has fetched it.
`og:image:alt` is read to those who do not see it. Each belongs to the `og:image` before it. Off by default, as
imageseo does not write these tags yet.

Bad:
    site_url = "https://x.example/"
    <meta property="og:image" content="https://x.example/guide/photo-1200x630.jpg">

Bad (untrue):
    site_url = "https://x.example/"
    <meta property="og:image" content="https://x.example/guide/photo-1200x630.jpg">
    <meta property="og:image:width" content="1600"><meta property="og:image:height" content="630">
    <meta property="og:image:type" content="image/jpeg"><meta property="og:image:alt" content="A harbour">

Good:
    site_url = "https://x.example/"
    <meta property="og:image" content="https://x.example/guide/photo-1200x630.jpg">
    <meta property="og:image:width" content="1200"><meta property="og:image:height" content="630">
    <meta property="og:image:type" content="image/jpeg"><meta property="og:image:alt" content="A harbour">
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

SEVERITY = Severity.WARN
DEFAULT = Severity.OFF
LINT_ONLY = True


def check(head: Head, files: SiteFiles, target: Callable[[str], ResolvedUrl]) -> Iterator[Problem]:
    for preview in og_images(head):
        file = target(preview.url)
        asset = files.asset(file.path) if file.path is not None and file.exists else None
        known = asset if isinstance(asset, Asset) else None
        if not preview.url:
            continue  # og-image tells
        missing = [f"og:image:{part}" for part in ("width", "height", "type", "alt") if not preview.said(part)]
        if missing:
            size = f" of {known.width}×{known.height} px" if known is not None else ""
            yield Problem(
                message=f"{shorten(preview.url)}{size} lacks {', '.join(missing)}",
                hint="write one `<meta>` for each behind the og:image",
                place=ProblemLocation(offset=preview.tag.span.start, image=preview.url),
            )
        if known is not None and known.format != "svg":
            yield from _untrue(preview, known)


def _untrue(preview: OgImage, asset: Asset) -> Iterator[Problem]:
    true = {"width": str(asset.width), "height": str(asset.height), "type": f"image/{asset.format}"}
    for part, value in true.items():
        said = preview.said(part)
        if said is not None and said.lower().removesuffix("px").strip().replace("image/jpg", "image/jpeg") != value:
            yield Problem(
                message=f"og:image:{part} is {shorten(said)}; {asset.path} is {value}",
                hint=f'write content="{value}"',
                place=ProblemLocation(offset=preview.parts[part].span.start, image=preview.url),
            )
