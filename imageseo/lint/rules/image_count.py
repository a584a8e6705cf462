"""A page shows no more images than its budget allows.

Each image costs a request and a decode; a page of three hundred thumbnails is slow however small they are. The count is
that of the site's files that a browser downloads for the page's images at a viewport, each file once. The budget has no
default; set one: ``budgets.image-count.mobile.warn = 60``.

Bad:
    budgets.image-count.mobile.error = 1
    <article><img src="photo-800x450.jpg" alt="A harbour"><img src="photo-801x450.jpg" alt="A pier"></article>

Good:
    budgets.image-count.mobile.error = 1
    <article><img src="photo-800x450.jpg" alt="A harbour"><img src="photo-800x450.jpg" alt="Again"></article>
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
        "image-count",
        what="this page shows too many images",
        hint="spread them over several pages, or show fewer",
    )
