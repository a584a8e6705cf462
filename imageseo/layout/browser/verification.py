"""Open pages before and after a build in a browser, at all viewports, and report what differs."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from imageseo.layout.browser import chromium
from imageseo.layout.browser.comparison import Comparison, Difference, Key, PageState, Thumb, compare
from imageseo.layout.browser.problems import PageProblem
from imageseo.layout.browser.runner import VIEWPORTS
from imageseo.layout.browser.server import SiteServer
from imageseo.layout.browser.session import BrowserSession, MeasureLimits
from imageseo.model.finding import Finding, Location, Severity, Viewport
from imageseo.model.progress import Progress, Step

if TYPE_CHECKING:
    from playwright.async_api import Playwright

_MOST_VISITS = 3
"""Visits to each side of a page that differs: a page that changes by itself differs between them, too."""
_MOST_LISTED = 5
"""Findings of one kind for each page; the rest is counted."""

HINTS: Mapping[str, str] = {
    "verify-content": "compare the page in a browser with and without imageseo",
    "verify-moved": 'compare the page in a browser; `data-imageseo="ignore"` on an element keeps its images unchanged',
    "verify-image": '`data-imageseo="ignore"` on the image or around it keeps it unchanged',
    "verify-console": "open the page in a browser and its console",
    "verify-request": "the build has written a URL that does not exist, or a script has computed one",
    "verify-hydration": '`data-imageseo="ignore"` around the image keeps it unchanged; its variants are of no use',
    "verify-download": "visitors load more than before; look for a preload, a style sheet or a script with its URL",
    "verify-failed": "open the page in a browser: it could be opened without imageseo",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageToVerify:
    """A page to open on both sides. ``before`` and ``after``: its URLs on loopback."""

    path: str
    source: str | None
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The result of ``verify``. ``compared``: number of pages. ``unstable``: elements that change by themselves.

    ``skipped``: why a page could not be compared, by path.
    """

    findings: tuple[Finding, ...]
    compared: int
    unstable: int
    skipped: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class _VerifyState:
    """What the browsers share: pages still to open (``waiting``), and results."""

    waiting: list[PageToVerify]
    viewports: Sequence[Viewport]
    step: Step
    compared: int = 0
    unstable: int = 0
    findings: list[Finding] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One side of a page: its browser, URL and the thumbnails of its images."""

    session: BrowserSession
    url: str
    thumbs: dict[str, Thumb] = field(default_factory=dict)

    async def visit(self, viewport: Viewport) -> PageState | PageProblem:
        try:
            return await self.session.read_content(viewport, self.url, self.thumbs)
        except PageProblem as error:
            return error


def verify(
    pages: Sequence[PageToVerify],
    *,
    before: SiteServer,
    after: SiteServer,
    executable: str | None,
    workers: int,
    progress: Progress,
    limits: MeasureLimits,
    viewports: Sequence[Viewport] = VIEWPORTS,
) -> Verification:
    """Open pages on both servers at the viewports and compare them. Raises MissingExtraError, BrowserError.

    ``executable``: of Chromium; None for Playwright's own. ``workers``: pages that are open at once.
    """
    chromium.require()
    with progress.task("Comparing pages", len(pages)) as step:
        state = _VerifyState(waiting=list(reversed(pages)), viewports=viewports, step=step)
        asyncio.run(_verify_all(state, before, after, executable, min(workers, len(pages)), limits))
    return Verification(
        findings=tuple(sorted(state.findings, key=lambda finding: finding.sort_key)),
        compared=state.compared,
        unstable=state.unstable,
        skipped=dict(sorted(state.skipped.items())),
    )


async def _verify_all(
    state: _VerifyState,
    before: SiteServer,
    after: SiteServer,
    executable: str | None,
    workers: int,
    limits: MeasureLimits,
) -> None:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(_work(playwright, state, (before, after), executable, limits))
        except BaseExceptionGroup as group_error:
            raise group_error.exceptions[0] from None  # all browsers fail to start for the same reason


async def _work(
    playwright: Playwright,
    state: _VerifyState,
    servers: tuple[SiteServer, SiteServer],
    executable: str | None,
    limits: MeasureLimits,
) -> None:
    """Compare waiting pages until none is left; each side has its own browser, that may open its server only."""
    sessions = [BrowserSession(playwright, executable, server, limits, repeatable=True) for server in servers]
    try:
        await asyncio.gather(*(session.open() for session in sessions))
        while state.waiting:
            page = state.waiting.pop()
            await _verify_page(state, page, *sessions)
            state.step.advance()
    finally:
        await asyncio.gather(*(session.close() for session in sessions))


async def _verify_page(state: _VerifyState, page: PageToVerify, before: BrowserSession, after: BrowserSession) -> None:
    """Compare one page at its viewports, two of them at once."""
    sides = (_Side(session=before, url=page.before), _Side(session=after, url=page.after))
    results: dict[str, Comparison | PageProblem] = {}

    async def run_lane(viewports: Sequence[Viewport]) -> None:
        for viewport in viewports:
            results[viewport.name] = await _compare_at(viewport, *sides)

    half = (len(state.viewports) + 1) // 2
    await asyncio.gather(*map(run_lane, (state.viewports[:half], state.viewports[half:])))
    found: dict[tuple[str, str], list[tuple[str, Difference]]] = {}
    unstable: set[Key] = set()
    problems = []
    for viewport in state.viewports:
        result = results[viewport.name]
        if isinstance(result, PageProblem):
            problems.append(result.message)
            continue
        unstable |= result.unstable
        for difference in result.differences:
            found.setdefault((difference.rule, difference.subject), []).append((viewport.name, difference))
    if problems:
        state.skipped[page.path] = problems[0]
    if len(problems) < len(state.viewports):
        state.compared += 1
    state.unstable += len(unstable)
    state.findings += _findings(page, found, [viewport.name for viewport in state.viewports])


async def _compare_at(viewport: Viewport, before: _Side, after: _Side) -> Comparison | PageProblem:
    """Compare a page at a viewport; what differs is opened again, to leave out what differs by itself."""
    befores: list[PageState] = []
    afters: list[PageState] = []
    comparison = Comparison(differences=(), unstable=frozenset())
    for _ in range(_MOST_VISITS):
        one, other = await asyncio.gather(before.visit(viewport), after.visit(viewport))
        if isinstance(one, PageProblem):
            return one
        if isinstance(other, PageProblem):
            if afters:  # it could be opened once
                return other
            failed = Difference(rule="verify-failed", subject="", fact=other.message)
            comparison = Comparison(differences=(failed,), unstable=frozenset())
            continue
        befores.append(one)
        afters.append(other)
        comparison = compare(befores, afters)
        if not comparison.differences:
            break
    return comparison


def _findings(
    page: PageToVerify, found: Mapping[tuple[str, str], Sequence[tuple[str, Difference]]], viewports: Sequence[str]
) -> list[Finding]:
    """Return the findings of a page. Elements that are only displaced are one finding: something above has grown.

    ``viewports``: names of all at which the page was compared.
    """
    by_kind: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    displaced: dict[str, list[tuple[float, str]]] = {}
    for (kind, subject), entries in found.items():
        if all(difference.shift is not None for _, difference in entries):
            displaced[subject] = [(difference.shift or 0.0, name) for name, difference in entries]
            continue
        facts: dict[str, list[str]] = {}
        for name, difference in entries:
            if difference.shift is None:
                facts.setdefault(difference.fact, []).append(name)
        by_kind[kind].append((f"{subject} {_join(facts, viewports)}".strip(), entries[0][1].image))
    findings = []
    for kind, messages in by_kind.items():
        findings += [_finding(page, kind, message, image) for message, image in messages[:_MOST_LISTED]]
        if len(messages) > _MOST_LISTED:
            findings.append(
                _finding(page, kind, f"{len(messages) - _MOST_LISTED:,} more differences of this kind", None)
            )
    if displaced:
        first = next(iter(displaced))
        most = max(shift for entries in displaced.values() for shift, _ in entries)
        names = [name for name in viewports if any(name == at for entries in displaced.values() for _, at in entries)]
        count = f"{len(displaced):,} element{'s are' if len(displaced) > 1 else ' is'} displaced"
        message = f"{count} by up to {most:.0f} px, the first is {first}{_at(names, viewports)}"
        findings.append(_finding(page, "verify-moved", message, None))
    return findings


def _join(facts: Mapping[str, Sequence[str]], viewports: Sequence[str]) -> str:
    """Join facts, each with the names of its viewports; what several begin with before a colon is written once."""
    parts: list[str] = []
    before = ""
    for fact, names in facts.items():
        beginning, colon, rest = fact.partition(": ")
        parts.append(f"{rest if colon and beginning == before else fact}{_at(names, viewports)}".strip())
        before = beginning
    return "; ".join(parts)


def _at(names: Sequence[str], viewports: Sequence[str]) -> str:
    return "" if len(names) == len(viewports) else f" ({', '.join(names)})"


def _finding(page: PageToVerify, kind: str, message: str, image: str | None) -> Finding:
    return Finding(
        rule=kind,
        severity=Severity.ERROR,
        message=message,
        hint=HINTS[kind],
        location=Location(page=page.path, source=page.source, image=image),
    )
