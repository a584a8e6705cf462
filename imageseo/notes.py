"""What is to be said of images that did not become all the variants that were wanted of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from imageseo.encode import Encoded
from imageseo.lint import locate
from imageseo.memo import Dropped, Outcome
from imageseo.model.finding import Finding, Severity
from imageseo.model.page import Page
from imageseo.model.plan import PagePlan
from imageseo.offers import shown

Note = tuple[str, Finding]
"""Digest of an image, and what is to be said of it."""


def of_page(page: Page, plan: PagePlan, encoded: Encoded) -> Iterator[Note]:
    """Images of a page that broke while they were decoded, and what a codec refused."""
    for asset, specs, _, ref in shown(plan):
        bad = encoded.failures.get(asset.sha256)
        refused = [encoded.refused[spec] for spec in specs if spec in encoded.refused]
        where = locate(page, ref)
        if bad is not None:
            problem, hint = bad.problem, bad.hint
            said = Finding(rule=bad.rule, severity=Severity.WARN, message=problem, location=where, hint=hint)
        elif refused:
            problem = f"{asset.path}: {refused[0]}"
            said = Finding(rule="img-unreadable", severity=Severity.WARN, message=problem, location=where)
        else:
            continue
        yield asset.sha256, said


def once(notes: Iterable[Note]) -> Iterable[Finding]:
    """Each image's first note alone, at the first place that shows it."""
    told: dict[str, Finding] = {}
    for image, finding in notes:
        told.setdefault(image, finding)
    return told.values()


def dropped(outcomes: Sequence[Outcome]) -> tuple[list[Finding], int]:
    """What no page offers although it was made: a finding an image, at the first place that shows it; and how many.

    One that a page leaves out and another page offers (beside other widths) is no loss, and not counted.
    """
    offered: set[str] = set()
    for outcome in outcomes:
        out = {spec for each in outcome.dropped for spec, *_ in each.why}
        offered.update(each.spec for each in outcome.wanted if each.spec not in out)
    first: dict[str, Dropped] = {}
    reasons: dict[str, dict[str, tuple[str, str]]] = {}
    for outcome in outcomes:
        for each in outcome.dropped:
            gone = {spec: (name, why) for spec, name, why in each.why if spec not in offered}
            if gone:
                first.setdefault(each.image, each)
                reasons[each.image] = {**gone, **reasons.get(each.image, {})}
    found = [_said(first[image], list(why.values())) for image, why in reasons.items()]
    return found, sum(len(why) for why in reasons.values())


def _said(at: Dropped, gone: Sequence[tuple[str, str]]) -> Finding:
    """``gone``: name and reason of each variant."""
    by_reason: dict[str, list[str]] = {}
    for name, why in gone:
        by_reason.setdefault(why, []).append(name)
    listed = "; ".join(f"{', '.join(names)} ({why})" for why, names in by_reason.items())
    count = f"{len(gone)} variants are" if len(gone) > 1 else "1 variant is"
    return Finding(
        rule="variant-dropped",
        severity=Severity.INFO,
        message=f"{at.path}: {count} not offered: {listed}",
        location=at.location,
    )
