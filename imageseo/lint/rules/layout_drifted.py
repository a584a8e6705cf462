"""The page still matches its measurement.

``imageseo measure`` records how a browser shows each page: its LCP image, and how wide its images are. If a measured
image is missing from the page, or the page is laid out differently, the measurement can no longer be trusted: it is
ignored, and the page is treated like an unmeasured page of its template. Measure it again. Added images alone are no
drift.

Bad:
    <!-- measured: {"boats-1600x900.jpg": {"width": 688, "top": 300}, "lcp": "boats-1600x900.jpg"} -->
    <main><h1>Harbour</h1><img src="photo-1600x900.jpg" alt="A harbour"></main>

Good:
    <!-- measured: {"photo-1600x900.jpg": {"width": 688, "top": 300}, "lcp": "photo-1600x900.jpg"} -->
    <main><h1>Harbour</h1><img src="photo-1600x900.jpg" alt="A harbour"></main>

Good (an image more):
    <!-- measured: {"photo-1600x900.jpg": {"width": 688, "top": 300}, "lcp": "photo-1600x900.jpg"} -->
    <main><h1>Harbour</h1><img src="photo-1600x900.jpg" alt="A harbour">
    <img src="boats-1600x900.jpg" alt="Boats"></main>
"""

from __future__ import annotations

from collections.abc import Iterator

from imageseo.model.facts import Problem, ProblemLocation
from imageseo.model.finding import Severity

SEVERITY = Severity.INFO


def check(drift: str | None) -> Iterator[Problem]:
    if drift is not None:
        yield Problem(
            message=f"the page is no longer the one that was measured: {drift}",
            hint="run `imageseo measure` again and commit imageseo.layout.json",
            place=ProblemLocation(line=1, column=1),
        )
