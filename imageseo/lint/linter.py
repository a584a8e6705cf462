"""Every page of a built site, judged: the reading half of the job, without writing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from imageseo.lint.budgets.spending import BudgetStatus, BudgetUse, budget_statuses
from imageseo.lint.engine import PageVerdict, RuleRunner
from imageseo.model.finding import Finding, Severity, Silenced
from imageseo.model.protocols import Clock, Progress
from imageseo.model.site import Page

Engine = Callable[[Sequence[Page]], Iterable[PageVerdict]]
"""Judges pages, in their order; in this process, or spread over several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintResult:
    """What lint found, sorted by place. ``budgets``: how each stands, the tightest page of each.

    ``seconds`` are for people, never for a report. ``failed``: set by who knows ``lint.fail_on``.
    """

    findings: tuple[Finding, ...]
    silenced: tuple[Silenced, ...] = ()
    pages: int
    images: int
    budgets: tuple[BudgetStatus, ...] = ()
    seconds: float = 0.0
    title: str = "lint"
    failed: bool = False

    @property
    def summary(self) -> Mapping[str, int]:
        return {"pages": self.pages, "images": self.images, **count(self.findings), "silenced": len(self.silenced)}


def lint(
    judge: RuleRunner,
    *,
    engine: Engine | None = None,
    clock: Clock = lambda: 0.0,
    progress: Progress | None = None,
) -> LintResult:
    """Read every page of the judge's site, and what it says as a whole.

    ``engine``: who asks the judge, or others like it. Raises SettingsError for a level of a rule that does not exist.
    """
    judge.levels.check(judge.rules)
    started = clock()
    pages = judge.site.pages
    findings: list[Finding] = []
    silenced: list[Silenced] = []
    spent: list[BudgetUse] = []
    images = 0
    for verdict in _shown(engine(pages) if engine else map(judge.page, pages), len(pages), progress):
        findings += verdict.findings
        silenced += verdict.silenced
        spent += verdict.spent
        images += verdict.images
    findings += judge.whole().findings
    return LintResult(
        findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        silenced=tuple(sorted(silenced, key=lambda answer: answer.finding.sort_key)),
        pages=len(pages),
        images=images,
        budgets=budget_statuses(spent),
        seconds=clock() - started,
    )


def failed(result: LintResult, fail_on: str) -> bool:
    """Whether the findings fail the run: one at or above ``fail_on`` (``never``: none does)."""
    if fail_on == "never":
        return False
    limit = Severity(fail_on).rank
    return any(finding.severity.rank >= limit for finding in result.findings)


def count(findings: Iterable[Finding]) -> Mapping[str, int]:
    """Findings by severity: ``errors``, ``warnings``, ``infos``."""
    severities = [finding.severity for finding in findings]
    names = {"errors": Severity.ERROR, "warnings": Severity.WARN, "infos": Severity.INFO}
    return {name: severities.count(severity) for name, severity in names.items()}


def _shown(verdicts: Iterable[PageVerdict], total: int, progress: Progress | None) -> Iterator[PageVerdict]:
    if progress is None:
        yield from verdicts
        return
    with progress.task("Reading pages", total) as step:
        for verdict in verdicts:
            yield verdict
            step.advance()
