"""Run rules on pages and site, and apply suppressions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from imageseo.lint.budgets.spending import BudgetUse
from imageseo.lint.build_hints import in_build, without_variants
from imageseo.lint.crashes import CRASHED, UNREADABLE, crash_finding
from imageseo.lint.facts.names import FACTS, SITE_FACTS
from imageseo.lint.facts.occurrences import is_inserted_hero, occurrence_of
from imageseo.lint.rule import Rule, checked_problems
from imageseo.lint.severity import SeverityLevels, apply_levels, effective_severity, unknown_rule_message
from imageseo.model.build_findings import BUILD_FINDINGS
from imageseo.model.facts import Problem, ProblemLocation, shorten
from imageseo.model.finding import Finding, Location, Severity, Silenced
from imageseo.model.foreign import describe_error
from imageseo.model.image import ImageRef
from imageseo.model.regular_file import TooLargeError
from imageseo.model.site import Page, Site
from imageseo.web.html.charset import OversizedPage, UnreadablePage
from imageseo.web.html.suppressions import disabled_at

if TYPE_CHECKING:
    from imageseo.lint.facts.page import PageContext, PageFacts, SiteFacts, SiteFiles

OVERSIZED = "page-oversized"
"""Id of the finding for a page that is not worked on because of its size."""
UNUSED = "disable-unused"
"""Id of the finding for a suppression without effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResults:
    """The findings of one page, or of the site as a whole. ``spent``: the page's use of its budgets."""

    findings: tuple[Finding, ...] = ()
    silenced: tuple[Silenced, ...] = ()
    images: int = 0
    spent: tuple[BudgetUse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRunner:
    """Runs rules on the pages of one site. The results are the same in every process.

    ``unloaded``: ids of rules that are installed and cannot be loaded; settings may name them.
    """

    site: Site
    rules: Sequence[Rule]
    levels: SeverityLevels
    files: SiteFiles
    page_context: PageContext
    site_facts: SiteFacts
    unloaded: Sequence[str] = ()

    def check_page(self, page: Page) -> RuleResults:
        """Return the findings of one page. An unreadable page and a crash of imageseo are findings too."""
        from imageseo.lint.facts.page import PageFacts  # not needed by a build without a changed page

        facts = PageFacts(
            page, site=self.site, files=self.files, page_context=self.page_context, site_facts=self.site_facts
        )
        try:
            images = len(facts.scan.refs)
        except (OSError, UnreadablePage) as error:
            found = unreadable_finding(page, error, fails_build=True)
            return RuleResults(
                findings=tuple(apply_levels([found], self.levels) if found.rule == OVERSIZED else [found])
            )
        except Exception as error:
            return RuleResults(findings=(crash_finding(page, error, "this page was not checked"),))
        findings, silenced = run_rules(facts, self.rules, self.levels)
        spent: tuple[BudgetUse, ...] = ()
        try:
            findings += unused_suppressions(facts, self.rules, self.levels, silenced)
            spent = facts.page_weight.spent
        except Exception as error:
            findings.append(crash_finding(page, error, "the budgets do not include this page"))
        facts.release()
        return RuleResults(findings=tuple(findings), silenced=tuple(silenced), images=images, spent=spent)

    def check_site(self) -> RuleResults:
        """Return the findings of rules that check the site as a whole."""
        findings: list[Finding] = []
        inputs = {"site": self.site, "files": self.files}
        for rule in self.rules:
            if rule.check_site is None or self.levels.level(rule, "") is Severity.OFF:
                continue
            try:
                values = [
                    inputs[name] if name in inputs else getattr(self.site_facts, name) for name in rule.site_facts
                ]
                problems = list(checked_problems(rule.check_site(*values)))
            except (Exception, SystemExit) as error:  # a rule may be code of another distribution
                findings.append(_crashed(rule, Location(page=""), error, self.levels, "the site was not checked"))
                continue
            for problem in problems:
                place = problem.place or ProblemLocation()
                where = Location(page=place.file or "", line=place.line, column=place.column, image=place.image)
                level = self.levels.level(rule, where.page)
                if level is not Severity.OFF:
                    findings.append(_finding(rule, where, problem, level))
        return RuleResults(findings=tuple(findings))


def run_rules(facts: PageFacts, rules: Sequence[Rule], levels: SeverityLevels) -> tuple[list[Finding], list[Silenced]]:
    """Return the findings of one readable page, and those that its author suppressed.

    A crash of a rule becomes one error finding of that rule; the other rules run.
    """
    findings: list[Finding] = []
    silenced: list[Silenced] = []
    for rule in rules:
        level = levels.level(rule, facts.page.path)
        if level is Severity.OFF or rule.check is None or (rule.lint_only and facts.site_facts is None):
            continue
        try:
            values = [get_fact(facts, name) for name in rule.facts]
            problems = [(each, _locate_problem(facts, each)) for each in checked_problems(rule.check(*values))]
        except (Exception, SystemExit) as error:  # a rule may be code of another distribution
            findings.append(_crashed(rule, location_of(facts.page), error, levels, "this page was not checked"))
            continue
        for problem, location in problems:
            if not facts.has_variants:
                problem = replace(problem, hint=without_variants(problem.hint))
            if facts.site_facts is None:  # in a build
                problem = replace(problem, hint=in_build(problem.hint))
            finding = _finding(rule, location, problem, level)
            reason = _suppression_reason(rule.id, facts, problem)
            if reason is None:
                findings.append(finding)
            else:
                silenced.append(Silenced(finding=finding, reason=reason))
    return findings, silenced


def unused_suppressions(
    facts: PageFacts, rules: Sequence[Rule], levels: SeverityLevels, silenced: Sequence[Silenced]
) -> Iterator[Finding]:
    """Find suppressions without effect: the problem has been corrected, or the rule's name is misspelt."""
    severity = levels.of_build_finding(UNUSED, facts.page.path, Severity.WARN)
    declared: dict[tuple[str, str], ImageRef | None] = dict.fromkeys(facts.scan.disabled)
    for ref in facts.scan.refs:
        for pair in ref.disabled:
            declared.setdefault(pair, ref)
    if not declared or severity is Severity.OFF:
        return
    used = {(each.finding.rule, each.reason) for each in silenced}
    checked = {rule.id: rule for rule in rules}
    for (rule, reason), at in declared.items():
        if rule not in checked and rule not in BUILD_FINDINGS:
            known = sorted({*checked, *BUILD_FINDINGS})
            message, hint = unknown_rule_message(rule, known).split("; ", 1)
        elif (
            rule in checked
            and (rule, reason) not in used
            and levels.level(checked[rule], facts.page.path) is not Severity.OFF
        ):
            message = f"the suppression of {rule} has no effect: the rule finds nothing here"
            hint = "remove the rule from `data-imageseo-disable`"
        else:
            continue
        yield Finding(
            rule=UNUSED,
            severity=severity,
            message=message,
            hint=hint,
            location=location_of(facts.page, at, facts.scan.refs),
        )


def get_fact(facts: PageFacts, name: str) -> object:
    """Return a fact of the page or the site by its name. Raises LookupError."""
    if name not in FACTS and name not in SITE_FACTS:
        raise LookupError(f"there is no fact {name!r}")
    return getattr(facts if name in FACTS else facts.site_facts, name)


def location_of(page: Page, at: ImageRef | None = None, refs: tuple[ImageRef, ...] = ()) -> Location:
    """Return the location of a finding: the page with its source, and the image's position on it.

    ``refs``: all images of the page, which tell apart those with the same file.
    """
    source = page.source
    if at is None:
        return Location(page=page.path, source=source)
    image = shorten(at.src, 2000) or None  # a data URL may be very long
    occurrence = occurrence_of(at, refs)
    return Location(
        page=page.path,
        source=source,
        line=at.line,
        column=at.column,
        image=image,
        occurrence=occurrence,
        inserted=is_inserted_hero(at),
    )


def _locate_problem(facts: PageFacts, problem: Problem) -> Location:
    """Return the location of a page's problem: its image's tag, a byte of the page, or a line of another file."""
    place, located = problem.place, location_of(facts.page, problem.at, facts.scan.refs)
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
        file_fix=problem.file_fix,
        changes=problem.changes,
    )


