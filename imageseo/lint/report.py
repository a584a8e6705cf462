"""Report: a result with all that lies around it, as the output formats read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from imageseo.lint.budgets.spending import BudgetStatus
from imageseo.lint.code_frame import CodeFrame
from imageseo.lint.rule_docs import RuleDocs
from imageseo.model.build_findings import BUILD_FINDINGS
from imageseo.model.finding import Finding, Severity, Silenced
from imageseo.model.protocols import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInfo:
    """What a report says of a rule. ``severity``: by default. ``url``: its manual page where one is published."""

    id: str
    severity: Severity
    manual: RuleDocs
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLocation:
    """Where an author mends a finding: a file as the repository names it, with 1-based line and column if known."""

    file: str
    line: int | None = None
    column: int | None = None


def _unframed(_: Finding) -> CodeFrame | None:
    return None


def _built(finding: Finding) -> SourceLocation:
    place = finding.location
    return SourceLocation(file=place.page, line=place.line, column=place.column)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The end of a run, for every output format.

    ``known``: findings that the baseline holds. ``notes``: lines about the run itself. ``rules``: by id, those that
    were asked. ``frame``: the line of a finding, read when it is asked for. ``built``, ``source``: the published file
    of a finding and the author's own, as the repository names them. ``fails``: the least severity that fails the run,
    ``off`` for none. ``colour``: whether the reader is a terminal. ``budgets``: how each stands.
    """

    title: str
    findings: tuple[Finding, ...]
    silenced: tuple[Silenced, ...]
    summary: Mapping[str, int | float]
    known: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    rules: Mapping[str, RuleInfo] = field(default_factory=dict)
    frame: Callable[[Finding], CodeFrame | None] = _unframed
    built: Callable[[Finding], SourceLocation] = _built
    source: Callable[[Finding], SourceLocation | None] = lambda finding: None
    fails: Severity = Severity.ERROR
    colour: bool = False
    budgets: tuple[BudgetStatus, ...] = ()

    @classmethod
    def of(cls, result: Result) -> Report:
        """A report as it is; of any other result what it has, sorted."""
        if isinstance(result, Report):
            return result
        return cls(
            title=result.title,
            findings=tuple(sorted(result.findings, key=lambda finding: finding.sort_key)),
            silenced=tuple(sorted(result.silenced, key=lambda answer: answer.finding.sort_key)),
            summary=result.summary,
            budgets=tuple(getattr(result, "budgets", ())),
        )

    def rule(self, name: str) -> RuleInfo:
        """What is known of a rule, or of a finding that no rule makes."""
        found = self.rules.get(name)
        if found is not None:
            return found
        said = BUILD_FINDINGS.get(name, name)
        manual = RuleDocs(summary=f"{said[:1].upper()}{said[1:]}.", body="", examples=())
        return RuleInfo(id=name, severity=Severity.WARN, manual=manual)


def merge_repeated(findings: Iterable[Finding]) -> Iterator[tuple[Finding, int]]:
    """Each finding with the number of other pages that say exactly the same; those are left out.

    A fault of the theme stands on every page, and must not bury what stands on one.
    """
    pages: dict[tuple[str, Severity, str], dict[str, None]] = {}
    ordered = sorted(findings, key=lambda finding: finding.sort_key)
    for finding in ordered:
        pages.setdefault((finding.rule, finding.severity, finding.message), {})[finding.location.page] = None
    for finding in ordered:
        seen = pages[finding.rule, finding.severity, finding.message]
        if finding.location.page == next(iter(seen)):
            yield finding, len(seen) - 1


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """The findings with the most severe first, each severity in order of place."""
    return sorted(findings, key=lambda finding: (-finding.severity.rank, finding.sort_key))
