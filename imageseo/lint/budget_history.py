"""The history of budgets: one line of JSON a commit, from which a trend can be drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imageseo.lint.budgets.spending import LCP, BudgetStatus, lcp_ms
from imageseo.lint.changed_since import commit
from imageseo.lint.linter import LintResult, count
from imageseo.model.errors import ImageseoError
from imageseo.storage.atomic import write_atomic

VERSION = 1
"""Of a line: raised when a key changes its meaning or goes; new keys may come at any time."""


class HistoryError(ImageseoError):
    """A file that is no history, or cannot be written."""

    id = "budget-report"
    title = "--budget-report"


def history_entry(result: LintResult, folder: Path, *, whole: bool = True) -> dict[str, Any]:
    """What a run says of the budgets, as JSON values.

    ``commit`` and ``date`` are those of HEAD in ``folder`` (``null`` outside of a repository): no clock is asked.
    ``whole``: whether every rule was asked; else findings are not counted, since a trend compares like with like.
    ``lcp_ms`` is an estimate from bytes alone, of the page that waits longest on a slow 4G phone.
    """
    sha, date = commit(folder) or (None, None)
    return {
        "version": VERSION,
        "commit": sha,
        "date": date,
        "pages": result.pages,
        "images": result.images,
        **(count(result.findings) if whole else {}),
        "lcp_ms": next((lcp_ms(each.worst.value) for each in result.budgets if _phone(each)), None),
        "budgets": [_row(each) for each in result.budgets],
    }


def append(path: Path, said: Mapping[str, Any]) -> None:
    """Put a line at the end of a history; the one that the same commit had there is replaced.

    The file is written whole or not at all. Raises HistoryError.
    """
    try:
        lines = path.read_text("utf-8").removesuffix("\n").split("\n") if path.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise HistoryError(f"{path}: cannot be read: {error}", hint="name another file") from error
    for number, text in enumerate(lines, 1):
        if text.strip() and not isinstance(_parsed(text), dict):
            told = f"{path}:{number}: found {text[:40]!r}, expected a line of JSON"
            raise HistoryError(told, hint="name a file that --budget-report has written, or a new one")
    last = _parsed(lines[-1]) if lines else None
    if isinstance(last, dict) and said["commit"] is not None and last.get("commit") == said["commit"]:
        lines.pop()
    text = "\n".join([*filter(None, lines), json.dumps(said, ensure_ascii=False)]) + "\n"
    try:
        write_atomic(path, text.encode("utf-8", "backslashreplace"))  # names of files may be no text
    except OSError as error:
        raise HistoryError(f"{path}: cannot be written: {error.strerror or error}") from error


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _phone(standing: BudgetStatus) -> bool:
    return standing.budget.metric == LCP and standing.budget.viewport.name == "mobile" and standing.budget.pages == "*"


def _row(standing: BudgetStatus) -> dict[str, Any]:
    budget = standing.budget
    return {
        "metric": budget.metric,
        "viewport": budget.viewport.name,
        "pages": budget.pages,
        "count": standing.pages,
        "most": standing.worst.value,
        "p75": standing.p75,
        "on": standing.worst.page,
        "warn": budget.warn,
        "error": budget.error,
        "warned": standing.warned,
        "broken": standing.broken,
        "headroom": None if standing.headroom is None else round(standing.headroom, 4),
    }
