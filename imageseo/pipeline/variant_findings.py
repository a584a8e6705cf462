"""What is to be said of images that did not become all the variants that were wanted of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from imageseo.images.encoding.encoder import EncodeResult
from imageseo.lint.engine import location_of
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.image import Asset
from imageseo.model.plan import PagePlan
from imageseo.model.site import Page
from imageseo.pipeline.incremental.build_state import DroppedVariants, PageOutcome
from imageseo.pipeline.page_candidates import page_images

Note = tuple[str, Finding]
"""Digest of an image, and what is to be said of it."""


def image_findings(page: Page, plan: PagePlan, encoded: EncodeResult) -> Iterator[Note]:
    """Images of a page that broke while they were decoded, and what a codec refused."""
    for asset, specs, _, ref in page_images(plan):
        bad = encoded.failures.get(asset.sha256)
        refused = [encoded.refused[spec] for spec in specs if spec in encoded.refused]
        declined = [why for spec in specs if (why := encoded.declined.get(spec))]
        where = location_of(page, ref)
        if bad is not None:
            problem, hint = bad.problem, bad.hint
            said = Finding(rule=bad.rule, severity=Severity.WARN, message=problem, location=where, hint=hint)
        elif refused:
            problem = f"{asset.path}: {refused[0]}"
            said = Finding(rule="img-unreadable", severity=Severity.WARN, message=problem, location=where)
        elif declined:
            problem = f"{asset.path} moves on as it is, without smaller animations beside it: {declined[0]}"
            said = Finding(rule="animation-kept", severity=Severity.INFO, message=problem, location=where)
        else:
            continue
        yield asset.sha256, said
    for each in plan.fallbacks:
        if each.spec is None:
            yield each.asset.sha256, _orphaned(each.asset, location_of(page, each.ref))


def _orphaned(asset: Asset, where: Location) -> Finding:
    return Finding(
        rule="fallback-kept",
        severity=Severity.WARN,
        message=f"{asset.path} is the smaller file of an earlier build, and the original is not in the cache any more: "
        "it stays as it is, and its variants are made of it",
        location=where,
        hint="let the site's generator write the file anew, or put the original there; and keep the cache",
    )


def first_per_image(notes: Iterable[Note]) -> Iterable[Finding]:
    """Each image's first note alone, at the first place that shows it."""
    told: dict[str, Finding] = {}
    for image, finding in notes:
        told.setdefault(image, finding)
    return told.values()


def dropped_findings(outcomes: Sequence[PageOutcome]) -> tuple[list[Finding], int]:
    """What no page offers although it was made: a finding an image, at the first place that shows it; and how many.

    One that a page leaves out and another page offers (beside other widths) is no loss, and not counted.
    """
    offered: set[str] = set()
    for outcome in outcomes:
        out = {spec for each in outcome.dropped for spec, *_ in each.why}
        offered.update(each.spec for each in outcome.wanted if each.spec not in out)
    first: dict[str, DroppedVariants] = {}
    reasons: dict[str, dict[str, tuple[str, str]]] = {}
    for outcome in outcomes:
        for each in outcome.dropped:
            gone = {spec: (name, why) for spec, name, why in each.why if spec not in offered}
            if gone:
                first.setdefault(each.image, each)
                reasons[each.image] = {**gone, **reasons.get(each.image, {})}
    found = [_said(first[image], list(why.values())) for image, why in reasons.items()]
    return found, sum(len(why) for why in reasons.values())


def _said(at: DroppedVariants, gone: Sequence[tuple[str, str]]) -> Finding:
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
