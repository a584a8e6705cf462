"""A small image has enough pixels for dense screens.

Phones and most laptops have two or three pixels for each CSS px. An image with one of them looks blurred there; beside
sharp text that shows most on icons, buttons and logos. As in Lighthouse, an image up to 64 px needs 1.5 pixels for each
CSS px, a larger one 1.125. Only images near the top of a page are reported that are shown at most 200 px wide by their
own attributes or by the size of their file (64 px in tables and galleries), and whose size no style sheet of the site
could set: a larger one may be narrower in its container. Files of other hosts are not checked. Of several candidates,
the one that a phone chooses counts.

It is a note: the missing pixels cannot be added, and builds never enlarge an image.

Bad (a note):
    <article><img src="button-24x24.png" alt="Next" width="24" height="24"></article>

Bad (a note: the size of its file):
    <article><img src="logo-180x50.png" alt="Harbour"></article>

Good (twice the pixels):
    <article><img src="button-48x48.png" alt="Next" width="24" height="24"></article>

Good (a drawing):
    <article><img src="mark.svg" alt="Next" width="24" height="24"></article>

Good (a style sheet sets the size):
    <style>.icon { width: 12px }</style><article><img class="icon" src="button-24x24.png" alt="Next"></article>

Good (denser screens get another file):
    <article><img src="button-24x24.png" srcset="button-48x48.png 2x" alt="Next" width="24" height="24"></article>

Good (a large picture is narrower on a phone):
    <article><img src="photo-800x450.jpg" alt="A harbour" width="800" height="450"></article>
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from imageseo.layout.image_widths import written_width
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import PHONE, Severity
from imageseo.model.image import Asset, ImageRef, OptOut
from imageseo.web.html.script_owned import placeholder
from imageseo.web.srcset.candidates import chosen_url_of

SEVERITY = Severity.INFO
LINT_ONLY = True
SOURCES = ("Lighthouse image-size-responsive",)
_LARGEST, _SMALL, _SPACER = 200, 64, 2  # CSS px
_NEAR_TOP = 800  # characters of text before an image of the first screen
_OF_SMALL, _OF_LARGE = 1.5, 1.125  # pixels for each CSS px; Lighthouse 13, on its phone
_LEFT_OUT = ("width", "height", "transform", "zoom", "scale", "object-fit", "image-rendering")  # in a style attribute


def check(
    images: Sequence[ImageFact], asset_of: Callable[[str], Asset | None], has_own_size: Callable[[ImageRef], bool]
) -> Iterator[Problem]:
    for image in images:
        ref, asset = image.ref, image.asset
        if asset is None or not asset.raster or ref.hidden_by is not None or ref.opt_out is OptOut.IGNORED:
            continue
        if ref.text_before > _NEAR_TOP or ref.in_footer:
            continue
        size = _shown(ref, asset)
        if size is None or max(size) <= _SPACER or size[0] > (_SMALL if ref.in_rows else _LARGEST):
            continue
        needed = (_OF_SMALL if max(size) <= _SMALL else _OF_LARGE) * size[0]
        chosen = asset_of(chosen_url_of(ref, PHONE)) if ref.sources or ref.get("srcset") else asset
        if asset.width >= needed or chosen is None or chosen.width >= needed or not has_own_size(ref):
            continue
        yield Problem(
            message=f"{chosen.path} is {chosen.width} px wide and is shown {size[0]} CSS px wide: "
            "dense screens show it blurred",
            hint=f"publish it with {2 * size[0]} px or more, or as an SVG",
            at=ref,
        )


def _shown(ref: ImageRef, asset: Asset) -> tuple[int, int] | None:
    """Return width and height in CSS px as the tag says, else the file; None where they are not certain."""
    if placeholder(ref) is not None or any(name in (ref.get("style") or "") for name in _LEFT_OUT):
        return None
    written = written_width(ref, asset)
    if written.part is not None or (written.px or 0) > _LARGEST + 1:  # it may be infinite
        return None
    width = round(written.px) if written.px else asset.css_width
    return width, round(width * asset.css_height / max(asset.css_width, 1))
