"""Findings for images whose planned variants were not all made or not all offered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from imageseo.images.encoding.encode_result import EncodeResult
from imageseo.lint.engine import location_of
from imageseo.model.build_findings import REMEDIES
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.humanize import format_bytes
from imageseo.model.image import Asset, Variant, VariantSpec
from imageseo.model.plan import PagePlan
from imageseo.model.site import Page
from imageseo.pipeline.incremental.build_state import DroppedVariants, PageOutcome, RecompressedFile
from imageseo.pipeline.page_candidates import page_images
from imageseo.pipeline.provenance.file_cleaner import CleanedFile

_SHOWN_EACH = 2  # images on which a plug-in fails for the same reason
_SIZE = re.compile(r"\b\d+x\d+\b")

ImageFinding = tuple[str, Finding]
"""Digest of an image, and a finding."""


def image_findings(page: Page, plan: PagePlan, encoded: EncodeResult) -> Iterator[ImageFinding]:
    """Yield findings for images of a page that cannot be decoded, or that a codec refused or declined."""
    for asset, specs, _, ref, _ in page_images(plan):
        bad = encoded.failures.get(asset.sha256)
        refused = [encoded.refused[spec] for spec in specs if spec in encoded.refused]
        crashed = [encoded.crashed[spec] for spec in specs if spec in encoded.crashed]
        declined = [why for spec in specs if (why := encoded.declined.get(spec))]
        location = location_of(page, ref, plan.scan.refs)
        if bad is not None:
            problem, hint = bad.problem, bad.hint
            finding = Finding(rule=bad.rule, severity=Severity.WARN, message=problem, location=location, hint=hint)
        elif crashed:
            of = "because of" if crashed[0].startswith("the metric ") else "from"
            problem = f"{asset.path} has no variants {of} {crashed[0]}"
            hint = REMEDIES["plugin-failed"]
            finding = Finding(
                rule="plugin-failed", severity=Severity.WARN, message=problem, location=location, hint=hint
            )
        elif refused:
            problem = f"{asset.path}: {refused[0]}"
            finding = Finding(rule="img-unreadable", severity=Severity.WARN, message=problem, location=location)
        elif declined:
            problem = f"{asset.path} is kept as it is, without smaller variants of the animation: {declined[0]}"
            finding = Finding(rule="animation-kept", severity=Severity.INFO, message=problem, location=location)
        else:
            continue
        yield asset.sha256, finding
    for each in plan.fallbacks:
        if each.spec is None:
            yield each.asset.sha256, _lost_original_finding(each.asset, location_of(page, each.ref, plan.scan.refs))


def _lost_original_finding(asset: Asset, location: Location) -> Finding:
    return Finding(
        rule="fallback-kept",
        severity=Severity.WARN,
        message=f"{asset.path} was recompressed by an earlier build, and its source file is no longer in the cache; "
        "variants are made from the recompressed file",
        location=location,
        hint="let the site's generator write the file again, or restore the source file; keep the cache between builds",
    )


def cleaned_findings(
    page: Page,
    shown: Iterable[Asset],
    cleaned_of: Callable[[Asset], CleanedFile | None],
    replaced: Iterable[RecompressedFile],
) -> Iterator[ImageFinding]:
    """Yield a note for each file of a page that lost a prompt or was marked. ``replaced``: what is published."""
    published = {each.path: each.sha256 for each in replaced}
    for asset in shown:
        cleaned = cleaned_of(asset)
        if cleaned is not None and cleaned.change and published.get(asset.path) == cleaned.sha256:
            yield f"cleaned {asset.sha256}", _cleaned_finding(asset, cleaned.change, page)


def _cleaned_finding(asset: Asset, change: str, page: Page) -> Finding:
    tool = f" (made with {asset.origin.tool})" if asset.origin is not None and asset.origin.tool is not None else ""
    return Finding(
        rule="prompt-removed",
        severity=Severity.INFO,
        message=f"{asset.path}{tool}: in the published file, {change}; its pixels are the same",
        location=location_of(page),
        hint='nothing to do; the source file is unchanged, `data-imageseo="ignore"` on the image keeps the file too',
    )


def first_per_image(findings: Iterable[ImageFinding]) -> Iterable[Finding]:
    """Return the first finding of each image."""
    first: dict[str, Finding] = {}
    for image, finding in findings:
        first.setdefault(image, finding)
    return _plugin_failures_once(first.values())


def _plugin_failures_once(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in which one failure of a plug-in on many images is one finding, which counts them."""
    alike: dict[str, list[Finding]] = {}
    others = list[Finding]()
    for finding in findings:
        if finding.rule == "plugin-failed":
            _, _, cause = finding.message.partition(" has no variants ")
            alike.setdefault(_SIZE.sub("", cause), []).append(finding)
        else:
            others.append(finding)
    for group in alike.values():
        if len(group) <= _SHOWN_EACH:
            others += group
            continue
        names, _, cause = group[0].message.partition(" has no variants ")
        message = f"{names} and {len(group) - 1} other images have no variants {cause}"
        others.append(replace(group[0], message=message))
    return others


