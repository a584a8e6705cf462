"""Rule: one lint rule, loaded from its module."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from imageseo.lint.facts.names import FACTS, FORMER_FACTS, SITE_FACTS
from imageseo.lint.rule_sources import RuleSource, sources_of
from imageseo.model.facts import Problem, ProblemLocation
from imageseo.model.finding import Severity
from imageseo.model.foreign import UnfitPlugin
from imageseo.model.image import ImageRef

_OF_CANDIDATES = ("img-format", "img-oversize")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One lint rule. ``facts``: names of the parameters of ``check``. ``manual``: its docstring.

    ``severity``: the highest of its findings, unless a level of the settings replaces it. ``default``: the level if the
    settings have none (``off`` for rules about things that imageseo does not write yet). ``check`` runs on each page,
    ``check_site`` once for the whole site. ``source``: the distribution of a rule that is not our own. ``sources``: the
    standards and rules of other checkers that it comes from.
    """

    id: str
    severity: Severity
    check: Callable[..., Iterable[Problem]] | None = None
    facts: tuple[str, ...] = ()
    check_site: Callable[..., Iterable[Problem]] | None = None
    site_facts: tuple[str, ...] = ()
    default: Severity | None = None
    manual: str = ""
    fails_build: bool = False
    lint_only: bool = False
    source: str = ""
    sources: tuple[RuleSource, ...] = ()

    @property
    def budgeted(self) -> bool:
        """Whether its problems have the severities of budgets (warn and error), which the budget settings define."""
        return bool({"budgets", "page_weight"} & set(self.facts))

    @property
    def judges_variants(self) -> bool:
        """Whether its findings are wrong for a page whose variants do not exist yet."""
        return bool({"budgets", "page_weight", "lcp"} & set(self.facts)) or self.id in _OF_CANDIDATES

    @classmethod
    def of(cls, name: str, module: ModuleType, source: str = "") -> Rule:
        """Return the rule of a module: ``lcp_lazy`` -> ``lcp-lazy``. Raises UnfitPlugin if the module is not a rule.

        A module has ``SEVERITY``, ``check`` and/or ``check_site``, and may have ``DEFAULT``, ``FAILS_BUILD`` and
        ``LINT_ONLY`` (builds do not run it, nor rules that request facts of the whole site) and ``SOURCES``.
        """
        severity = getattr(module, "SEVERITY", None)
        check, check_site = getattr(module, "check", None), getattr(module, "check_site", None)
        if faults := _declaration_faults(module):
            raise UnfitPlugin(f"{module.__name__} is not a rule: {'; '.join(faults)}")
        assert isinstance(severity, Severity)
        default = getattr(module, "DEFAULT", None)
        if default is not None and not isinstance(default, Severity):
            raise UnfitPlugin(f"{module.__name__}.{_severity_fault('DEFAULT', default)}")
        try:
            sources = sources_of(getattr(module, "SOURCES", ()))
        except (LookupError, TypeError, AttributeError) as error:
            raise UnfitPlugin(f"{module.__name__}.SOURCES: {error}") from error
        requested = _requested_facts(check, FACTS | SITE_FACTS)
        return cls(
            id=name.replace("_", "-"),
            severity=severity,
            check=check,
            facts=requested,
            check_site=check_site,
            site_facts=_requested_facts(check_site, SITE_FACTS | {"site", "files"}),
            default=default,
            manual=inspect.cleandoc(module.__doc__ or ""),
            fails_build=bool(getattr(module, "FAILS_BUILD", False)),
            lint_only=bool(getattr(module, "LINT_ONLY", False)) or check is None or bool(SITE_FACTS & set(requested)),
            source=source,
            sources=sources,
        )


def _declaration_faults(module: ModuleType) -> list[str]:
    """Return what a module lacks to be a rule, and what has another type."""
    missing, wrong = list[str](), list[str]()
    if not (module.__doc__ or "").strip():
        missing.append("a docstring")
    severity = getattr(module, "SEVERITY", None)
    if severity is None:
        missing.append("SEVERITY")
    elif not isinstance(severity, Severity):
        wrong.append(_severity_fault("SEVERITY", severity))
    functions = {name: getattr(module, name) for name in ("check", "check_site") if hasattr(module, name)}
    wrong += [f"{name} is {value!r}, not a function" for name, value in functions.items() if not callable(value)]
    if not functions:
        missing.append("check() or check_site()")
    needs = " and ".join(filter(None, (", ".join(missing[:-1]), *missing[-1:])))
    return [*([f"it needs {needs}"] if missing else []), *wrong]


def _severity_fault(name: str, value: object) -> str:
    """Return what is wrong with a severity; imageseo.model.finding has them."""
    levels = {each.value: each for each in Severity}
    meant = levels.get(str(value).lower(), Severity.WARN)
    return f"{name} is {value!r}, not a Severity: write Severity.{meant.name} (from imageseo.model.finding)"


def _requested_facts(check: Callable[..., object] | None, facts: frozenset[str]) -> tuple[str, ...]:
    """Return the facts that a check names as its parameters. Raises UnfitPlugin for an unknown fact."""
    names = tuple(inspect.signature(check).parameters) if check is not None else ()
    requested = tuple(FORMER_FACTS.get(name, name) for name in names)
    if check is not None and (unknown := [fact for fact in requested if fact not in facts]):
        name = f"{check.__module__}.{check.__name__}"
        raise UnfitPlugin(f"{name} requests unknown facts: {', '.join(unknown)}; facts are {', '.join(sorted(facts))}")
    return requested


def checked_problems(problems: Iterable[object]) -> Iterator[Problem]:
    """Yield the problems that a rule gives. Raises TypeError for what is no problem, or holds values of other types."""
    if problems is None:  # a function without `yield` and `return`
        raise TypeError("the rule returned None, not problems")
    for problem in problems:
        if not isinstance(problem, Problem):
            raise TypeError(f"the rule gave {type(problem).__name__}, not a Problem")
        for name, kind in _TYPES.items():
            if not isinstance(value := getattr(problem, name), kind):
                raise TypeError(f"the rule gave a Problem whose `{name}` is {type(value).__name__}")
        yield problem


_TYPES: Mapping[str, Any] = {
    "message": str,
    "hint": str,
    "at": ImageRef | None,
    "severity": Severity | None,
    "place": ProblemLocation | None,
    "fix": tuple,
}
