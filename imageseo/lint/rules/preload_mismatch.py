"""A preload fetches the file that the image then shows.

``<link rel="preload" as="image">`` starts a download before the image's tag is read. If the browser then chooses
another file for that image, it downloads both, and the first delays the one that counts (measured: two downloads for
``href="photo.jpg"`` before an AVIF ``<picture>``, and for ``imagesizes`` that differ from ``sizes``). An image in the
page's HTML needs no preload: ``fetchpriority="high"`` on its tag is enough, and cannot mismatch.

The rule compares both at the four viewports of the reports (412 px at 1.75x, 1350 px at 1x, 390 px at 3x, 820 px at
2x), with the link's ``media`` and ``type``. A preload of a file that no ``<img>`` of the page references, for example a
CSS background, is not checked. ``crossorigin`` on only one of the two causes two downloads as well.

Bad (the picture takes the AVIF):
    <link rel="preload" as="image" href="photo-1600x900.jpg">
    <picture><source type="image/avif" srcset="photo-1600x900.avif"><img src="photo-1600x900.jpg" alt="A harbour">
    </picture>

Bad (other sizes):
    <link rel="preload" as="image" imagesrcset="photo-480x270.jpg 480w, photo-1600x900.jpg 1600w" imagesizes="100vw">
    <img src="photo-1600x900.jpg" srcset="photo-480x270.jpg 480w, photo-1600x900.jpg 1600w" sizes="200px" alt="Boats">

Bad (crossorigin on the link alone):
    <link rel="preload" as="image" href="photo-1600x900.jpg" crossorigin>
    <img src="photo-1600x900.jpg" alt="A harbour">

Good:
    <link rel="preload" as="image" type="image/avif" imagesizes="50vw"
      imagesrcset="photo-480x270.avif 480w, photo-1600x900.avif 1600w">
    <picture><source type="image/avif" srcset="photo-480x270.avif 480w, photo-1600x900.avif 1600w" sizes="50vw">
    <img src="photo-1600x900.jpg" alt="A harbour"></picture>

Good (plain):
    <link rel="preload" as="image" href="photo-1600x900.jpg"><img src="photo-1600x900.jpg" alt="A harbour">

Good (one for each kind of screen):
    <link rel="preload" as="image" href="photo-480x270.jpg" media="(max-width: 600px)">
    <link rel="preload" as="image" href="photo-1600x900.jpg" media="(min-width: 601px)">
    <picture><source srcset="photo-480x270.jpg" media="(max-width: 600px)"><img src="photo-1600x900.jpg" alt="Boats">
    </picture>

Good (for a style sheet's background):
    <link rel="preload" as="image" href="paper-1600x900.jpg"><img src="photo-1600x900.jpg" alt="A harbour">
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from imageseo.model.facts import ImageFact, Problem, ProblemLocation, ResolvedUrl, shorten
from imageseo.model.finding import GATING, REPORTED, Severity
from imageseo.web.html.head import Head, HeadTag
from imageseo.web.srcset.candidates import chosen_url_of
from imageseo.web.srcset.preload import Preload

SEVERITY = Severity.ERROR
SOURCES = ("HTML preload",)


def check(head: Head, images: Sequence[ImageFact], target: Callable[[str], ResolvedUrl]) -> Iterator[Problem]:
    links = [link for link in head.rel("preload") if (link.get("as") or "").lower() == "image"]
    if not links:
        return

    def key(url: str) -> str:
        found = target(url).path
        return url.strip() if found is None else f"{found}?{url.partition('#')[0].partition('?')[2]}"

    for link in links:
        preload = Preload.of(link.values)
        preloaded_keys = {key(url) for url in preload.urls()}
        preloaded_images = [image for image in images if any(key(each.url) in preloaded_keys for each in image.targets)]
        if preloaded_images:
            problems = [_problem(link, preload, image, key) for image in preloaded_images]
            if None not in problems:  # a preloaded file may be a candidate of one image and shown by another
                yield from islice(filter(None, problems), 1)


def _problem(link: HeadTag, preload: Preload, image: ImageFact, key: Callable[[str], str]) -> Problem | None:
    """Report how a preload differs from an image that it may be for; None if it matches."""
    place = ProblemLocation(offset=link.span.start, image=preload.href or None)
    hint = "remove the preload and write fetchpriority=\"high\" on the image's tag, or give it the image's own "
    for viewport in (*GATING, *REPORTED):
        first = preload.at(viewport)
        if first is None:
            continue
        shown = chosen_url_of(image.ref, viewport)
        if key(first) != key(shown):
            return Problem(
                message=f"on {viewport.name} ({viewport.width} CSS px at {viewport.dpr:g}x) two files are downloaded "
                f"for one image: {shorten(first)} is preloaded, {shorten(shown)} is shown",
                hint=hint + "type, srcset and sizes as type, imagesrcset and imagesizes",
                place=place,
            )
    if preload.crossorigin != (image.ref.get("crossorigin") is not None):
        one, other = ("preload", "image") if preload.crossorigin else ("image", "preload")
        return Problem(
            message=f"{image.name} is downloaded twice: the {one} has crossorigin, the {other} has not",
            hint=hint + "crossorigin",
            place=place,
        )
    return None
