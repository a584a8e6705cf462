"""Rule: one lint rule, read from its module."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType

from imageseo.lint.facts.page import FACTS, FORMER_FACTS, SITE_FACTS
from imageseo.model.facts import Problem
from imageseo.model.finding import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One lint rule. ``facts``: names of the facts that ``check`` wants. ``manual``: its page, the docstring.

    ``severity``: of its findings, at most, unless a level of the settings is another. ``default``: when nobody says
    otherwise (``off`` for what imageseo does not write itself yet). ``check`` is asked of each page, ``check_site``
    once of the whole site, for what no page says.
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
        """Whether its problems have the levels of budgets, warn and error, which are set where the budgets are."""
        return bool({"budgets", "page_weight"} & set(self.facts))

    @classmethod
    def of(cls, name: str, module: ModuleType) -> Rule:
        """The rule of a module: ``lcp_lazy`` -> ``lcp-lazy``. Raises TypeError for a module that is no rule.

        A module has ``SEVERITY``, ``check`` and/or ``check_site``, and may have ``DEFAULT``, ``FAILS_BUILD`` and
        ``LINT_ONLY`` (a build does not ask it; nor one that asks for facts of the whole site).
        """
        severity = getattr(module, "SEVERITY", None)
        check, check_site = getattr(module, "check", None), getattr(module, "check_site", None)
        if not (callable(check) or callable(check_site)) or not isinstance(severity, Severity) or not module.__doc__:
            raise TypeError(f"{module.__name__} is no rule: it needs a docstring, SEVERITY and check() or check_site()")
        asks = _asks(check, FACTS | SITE_FACTS)
        return cls(
            id=name.replace("_", "-"),
            severity=severity,
            check=check,
            facts=asks,
            check_site=check_site,
            site_facts=_asks(check_site, SITE_FACTS | {"site", "files"}),
            default=getattr(module, "DEFAULT", None),
            manual=inspect.cleandoc(module.__doc__),
            fails_build=bool(getattr(module, "FAILS_BUILD", False)),
            lint_only=bool(getattr(module, "LINT_ONLY", False)) or check is None or bool(SITE_FACTS & set(asks)),
        )


def _asks(check: Callable[..., object] | None, facts: frozenset[str]) -> tuple[str, ...]:
    """The facts that a check names as its parameters. Raises TypeError for one that there is not."""
    names = tuple(inspect.signature(check).parameters) if check is not None else ()
    asks = tuple(FORMER_FACTS.get(name, name) for name in names)
    if check is not None and (unknown := [ask for ask in asks if ask not in facts]):
        name = f"{check.__module__}.{check.__name__}"
        raise TypeError(f"{name} asks for {', '.join(unknown)}; facts are {', '.join(sorted(facts))}")
    return asks
