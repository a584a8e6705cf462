"""The catalog of installed rules: lookup by name, selection by globs, manual pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from importlib.metadata import PackageNotFoundError, metadata

from msgspec import structs

from imageseo.config.settings import Settings
from imageseo.lint.report import RuleInfo
from imageseo.lint.rule import Rule
from imageseo.lint.rule_docs import RuleDocs
from imageseo.model.build_findings import BUILD_FINDINGS, REMEDIES
from imageseo.model.errors import ImageseoError
from imageseo.model.finding import Severity
from imageseo.model.suggest import closest

_LIST = "`imageseo explain` lists them all"


class UnknownRule(ImageseoError):
    """The command line names a rule that does not exist."""

    id = "unknown-rule"
    title = "Rules"


@dataclass(frozen=True, kw_only=True)
class RuleCatalog:
    """Every rule, by id. ``broken``: id of a rule of another package that cannot be loaded, and why."""

    rules: tuple[Rule, ...]
    broken: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def installed(cls) -> RuleCatalog:
        """Return the catalog of the rules of imageseo and of other packages."""
        from imageseo.lint import parallel

        return cls(rules=parallel.installed_rules(), broken=parallel.broken_rules())

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """All rule ids that a finding may have, sorted."""
        return tuple(sorted({*(rule.id for rule in self.rules), *BUILD_FINDINGS}))

    @cached_property
    def texts(self) -> Mapping[str, RuleInfo]:
        """The information about each rule for reports."""
        base = manual_url()
        return {
            rule.id: RuleInfo(
                id=rule.id,
                severity=rule.default or rule.severity,
                manual=RuleDocs.of(rule.manual),
                url=f"{base}reference/rules/{rule.id}/" if base else "",
                sources=rule.sources,
            )
            for rule in self.rules
        }

    def chosen(self, select: Iterable[str], ignore: Iterable[str]) -> frozenset[str] | None:
        """Return the ids that two lists of ids and globs select; None for all. Raises UnknownRule for no match."""
        selected, ignored = list(select), list(ignore)
        faults: list[str] = []
        included = {name for glob in selected for name in self._matching("--select", glob, faults)}
        excluded = {name for glob in ignored for name in self._matching("--ignore", glob, faults)}
        if faults:
            raise UnknownRule("\n".join(faults), hint=_LIST)
        if not selected and not ignored:
            return None
        return frozenset((included if selected else set(self.ids)) - excluded)

    def _matching(self, option: str, glob: str, faults: list[str]) -> list[str]:
        found = [name for name in self.ids if fnmatchcase(name, glob)]
        if not found and not (option == "--ignore" and self._broken(glob)):  # it does not run anyway
            faults.append(f"{option}: {self._unknown(glob)}")
        return found

    def awake(self, settings: Settings, select: tuple[str, ...], only: frozenset[str] | None) -> Settings:
        """Return settings in which selected rules that are off by default are on.

        A severity that the settings set stays.
        """
        if not select or only is None:
            return settings
        levels = {rule.id: rule.severity for rule in self.rules if rule.id in only and rule.default is Severity.OFF}
        lint = structs.replace(settings.lint, rules={**levels, **settings.lint.rules})
        return structs.replace(settings, lint=lint)

    def listing(self, form: str) -> str:
        """Return one line per rule: id, default severity, summary; or JSON if ``form`` is ``json``."""
        if form == "json":
            return _json({"rules": [self._json_entry(rule) for rule in self.rules]})
        width = max(len(name) for name in self.ids)
        lines = [
            f"{rule.id:{width}}  {_level(rule):5}  {self.texts[rule.id].manual.summary}"
            for rule in sorted(self.rules, key=lambda rule: rule.id)
        ]
        lines += ["", "Findings of builds and integrations, not of a rule:", ""]
        lines += [f"{name:{width}}         {meaning}" for name, meaning in sorted(BUILD_FINDINGS.items())]
        return "\n".join(lines) + "\n"

    def page(self, name: str, form: str) -> str:
        """Return the manual page of a rule id. Raises UnknownRule for an unknown id, with the closest known one."""
        rule = next((rule for rule in self.rules if rule.id == name), None)
        if rule is not None:
            if form == "json":
                return _json(self._json_entry(rule))
            return f"{rule.id} ({_levels(rule)})\n\n{self.texts[rule.id].manual.text()}{_origins(rule)}"
        if name not in BUILD_FINDINGS:
            raise UnknownRule(self._unknown(name), hint=_LIST)
        if form == "json":
            return _json({"id": name, "summary": BUILD_FINDINGS[name], "what_to_do": REMEDIES[name]})
        return f"{name}\n\n{BUILD_FINDINGS[name]}\n\n{REMEDIES[name]}\n"

    def _broken(self, glob: str) -> str:
        return next((why for name, why in self.broken.items() if fnmatchcase(name, glob)), "")

    def _unknown(self, name: str) -> str:
        if why := self._broken(name):
            return why
        near = closest(name, self.ids)
        if any(sign in name for sign in "*?["):
            return f"no rule matches {name!r}"
        return f"there is no rule {name!r}" + (f"; did you mean {near}?" if near else "")

    def _json_entry(self, rule: Rule) -> dict[str, object]:
        text = self.texts[rule.id]
        examples = [
            {"good": example.good, "title": example.title, "html": example.html} for example in text.manual.examples
        ]
        return {
            "id": rule.id,
            "severity": rule.severity.value,
            "default": _level(rule),
            "fails_build": rule.fails_build,
            "lint_only": rule.lint_only,
            "summary": text.manual.summary,
            "body": text.manual.body,
            "examples": examples,
            "url": text.url or None,
            "sources": [
                {"kind": each.kind, "id": each.id, "name": each.name, "url": each.url} for each in rule.sources
            ],
        }


def _level(rule: Rule) -> str:
    return (rule.default or rule.severity).value


def _levels(rule: Rule) -> str:
    description = rule.severity.value
    description += ", off by default" if rule.default is Severity.OFF else ""
    description += ", fails a build" if rule.fails_build else ""
    return description


def _origins(rule: Rule) -> str:
    """Return the sources of a rule as lines below its manual page."""
    lines = [f"    {each.name}\n      {each.url}\n" for each in rule.sources]
    return f"\nWhere it comes from:\n\n{''.join(lines)}" if lines else ""


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def manual_url() -> str:
    """Return the manual's URL from the package metadata, ending with ``/``; "" if there is none."""
    try:
        project_urls = metadata("imageseo").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    pairs = (line.partition(",") for line in project_urls)
    found = next((url.strip() for label, _, url in pairs if label.strip().lower() == "documentation"), "")
    return f"{found.rstrip('/')}/" if found else ""
