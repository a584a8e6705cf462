"""Every page of a site at every viewport: several browsers side by side, one page after the other in each."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from imageseo.layout.browser import chromium
from imageseo.layout.browser.observations import PageObservation, PageToMeasure, column, frame_agrees, layout
from imageseo.layout.browser.problems import FAILED, PageProblem
from imageseo.layout.browser.server import SiteServer
from imageseo.layout.browser.session import BrowserSession, Limits
from imageseo.model.errors import ImageseoError
from imageseo.model.finding import DESKTOP, GATING, REPORTED, Finding, Location, Severity, Viewport
from imageseo.model.layout import PageLayout, SiteLayout, Template
from imageseo.model.protocols import Progress, Step

if TYPE_CHECKING:
    from playwright.async_api import Playwright

VIEWPORTS = (*GATING, *REPORTED)
_AGAIN = 20  # pages: where more hang, it is the site's own doing and not a neighbour's


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRun:
    """What was seen. ``layout``: of the pages that could be measured. ``findings``: what was wrong with others."""

    layout: SiteLayout
    findings: tuple[Finding, ...]


@dataclass(slots=True, kw_only=True)
class _Run:
    """What the browsers share: pages still to be opened, and what was seen.

    ``late``: pages that took too long, or fell, while others were open; None once each is opened alone.
    """

    served: SiteServer
    waiting: list[Callable[[], PageToMeasure | Finding]]
    widths: Sequence[int]
    size: Callable[[str], int | None]
    limits: Limits
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
    limits: Limits | None = None,
) -> MeasureRun:
    """Open pages at the four viewports and at all ``widths``. Each page is read only when its turn comes.

    ``size``: bytes of a file of the site. ``executable``: of Chromium; None for Playwright's own.
    Raises MissingExtraError, BrowserError.
    """
    chromium.require()
    with progress.task("Measuring pages", len(pages)) as step:
        run = _Run(
            served=served,
            waiting=list(reversed(pages)),
            widths=tuple(widths),
            size=size,
            limits=limits or Limits(),
            step=step,
        )
        asyncio.run(_all(run, executable, min(workers, len(pages))))
    return MeasureRun(
        layout=SiteLayout(
            widths=tuple(widths), pages=dict(sorted(run.pages.items())), templates=templates(run.pages, run.columns)
        ),
        findings=tuple(sorted(run.findings, key=lambda finding: finding.sort_key)),
    )


def templates(pages: Mapping[str, PageLayout], columns: Mapping[str, tuple[float, ...]]) -> Mapping[str, Template]:
    """The templates of pages; a template's column is the median of its pages' at each width."""
    alike: dict[str, list[str]] = {}
    for path in sorted(pages):
        alike.setdefault(pages[path].template, []).append(path)
    found = {}
    for name, paths in sorted(alike.items()):
        known = [columns[path] for path in paths if columns.get(path)]
        if known:
            middle = tuple(statistics.median_low(values) for values in zip(*known, strict=True))
            found[name] = Template(id=name, column=middle, pages=len(paths))
    return found


async def _all(run: _Run, executable: str | None, workers: int) -> None:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(_worker(playwright, run, executable))
            late, run.late = sorted(run.late or (), key=lambda each: each[0].path), None
            # One page can take all time and memory from those beside it: alone they show which one it was.
            run.waiting = [partial(_itself, asked) for asked, _ in reversed(late[:_AGAIN])]
            run.findings += [_finding(asked, error, error.message) for asked, error in late[_AGAIN:]]
            if late:
                await _worker(playwright, run, executable)
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None  # one browser that does not start says it for all


def _itself(asked: PageToMeasure) -> PageToMeasure:
    return asked


async def _worker(playwright: Playwright, run: _Run, executable: str | None) -> None:
    window = BrowserSession(playwright, executable, run.served, run.limits)
    await window.open()
    try:
        while run.waiting:
            asked = run.waiting.pop()()
            if isinstance(asked, Finding):
                run.findings.append(asked)
            else:
                try:
                    await _page(window, run, asked)
                except ImageseoError:
                    raise
                except PageProblem as error:
                    assert run.late is not None
                    run.late.append((asked, error))
                    continue
                except Exception as error:  # a fault of ours costs one page, not all that were seen before it
                    run.pages.pop(asked.path, None)
                    run.findings.append(_unexpected(asked, error))
            run.step.advance()
    finally:
        await window.close()


def _unexpected(asked: PageToMeasure, error: Exception) -> Finding:
    return Finding(
        rule=FAILED,
        severity=Severity.ERROR,
        message=f"what was seen of it cannot be understood: {type(error).__name__}: {error}",
        hint="a fault of imageseo, not of the page: please report it with the page",
        location=Location(page=asked.path, source=asked.source),
    )


async def _page(window: BrowserSession, run: _Run, asked: PageToMeasure) -> None:
    """Look at one page; what cannot be seen whole is left out. Raises Trouble for one that is to be opened alone."""
    seen = PageObservation(looks={})
    beside: dict[tuple[str, str], tuple[PageProblem, list[str]]] = {}

    def heard(troubles: Sequence[PageProblem], where: str) -> None:
        for each in troubles:
            _, places = beside.setdefault((each.rule, each.message), (each, []))
            if where not in places:
                places.append(where)

    where = ""
    try:
        looks = await _looks(window, asked, alone=run.late is None)
        if any(isinstance(told, PageProblem) and told.crash for told in looks.values()) and run.late is not None:
            looks = await _looks(window, asked, alone=True)
        for viewport in (viewport for viewport in VIEWPORTS if viewport in looks):
            where, told = viewport.name, looks[viewport]
            if isinstance(told, Exception):
                raise told
            seen.looks[where], troubles = told
            heard(troubles, where)
        where = "the frame for widths"
        seen.wide = await _wide(window, run, asked, seen)
    except PageProblem as error:
        if (error.late or error.crash) and run.late is not None:
            raise
        heard([error], where)
    else:
        fade = 1000 * run.limits.fade
        run.pages[asked.path] = layout(asked, seen, served=run.served, size=run.size, fade_ms=fade)
        run.columns[asked.path] = column(seen)
    for trouble, places in beside.values():
        names = "" if len(places) == len(VIEWPORTS) or trouble.rule != FAILED else f" ({', '.join(places)})"
        run.findings.append(_finding(asked, trouble, f"{trouble.message}{names}"))


_Look = tuple[Mapping[str, Any], list[PageProblem]]


async def _looks(window: BrowserSession, asked: PageToMeasure, *, alone: bool) -> Mapping[Viewport, _Look | Exception]:
    """A page at each of the viewports; once one goes wrong, why, and no more are begun. Two at a time: while the one
    waits for a fade or a frame, the other loads. ``alone``: one after the other, and what falls is opened once more.
    """
    told: dict[Viewport, _Look | Exception] = {}

    async def lane(viewports: Sequence[Viewport]) -> None:
        for viewport in viewports:
            if any(isinstance(each, Exception) for each in told.values()):
                return
            try:
                told[viewport] = await _look(window, viewport, asked, again=alone)
            except Exception as error:
                told[viewport] = error

    await asyncio.gather(*map(lane, (VIEWPORTS,) if alone else (GATING, REPORTED)))
    return told


async def _look(window: BrowserSession, viewport: Viewport, asked: PageToMeasure, *, again: bool) -> _Look:
    try:
        return await window.look(viewport, asked.url, asked.article)
    except PageProblem as error:
        if not (again and error.crash):
            raise
    return await window.look(viewport, asked.url, asked.article)  # in a fresh tab


def _finding(asked: PageToMeasure, trouble: PageProblem, message: str) -> Finding:
    return Finding(
        rule=trouble.rule,
        severity=trouble.severity,
        message=message,
        hint=trouble.hint,
        location=Location(page=asked.path, source=asked.source),
    )


async def _wide(window: BrowserSession, run: _Run, asked: PageToMeasure, seen: PageObservation) -> Mapping[str, Any]:
    """Images at all widths, in the cheapest way that shows what the windows showed.

    Most pages are laid out alike without their scripts, which are the dearest part of loading them.
    """
    for scripts, viewports in ((False, VIEWPORTS), (True, (DESKTOP,))):
        widths = sorted({*run.widths, *(viewport.width for viewport in viewports)})
        wide, _ = await window.widths(asked.url, asked.article, widths, scripts=scripts)
        if wide is not None and all(
            frame_agrees(asked, seen.looks[viewport.name], wide, widths.index(viewport.width)) for viewport in viewports
        ):
            rows = dict(zip(widths, wide["rows"], strict=True))
            return {**wide, "rows": [rows[width] for width in run.widths]}
    return await window.resized(asked.url, asked.article, run.widths)
