"""What a build did: its findings, what it changed, its counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from imageseo.config.settings import LintSettings
from imageseo.lint.linter import count
from imageseo.lint.severity import SeverityLevels, apply_levels
from imageseo.model.finding import Finding, Severity, Silenced
from imageseo.pipeline import variant_findings
from imageseo.pipeline.incremental.build_state import PageOutcome
from imageseo.web import filenames


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """What a build did. ``changed``: paths written or removed below the site's root, in order."""

    findings: tuple[Finding, ...] = ()
    silenced: tuple[Silenced, ...] = ()
    changed: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    title: str = "build"

    @property
    def failed(self) -> bool:
        """True when the site must not be published as it is."""
        return any(finding.fails_build for finding in self.findings)

    @property
    def summary(self) -> Mapping[str, int]:
        return {**self.counts, **count(self.findings), "silenced": len(self.silenced)}


def build_result(
    findings: Iterable[Finding],
    outcomes: Sequence[PageOutcome],
    *,
    settings: LintSettings,
    made: int,
    encoded: int,
    changed: Iterable[str],
) -> BuildResult:
    """The result of a build. ``findings``: of no page alone, not graded yet; ``made``: variants that the pages lacked
    and got now, ``encoded``: with those that were made once more; ``changed``: paths.
    """
    dropped, drops = variant_findings.dropped_findings(outcomes)
    raw = [*findings, *dropped, *variant_findings.first_per_image(note for each in outcomes for note in each.notes)]
    raw += [fault for each in outcomes for fault in each.faults]
    graded = [
        *apply_levels(map(_at_most_warning, raw), SeverityLevels.of(settings)),
        *(_at_most_warning(finding) for each in outcomes for finding in each.findings),
    ]
    paths = tuple(changed)
    named = [each.path for outcome in outcomes for each in outcome.named]
    wanted = {each.spec for outcome in outcomes for each in outcome.wanted}
    return BuildResult(
        findings=tuple(sorted(graded, key=lambda finding: finding.sort_key)),
        silenced=tuple(
            sorted((one for each in outcomes for one in each.silenced), key=lambda answer: answer.finding.sort_key)
        ),
        changed=paths,
        counts={
            "pages": len(outcomes),
            "images": sum(each.images for each in outcomes),
            "heroes": sum(each.hero for each in outcomes),
            "variants": len({path for path in named if filenames.looks_like_variant(path)}),
            "crops": len({path for path in named if not filenames.looks_like_variant(path)}),
            "encoded": encoded,
            "reused": len(wanted) - made,
            "dropped": drops,
            "saved": sum(each.saved for each in outcomes),
            "changed": len(paths),
        },
    )


def _at_most_warning(finding: Finding) -> Finding:
    """In a build everything that does not fail it is a warning: ``--strict`` counts those."""
    milder = finding.severity is Severity.ERROR and not finding.fails_build
    return replace(finding, severity=Severity.WARN) if milder else finding
