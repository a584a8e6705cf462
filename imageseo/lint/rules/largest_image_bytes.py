"""The largest image of a page keeps its byte budget.

A single unoptimised camera export can weigh more than the rest of the page. The rule checks the largest file that a
browser downloads for the page's images at a viewport; ``image-bytes`` applies the same limit to every image, with one
finding each. The budget has no default; set one: ``budgets.largest-image-bytes.mobile.error = "300 KiB"``.

Bad:
    budgets.largest-image-bytes.desktop.error = "200 KiB"
    <article><img src="photo-800x450-300KiB.jpg" alt="A harbour"><img src="photo-801x450-250KiB.jpg" alt="A pier">
    </article>

Good:
    budgets.largest-image-bytes.desktop.error = "200 KiB"
    <article><img src="photo-800x450-150KiB.jpg" alt="A harbour"><img src="photo-801x450-150KiB.jpg" alt="A pier">
    </article>
"""

from __future__ import annotations

from collections.abc import Iterator

from imageseo.lint.budgets.spending import PageWeight, budget_problems
from imageseo.model.facts import Problem
from imageseo.model.finding import Severity

SEVERITY = Severity.ERROR


def check(page_weight: PageWeight) -> Iterator[Problem]:
    yield from budget_problems(
        page_weight,
        "largest-image-bytes",
        what="the largest image of this page is too heavy",
        hint="export it smaller, or let `imageseo build` offer smaller candidates",
    )
