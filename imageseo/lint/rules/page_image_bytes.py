"""A page's images together keep their budget of bytes.

Every image costs somebody's data plan and battery, the ones far below as well once they are scrolled to. Counted is
what a browser downloads for each image of the page at a viewport, by ``<source>``, ``srcset`` and ``sizes``, each file
once; files of other hosts are not, since nobody here knows their size. There is no such budget until you set one:
``budgets.page-image-bytes.mobile.error = "1 MiB"``; for some pages alone,
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
        what="the images of this page are too heavy together",
        hint="show fewer of them, or let `imageseo build` offer lighter candidates",
    )
