"""Problems of pages during measuring, as messages for the page's author."""

from __future__ import annotations

import re
from collections.abc import Iterable

from imageseo.model.finding import Severity

_HINT = "open the page in a browser to see the cause; the other pages are measured nevertheless"

_ORIGIN = re.compile(r"http://127\.0\.0\.1:\d+")  # the port changes with every run

FAILED = "measure-failed"
"""Id of the finding for a problem of a page in the browser."""


class PageProblem(Exception):
    """A problem of a page. ``rule``: id of its finding. ``crash``: the tab or browser ended. ``late``: timed out."""

    def __init__(
        self,
        message: str,
        *,
        hint: str = _HINT,
        rule: str = FAILED,
        severity: Severity = Severity.ERROR,
        crash: bool = False,
        late: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.rule = rule
        self.severity = severity
        self.crash = crash
        self.late = late


def side_effect(message: str) -> PageProblem:
    """Return the problem for a side effect of a page that was measured nevertheless."""
    hint = "visitors experience it, too; the page was measured nevertheless"
    return PageProblem(message, severity=Severity.WARN, hint=hint)


def redirected(url: str) -> PageProblem:
    """Return the problem for a page that redirects: the browser shows another page."""
    return PageProblem(
        f"the page redirects to {url}",
        hint="it shows no content of its own, so it has no layout",
        severity=Severity.INFO,
    )


def blocked(hosts: Iterable[str]) -> PageProblem:
    """Return the problem for requests to other hosts."""
    names = sorted(hosts)
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return PageProblem(
        f"blocked requests to other hosts (measuring uses no network): {', '.join(names[:5])}{more}",
        hint="their content was missing during the measurement; publish it with the site to include it",
        rule="measure-offline",
        severity=Severity.INFO,
    )


def page_problem(error: Exception, seconds: float, *, side_effects: Iterable[str] = ()) -> PageProblem:
    """Translate a driver's error. ``seconds``: the time limit of loading. ``side_effects``: messages about the page."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    if isinstance(error, TimeoutError) or "Timeout" in text or "timeout" in type(error).__name__.lower():
        more = "".join(f"; {message}" for message in list(dict.fromkeys(side_effects))[:3])
        return PageProblem(f"the page hangs: it did not finish loading within {seconds:g} s{more}", late=True)
    if "crash" in text.lower() or "closed" in text.lower():
        return PageProblem("the page crashes the browser", crash=True)
    if "Network.getResponseBody" in text:  # the browser has left the page and forgotten it
        return PageProblem("it leads to another page", severity=Severity.INFO)
    if "Execution context was destroyed" in text or "navigat" in text.lower():
        return PageProblem("the page navigates away while it loads", severity=Severity.INFO)
    reason = _ORIGIN.sub("", text.partition(": ")[2] or text)
    return PageProblem(f"the page cannot be opened: {reason}")
