"""What is to be said of images that did not become all the variants that were wanted of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from imageseo.encode import Encoded
from imageseo.lint import locate
from imageseo.model.finding import Finding, Severity
from imageseo.model.page import Page
from imageseo.model.plan import PagePlan

Note = tuple[str, Finding]
"""Digest of an image, and what is to be said of it."""


def of_page(page: Page, plan: PagePlan, encoded: Encoded) -> Iterator[Note]:
    """Images of a page that broke while they were decoded, what a codec refused, and what is larger than its source."""
    shown = [(image.asset, image.specs, locate(page, image.ref)) for image in plan.images]
    if plan.insert is not None:
        shown.append((plan.insert.asset, plan.insert.specs, locate(page)))
    for asset, specs, location in shown:
        bad = encoded.failures.get(asset.sha256)
        refused = [encoded.refused[spec] for spec in specs if spec in encoded.refused]
        dropped = [f"{spec.width}w {spec.format}" for spec in specs if spec in encoded.dropped]
        if bad is not None:
            said = Finding(rule=bad.rule, severity=Severity.WARN, message=bad.problem, location=location, hint=bad.hint)
        elif refused:
            problem = f"{asset.path}: {refused[0]}"
            said = Finding(rule="img-unreadable", severity=Severity.WARN, message=problem, location=location)
        elif dropped:
            said = Finding(
                rule="variant-dropped",
                severity=Severity.INFO,
                message=f"{asset.path}: {len(dropped)} of {len(specs)} variants are larger than the file itself "
                f"and are left out ({', '.join(dropped)})",
                location=location,
            )
        else:
            continue
        yield asset.sha256, said


def once(notes: Iterable[Note]) -> Iterable[Finding]:
    """Each image's first note alone, at the first place that shows it."""
    told: dict[str, Finding] = {}
    for image, finding in notes:
        told.setdefault(image, finding)
    return told.values()
