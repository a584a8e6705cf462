"""The LCP image keeps its byte budget.

Visitors wait for the largest image near the top, and on a slow phone each 10 KiB cost about 54 ms of LCP (measured on
MkDocs Material under Lighthouse's slow 4G: 2.5 s are reached at 154 KiB). Bytes are the same on every run, so they
decide whether it fails; the milliseconds are for reports.

The rule checks the candidate that a browser would choose from ``<source>``, ``srcset`` and ``sizes`` at the two gating
viewports: mobile (412×823 at 1.75x; warning above 100 KiB, error above 150 KiB) and desktop (1350×940 at 1x; 200 and
300 KiB). Change them with ``budgets.lcp-bytes.mobile.error`` and its siblings; ``0`` switches a limit off. The image is
the same as for ``lcp-lazy``. A phone is not judged where text may be its LCP: where all text above an image that nobody
has prioritised or measured takes more than twice the room of what the first screen shows of the image.
``imageseo build`` fails on the error limit too.

Bad:
    <article><h1>Harbour</h1>
    <img src="photo-1600x900-180KiB.jpg" alt="A harbour" fetchpriority="high"></article>

Bad (sizes makes a phone take the wide candidate):
    <article><h1>Harbour</h1>
    <img src="photo-480x270-40KiB.jpg" srcset="photo-480x270-40KiB.jpg 480w, photo-1600x900-180KiB.jpg 1600w"
      sizes="1600px" alt="A harbour" fetchpriority="high"></article>

Good:
    <article><h1>Harbour</h1><picture>
    <source type="image/avif" srcset="photo-720x405-60KiB.avif 720w, photo-1600x900-180KiB.avif 1600w"
      sizes="calc(100vw - 32px)">
    <img src="photo-1600x900-400KiB.jpg" alt="A harbour" fetchpriority="high"></picture></article>

Good (heavy, but far below):
    <article><h1>Harbour</h1><img src="photo-1600x900-60KiB.jpg" alt="A harbour" fetchpriority="high">
    <img src="photo-1600x900-400KiB.jpg" alt="Boats"></article>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imageseo.lint.budgets.lcp import over_budget
from imageseo.model.facts import LcpImage, Problem
from imageseo.model.finding import Budget, Severity

SEVERITY = Severity.ERROR
FAILS_BUILD = True


def check(lcp: LcpImage | None, budgets: Sequence[Budget]) -> Iterator[Problem]:
    if lcp is not None:
        yield from over_budget(lcp, budgets)
