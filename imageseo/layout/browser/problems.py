"""What kept a page from being measured, or happened beside it, in words for its author."""

from __future__ import annotations

import re
from collections.abc import Iterable

from imageseo.model.finding import Severity

_LOOK = "open it in a browser to see what it does; the other pages are measured without it"

_SERVED = re.compile(r"http://127\.0\.0\.1:\d+")  # another one every time

FAILED = "measure-failed"
"""The finding for what a browser met on a page."""


class PageProblem(Exception):
    """One of them. ``rule``: the id of its finding. ``crash``: nothing is left to be closed. ``late``: too slow."""

    def __init__(
        self,
        message: str,
        *,
        hint: str = _LOOK,
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
    """What happened beside a measurement, which holds nevertheless."""
    return PageProblem(message, severity=Severity.WARN, hint="visitors meet it too; the page was measured all the same")


def redirected(url: str) -> PageProblem:
    """A page that leads on: what is seen then is another page."""
    return PageProblem(
        f"it leads on to {url}", hint="nothing of its own is seen, so it has no layout", severity=Severity.INFO
    )


def blocked(hosts: Iterable[str]) -> PageProblem:
    """Requests to other hosts."""
    names = sorted(hosts)
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return PageProblem(
        f"not asked for, since nothing is fetched over the network: {', '.join(names[:5])}{more}",
        hint="what comes from there is missing from what was measured; published with the site it would be seen",
        rule="measure-offline",
        severity=Severity.INFO,
    )


def broken(error: Exception, seconds: float, *, beside: Iterable[str] = ()) -> PageProblem:
    """What a driver's error means. ``seconds``: that the page had to load. ``beside``: what else the page did."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    if isinstance(error, TimeoutError) or "Timeout" in text or "timeout" in type(error).__name__.lower():
        did = "".join(f"; {what}" for what in list(dict.fromkeys(beside))[:3])
        return PageProblem(f"it hangs: it has not loaded and come to rest within {seconds:g} s{did}", late=True)
    if "crash" in text.lower() or "closed" in text.lower():
        return PageProblem("it takes the browser down", crash=True)
    if "Execution context was destroyed" in text or "navigat" in text.lower():
        return PageProblem("it leads on while it loads", severity=Severity.INFO)
    said = _SERVED.sub("", text.partition(": ")[2] or text)
    return PageProblem(f"it cannot be opened: {said}")
