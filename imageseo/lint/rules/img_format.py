"""Photographs are offered as AVIF or WebP.

All browsers of recent years show both, and they need a fraction of the bytes of JPEG and PNG. The estimate is that of
Lighthouse 13, which is cautious: an AVIF takes a sixth of a byte per pixel, and a file more than 4 KiB above that is a
finding. Most PNG screenshots are below it. The rule checks the file that a browser downloads on a phone.

An animated GIF above 100 KiB is a finding too: a video shows the same with a fraction of the bytes.

SVG, other animations, files of other hosts, and images that `imageseo build` has processed are not checked: if AVIF and
WebP save nothing, a build leaves them out.

Bad (a warning):
    <article><img src="photo-800x450-200KiB.jpg" alt="A harbour" width="800" height="450"></article>

Bad (a warning: a srcset of JPEGs):
    <article><img src="photo-800x450.jpg" srcset="photo-800x450-200KiB.jpg 800w, photo-1600x900-600KiB.jpg 1600w"
      sizes="100vw" alt="A harbour"></article>

Bad (a warning: a script removes the srcset of a lazy loader):
    <article><img src="photo-800x450-200KiB.jpg" srcset="mark-64x64.png" lazyload alt="A harbour"></article>

Good:
    <article><picture><source type="image/avif" srcset="photo-800x450-40KiB.avif">
    <img src="photo-800x450-200KiB.jpg" alt="A harbour" width="800" height="450"></picture></article>

Good (a light screenshot):
    <article><img src="settings-1200x800-90KiB.png" alt="The settings" width="1200" height="800"></article>

Good (a WebP by itself):
    <article><img src="photo-800x450-200KiB.webp" alt="A harbour" width="800" height="450"></article>
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from imageseo.lint.tag_edits import is_processed
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import MOBILE, Severity
from imageseo.model.image import Asset, OptOut, PageRegion
from imageseo.web.html.script_owned import placeholder_srcset
from imageseo.web.srcset.candidates import chosen_url_of

SEVERITY = Severity.WARN
LINT_ONLY = True
SOURCES = ("Lighthouse image-delivery-insight",)
LEAST = 4 * 1024  # bytes that AVIF would save; Lighthouse 13
LEAST_OF_ANIMATION = 100 * 1024  # bytes; Lighthouse 13
PER_PIXEL = 2 / 12  # bytes of an AVIF, by Lighthouse's estimate from dimensions
_OLD_FORMATS = frozenset({"jpeg", "png", "gif", "bmp", "tiff"})


def check(images: Sequence[ImageFact], asset_of: Callable[[str], Asset | None]) -> Iterator[Problem]:
    for image in images:
        ref, asset = image.ref, image.asset
        if asset is None or ref.opt_out is OptOut.IGNORED or (is_processed(ref) and asset.frames == 1):
            continue
        if ref.sources or (ref.get("srcset") and placeholder_srcset(ref) is None):
            asset = asset_of(chosen_url_of(ref, MOBILE))
        if asset is not None and asset.format == "gif" and asset.frames > 1 and asset.bytes > LEAST_OF_ANIMATION:
            yield Problem(
                message=f"{asset.path} is an animated GIF of {-(-asset.bytes // 1024)} KiB",
                hint="publish it as a video (`<video autoplay loop muted playsinline>`), or as an animated WebP",
                at=ref,
            )
        if asset is None or asset.format not in _OLD_FORMATS or not asset.encodable:
            continue
        estimate = round(asset.width * asset.height * PER_PIXEL)
        if asset.bytes - estimate > LEAST:
            yield Problem(
                message=f"{asset.path} is {-(-asset.bytes // 1024)} KiB as {asset.format.upper()}; as AVIF it "
                f"would be about {-(-estimate // 1024)} KiB or less",
                hint="`imageseo build` adds AVIF and WebP variants"
                if ref.opt_out is None and ref.region is PageRegion.ARTICLE
                else "publish it as WebP, or offer AVIF and WebP in a <source> before it",
                at=ref,
            )
