"""The table of budgets: how much each one leaves on the page that uses most."""

from __future__ import annotations

from collections.abc import Iterable

from imageseo.lint.budgets.spending import LCP, BudgetStatus, lcp_ms
from imageseo.model.humanize import format_bytes

COLUMNS = ("Budget", "Viewport", "Pages", "Most", "Warns at", "Fails at", "Headroom", "On")


def rows(statuses: Iterable[BudgetStatus]) -> list[tuple[str, ...]]:
    """Return one row per active budget, with cells in the order of ``COLUMNS``."""
    return [_row(each) for each in statuses if each.budget.warn or each.budget.error]


def _row(status: BudgetStatus) -> tuple[str, ...]:
    budget = status.budget
    format_value = format_bytes if budget.metric.endswith("bytes") else "{:,}".format
    budget_name = budget.metric if budget.pages == "*" else f"{budget.metric} ({budget.pages})"
    room = "" if status.headroom is None else f"{status.headroom:+.0%}"
    return (
        budget_name,
        budget.viewport.name,
        f"{status.pages:,}",
        f"{format_value(status.worst.value)}{_estimate(status)}",
        format_value(budget.warn) if budget.warn else "",
        format_value(budget.error) if budget.error else "",
        room,
        status.worst.page,
    )


def _estimate(status: BudgetStatus) -> str:
    """Format the estimated LCP of a slow phone; for information only, never a gate."""
    if status.budget.metric != LCP or status.budget.viewport.name != "mobile":
        return ""
    return f" (LCP ≈ {lcp_ms(status.worst.value) / 1000:.1f} s)"
