"""Measure all pages of a site at all viewports: several browsers in parallel, each opens one page after the other."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from imageseo.layout.browser import chromium
from imageseo.layout.browser.observations import (
    PageObservation,
    PageToMeasure,
    column_widths,
    frame_agrees,
    to_page_layout,
)
from imageseo.layout.browser.problems import FAILED, PageProblem
from imageseo.layout.browser.server import SiteServer
from imageseo.layout.browser.session import BrowserSession, MeasureLimits
from imageseo.model.errors import ImageseoError
from imageseo.model.finding import DESKTOP, GATING, REPORTED, Finding, Location, Severity, Viewport
from imageseo.model.layout import PageLayout, SiteLayout, Template
from imageseo.model.progress import Progress, Step

if TYPE_CHECKING:
    from playwright.async_api import Playwright

VIEWPORTS = (*GATING, *REPORTED)
_MAX_RETRIES = 20  # pages; if more of them hang, the cause is the site and not another page


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRun:
    """The result of ``measure``. ``layout``: of the pages that could be measured. ``findings``: problems of pages."""

    layout: SiteLayout
    findings: tuple[Finding, ...]


@dataclass(slots=True, kw_only=True)
class _MeasureState:
    """The state that the browsers share: pages still to open (``waiting``), and results.

    ``late``: pages that timed out or crashed while others were open; None when each page is opened alone.
    """

    served: SiteServer
    waiting: list[Callable[[], PageToMeasure | Finding]]
    widths: Sequence[int]
    size: Callable[[str], int | None]
    limits: MeasureLimits
    step: Step
    pages: dict[str, PageLayout] = field(default_factory=dict)
    columns: dict[str, tuple[float, ...]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    late: list[tuple[PageToMeasure, PageProblem]] | None = field(default_factory=list)


def measure(
    pages: Sequence[Callable[[], PageToMeasure | Finding]],
    *,
    served: SiteServer,
    widths: Sequence[int],
    size: Callable[[str], int | None],
    executable: str | None,
    workers: int,
    progress: Progress,
    limits: MeasureLimits | None = None,
) -> MeasureRun:
    """Open pages at the four viewports and at all ``widths``. Each page is read just before it is opened.

    ``size``: returns the bytes of a file of the site. ``executable``: of Chromium; None for Playwright's own.
    Raises MissingExtraError, BrowserError.
    """
    chromium.require()
    with progress.task("Measuring pages", len(pages)) as step:
        state = _MeasureState(
            served=served,
            waiting=list(reversed(pages)),
            widths=tuple(widths),
            size=size,
            limits=limits or MeasureLimits(),
            step=step,
        )
        asyncio.run(_measure_all(state, executable, min(workers, len(pages))))
    return MeasureRun(
        layout=SiteLayout(
            widths=tuple(widths),
            pages=dict(sorted(state.pages.items())),
            templates=find_templates(state.pages, state.columns),
        ),
        findings=tuple(sorted(state.findings, key=lambda finding: finding.sort_key)),
    )


def find_templates(pages: Mapping[str, PageLayout], columns: Mapping[str, tuple[float, ...]]) -> Mapping[str, Template]:
    """Return the templates of pages; a template's column is the median of its pages' columns at each width."""
    by_template: dict[str, list[str]] = {}
    for path in sorted(pages):
        by_template.setdefault(pages[path].template, []).append(path)
    found = {}
    for name, paths in sorted(by_template.items()):
        measured = [columns[path] for path in paths if columns.get(path)]
        if measured:
            median = tuple(statistics.median_low(values) for values in zip(*measured, strict=True))
            found[name] = Template(id=name, column=median, pages=len(paths))
    return found


async def _measure_all(state: _MeasureState, executable: str | None, workers: int) -> None:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(_work(playwright, state, executable))
            late, state.late = sorted(state.late or (), key=lambda entry: entry[0].path), None
            # One page can take all time and memory from the others: opened alone, the one that causes it is found.
            state.waiting = [partial(_identity, page) for page, _ in reversed(late[:_MAX_RETRIES])]
            state.findings += [_make_finding(page, error, error.message) for page, error in late[_MAX_RETRIES:]]
            if late:
                await _work(playwright, state, executable)
        except BaseExceptionGroup as group_error:
            raise group_error.exceptions[0] from None  # all browsers fail to start for the same reason


def _identity(page: PageToMeasure) -> PageToMeasure:
    return page


async def _work(playwright: Playwright, state: _MeasureState, executable: str | None) -> None:
    """Open waiting pages in a browser until none is left."""
    session = BrowserSession(playwright, executable, state.served, state.limits)
    await session.open()
    try:
        while state.waiting:
            page = state.waiting.pop()()
            if isinstance(page, Finding):
                state.findings.append(page)
            else:
                try:
                    await _measure_page(session, state, page)
                except ImageseoError:
                    raise
                except PageProblem as error:
                    assert state.late is not None
                    state.late.append((page, error))
                    continue
                except Exception as error:  # a bug of imageseo must not lose the results of other pages
                    state.pages.pop(page.path, None)
                    state.findings.append(_unexpected_finding(page, error))
            state.step.advance()
    finally:
        await session.close()


def _unexpected_finding(page: PageToMeasure, error: Exception) -> Finding:
    return Finding(
        rule=FAILED,
        severity=Severity.ERROR,
        message=f"the measurement cannot be processed: {type(error).__name__}: {error}",
        hint="this is a bug of imageseo, not of the page: please report it with the page",
        location=Location(page=page.path, source=page.source),
    )


async def _measure_page(session: BrowserSession, state: _MeasureState, page: PageToMeasure) -> None:
    """Measure one page; incomplete results are dropped. Raises PageProblem if the page must be opened again alone."""
    observation = PageObservation(snapshots={})
    problems: dict[tuple[str, str], tuple[PageProblem, list[str]]] = {}

    def add_problems(new: Sequence[PageProblem], viewport_name: str) -> None:
        for problem in new:
            _, names = problems.setdefault((problem.rule, problem.message), (problem, []))
            if viewport_name not in names:
                names.append(viewport_name)

    where = ""
    try:
        results = await _take_snapshots(session, page, alone=state.late is None)
        crashed = any(isinstance(result, PageProblem) and result.crash for result in results.values())
        if crashed and state.late is not None:
            results = await _take_snapshots(session, page, alone=True)
        for viewport in (viewport for viewport in VIEWPORTS if viewport in results):
            where, result = viewport.name, results[viewport]
            if isinstance(result, Exception):
                raise result
            observation.snapshots[where], side_effects = result
            add_problems(side_effects, where)
        where = "the frame for widths"
        observation.wide = await _measure_widths(session, state, page, observation)
    except PageProblem as error:
        if (error.late or error.crash) and state.late is not None:
            raise
        add_problems([error], where)
    else:
        fade = 1000 * state.limits.fade
        state.pages[page.path] = to_page_layout(page, observation, served=state.served, size=state.size, fade_ms=fade)
        state.columns[page.path] = column_widths(observation)
    for problem, names in problems.values():
        suffix = "" if len(names) == len(VIEWPORTS) or problem.rule != FAILED else f" ({', '.join(names)})"
        state.findings.append(_make_finding(page, problem, f"{problem.message}{suffix}"))


_Snapshot = tuple[Mapping[str, Any], list[PageProblem]]


async def _take_snapshots(
    session: BrowserSession, page: PageToMeasure, *, alone: bool
) -> Mapping[Viewport, _Snapshot | Exception]:
    """Open a page at each viewport; after an error, which is returned, no further ones. Two viewports run in parallel:
    while one waits for a fade or a frame, the other loads. ``alone``: one at a time, and a crash is retried once.
    """
    results: dict[Viewport, _Snapshot | Exception] = {}

    async def run_lane(viewports: Sequence[Viewport]) -> None:
        for viewport in viewports:
            if any(isinstance(result, Exception) for result in results.values()):
                return
            try:
                results[viewport] = await _take_snapshot(session, viewport, page, retry=alone)
            except Exception as error:
                results[viewport] = error

    await asyncio.gather(*map(run_lane, (VIEWPORTS,) if alone else (GATING, REPORTED)))
    return results


async def _take_snapshot(session: BrowserSession, viewport: Viewport, page: PageToMeasure, *, retry: bool) -> _Snapshot:
    try:
        return await session.take_snapshot(viewport, page.url, page.article)
    except PageProblem as error:
        if not (retry and error.crash):
            raise
    return await session.take_snapshot(viewport, page.url, page.article)  # in a new tab


def _make_finding(page: PageToMeasure, problem: PageProblem, message: str) -> Finding:
    return Finding(
        rule=problem.rule,
        severity=problem.severity,
        message=message,
        hint=problem.hint,
        location=Location(page=page.path, source=page.source),
    )


async def _measure_widths(
    session: BrowserSession, state: _MeasureState, page: PageToMeasure, observation: PageObservation
) -> Mapping[str, Any]:
    """Measure images at all widths, in the cheapest way that agrees with the snapshots.

    Most pages have the same layout without their scripts, which take most of the loading time.
    """
    for scripts, viewports in ((False, VIEWPORTS), (True, (DESKTOP,))):
        widths = sorted({*state.widths, *(viewport.width for viewport in viewports)})
        wide, _ = await session.measure_widths(page.url, page.article, widths, scripts=scripts)
        if wide is not None and all(
            frame_agrees(page, observation.snapshots[viewport.name], wide, widths.index(viewport.width))
            for viewport in viewports
        ):
            rows = dict(zip(widths, wide["rows"], strict=True))
            return {**wide, "rows": [rows[width] for width in state.widths]}
    return await session.resize_window(page.url, page.article, state.widths)
