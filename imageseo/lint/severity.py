"""How severe each rule is, site-wide and by path, as the settings have it."""

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

_OWN = {"measure-failed": Severity.ERROR}
"""The severity of what builds find, where it has milder ones of the same id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityLevels:
    """Severity by rule id. ``rules``: of every page. ``paths``: by glob of the page's file from the site's root (``*``
    takes ``/`` too), in the order written; a later one wins. ``only``: the ids of which anything is to be said; None:
    of all.
    """

    rules: Table = field(default_factory=dict)
    paths: tuple[tuple[str, Table], ...] = ()
    only: frozenset[str] | None = None

    @classmethod
    def of(cls, settings: LintSettings, *, only: frozenset[str] | None = None) -> SeverityLevels:
        """As the settings say: ``lint.rules`` and ``lint.paths``."""
        return cls(rules=settings.rules, paths=tuple(settings.paths.items()), only=only)

    def at(self, page: str) -> Table:
        """What holds for one page."""
        if not self.paths:
            return self.rules
        found = dict(self.rules)
        for glob, table in self.paths:
            if matches(page, glob):
                found.update(table)
        return found

    def level(self, rule: Rule, page: str) -> Severity:
        """What stands for the rule's own severity on a page (``grade``)."""
        if self.only is not None and rule.id not in self.only:
            return Severity.OFF
        return self.at(page).get(rule.id, rule.default or rule.severity)

    def of_build_finding(self, name: str, page: str, own: Severity) -> Severity:
        """The severity on a page of a finding that no rule makes. ``own``: where no level is set."""
        if self.only is not None and name not in self.only:
            return Severity.OFF
        return self.at(page).get(name, own)

    def check(self, rules: Iterable[Rule]) -> None:
        """Raises SettingsError naming every rule that does not exist, with the nearest that does."""
        known = sorted({*(rule.id for rule in rules), *BUILD_FINDINGS})
        tables = [("lint.rules", self.rules), *((f'lint.paths."{glob}"', table) for glob, table in self.paths)]
        if faults := [
            f"{where}: {unknown_rule_message(name, known)}"
            for where, table in tables
            for name in table
            if name not in known
        ]:
            raise SettingsError(tuple(faults))


def effective_severity(rule: Rule, level: Severity, said: Severity | None) -> Severity:
    """What a problem is where a rule has a level. ``said``: the problem's own severity; None: the rule's.

    The level stands for the rule's severity, higher or lower; a problem that is milder than its rule keeps that
    distance, down to ``info``. What a budget spends breaks a level of that budget, which nothing raises.
    """
    own = rule.severity
    said = min(said or own, own, key=_rank)
    return min(said, level, key=_rank) if rule.budgeted else _moved(own, level, said)


def _moved(own: Severity, level: Severity, said: Severity) -> Severity:
    """``said`` as far below ``level`` as it was below ``own``."""
    if level is Severity.OFF:
        return level
    rank = max(level.rank - (own.rank - said.rank), Severity.INFO.rank)
    return next(each for each in Severity if each.rank == rank)


def _rank(level: Severity) -> int:
    return level.rank


def unknown_rule_message(name: str, known: Sequence[str]) -> str:
    """What to say of a rule that does not exist."""
    near = closest(name, known)
    meant = f"did you mean {near}?" if near else f"rules are {', '.join(known)}"
    return f"there is no rule {name!r}; {meant}"


def apply_levels(findings: Iterable[Finding], levels: SeverityLevels) -> list[Finding]:
    """Grade findings by the settings: ``off`` removes one, another level becomes its severity.

    For findings that no rule made: what the rule engine found has its level already. What builds find by a rule's id
    never becomes more severe. What fails the build stays as it is: that a site must not be published is no setting.
    """
    kept = []
    for finding in findings:
        level = levels.at(finding.location.page).get(finding.rule)
        severity = finding.severity
        if level is not None and not finding.fails_build:
            if level is Severity.OFF or finding.rule not in BUILD_FINDINGS:
                severity = min(level, severity, key=_rank)
            else:
                severity = _moved(_OWN.get(finding.rule, severity), level, severity)
        if levels.only is not None and finding.rule not in levels.only and not finding.fails_build:
            continue
        if severity is not Severity.OFF:
            kept.append(replace(finding, severity=severity))
    return kept
