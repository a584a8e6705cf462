"""Facts → rules → findings: the reading half of the job, without writing."""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from imageseo.core.find import UnreadablePage
from imageseo.errors import SettingsError
from imageseo.facts import FACTS, SITE_FACTS, PageFacts, Reading, SiteFacts, SiteFiles
from imageseo.model.fact import Place, Problem, shorten
from imageseo.model.finding import Finding, Location, Severity, Silenced
from imageseo.model.finding_ids import MADE_BY_BUILDS
from imageseo.model.image import Asset, BadAsset, ImageRef
from imageseo.model.page import Page, Site
from imageseo.ports import Clock, Progress
from imageseo.rule import Rule
from imageseo.settings import Settings

UNREADABLE = "page-unreadable"
"""The finding for a page that no rule can read; always an error."""
CRASHED = "the rule itself broke"
"""How the message of a rule begins that failed, and may not fail another time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintResult:
    """What lint found, sorted by place. ``seconds`` are for people, never for a report."""

    findings: tuple[Finding, ...]
    silenced: tuple[Silenced, ...] = ()
    pages: int
    images: int
    seconds: float = 0.0
    title: str = "lint"

    @property
    def summary(self) -> Mapping[str, int]:
        return {"pages": self.pages, "images": self.images, **count(self.findings), "silenced": len(self.silenced)}


def lint(
    site: Site,
    *,
    rules: Sequence[Rule],
    severities: Mapping[str, Severity],
    probe: Callable[[str], Asset | BadAsset],
    reading: Reading,
    settings: Settings | None = None,
    clock: Clock = lambda: 0.0,
    progress: Progress | None = None,
) -> LintResult:
    """Read every page of a built site and judge it.

    ``severities``: the settings' ``lint.rules``. ``probe``: site path -> Asset or BadAsset. ``settings``: for facts
    about the whole site.
    Raises SettingsError for a severity of a rule that does not exist.
    """
    check_severities(severities, rules)
    started = clock()
    files = SiteFiles(site.root, probe)
    around = SiteFacts(site, files=files, settings=settings or Settings())
    findings: list[Finding] = []
    silenced: list[Silenced] = []
    images = 0
    for page in _shown(site.pages, progress):
        facts = PageFacts(page, site=site, files=files, reading=reading, around=around)
        try:
            images += len(facts.scan.refs)
        except (OSError, UnreadablePage) as error:
            findings.append(unreadable(page, error, fails_build=True))
            continue
        kept, answered = judge(facts, rules, severities)
        findings += kept
        silenced += answered
    findings += judge_site(site, around, files, rules, severities)
    return LintResult(
        findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        silenced=tuple(sorted(silenced, key=lambda answer: answer.finding.sort_key)),
        pages=len(site.pages),
        images=images,
        seconds=clock() - started,
    )


def judge(
    facts: PageFacts, rules: Sequence[Rule], severities: Mapping[str, Severity]
) -> tuple[list[Finding], list[Silenced]]:
    """What the rules say of one readable page: findings, and those that its author answered in place.

    A rule that crashes becomes one error finding of that rule; the others go on.
    """
    findings: list[Finding] = []
    silenced: list[Silenced] = []
    for rule in rules:
        ceiling = severities.get(rule.id, rule.default or rule.severity)
        if ceiling is Severity.OFF or rule.check is None or (rule.lint_only and facts.around is None):
            continue
        try:
            answers = [facts_of(facts, ask) for ask in rule.asks]
            problems = list(rule.check(*answers))
        except Exception as error:
            findings.append(_crashed(rule, locate(facts.page), error))
            continue
        for problem in problems:
            finding = _finding(rule, _place(facts, problem), problem, ceiling)
            reason = _answer(rule.id, facts, problem.at)
            if reason is None:
                findings.append(finding)
            else:
                silenced.append(Silenced(finding=finding, reason=reason))
    return findings, silenced


def judge_site(
    site: Site,
    around: SiteFacts,
    files: SiteFiles,
    rules: Sequence[Rule],
    severities: Mapping[str, Severity],
) -> list[Finding]:
    """What the rules say of the site as a whole; as ``judge``."""
    findings: list[Finding] = []
    for rule in rules:
        ceiling = severities.get(rule.id, rule.default or rule.severity)
        if ceiling is Severity.OFF or rule.check_site is None:
            continue
        given = {"site": site, "files": files}
        try:
            answers = [given[ask] if ask in given else getattr(around, ask) for ask in rule.asks_site]
            problems = list(rule.check_site(*answers))
        except Exception as error:
            findings.append(_crashed(rule, Location(page=""), error))
            continue
        for problem in problems:
            place = problem.place or Place()
            where = Location(page=place.file or "", line=place.line, column=place.column, image=place.image)
            findings.append(_finding(rule, where, problem, ceiling))
    return findings


def facts_of(facts: PageFacts, name: str) -> object:
    """A fact by name, of the page or of the site around it."""
    if name not in FACTS and name not in SITE_FACTS:
        raise LookupError(f"there is no fact {name!r}")
    return getattr(facts if name in FACTS else facts.around, name)


def failed(result: LintResult, fail_on: str) -> bool:
    """Whether the findings fail the run: one at or above ``fail_on`` (``never``: none does)."""
    if fail_on == "never":
        return False
    limit = Severity(fail_on).rank
    return any(finding.severity.rank >= limit for finding in result.findings)


def check_severities(severities: Mapping[str, Severity], rules: Iterable[Rule]) -> None:
    """Raises SettingsError naming every rule of ``lint.rules`` that does not exist, with the nearest that does."""
    known = sorted({*(rule.id for rule in rules), *MADE_BY_BUILDS})
    faults = []
    for name in severities:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"did you mean {near[0]}?" if near else f"rules are {', '.join(known)}"
            faults.append(f"lint.rules: there is no rule {name!r}; {meant}")
    if faults:
        raise SettingsError(tuple(faults))


def graded(findings: Iterable[Finding], severities: Mapping[str, Severity]) -> list[Finding]:
    """The findings by ``lint.rules``, whoever made them: ``off`` takes one away, another severity is taken over.

    What a rule found keeps its level where that is the milder one, as in ``judge``; twice is like once. What fails
    the build stays as it is: nobody can switch off that a site must not be published.
    """
    kept = []
    for finding in findings:
        severity = severities.get(finding.rule, finding.severity)
        if finding.fails_build:
            severity = finding.severity
        elif finding.rule not in MADE_BY_BUILDS:
            severity = min(severity, finding.severity, key=lambda level: level.rank)
        if severity is not Severity.OFF:
            kept.append(replace(finding, severity=severity))
    return kept


def count(findings: Iterable[Finding]) -> Mapping[str, int]:
    """Findings by severity: ``errors``, ``warnings``, ``infos``."""
    severities = [finding.severity for finding in findings]
    names = {"errors": Severity.ERROR, "warnings": Severity.WARN, "infos": Severity.INFO}
    return {name: severities.count(severity) for name, severity in names.items()}


def locate(page: Page, at: ImageRef | None = None) -> Location:
    """Where a finding belongs: the page with its source, and the image's place on it."""
    source = page.hints.source.as_posix() if page.hints.source is not None else None
    if at is None:
        return Location(page=page.path, source=source)
    image = shorten(at.src, 2000) or None  # a data URL may be as long as a book
    return Location(page=page.path, source=source, line=at.line, column=at.column, image=image)


