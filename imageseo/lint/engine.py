"""Rules over the facts of pages and site: what each finds, and what the author answered in place."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from imageseo.lint.budgets.spending import BudgetUse
from imageseo.lint.facts.page import FACTS, SITE_FACTS, PageContext, PageFacts, SiteFacts, SiteFiles
from imageseo.lint.rule import Rule
from imageseo.lint.severity import SeverityLevels, effective_severity, unknown_rule_message
from imageseo.model.build_findings import BUILD_FINDINGS
from imageseo.model.facts import Problem, ProblemLocation, shorten
from imageseo.model.finding import Finding, Location, Severity, Silenced
from imageseo.model.image import ImageRef
from imageseo.model.site import Page, Site
from imageseo.web.html.page_scan import UnreadablePage

UNREADABLE = "page-unreadable"
"""The finding for a page that no rule can read; always an error."""
UNUSED = "disable-unused"
"""The finding for a rule that is silenced in place where it has nothing to say."""
CRASHED = ("the rule itself broke", "imageseo itself broke")
"""How the messages of what failed begin, and may not fail another time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageVerdict:
    """What was found on one page, or of the site as a whole. ``spent``: what its budgets have to compare."""

    findings: tuple[Finding, ...] = ()
    silenced: tuple[Silenced, ...] = ()
    images: int = 0
    spent: tuple[BudgetUse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRunner:
    """Judges the pages of one site. Two of them say the same of a page, in whatever process they are."""

    site: Site
    rules: Sequence[Rule]
    levels: SeverityLevels
    files: SiteFiles
    reading: PageContext
    around: SiteFacts

    def page(self, page: Page) -> PageVerdict:
        """What the rules say of one page; one that cannot be read is a finding, and so is one that we fail at."""
        facts = PageFacts(page, site=self.site, files=self.files, reading=self.reading, around=self.around)
        try:
            images = len(facts.scan.refs)
        except (OSError, UnreadablePage) as error:
            return PageVerdict(findings=(unreadable_finding(page, error, fails_build=True),))
        except Exception as error:
            return PageVerdict(findings=(_failed(page, error, "nothing was judged on this page"),))
        findings, silenced = run_rules(facts, self.rules, self.levels)
        spent: tuple[BudgetUse, ...] = ()
        try:
            findings += unused_suppressions(facts, self.rules, self.levels, silenced)
            spent = facts.page_weight.spent
        except Exception as error:
            findings.append(_failed(page, error, "no budget counts this page"))
        return PageVerdict(findings=tuple(findings), silenced=tuple(silenced), images=images, spent=spent)

    def whole(self) -> PageVerdict:
        """What the rules say of the site as a whole; as ``page``."""
        findings: list[Finding] = []
        given = {"site": self.site, "files": self.files}
        for rule in self.rules:
            if rule.check_site is None or self.levels.level(rule, "") is Severity.OFF:
                continue
            try:
                answers = [given[ask] if ask in given else getattr(self.around, ask) for ask in rule.site_facts]
                problems = list(rule.check_site(*answers))
            except Exception as error:
                findings.append(_crashed(rule, Location(page=""), error, self.levels))
                continue
            for problem in problems:
                place = problem.place or ProblemLocation()
                where = Location(page=place.file or "", line=place.line, column=place.column, image=place.image)
                level = self.levels.level(rule, where.page)
                if level is not Severity.OFF:
                    findings.append(_finding(rule, where, problem, level))
        return PageVerdict(findings=tuple(findings))


def run_rules(facts: PageFacts, rules: Sequence[Rule], levels: SeverityLevels) -> tuple[list[Finding], list[Silenced]]:
    """What the rules say of one readable page: findings, and those that its author answered in place.

    A rule that crashes becomes one error finding of that rule; the others go on.
    """
    findings: list[Finding] = []
    silenced: list[Silenced] = []
    for rule in rules:
        level = levels.level(rule, facts.page.path)
        if level is Severity.OFF or rule.check is None or (rule.lint_only and facts.around is None):
            continue
        try:
            answers = [get_fact(facts, ask) for ask in rule.facts]
            problems = [(each, _place(facts, each)) for each in rule.check(*answers)]
        except Exception as error:
            findings.append(_crashed(rule, location_of(facts.page), error, levels))
            continue
        for problem, place in problems:
            finding = _finding(rule, place, problem, level)
            reason = _answer(rule.id, facts, problem.at)
            if reason is None:
                findings.append(finding)
            else:
                silenced.append(Silenced(finding=finding, reason=reason))
    return findings, silenced


def unused_suppressions(
    facts: PageFacts, rules: Sequence[Rule], levels: SeverityLevels, silenced: Sequence[Silenced]
) -> Iterator[Finding]:
    """What is silenced in place although nothing was found there: a fault that is mended by now, or a misspelt rule."""
    severity = levels.of_build_finding(UNUSED, facts.page.path, Severity.WARN)
    declared: dict[tuple[str, str], ImageRef | None] = dict.fromkeys(facts.scan.disabled)
    for ref in facts.scan.refs:
        for pair in ref.disabled:
            declared.setdefault(pair, ref)
    if not declared or severity is Severity.OFF:
        return
    used = {(answer.finding.rule, answer.reason) for answer in silenced}
    asked = {rule.id: rule for rule in rules}
    for (rule, reason), at in declared.items():
        if rule not in asked and rule not in BUILD_FINDINGS:
            known = sorted({*asked, *BUILD_FINDINGS})
            message, hint = unknown_rule_message(rule, known).split("; ", 1)
        elif (
            rule in asked
            and (rule, reason) not in used
            and levels.level(asked[rule], facts.page.path) is not Severity.OFF
        ):
            message = f"{rule} is silenced here, and has nothing to say"
            hint = "take the rule out of `data-imageseo-disable`"
        else:
            continue
        yield Finding(rule=UNUSED, severity=severity, message=message, hint=hint, location=location_of(facts.page, at))


def get_fact(facts: PageFacts, name: str) -> object:
    """A fact by name, of the page or of the site around it."""
    if name not in FACTS and name not in SITE_FACTS:
        raise LookupError(f"there is no fact {name!r}")
    return getattr(facts if name in FACTS else facts.around, name)


def location_of(page: Page, at: ImageRef | None = None) -> Location:
    """Where a finding belongs: the page with its source, and the image's place on it."""
    source = page.source
    if at is None:
        return Location(page=page.path, source=source)
    image = shorten(at.src, 2000) or None  # a data URL may be as long as a book
    return Location(page=page.path, source=source, line=at.line, column=at.column, image=image)


def _place(facts: PageFacts, problem: Problem) -> Location:
    """Where a problem of a page lies: its image's tag, a byte of the page, or a line of another file."""
    place, located = problem.place, location_of(facts.page, problem.at)
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


def _finding(rule: Rule, where: Location, problem: Problem, level: Severity) -> Finding:
    severity = effective_severity(rule, level, problem.severity)
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


def _crashed(rule: Rule, where: Location, error: Exception, levels: SeverityLevels) -> Finding:
    return Finding(
        rule=rule.id,
        severity=levels.of_build_finding(rule.id, where.page, Severity.ERROR),
        message=f"{CRASHED[0]}, nothing was judged: {_said(error)}",
        hint=f'a fault of the rule, not of the page; `lint.rules.{rule.id} = "off"` goes on without it',
        location=where,
    )


def _failed(page: Page, error: Exception, what: str) -> Finding:
    """The finding for a page that no rule but imageseo itself fails at; nobody can switch it off."""
    return Finding(
        rule=UNREADABLE,
        severity=Severity.ERROR,
        message=f"{CRASHED[1]}, {what}: {_said(error)}",
        hint="a fault of imageseo, not of the page; `exclude_pages` leaves the page out",
        location=location_of(page),
        fails_build=True,
    )


def _said(error: Exception) -> str:
    """An exception and where it happened, without a path of this machine."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({PurePath(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{type(error).__name__}: {text}{place}"


def unreadable_finding(page: Page, error: Exception, *, fails_build: bool = False) -> Finding:
    """The finding for a page that cannot be read; nobody knows what it holds."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Finding(
        rule=UNREADABLE,
        severity=Severity.ERROR,
        message=f"the page cannot be read: {reason}",
        hint="publish it as UTF-8 HTML, or leave it out with `exclude_pages`",
        location=location_of(page),
        fails_build=fails_build,
    )
