"""Limits of a budget: their names, their settings keys, and whether a value keeps them."""

from __future__ import annotations

import math

from imageseo.model.finding import Budget, Severity, Viewport


def broken_level(budget: Budget, value: int) -> tuple[Severity, int] | None:
    """Return the level that a value exceeds, and its limit; None if it keeps both."""
    for severity, limit in ((Severity.ERROR, budget.error), (Severity.WARN, budget.warn)):
        if limit is not None and value > limit:
            return severity, limit
    return None


def viewport_label(viewport: Viewport) -> str:
    """Format a viewport for messages."""
    return f"on {viewport.name} ({viewport.width}×{viewport.height} CSS px at {viewport.dpr:g}x)"


def level(severity: Severity) -> str:
    """Return the name of a level for messages."""
    return "the budget" if severity is Severity.ERROR else "the warning level"


def setting_key(budget: Budget, severity: Severity) -> str:
    """Return the settings key of a level."""
    name = "error" if severity is Severity.ERROR else "warn"
    where = "budgets." if budget.pages == "*" else f'budgets.paths."{budget.pages}".'
    return f"{where}{budget.metric}.{budget.viewport.name}.{name}"


def format_amount(metric: str, value: int) -> str:
    """Format a value of a metric for messages."""
    return str(value) if metric == "image-count" else format_kib(value)


def format_kib(count: int) -> str:
    """Format bytes, rounded up so that an exceeded budget never looks kept: ``150.1 KiB``."""
    text = f"{math.ceil(count / 1024 * 10) / 10:.1f}"
    return f"{text.removesuffix('.0')} KiB"