def _place(facts: PageFacts, problem: Problem) -> Location:
    """Where a problem of a page lies: its image's tag, a byte of the page, or a line of another file."""
    place, located = problem.place, locate(facts.page, problem.at)
    if place is None:
        return located
    if place.file is not None:
        return Location(page=place.file, line=place.line, column=place.column, image=place.image)
    line, column = place.line, place.column
    if place.offset is not None:
        before = facts.html[: place.offset]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode(facts.scan.charset, "replace")) + 1
    return replace(located, line=line or located.line, column=column or located.column, image=place.image)


def _finding(rule: Rule, where: Location, problem: Problem, ceiling: Severity) -> Finding:
    severity = min(problem.severity or rule.severity, ceiling, key=lambda level: level.rank)
    return Finding(
        rule=rule.id,
        severity=severity,
        message=problem.message,
        hint=problem.hint,
        location=where,
        fails_build=rule.fails_build and severity is Severity.ERROR,
        fix=problem.fix,
    )


def _answer(rule: str, facts: PageFacts, at: ImageRef | None) -> str | None:
    """The reason that the author gave for silencing a rule here; None when it is not silenced."""
    disabled = (*(at.disabled if at is not None else ()), *facts.scan.disabled)
    return next((why for name, why in disabled if name == rule), None)


def _crashed(rule: Rule, where: Location, error: Exception) -> Finding:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({PurePath(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return Finding(
        rule=rule.id,
        severity=Severity.ERROR,
        message=f"{CRASHED}, nothing was judged: {type(error).__name__}: {error}{place}",
        hint=f'a fault of the rule, not of the page; `lint.rules.{rule.id} = "off"` goes on without it',
        location=where,
    )


def unreadable(page: Page, error: Exception, *, fails_build: bool = False) -> Finding:
    """The finding for a page that cannot be read; nobody knows what it holds."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Finding(
        rule=UNREADABLE,
        severity=Severity.ERROR,
        message=f"the page cannot be read: {reason}",
        hint="publish it as UTF-8 HTML, or leave it out with `exclude_pages`",
        location=locate(page),
        fails_build=fails_build,
    )


def _shown(pages: Sequence[Page], progress: Progress | None) -> Iterator[Page]:
    if progress is None:
        yield from pages
        return
    with progress.task("Reading pages", len(pages)) as step:
        for page in pages:
            yield page
            step.advance()
