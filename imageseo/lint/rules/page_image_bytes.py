"""The images of a page together keep their byte budget.

Every image costs data volume and battery, also one far below as soon as it is scrolled into view. The sum is what a
browser downloads for each image of the page at a viewport, by ``<source>``, ``srcset`` and ``sizes``, each file once;
files of other hosts are left out, because their size is unknown. The budget has no default; set one:
``budgets.page-image-bytes.mobile.error = "1 MiB"``; for some pages only,
``budgets.paths."blog/*".page-image-bytes.mobile.error``.

Bad:
    budgets.page-image-bytes.mobile.error = "500 KiB"
    <article><img src="photo-800x450-300KiB.jpg" alt="A harbour"><img src="photo-801x450-300KiB.jpg" alt="A pier">
    </article>

Good:
    budgets.page-image-bytes.mobile.error = "500 KiB"
    <article><img src="photo-800x450-300KiB.jpg" alt="A harbour"><img src="photo-800x450-300KiB.jpg" alt="Again">
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
        "page-image-bytes",
        what="the images of this page are too heavy in total",
        hint="show fewer of them, or let `imageseo build` offer smaller candidates",
    )
