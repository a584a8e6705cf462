"""The rules that are installed: found by name, chosen by globs, explained."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
    """Every rule, by id."""

    rules: tuple[Rule, ...]

    @classmethod
    def installed(cls) -> RuleCatalog:
        """The rules of imageseo and of other packages."""
        from imageseo.lint import parallel

        return cls(rules=parallel.installed_rules())

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """All that a finding may be called, sorted."""
        return tuple(sorted({*(rule.id for rule in self.rules), *BUILD_FINDINGS}))

    @cached_property
    def texts(self) -> Mapping[str, RuleInfo]:
        """What reports say of each rule."""
        base = manual_url()
        return {
            rule.id: RuleInfo(
                id=rule.id,
                severity=rule.default or rule.severity,
                manual=RuleDocs.of(rule.manual),
                url=f"{base}reference/rules/{rule.id}/" if base else "",
            )
            for rule in self.rules
        }

    def chosen(self, select: Iterable[str], ignore: Iterable[str]) -> frozenset[str] | None:
        """The ids that two lists of ids and globs leave; None for all. Raises UnknownRule for what fits no rule."""
        wanted, unwanted = list(select), list(ignore)
        faults: list[str] = []
        kept = {name for glob in wanted for name in self._matching("--select", glob, faults)}
        dropped = {name for glob in unwanted for name in self._matching("--ignore", glob, faults)}
        if faults:
            raise UnknownRule("\n".join(faults), hint=_LIST)
        if not wanted and not unwanted:
            return None
        return frozenset((kept if wanted else set(self.ids)) - dropped)

    def _matching(self, option: str, glob: str, faults: list[str]) -> list[str]:
        found = [name for name in self.ids if fnmatchcase(name, glob)]
        if not found:
            faults.append(f"{option}: {self._unknown(glob)}")
        return found

    def awake(self, settings: Settings, select: tuple[str, ...], only: frozenset[str] | None) -> Settings:
        """The settings for a choice: who selects a rule that is off by default wants to hear of it.

        What the settings say of a rule stands.
        """
        if not select or only is None:
            return settings
        levels = {rule.id: rule.severity for rule in self.rules if rule.id in only and rule.default is Severity.OFF}
        lint = structs.replace(settings.lint, rules={**levels, **settings.lint.rules})
        return structs.replace(settings, lint=lint)

    def listing(self, form: str) -> str:
        """A line for each rule: id, severity by default, what it asks; ``json`` for machines."""
        if form == "json":
            return _json({"rules": [self._told(rule) for rule in self.rules]})
        width = max(len(name) for name in self.ids)
        lines = [
            f"{rule.id:{width}}  {_level(rule):5}  {self.texts[rule.id].manual.summary}"
            for rule in sorted(self.rules, key=lambda rule: rule.id)
        ]
        lines += ["", "Found by builds and hosts, by no rule:", ""]
        lines += [f"{name:{width}}         {meaning}" for name, meaning in sorted(BUILD_FINDINGS.items())]
        return "\n".join(lines) + "\n"

    def page(self, name: str, form: str) -> str:
        """The manual page of a rule, by its id. Raises UnknownRule for one that does not exist, with the nearest."""
        rule = next((rule for rule in self.rules if rule.id == name), None)
        if rule is not None:
            if form == "json":
                return _json(self._told(rule))
            return f"{rule.id} ({_levels(rule)})\n\n{self.texts[rule.id].manual.text()}"
        if name not in BUILD_FINDINGS:
            raise UnknownRule(self._unknown(name), hint=_LIST)
        if form == "json":
            return _json({"id": name, "summary": BUILD_FINDINGS[name], "what_to_do": REMEDIES[name]})
        return f"{name}\n\n{BUILD_FINDINGS[name]}\n\n{REMEDIES[name]}\n"

    def _unknown(self, name: str) -> str:
        near = closest(name, self.ids)
        if any(sign in name for sign in "*?["):
            return f"no rule is like {name!r}"
        return f"there is no rule {name!r}" + (f"; did you mean {near}?" if near else "")

    def _told(self, rule: Rule) -> dict[str, object]:
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
        }


def _level(rule: Rule) -> str:
    return (rule.default or rule.severity).value


def _levels(rule: Rule) -> str:
    told = rule.severity.value
    told += ", off by default" if rule.default is Severity.OFF else ""
    told += ", fails a build" if rule.fails_build else ""
    return told


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def manual_url() -> str:
    """Where the package says that its manual is published, ending with ``/``; nothing where it does not."""
    try:
        said = metadata("imageseo").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    pairs = (line.partition(",") for line in said)
    found = next((url.strip() for label, _, url in pairs if label.strip().lower() == "documentation"), "")
    return f"{found.rstrip('/')}/" if found else ""
