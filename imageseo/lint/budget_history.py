"""The budget history: one line of JSON per commit, for plotting a trend."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imageseo.lint.budgets.spending import LCP, BudgetStatus, lcp_ms
from imageseo.lint.changed_since import commit
from imageseo.lint.linter import LintResult, count
from imageseo.model import regular_file
from imageseo.model.errors import ImageseoError
from imageseo.storage.atomic import write_atomic

VERSION = 1
"""Version of a line: raised when a key changes its meaning or is removed; keys may be added at any time."""


class HistoryError(ImageseoError):
    """A file is not a budget history, or cannot be written."""

    id = "budget-report"
    title = "--budget-report"


def history_entry(result: LintResult, folder: Path, *, whole: bool = True) -> dict[str, Any]:
    """Return the history line of a run, as JSON values.

    ``commit`` and ``date`` are those of HEAD in ``folder`` (``null`` outside a repository); the clock is not used.
    ``whole``: whether every rule ran; else findings are not counted, because their numbers would not be comparable.
    ``lcp_ms`` is an estimate from bytes alone, for the slowest page on a slow 4G phone.
    """
    sha, date = commit(folder) or (None, None)
    return {
        "version": VERSION,
        "commit": sha,
        "date": date,
        "pages": result.pages,
        "images": result.images,
        **(count(result.findings) if whole else {}),
        "lcp_ms": next((lcp_ms(each.worst.value) for each in result.budgets if _is_phone_lcp(each)), None),
        "budgets": [_row(each) for each in result.budgets],
    }


def append(path: Path, entry: Mapping[str, Any]) -> None:
    """Append a line to a history; a last line of the same commit is replaced.

    The file is written atomically. Raises HistoryError.
    """
    try:
        lines = regular_file.read_text(path).removesuffix("\n").split("\n") if path.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise HistoryError(f"{path}: cannot be read: {error}", hint="name another file") from error
    for number, text in enumerate(lines, 1):
        if text.strip() and not isinstance(_parse(text), dict):
            message = f"{path}:{number}: found {text[:40]!r}, expected a line of JSON"
            raise HistoryError(message, hint="name a file that --budget-report wrote, or a new one")
    last = _parse(lines[-1]) if lines else None
    if isinstance(last, dict) and entry["commit"] is not None and last.get("commit") == entry["commit"]:
        lines.pop()
    text = "\n".join([*filter(None, lines), json.dumps(entry, ensure_ascii=False)]) + "\n"
    try:
        write_atomic(path, text.encode("utf-8", "backslashreplace"))  # file names may contain bytes that are not text
    except OSError as error:
        raise HistoryError(f"{path}: cannot be written: {error.strerror or error}") from error


def _parse(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_phone_lcp(status: BudgetStatus) -> bool:
    return status.budget.metric == LCP and status.budget.viewport.name == "mobile" and status.budget.pages == "*"


def _row(status: BudgetStatus) -> dict[str, Any]:
    budget = status.budget
    return {
        "metric": budget.metric,
        "viewport": budget.viewport.name,
        "pages": budget.pages,
        "count": status.pages,
        "most": status.worst.value,
        "p75": status.p75,
        "on": status.worst.page,
        "warn": budget.warn,
        "error": budget.error,
        "warned": status.warned,
        "broken": status.broken,
        "headroom": None if status.headroom is None else round(status.headroom, 4),
    }
