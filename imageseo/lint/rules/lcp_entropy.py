"""The LCP image has enough detail to count as LCP.

Browsers treat an image as a background if its file is tiny for the area it fills; the next largest element then becomes
the LCP, often a paragraph. Chromium's limit is 0.05 bits per CSS px shown, regardless of the screen's density
(measured: 2,254 bytes at 800×450). An image that fills the viewport exactly does not count either. Photographs never
come near the limit; flat art in AVIF may. Such an image needs no fix: visitors do not wait for its bytes, and a budget
for it means little. If the shown size is unknown, the file's own is used, so on a page of an unknown theme less may be
reported.

Bad (a note: 1600 × 900 px in 3 KiB):
    <article><h1>Harbour</h1>
    <img src="flat-1600x900-3KiB.webp" alt="A plain blue sky" fetchpriority="high"></article>

Bad (a note: as large as the screen):
    <article><h1>Harbour</h1><img src="photo-1600x900-90KiB.jpg" alt="A harbour" fetchpriority="high"
    style="position: fixed; width: 100vw; height: 100vh; object-fit: cover"></article>

Good:
    <article><h1>Harbour</h1>
    <img src="photo-1600x900-90KiB.jpg" alt="A harbour" fetchpriority="high"></article>

Good (small where it is shown):
    <article><h1>Harbour</h1>
    <img src="flat-1600x900-3KiB.webp" alt="A plain blue sky" fetchpriority="high" width="400" height="225"></article>
"""

from __future__ import annotations

from collections.abc import Iterator

from imageseo.layout import image_widths
from imageseo.model.facts import LcpImage, Problem
from imageseo.model.finding import Severity
from imageseo.web.srcset.sizes import source_size

SEVERITY = Severity.INFO
LINT_ONLY = True
LEAST = 0.05  # bits per CSS px shown; Chromium 156


def check(lcp: LcpImage | None, column_layout: image_widths.ColumnLayout) -> Iterator[Problem]:
    if lcp is None or lcp.ref is None or lcp.asset is None or not lcp.asset.encodable or not lcp.asset.width:
        return
    style = image_widths.declarations(lcp.ref.get("style") or "")
    if style.get("width") == "100vw" and style.get("height") in ("100vh", "100svh", "100lvh", "100dvh"):
        yield Problem(
            message=f"{lcp.asset.path} fills the viewport exactly: browsers treat it as a background, not as the LCP",
            hint="nothing to fix if visitors wait for text; else give it a margin or a caption",
            at=lcp.ref,
        )
        return
    sizes = image_widths.sizes(lcp.ref, lcp.asset, column_layout)
    for pick in lcp.picks:
        width = min(source_size(sizes, pick.viewport), pick.viewport.width)
        area = width * width * lcp.asset.height / lcp.asset.width
        if area >= 1 and pick.bytes * 8 < LEAST * area:
            height = round(width * lcp.asset.height / lcp.asset.width)
            yield Problem(
                message=f"{lcp.asset.path} has {pick.bytes * 8 / area:.3f} bits per CSS px shown on "
                f"{pick.viewport.name} ({pick.bytes:,} bytes at {round(width)}×{height} CSS px); below {LEAST} it does "
                "not count as the LCP",
                hint="nothing to fix: the LCP is the next largest element, often text",
                at=lcp.ref,
            )
            return
