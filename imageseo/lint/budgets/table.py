"""The table of budgets: how much each leaves on the page that spends most."""

from __future__ import annotations

from collections.abc import Iterable

from imageseo.lint.budgets.spending import LCP, BudgetStatus, lcp_ms
from imageseo.model.humanize import format_bytes

COLUMNS = ("Budget", "Viewport", "Pages", "Most", "Warns at", "Fails at", "Headroom", "On")


def rows(standings: Iterable[BudgetStatus]) -> list[tuple[str, ...]]:
    """A row for each budget in force, its cells in the order of ``COLUMNS``."""
    return [_row(each) for each in standings if each.budget.warn or each.budget.error]


def _row(standing: BudgetStatus) -> tuple[str, ...]:
    budget = standing.budget
    shown = format_bytes if budget.metric.endswith("bytes") else "{:,}".format
    named = budget.metric if budget.pages == "*" else f"{budget.metric} ({budget.pages})"
    room = "" if standing.headroom is None else f"{standing.headroom:+.0%}"
    return (
        named,
        budget.viewport.name,
        f"{standing.pages:,}",
        f"{shown(standing.worst.value)}{_estimate(standing)}",
        shown(budget.warn) if budget.warn else "",
        shown(budget.error) if budget.error else "",
        room,
        standing.worst.page,
    )


def _estimate(standing: BudgetStatus) -> str:
    """How long a slow phone waits for so many bytes: told, and never judged by."""
    if standing.budget.metric != LCP or standing.budget.viewport.name != "mobile":
        return ""
    return f" (LCP ≈ {lcp_ms(standing.worst.value) / 1000:.1f} s)"
