"""The heaviest image of a page keeps its budget of bytes.

One forgotten export from a camera weighs more than all the rest of a page. Judged is the heaviest file that a browser
downloads for the page's images at a viewport; ``image-bytes`` has the same limit for every image, one finding each.
There is no such budget until you set one: ``budgets.largest-image-bytes.mobile.error = "300 KiB"``.

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
        what="the heaviest image of this page is too heavy",
        hint="export it smaller, or let `imageseo build` offer lighter candidates",
    )
