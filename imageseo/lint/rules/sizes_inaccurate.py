"""``sizes`` matches the width at which the image is shown.

A browser uses ``sizes`` to choose among the candidates of a ``srcset``, before it knows the layout. If it is ``100vw``
for an image in a column of 688 px, a desktop loads a file twice as wide as it can show; if it is too small, the image
is blurred. A finding is a choice more than one candidate away from the one that fits, at any of the viewports of
``imageseo measure``, on standard and on high-density screens. For a lazy image whose ``sizes`` begin with ``auto`` the
layout itself decides. ``imageseo build`` writes ``sizes`` from the measurement.

Bad:
    <!-- measured: {"photo-1600x900.jpg": {"width": 400, "top": 300}} -->
    <img src="photo-1600x900.jpg" srcset="photo-400x225.jpg 400w, photo-800x450.jpg 800w, photo-1200x675.jpg 1200w,
      photo-1600x900.jpg 1600w" sizes="100vw" alt="A harbour">

Bad (too little):
    <!-- measured: {"photo-1600x900.jpg": {"width": 1350, "top": 300}} -->
    <img src="photo-1600x900.jpg" srcset="photo-400x225.jpg 400w, photo-800x450.jpg 800w, photo-1200x675.jpg 1200w,
      photo-1600x900.jpg 1600w" sizes="400px" alt="A harbour">

Good:
    <!-- measured: {"photo-1600x900.jpg": {"width": 400, "top": 300}} -->
    <img src="photo-1600x900.jpg" srcset="photo-400x225.jpg 400w, photo-800x450.jpg 800w, photo-1200x675.jpg 1200w,
      photo-1600x900.jpg 1600w" sizes="400px" alt="A harbour">

Good (one step is no harm):
    <!-- measured: {"photo-1600x900.jpg": {"width": 400, "top": 300}} -->
    <img src="photo-1600x900.jpg" srcset="photo-400x225.jpg 400w, photo-800x450.jpg 800w, photo-1200x675.jpg 1200w,
      photo-1600x900.jpg 1600w" sizes="500px" alt="A harbour">

Good (the browser knows):
    <!-- measured: {"photo-1600x900.jpg": {"width": 400, "top": 3000}} -->
    <img src="photo-1600x900.jpg" srcset="photo-400x225.jpg 400w, photo-800x450.jpg 800w, photo-1200x675.jpg 1200w,
      photo-1600x900.jpg 1600w" sizes="auto, 100vw" loading="lazy" alt="A harbour">

Good (not measured):
    <img src="photo-1600x900.jpg" srcset="photo-400x225.jpg 400w, photo-800x450.jpg 800w, photo-1200x675.jpg 1200w,
      photo-1600x900.jpg 1600w" sizes="100vw" alt="A harbour">
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from imageseo.lint.tag_edits import is_lazy
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity, Viewport
from imageseo.model.image import ImageRef, SourceTag, Span
from imageseo.model.layout import PageLayout, ShownImage
from imageseo.web.srcset.candidates import (
    chosen_url_of,
    has_width_descriptors,
    parse_srcset,
    source_matches,
    source_size,
)

SEVERITY = Severity.WARN
LINT_ONLY = True
SOURCES = ("HTML sizes", "Lighthouse image-delivery-insight")

_DENSITIES = (1.0, 2.0)
_HEIGHT = 900  # CSS px; `sizes` hardly ever depends on it


class _Miss(NamedTuple):
    """A choice that is ``steps`` candidates away from the fitting one."""

    steps: int
    viewport: Viewport
    slot: float
    shown: float
    chosen: int
    fitting: int


def check(
    images: Sequence[ImageFact],
    measured: PageLayout | None,
    measured_images: Mapping[Span, ShownImage],
    sampled: tuple[int, ...],
) -> Iterator[Problem]:
    if measured is None or measured.inherited:
        return
    for image in images:
        shown = measured_images.get(image.ref.span)
        if shown is None or len(shown.widths) != len(sampled) or not _has_width_descriptors(image.ref):
            continue
        misses = [
            miss
            for width, px in zip(sampled, shown.widths, strict=True)
            for density in _DENSITIES
            if px > 0 and (miss := _miss(image.ref, _screen(width, density), px)) is not None
        ]
        worst = max(misses, key=lambda miss: abs(miss.steps), default=None)
        if worst is not None and abs(worst.steps) > 1:
            at = f"{worst.viewport.width} CSS px at {worst.viewport.dpr:g}x"
            yield Problem(
                message=f"{image.name} is shown {worst.shown:g} px wide on a screen of {at}, where `sizes` gives "
                f"{worst.slot:g} px: a browser takes {worst.chosen}w, but {worst.fitting}w fits",
                hint="write the measured width; `imageseo build` does so for a srcset that it writes",
                at=image.ref,
            )


def _has_width_descriptors(ref: ImageRef) -> bool:
    return has_width_descriptors(ref.get("srcset")) or any(
        has_width_descriptors(source.srcset) for source in ref.sources
    )


def _screen(width: int, density: float) -> Viewport:
    return Viewport(name="measured", width=width, height=_HEIGHT, dpr=density)


def _miss(ref: ImageRef, viewport: Viewport, shown: float) -> _Miss | None:
    url = chosen_url_of(ref, viewport)
    candidate_list = next(
        (candidate_list for candidate_list in _candidate_lists(ref, viewport) if _width(candidate_list, url)), None
    )
    if candidate_list is None or (is_lazy(ref) and (candidate_list.sizes or "").strip().lower().startswith("auto")):
        return None
    ladder_widths = sorted({entry.width for entry in parse_srcset(candidate_list.srcset) if entry.width is not None})
    chosen = ladder_widths.index(_width(candidate_list, url) or ladder_widths[-1])
    fitting = next(
        (index for index, candidate_width in enumerate(ladder_widths) if candidate_width >= shown * viewport.dpr),
        len(ladder_widths) - 1,
    )
    slot = source_size(candidate_list.sizes, viewport, lazy=is_lazy(ref))
    return _Miss(chosen - fitting, viewport, round(slot, 1), shown, ladder_widths[chosen], ladder_widths[fitting])


def _candidate_lists(ref: ImageRef, viewport: Viewport) -> Iterator[SourceTag]:
    """The candidate lists that a browser may use, in its order."""
    yield from (source for source in ref.sources if source_matches(source.type, source.media, viewport))
    yield SourceTag(type=None, srcset=ref.get("srcset") or "", sizes=ref.get("sizes"), media=None)


def _width(candidate_list: SourceTag, url: str) -> int | None:
    return next((entry.width for entry in parse_srcset(candidate_list.srcset) if entry.url == url), None)
