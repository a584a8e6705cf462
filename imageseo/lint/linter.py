"""Run all rules on a built site; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from imageseo.lint.budgets.spending import BudgetStatus, BudgetUse, budget_statuses
from imageseo.lint.engine import RuleResults, RuleRunner
from imageseo.model.finding import Finding, Severity, Silenced
from imageseo.model.progress import Progress
from imageseo.model.protocols import Clock
from imageseo.model.site import Page

Engine = Callable[[Sequence[Page]], Iterable[RuleResults]]
"""Checks pages and returns their results in the same order; in this process, or in several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintResult:
    """The result of lint, sorted by location. ``budgets``: the state of each, at the page that is closest to its limit.

    ``seconds``: shown on the terminal, never in a report. ``failed``: set by the caller, from ``lint.fail_on``.
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
    runner: RuleRunner,
    *,
    engine: Engine | None = None,
    clock: Clock = lambda: 0.0,
    progress: Progress | None = None,
) -> LintResult:
    """Check every page of the runner's site, and the site as a whole.

    ``engine``: runs the pages in other processes; None: in this one. Raises SettingsError for a level of an unknown
    rule.
    """
    runner.levels.check({*(rule.id for rule in runner.rules), *runner.unloaded})
    started = clock()
    pages = runner.site.pages
    findings: list[Finding] = []
    silenced: list[Silenced] = []
    spent: list[BudgetUse] = []
    images = 0
    for result in _with_progress(engine(pages) if engine else map(runner.check_page, pages), len(pages), progress):
        findings += result.findings
        silenced += result.silenced
        spent += result.spent
        images += result.images
    findings += runner.check_site().findings
    return LintResult(
        findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        silenced=tuple(sorted(silenced, key=lambda each: each.finding.sort_key)),
        pages=len(pages),
        images=images,
        budgets=budget_statuses(spent),
        seconds=clock() - started,
    )


def failed(result: LintResult, fail_on: str) -> bool:
    """Whether the findings fail the run: one is at or above ``fail_on`` (``never``: none does)."""
    if fail_on == "never":
        return False
    limit = Severity(fail_on).rank
    return any(finding.severity.rank >= limit for finding in result.findings)


def count(findings: Iterable[Finding]) -> Mapping[str, int]:
    """Count findings by severity: ``errors``, ``warnings``, ``infos``."""
    severities = [finding.severity for finding in findings]
    names = {"errors": Severity.ERROR, "warnings": Severity.WARN, "infos": Severity.INFO}
    return {name: severities.count(severity) for name, severity in names.items()}


def _with_progress(results: Iterable[RuleResults], total: int, progress: Progress | None) -> Iterator[RuleResults]:
    if progress is None:
        yield from results
        return
    with progress.task("Checking pages", total) as step:
        for result in results:
            yield result
            step.advance()
