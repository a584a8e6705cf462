"""Report: a result with context, as input of the output formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple, cast

from imageseo.lint.budgets.spending import BudgetStatus
from imageseo.lint.code_frame import CodeFrame
from imageseo.lint.rule_docs import RuleDocs
from imageseo.lint.rule_sources import RuleSource
from imageseo.model.build_findings import BUILD_FINDINGS
from imageseo.model.finding import Finding, Severity, Silenced
from imageseo.model.foreign import UnfitPlugin
from imageseo.model.markup_note import MarkupNote
from imageseo.model.protocols import Result

if TYPE_CHECKING:
    from imageseo.model.site_report import BuildDownloads

_READ = 25
"""Equal findings whose source files are read: a problem of the theme is on thousands of pages."""
_PLACES = 3
"""Places of equal findings that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInfo:
    """A rule as reports show it. ``severity``: the default. ``url``: its manual page; empty if none is published.

    ``sources``: the standards and rules of other checkers that it comes from.
    """

    id: str
    severity: Severity
    manual: RuleDocs
    url: str = ""
    sources: tuple[RuleSource, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLocation:
    """Where to correct a finding: a file by its path in the repository, with 1-based line and column if known.

    ``name``: of the file as messages show it: relative to the project, or to the built site. Of an author's file:
    ``note``: why it has no line, "" if that is not known. ``hint``: the finding's, in the syntax of the file.
    ``paste``: the lines with the correction, if one is surely right.
    """

    file: str
    name: str = ""
    line: int | None = None
    column: int | None = None
    note: str = ""
    hint: str = ""
    paste: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ":".join(
            [self.name or self.file, *(str(each) for each in (self.line, self.line and self.column) if each)]
        )


def _no_frame(_: Finding) -> CodeFrame | None:
    return None


def _built_location(finding: Finding) -> SourceLocation:
    place = finding.location
    return SourceLocation(file=place.page, line=place.line, column=place.column)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A completed run, for every output format.

    ``known``: findings in the baseline. ``notes``: lines about the run itself. ``rules``: by id, those that were run.
    ``frame``: reads the source lines of a finding. ``built``, ``source``: return the published file of a finding and
    the author's file, by paths in the repository. ``fails``: the lowest severity that fails the run, ``off`` for none.
    ``color``: whether the output is a terminal. ``budgets``: the state of each. ``markup``: of a build, the images
    whose markup is changed less than usual. ``directory``: the folder that lint was run on, for commands in texts.
    ``downloads``: of a build, returns the bytes that browsers download without and with imageseo.
    ``detail``: how much text reports show: ``quiet`` (errors and warnings), ``normal`` or ``verbose`` (all).
    """

    title: str
    findings: tuple[Finding, ...]
    silenced: tuple[Silenced, ...]
    summary: Mapping[str, int | float]
    known: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    rules: Mapping[str, RuleInfo] = field(default_factory=dict)
    frame: Callable[[Finding], CodeFrame | None] = _no_frame
    built: Callable[[Finding], SourceLocation] = _built_location
    source: Callable[[Finding], SourceLocation | None] = lambda finding: None
    fails: Severity = Severity.ERROR
    color: bool = False
    budgets: tuple[BudgetStatus, ...] = ()
    markup: tuple[MarkupNote, ...] = ()
    directory: str = ""
    downloads: Callable[[], BuildDownloads | None] = lambda: None
    detail: str = "normal"

    @classmethod
    def of(cls, result: Result) -> Report:
        """Return a report unchanged; make one from any other result, with sorted findings."""
        if isinstance(result, Report):
            return result
        return cls(
            title=result.title,
            findings=tuple(sorted(result.findings, key=lambda finding: finding.sort_key)),
            silenced=tuple(sorted(result.silenced, key=lambda silenced: silenced.finding.sort_key)),
            summary=result.summary,
            budgets=tuple(getattr(result, "budgets", ())),
            markup=tuple(getattr(result, "markup", ())),
            downloads=lambda: getattr(result, "downloads", None),  # costs time on a large site, and few formats show it
        )

    def hint(self, finding: Finding) -> str:
        """Return what to do, in the syntax of the author's file if its line is known."""
        source = self.source(finding)
        return finding.hint if source is None or source.line is None else source.hint

    def remedy(self, finding: Finding) -> list[str]:
        """Return the lines that say what to do: the hint, why the author's file has no line, and what to paste."""
        source = self.source(finding)
        more = [] if source is None else [source.note, *source.paste]
        return [line for line in (self.hint(finding), *more) if line]

    def rule(self, name: str) -> RuleInfo:
        """Return the information on a rule, or on a finding of builds."""
        found = self.rules.get(name)
        if found is not None:
            return found
        meaning = BUILD_FINDINGS.get(name, name)
        manual = RuleDocs(summary=f"{meaning[:1].upper()}{meaning[1:]}.", body="", examples=())
        return RuleInfo(id=name, severity=Severity.WARN, manual=manual)


class OtherPlaces(NamedTuple):
    """Where else a finding is. ``pages``: how many other pages; ``places``: other lines of the author's files."""

    pages: int
    places: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.pages:
            return ""
        if not self.places:
            return f"the same on {self.pages:,} other page{'s' if self.pages > 1 else ''}"
        more = self.pages - len(self.places[:_PLACES])
        rest = f", and on {more:,} more page{'s' if more > 1 else ''}" if more else ""
        return f"the same at {', '.join(self.places[:_PLACES])}{rest}"


def first_of_group(
    group: Sequence[Finding], source: Callable[[Finding], SourceLocation | None] | None
) -> tuple[Finding, OtherPlaces]:
    """Return the one of some equal findings to show, and where the others are.

    A line of an author's file is shown rather than an overview page that repeats the article.
    """
    first = group[0]
    pages = {finding.location.page for finding in group}
    if source is None or len(pages) == 1:
        return first, OtherPlaces(len(pages) - 1)
    located = ((finding, source(finding)) for finding in group[:_READ])
    lines: dict[str, Finding] = {}
    for finding, place in located:
        if place is not None and place.line is not None:
            lines.setdefault(str(place), finding)
    if not lines:
        return first, OtherPlaces(len(pages) - 1)
    shown, *others = lines
    return lines[shown], OtherPlaces(len(pages) - 1, tuple(others))


def merge_repeated(
    findings: Iterable[Finding], source: Callable[[Finding], SourceLocation | None] | None = None
) -> Iterator[tuple[Finding, OtherPlaces]]:
    """Yield one of each group of equal findings, with the places of the others.

    A problem of the theme is on every page, and must not hide the problems of single pages. On its first page it may
    be several times. ``source``: as in ``Report``.
    """
    groups: dict[tuple[str, Severity, str], list[Finding]] = {}
    ordered = sorted(findings, key=lambda finding: finding.sort_key)
    for finding in ordered:
        groups.setdefault((finding.rule, finding.severity, finding.message), []).append(finding)
    chosen = {key: first_of_group(group, source) for key, group in groups.items()}
    for finding in ordered:
        first, others = chosen[finding.rule, finding.severity, finding.message]
        if finding.location.page == first.location.page:
            yield finding, others


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings by severity, the most severe first, then by location."""
    return sorted(findings, key=lambda finding: (-finding.severity.rank, finding.sort_key))


def renderer_of(name: str, module: ModuleType, source: str = "") -> Callable[[Result], str]:
    """Return the function that renders a report. Raises UnfitPlugin if the module has none."""
    render = getattr(module, "render", None)
    if not callable(render):
        raise UnfitPlugin(f"{module.__name__} is no report: it needs a function render(result)")
    return cast("Callable[[Result], str]", render)