def _suppression_reason(rule: str, facts: PageFacts, problem: Problem) -> str | None:
    """Return the author's reason for suppressing a rule here; None if it is not suppressed."""
    own: tuple[tuple[str, str], ...] = ()
    if problem.at is not None:
        own = problem.at.disabled
    elif problem.place is not None and problem.place.offset is not None:
        own = disabled_at(facts.html, facts.scan.charset, problem.place.offset)
    disabled = (*own, *facts.scan.disabled)
    return next((reason for name, reason in disabled if name == rule), None)


def _crashed(rule: Rule, where: Location, error: BaseException, levels: SeverityLevels, effect: str) -> Finding:
    """Return the finding for a rule that raised. ``effect``: what was not done."""
    of = f" of {rule.source}" if rule.source else ""
    return Finding(
        rule=rule.id,
        severity=levels.of_build_finding(rule.id, where.page, Severity.ERROR),
        message=f"{CRASHED[0]}; {effect}: {describe_error(error)}",
        hint=f'this is a bug in the rule{of}, not in the page; `lint.rules.{rule.id} = "off"` disables the rule',
        location=where,
    )


def unreadable_finding(page: Page, error: Exception, *, fails_build: bool = False) -> Finding:
    """Return the finding for a page that cannot be read, or is more than is worked on."""
    if isinstance(error, OversizedPage | TooLargeError):
        reason = f"the page is {error.strerror}" if isinstance(error, OSError) else str(error)
        return Finding(
            rule=OVERSIZED,
            severity=Severity.WARN,
            message=f"{reason}; it is left as it is",
            hint="split it, or exclude it with `exclude_pages`",
            location=location_of(page),
        )
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    remedy = "make it a readable file of the site" if isinstance(error, OSError) else "publish it as UTF-8 HTML"
    return Finding(
        rule=UNREADABLE,
        severity=Severity.ERROR,
        message=f"the page cannot be read: {reason}",
        hint=f"{remedy}, or exclude it with `exclude_pages`",
        location=location_of(page),
        fails_build=fails_build,
    )
