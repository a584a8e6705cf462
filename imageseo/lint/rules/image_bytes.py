"""Every image keeps the byte budget for single images.

Like ``largest-image-bytes``, but each image over the budget is a finding at its own tag. The budget has no default; set
one: ``budgets.image-bytes.mobile.warn = "200 KiB"``.

Bad:
    budgets.image-bytes.mobile.error = "200 KiB"
    <article><img src="photo-800x450-300KiB.jpg" alt="A harbour"><img src="photo-801x450-100KiB.jpg" alt="A pier">
    </article>

Bad (the candidate that a phone takes):
    budgets.image-bytes.mobile.error = "200 KiB"
    <article><img src="photo-400x225-100KiB.jpg" srcset="photo-1600x900-300KiB.jpg 1600w" sizes="100vw" alt="A pier">
    </article>

Good:
    budgets.image-bytes.mobile.error = "200 KiB"
    <article><img src="photo-800x450-150KiB.jpg" alt="A harbour"></article>
"""

from __future__ import annotations

from collections.abc import Iterator

from imageseo.lint.budgets.limits import broken_level, format_kib, level, setting_key, viewport_label
from imageseo.lint.budgets.spending import PageWeight
from imageseo.model.facts import Problem, shorten
from imageseo.model.finding import Severity

SEVERITY = Severity.ERROR


def check(page_weight: PageWeight) -> Iterator[Problem]:
    for budget, picks in page_weight.of("image-bytes"):
        for image, pick in picks:
            found = broken_level(budget, pick.bytes)
            if found is None:
                continue
            severity, limit = found
            chosen = "it" if pick.url == image.ref.src else shorten(pick.url)
            yield Problem(
                message=f"{image.name} is too heavy {viewport_label(budget.viewport)}: a browser downloads {chosen}, "
                f"{format_kib(pick.bytes)}; {level(severity)} is {format_kib(limit)}",
                hint="export it smaller, let `imageseo build` offer smaller candidates, or raise "
                f"`{setting_key(budget, severity)}`",
                at=image.ref,
                severity=severity,
            )
