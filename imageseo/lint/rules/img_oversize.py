"""No image is much larger than it is shown.

A screen shows at most its own pixels: those that a file has beyond them are downloaded for nothing. Counted as
Lighthouse does: of the candidate that the browser chooses, the share of pixels that the slot does not show is wasted,
and more than 12 KiB are a finding. Judged at the two gating viewports (412 px at 1.75x, 1350 px at 1x), the worse one
is told.

How wide an image is shown is taken from its own ``width``, ``style`` and ``sizes``, then from the column of the theme,
where that is known; an image in an unknown layout counts as wide as it is, so nothing is said of it. Not judged are
SVG, animations, files of other hosts, images of header and navigation whose size only the theme's styles know, and what
`imageseo build` has treated: those candidates are as near to the slot as the ladder of widths has them.

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

Good (nobody knows how wide it is shown):
    <article><img src="photo-1600x900-200KiB.jpg" alt="A harbour"></article>

Good (small files are not worth a candidate):
    <article><img src="mark-512x512-10KiB.png" alt="The mark" width="64" height="64"></article>

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
LEAST = 12 * 1024  # bytes; Lighthouse's threshold for images with candidates
_UNKNOWN = image_widths.ColumnLayout()


def check(
    images: Sequence[ImageFact],
    column: image_widths.ColumnLayout,
    asset_of: Callable[[str], Asset | None],
) -> Iterator[Problem]:
    for image in images:
        ref, asset = image.ref, image.asset
        if asset is None or not asset.encodable or is_processed(ref) or ref.opt_out is OptOut.IGNORED:
            continue
        if asset.bytes <= LEAST and not ref.sources and not ref.get("srcset"):
            continue
        layout = column if ref.region is PageRegion.ARTICLE else _UNKNOWN
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
            # Of both dimensions alike: what is cropped by object-fit is not told from here.
            wasted = round(chosen.bytes * (1 - (shown / chosen.width) ** 2)) if 0 < shown < chosen.width else 0
            if wasted > LEAST and (worst is None or wasted > worst[0]):
                worst = wasted, chosen, viewport, width
        if worst is not None:
            wasted, chosen, viewport, width = worst
            yield Problem(
                message=f"{chosen.path} is {chosen.width} px wide and is shown {round(width)} CSS px wide on "
                f"{viewport.name} ({viewport.dpr:g}x): {wasted // 1024} of {-(-chosen.bytes // 1024)} KiB are wasted",
                hint="`imageseo build` offers narrower candidates"
                if ref.opt_out is None and ref.region is PageRegion.ARTICLE
                else f"offer a candidate of about {-(-round(width * viewport.dpr) // 10) * 10} px in its srcset",
                at=ref,
            )
