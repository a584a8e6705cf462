"""Severities of rules and build findings from the settings, site-wide and by path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from imageseo.config.globs import matches
from imageseo.config.settings import LintSettings
from imageseo.lint.rule import Rule
from imageseo.model.build_findings import BUILD_FINDINGS
from imageseo.model.errors import SettingsError
from imageseo.model.finding import Finding, Severity
from imageseo.model.suggest import closest

Table = Mapping[str, Severity]

_HIGHEST = {"measure-failed": Severity.ERROR}
"""The highest severity of a build finding whose id has findings of several severities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityLevels:
    """Severity by rule id. ``rules``: for every page. ``paths``: by glob of the page's path from the site's root (``*``
    matches ``/`` too), in the order written; a later one wins. ``only``: ids that are reported; None: all.
    """

    rules: Table = field(default_factory=dict)
    paths: tuple[tuple[str, Table], ...] = ()
    only: frozenset[str] | None = None

    @classmethod
    def of(cls, settings: LintSettings, *, only: frozenset[str] | None = None) -> SeverityLevels:
        """Read the levels from the settings ``lint.rules`` and ``lint.paths``."""
        return cls(rules=settings.rules, paths=tuple(settings.paths.items()), only=only)

    def for_page(self, page: str) -> Table:
        """Return the levels that apply to one page."""
        if not self.paths:
            return self.rules
        found = dict(self.rules)
        for glob, table in self.paths:
            if matches(page, glob):
                found.update(table)
        return found

    def level(self, rule: Rule, page: str) -> Severity:
        """Return the level that replaces the rule's own severity on a page."""
        if self.only is not None and rule.id not in self.only:
            return Severity.OFF
        return self.for_page(page).get(rule.id, rule.default or rule.severity)

    def of_build_finding(self, name: str, page: str, default: Severity) -> Severity:
        """Return the severity on a page of a finding that is not a rule's. ``default``: if no level is set."""
        if self.only is not None and name not in self.only:
            return Severity.OFF
        return self.for_page(page).get(name, default)

    def check(self, rules: Iterable[str]) -> None:
        """Check the names of rules. Raises SettingsError with every unknown one and the most similar known one.

        ``rules``: the ids that exist, whether they can be loaded or not.
        """
        known = sorted({*rules, *BUILD_FINDINGS})
        tables = [("lint.rules", self.rules), *((f'lint.paths."{glob}"', table) for glob, table in self.paths)]
        if faults := [
            f"{where}: {unknown_rule_message(name, known)}"
            for where, table in tables
            for name in table
            if name not in known
        ]:
            raise SettingsError(tuple(faults))


def effective_severity(rule: Rule, level: Severity, problem: Severity | None) -> Severity:
    """Return the severity of a finding. ``problem``: the severity that the rule gave this problem; None: the rule's.

    The level replaces the rule's severity, higher or lower; a problem milder than its rule keeps that distance, down to
    ``info``. A problem of a budget has the severity that the budget defines; a level can only lower it.
    """
    highest = rule.severity
    severity = min(problem or highest, highest, key=_rank)
    return min(severity, level, key=_rank) if rule.budgeted else _shift(highest, level, severity)


def _shift(highest: Severity, level: Severity, severity: Severity) -> Severity:
    """Return the severity that is as far below ``level`` as ``severity`` is below ``highest``."""
    if level is Severity.OFF:
        return level
    rank = max(level.rank - (highest.rank - severity.rank), Severity.INFO.rank)
    return next(each for each in Severity if each.rank == rank)


def _rank(level: Severity) -> int:
    return level.rank


def unknown_rule_message(name: str, known: Sequence[str]) -> str:
    """Return the message for a rule that does not exist."""
    near = closest(name, known)
    suggestion = f"did you mean {near}?" if near else f"rules are {', '.join(known)}"
    return f"there is no rule {name!r}; {suggestion}"


def apply_levels(findings: Iterable[Finding], levels: SeverityLevels) -> list[Finding]:
    """Apply the settings to findings: ``off`` removes one, another level becomes its severity.

    For findings of builds and measurements; those of the rule engine have their level already. A build finding with a
    rule's id never becomes more severe. A finding that fails the build is unchanged: settings cannot allow publishing.
    """
    graded = []
    for finding in findings:
        level = levels.for_page(finding.location.page).get(finding.rule)
        severity = finding.severity
        if level is not None and not finding.fails_build:
            if level is Severity.OFF or finding.rule not in BUILD_FINDINGS:
                severity = min(level, severity, key=_rank)
            else:
                severity = _shift(_HIGHEST.get(finding.rule, severity), level, severity)
        if levels.only is not None and finding.rule not in levels.only and not finding.fails_build:
            continue
        if severity is not Severity.OFF:
            graded.append(replace(finding, severity=severity))
    return graded
