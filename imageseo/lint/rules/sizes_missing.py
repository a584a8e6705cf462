"""A ``srcset`` with width descriptors comes with ``sizes``.

A browser chooses between ``800w`` and ``1600w`` before it knows the layout: ``sizes`` gives the width of the image.
Without it the image counts as wide as the viewport, and an image in a column of 700 px is loaded for 1,350 px. HTML
requires ``sizes`` wherever a ``srcset`` has ``w`` descriptors; only a lazy image with ``sizes="auto"`` exempts the
sources around it. Density descriptors (``1x``, ``2x``) need none.

Bad:
    <img src="photo-1600x900.jpg" srcset="photo-800x450.jpg 800w, photo-1600x900.jpg 1600w" alt="A harbour">

Bad (of a source):
    <picture><source type="image/webp" srcset="photo-800x450.webp 800w, photo-1600x900.webp 1600w">
    <img src="photo-1600x900.jpg" alt="A harbour" sizes="50vw"></picture>

Good:
    <img src="photo-1600x900.jpg" srcset="photo-800x450.jpg 800w, photo-1600x900.jpg 1600w"
      sizes="(min-width: 900px) 860px, 100vw" alt="A harbour">

Good (densities):
    <img src="photo-800x450.jpg" srcset="photo-1600x900.jpg 2x" alt="A harbour">

Good (the browser knows the width of a lazy image):
    <picture><source type="image/webp" srcset="photo-800x450.webp 800w, photo-1600x900.webp 1600w">
    <img src="photo-1600x900.jpg" srcset="photo-1600x900.jpg 1600w" sizes="auto, 50vw" loading="lazy" alt="A harbour">
    </picture>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imageseo.lint.tag_edits import is_lazy
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity
from imageseo.web.srcset.candidates import has_width_descriptors

SEVERITY = Severity.ERROR
SOURCES = ("HTML srcset", "HTML sizes")


def check(images: Sequence[ImageFact]) -> Iterator[Problem]:
    for image in images:
        ref = image.ref
        srcset, sizes = ref.get("srcset"), ref.get("sizes")
        if not srcset and not ref.sources:
            continue
        img_lacks_sizes = bool(srcset) and not (sizes or "").strip() and has_width_descriptors(srcset)
        exempts_sources = is_lazy(ref) and (sizes or "").strip().lower().startswith("auto")
        sources_without_sizes = [
            source
            for source in ref.sources
            if not (source.sizes or "").strip() and has_width_descriptors(source.srcset)
        ]
        if img_lacks_sizes or (sources_without_sizes and not exempts_sources):
            where = "its srcset" if img_lacks_sizes else "a <source>"
            yield Problem(
                message=f"{image.name} has width descriptors but no sizes: {where} counts as wide as the screen",
                hint='add the width, `sizes="(min-width: 900px) 860px, 100vw"`; `imageseo build` does so for a srcset '
                "that it writes",
                at=ref,
            )
