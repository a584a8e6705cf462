"""Candidates by width come with ``sizes``.

A browser chooses among ``800w`` and ``1600w`` before it knows the layout: ``sizes`` says how wide the image will be.
Without it the image counts as wide as the viewport, and a picture in a column of 700 px is loaded for 1,350 px. HTML
makes ``sizes`` an obligation wherever a ``srcset`` has ``w`` descriptors; only a lazy image with ``sizes="auto"`` frees
the sources around it. Densities (``1x``, ``2x``) want none.

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


def check(images: Sequence[ImageFact]) -> Iterator[Problem]:
    for image in images:
        ref = image.ref
        srcset, sizes = ref.get("srcset"), ref.get("sizes")
        if not srcset and not ref.sources:
            continue
        own = bool(srcset) and not (sizes or "").strip() and has_width_descriptors(srcset)
        frees = is_lazy(ref) and (sizes or "").strip().lower().startswith("auto")
        bare = [
            source
            for source in ref.sources
            if not (source.sizes or "").strip() and has_width_descriptors(source.srcset)
        ]
        if own or (bare and not frees):
            where = "its srcset" if own else "a <source>"
            yield Problem(
                message=f"{image.name} has candidates by width and no sizes: {where} counts as wide as the screen",
                hint='say how wide it is shown, `sizes="(min-width: 900px) 860px, 100vw"`; `imageseo build` does where '
                "it writes the srcset",
                at=ref,
            )
