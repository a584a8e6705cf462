"""What a report must do."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType

from imageseo.lint.report import renderer_of
from imageseo.model.finding import Finding, Location, Severity, Silenced
from imageseo.model.protocols import Result
from imageseo.testing.requirement import Requirement, need

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _finding(page: str, line: int, message: str, *, rule: str = "alt-missing", **more: str) -> Finding:
    place = Location(page=page, source=more.get("source"), line=line, column=3, image="a.png")
    return Finding(rule=rule, severity=Severity.ERROR, message=message, hint="say what it shows", location=place)


_FINDINGS = (
    _finding("b/index.html", 9, "x.png has no alt attribute"),
    _finding("a.html", 12, "y.png has no alt attribute", source="docs/a.md"),
    _finding("a.html", 4, "z.png leads nowhere\nand says so twice", rule="img-missing", source="docs/a.md"),
    replace(_finding("ü&<b>.html", 1, "größer als „100 %“, <b> & 漢字"), severity=Severity.WARN),
    replace(_finding("", 1, "the whole site"), severity=Severity.INFO, location=Location(page="")),
    *(_finding(f"{number}.html", 1, "logo.png has no alt attribute") for number in range(9)),
)
_HOSTILE = _finding("c.html", 2, "an alt with \x1b[31mcolour\x1b[0m, a \x00 and a \x07 in it", rule="alt-length")


@dataclass(frozen=True, slots=True)
class ReportChecks:
    """The requirements, as methods. ``name``: of the entry point."""

    name: str
    module: ModuleType

    @property
    def render(self) -> Callable[[Result], str]:
        return renderer_of(self.name, self.module)

    def declarations(self) -> None:
        """The module has a function render(result), and a name that can be typed."""
        need(re.fullmatch(r"[a-z0-9]+([_-][a-z0-9]+)*", self.name), f"{self.name!r}: use a-z, 0-9, `_` and `-`")
        need(callable(self.render), "render is no function")

    def empty(self) -> None:
        """A run without findings is a report too."""
        text = self.render(_result(()))
        need(isinstance(text, str), f"render() returned {type(text).__name__}, not a text")

    def findings(self) -> None:
        """Every kind of finding is rendered as text that can be written as UTF-8."""
        text = self.render(_result(_FINDINGS))
        need(isinstance(text, str), f"render() returned {type(text).__name__}, not a text")
        text.encode("utf-8")
        need(text != self.render(_result(())), "findings do not change the report")

    def order(self) -> None:
        """The order of findings, in which processes give them, does not change the report."""
        findings = list(_FINDINGS)
        first = self.render(_result(findings))
        for seed in range(3):
            random.Random(seed).shuffle(findings)
            need(self.render(_result(findings)) == first, "the report depends on the order of the findings")

    def repeated(self) -> None:
        """Equal runs give equal bytes: no time, no random order."""
        need(self.render(_result(_FINDINGS)) == self.render(_result(_FINDINGS)), "equal runs give other reports")

    def control_characters(self) -> None:
        """Control characters of pages do not get into the report: terminals would obey them."""
        found = _CONTROL.search(self.render(_result((*_FINDINGS, _HOSTILE))))
        need(found is None, f"the report contains {found[0] if found else ''!r} of a page: use code_frame.sanitized")


@dataclass(frozen=True, kw_only=True)
class _FinishedRun:
    """The end of a run, as reports see it."""

    findings: tuple[Finding, ...]
    silenced: tuple[Silenced, ...]
    summary: Mapping[str, int | float]
    title: str = "lint"


def _result(findings: Sequence[Finding]) -> Result:
    silenced = tuple(Silenced(finding=each, reason="because") for each in _FINDINGS[:2])
    counts = {name: sum(each.severity is level for each in findings) for name, level in _COUNTED.items()}
    return _FinishedRun(findings=tuple(findings), silenced=silenced, summary=counts)


_COUNTED = {"errors": Severity.ERROR, "warnings": Severity.WARN, "infos": Severity.INFO}


def requirements(name: str, module: ModuleType) -> Sequence[Requirement]:
    """Return what a report must do."""
    checks = ReportChecks(name, module)
    each = (
        *(checks.declarations, checks.empty, checks.findings, checks.order, checks.repeated),
        checks.control_characters,
    )
    return [Requirement(check.__name__, check) for check in each]