def dropped_findings(outcomes: Sequence[PageOutcome]) -> tuple[list[Finding], int]:
    """Return one finding per image with variants that no page offers, and the number of these variants.

    A variant that one page drops and another offers (with other widths) is not counted.
    """
    offered: set[str] = set()
    for outcome in outcomes:
        dropped = {spec for each in outcome.dropped for spec, *_ in each.reasons}
        offered.update(each.spec for each in outcome.planned if each.spec not in dropped)
    first: dict[str, DroppedVariants] = {}
    reasons: dict[str, dict[str, tuple[str, str]]] = {}
    for outcome in outcomes:
        for each in outcome.dropped:
            unused = {spec: (name, reason) for spec, name, reason in each.reasons if spec not in offered}
            if unused:
                first.setdefault(each.image, each)
                reasons[each.image] = {**unused, **reasons.get(each.image, {})}
    findings = [_dropped_finding(first[image], list(unused.values())) for image, unused in reasons.items()]
    return findings, sum(len(unused) for unused in reasons.values())


def _dropped_finding(first: DroppedVariants, dropped: Sequence[tuple[str, str]]) -> Finding:
    """Return the finding for an image. ``first``: on its first page. ``dropped``: name and reason of each variant."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in dropped:
        by_reason.setdefault(reason, []).append(name)
    listed = "; ".join(f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())
    count = f"{len(dropped)} variants are" if len(dropped) > 1 else "1 variant is"
    return Finding(
        rule="variant-dropped",
        severity=Severity.INFO,
        message=f"{first.path}: {count} not offered: {listed}",
        location=first.location,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoweredVariant:
    """A variant that was encoded again: quality and bytes before and after."""

    format: str
    width: int
    before: int | None
    after: int | None
    bytes_before: int
    bytes_after: int

    def __str__(self) -> str:
        quality = f"quality {self.after} instead of {self.before}"
        size = f"{format_bytes(self.bytes_after)} instead of {format_bytes(self.bytes_before)}"
        return f"{self.width}w {self.format} has {quality}, {size}"


def lowered_variants(
    before: Mapping[VariantSpec, Variant],
    smaller: Mapping[VariantSpec, Variant],
    quality_of: Callable[[Variant], int | None],
) -> list[LoweredVariant]:
    """Return what changed with variants that were encoded again. ``before``: by the same specs."""
    return [
        LoweredVariant(
            format=spec.format,
            width=spec.width,
            before=quality_of(before[spec]),
            after=new.spec.quality,
            bytes_before=before[spec].bytes,
            bytes_after=new.bytes,
        )
        for spec, new in smaller.items()
    ]


def lowered_finding(asset: Asset, changes: Sequence[LoweredVariant], limit: int, location: Location) -> Finding:
    """Return the finding for a hero of lower quality because of its budget. ``limit``: the budget in bytes."""
    usual = {each.format: each.before for each in changes if each.before is not None}
    kept = ", ".join(f"{name}: {quality}" for name, quality in sorted(usual.items()))
    return Finding(
        rule="quality-lowered",
        severity=Severity.INFO,
        message=f"{asset.path} has lower quality because of the LCP budget of {format_bytes(limit)}"
        f"{' and is still above it' if any(each.bytes_after > limit for each in changes) else ''}: "
        f"{'; '.join(map(str, changes))}",
        location=location,
        hint="an image with less detail needs fewer bytes; to keep the usual quality for this image only, set "
        f'`quality: {{paths: {{"{asset.path}": {{{kept}}}}}}}`, and a higher budget for this page in `budgets.paths`',
    )
