"""The hero is the LCP element.

An image that the author or a build prioritises (``fetchpriority="high"``, the hero of the front matter) should be the
largest element in the first screen. On phones it often is not: a 16:9 image 380 px wide has fewer pixels than a
paragraph of 560 characters (measured). Then the page's LCP is text: the image competes with fonts and style sheets for
bandwidth, and its budget limits the wrong thing. This requires a browser: pages that ``imageseo measure`` has not
measured are not reported.

Bad:
    <!-- measured: {"photo-800x450.jpg": {"width": 380, "top": 600}, "lcp": "text"} -->
    <article><h1>Harbour</h1><p>A long introduction.</p>
    <img src="photo-800x450.jpg" alt="A harbour" fetchpriority="high"></article>

Bad (another image):
    <!-- measured: {"photo-800x450.jpg": {"width": 380, "top": 300}, "lcp": "boats-1600x900.jpg",
      "boats-1600x900.jpg": {"width": 688, "top": 400}} -->
    <article><h1>Harbour</h1><img src="photo-800x450.jpg" alt="A harbour" fetchpriority="high">
    <img src="boats-1600x900.jpg" alt="Boats"></article>

Good:
    <!-- measured: {"photo-1600x900.jpg": {"width": 688, "top": 300}, "lcp": "photo-1600x900.jpg"} -->
    <article><h1>Harbour</h1><img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high"></article>

Good (it has no high priority):
    <!-- measured: {"photo-800x450.jpg": {"width": 380, "top": 600}, "lcp": "text"} -->
    <article><h1>Harbour</h1><p>A long introduction.</p><img src="photo-800x450.jpg" alt="A harbour"></article>
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from imageseo.layout.hero_detection import prioritized_images
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import GATING, Severity
from imageseo.model.image import PageRegion, PageScan, Span
from imageseo.model.layout import Lcp, PageLayout, ShownImage

SEVERITY = Severity.INFO
LINT_ONLY = True


def check(
    scan: PageScan, images: Sequence[ImageFact], measured: PageLayout | None, measured_images: Mapping[Span, ShownImage]
) -> Iterator[Problem]:
    if measured is None or measured.inherited or not measured.lcp:
        return
    marked = [ref for ref in scan.refs if ref.is_marked_hero or ref.span == scan.hero_slot]
    prioritized = [ref for ref in prioritized_images(scan) if ref.region is PageRegion.ARTICLE]
    intended = next(iter(marked or prioritized), None)
    shown = measured_images.get(intended.span) if intended is not None else None
    if intended is None or shown is None:
        return
    measured_others = [
        (viewport.name, lcp)
        for viewport in GATING
        if (lcp := measured.lcp.get(viewport.name)) is not None
        and lcp.kind != "none"
        and (lcp.src, lcp.nth) != (shown.src, shown.nth)
    ]
    if measured_others:
        name = next((image.name for image in images if image.ref is intended), intended.src)
        found = "; ".join(f"on {screen} that is {_describe(lcp)}" for screen, lcp in measured_others)
        yield Problem(
            message=f"{name} is prioritised as the page's hero but is not the LCP element: {found}",
            hint="make it larger or move it up, or prioritise the LCP element instead",
            at=intended,
        )


def _describe(lcp: Lcp) -> str:
    return {"text": "text", "video": "a video", "background": "a CSS background"}.get(
        lcp.kind, lcp.src or "another image"
    )
