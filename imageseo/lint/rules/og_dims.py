"""The description of a shared image is complete and correct: width, height, type and alternative text.

With `og:image:width` and `og:image:height` Facebook shows the image at the first share, before it has fetched it.
`og:image:alt` is its alternative text. Each belongs to the `og:image` before it. A social card by imageseo whose image
has no alternative text is not reported: the image is, by `alt-missing`.

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
from imageseo.web.html.head import Head, OgImage, og_images

if TYPE_CHECKING:
    from imageseo.lint.facts.page import SiteFiles

SEVERITY = Severity.WARN
LINT_ONLY = True


def check(head: Head, files: SiteFiles, target: Callable[[str], ResolvedUrl]) -> Iterator[Problem]:
    for preview in og_images(head):
        file = target(preview.url)
        asset = files.asset(file.path) if file.path is not None and file.exists else None
        local_asset = asset if isinstance(asset, Asset) else None
        if not preview.url:
            continue  # reported by og-image
        # A card by imageseo takes its text from the image, whose missing one is reported where it can be written.
        is_own = preview.tag.get("data-imageseo") is not None
        parts = ("width", "height", "type") if is_own else ("width", "height", "type", "alt")
        missing = [f"og:image:{part}" for part in parts if not preview.said(part)]
        if missing:
            size = f" of {local_asset.width}×{local_asset.height} px" if local_asset is not None else ""
            yield Problem(
                message=f"{shorten(preview.url)}{size} lacks {', '.join(missing)}",
                hint="write one `<meta>` for each after the og:image",
                place=ProblemLocation(offset=preview.tag.span.start, image=preview.url),
            )
        if local_asset is not None and local_asset.format != "svg":
            yield from _mismatches(preview, local_asset)


def _mismatches(preview: OgImage, asset: Asset) -> Iterator[Problem]:
    actual = {"width": str(asset.width), "height": str(asset.height), "type": f"image/{asset.format}"}
    for part, value in actual.items():
        declared = preview.said(part)
        if (
            declared is not None
            and declared.lower().removesuffix("px").strip().replace("image/jpg", "image/jpeg") != value
        ):
            yield Problem(
                message=f"og:image:{part} is {shorten(declared)}, but that of {asset.path} is {value}",
                hint=f'write content="{value}"',
                place=ProblemLocation(offset=preview.parts[part].span.start, image=preview.url),
            )
