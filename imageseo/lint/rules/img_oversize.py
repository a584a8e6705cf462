"""No image is much larger than it is shown.

A screen shows at most its own pixels; the pixels of a file beyond them are downloaded for nothing. The waste is counted
as in Lighthouse: of the candidate that the browser chooses, the share of pixels that the slot does not show is wasted,
and more than 4 KiB, or 12 KiB of an image with candidates, are a finding. It is computed for the two gating viewports
(412 px at 1.75x, 1350 px at 1x), and the worse one is reported.

The width of the slot is taken from the image's own ``width``, ``style`` and ``sizes``, then from the theme's column, if
known; in an unknown layout an image counts as wide as its file, so it is not reported. SVG, animations, files of other
hosts, and images of header and navigation whose size only the theme's style sheets set are not checked, nor images that
`imageseo build` has processed: their candidates are as near to the slot as the ladder allows.

Bad (a warning):
    <article><img src="photo-1600x900-200KiB.jpg" alt="A harbour" width="400" height="225"></article>

Bad (a warning: the srcset has nothing near):
    <article><img src="photo-3200x1800-300KiB.jpg" srcset="photo-160x90.jpg 160w, photo-3200x1800-300KiB.jpg 3200w"
      sizes="400px" alt="A harbour" width="400" height="225"></article>

Good:
    <article><img src="photo-400x225-60KiB.jpg" alt="A harbour" width="400" height="225"></article>

Good (a srcset has what fits):
    <article><img src="photo-1600x900-200KiB.jpg" srcset="photo-400x225-15KiB.jpg 400w, photo-720x405-40KiB.jpg 720w,
      photo-1600x900-200KiB.jpg 1600w" sizes="400px" alt="A harbour" width="400" height="225"></article>

Good (its shown width is not known):
    <article><img src="photo-1600x900-200KiB.jpg" alt="A harbour"></article>

Good (small files are not worth a candidate):
    <article><img src="mark-512x512-4KiB.png" alt="The mark" width="64" height="64"></article>

Good (another host's):
    <article><img src="https://img.example/photo.jpg" alt="A harbour" width="40" height="30"></article>
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from imageseo.layout import image_widths
from imageseo.lint.tag_edits import is_processed
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import GATING, Severity, Viewport
from imageseo.model.image import Asset, OptOut, PageRegion
from imageseo.web.srcset.candidates import chosen_url_of
from imageseo.web.srcset.sizes import source_size

SEVERITY = Severity.WARN
LINT_ONLY = True
SOURCES = ("Lighthouse image-delivery-insight",)
LEAST, LEAST_OF_CANDIDATES = 4 * 1024, 12 * 1024  # bytes; Lighthouse 13
_UNKNOWN = image_widths.ColumnLayout()


def check(
    images: Sequence[ImageFact],
    column_layout: image_widths.ColumnLayout,
    asset_of: Callable[[str], Asset | None],
) -> Iterator[Problem]:
    for image in images:
        ref, asset = image.ref, image.asset
        if asset is None or not asset.encodable or is_processed(ref) or ref.opt_out is OptOut.IGNORED:
            continue
        least = LEAST_OF_CANDIDATES if ref.sources or ref.get("srcset") else LEAST
        if asset.bytes <= LEAST and least == LEAST:
            continue
        layout = column_layout if ref.region is PageRegion.ARTICLE else _UNKNOWN
        if layout.content_width is None and not ref.get("sizes") and image_widths.written_width(ref, asset).px is None:
            continue
        sizes = image_widths.sizes(ref, asset, layout)
        worst: tuple[int, Asset, Viewport, float] | None = None
        for viewport in GATING:
            chosen = asset
            if ref.sources or ref.get("srcset"):
                found = asset_of(chosen_url_of(ref, viewport))
                if found is None or not found.encodable:
                    continue
                chosen = found
            width = source_size(sizes, viewport)
            shown = width * viewport.dpr
            # Both dimensions scale alike; cropping by object-fit is not known here.
            wasted = round(chosen.bytes * (1 - (shown / chosen.width) ** 2)) if 0 < shown < chosen.width else 0
            if wasted > least and (worst is None or wasted > worst[0]):
                worst = wasted, chosen, viewport, width
        if worst is not None:
            wasted, chosen, viewport, width = worst
            yield Problem(
                message=f"{chosen.path} is {chosen.width} px wide but is shown {round(width)} CSS px wide on "
                f"{viewport.name} ({viewport.dpr:g}x): {wasted // 1024} of {-(-chosen.bytes // 1024)} KiB are wasted",
                hint="`imageseo build` offers narrower candidates"
                if ref.opt_out is None and ref.region is PageRegion.ARTICLE
                else f"add a candidate of about {-(-round(width * viewport.dpr) // 10) * 10} px to its srcset",
                at=ref,
            )
