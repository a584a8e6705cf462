"""Rule: one lint rule, loaded from its module."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType

from imageseo.lint.facts.names import FACTS, FORMER_FACTS, SITE_FACTS
from imageseo.model.facts import Problem
from imageseo.model.finding import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One lint rule. ``facts``: names of the parameters of ``check``. ``manual``: its docstring.

    ``severity``: the highest of its findings, unless a level of the settings replaces it. ``default``: the level if the
    settings have none (``off`` for rules about things that imageseo does not write yet). ``check`` runs on each page,
    ``check_site`` once for the whole site.
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

    @property
    def budgeted(self) -> bool:
        """Whether its problems have the severities of budgets (warn and error), which the budget settings define."""
        return bool({"budgets", "page_weight"} & set(self.facts))

    @classmethod
    def of(cls, name: str, module: ModuleType) -> Rule:
        """Return the rule of a module: ``lcp_lazy`` -> ``lcp-lazy``. Raises TypeError if the module is not a rule.

        A module has ``SEVERITY``, ``check`` and/or ``check_site``, and may have ``DEFAULT``, ``FAILS_BUILD`` and
        ``LINT_ONLY`` (builds do not run it, nor rules that request facts of the whole site).
        """
        severity = getattr(module, "SEVERITY", None)
        check, check_site = getattr(module, "check", None), getattr(module, "check_site", None)
        if not (callable(check) or callable(check_site)) or not isinstance(severity, Severity) or not module.__doc__:
            raise TypeError(
                f"{module.__name__} is not a rule: it needs a docstring, SEVERITY and check() or check_site()"
            )
        requested = _requested_facts(check, FACTS | SITE_FACTS)
        return cls(
            id=name.replace("_", "-"),
            severity=severity,
            check=check,
            facts=requested,
            check_site=check_site,
            site_facts=_requested_facts(check_site, SITE_FACTS | {"site", "files"}),
            default=getattr(module, "DEFAULT", None),
            manual=inspect.cleandoc(module.__doc__),
            fails_build=bool(getattr(module, "FAILS_BUILD", False)),
            lint_only=bool(getattr(module, "LINT_ONLY", False)) or check is None or bool(SITE_FACTS & set(requested)),
        )


def _requested_facts(check: Callable[..., object] | None, facts: frozenset[str]) -> tuple[str, ...]:
    """Return the facts that a check names as its parameters. Raises TypeError for an unknown fact."""
    names = tuple(inspect.signature(check).parameters) if check is not None else ()
    requested = tuple(FORMER_FACTS.get(name, name) for name in names)
    if check is not None and (unknown := [fact for fact in requested if fact not in facts]):
        name = f"{check.__module__}.{check.__name__}"
        raise TypeError(f"{name} requests unknown facts: {', '.join(unknown)}; facts are {', '.join(sorted(facts))}")
    return requested
