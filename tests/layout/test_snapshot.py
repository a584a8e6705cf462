"""Snapshots of a page's viewports: two in parallel, or one after the other if the page is opened alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

import pytest

from imageseo.integrations.progress import Quiet
from imageseo.layout.browser import runner
from imageseo.layout.browser.observations import PageToMeasure
from imageseo.layout.browser.problems import PageProblem
from imageseo.layout.browser.server import SiteServer
from imageseo.layout.browser.session import BrowserSession, MeasureLimits
from imageseo.model.finding import REPORTED, Viewport

PAGE = PageToMeasure(
    path="index.html", url="http://127.0.0.1/", source=None, template="t", names=(), srcs=(), article=None
)


class FakeSession:
    """A session that records its snapshots. ``problems``: raised once each, by viewport; ``most``: in parallel."""

    def __init__(self, **problems: PageProblem) -> None:
        self.problems = problems
        self.order: list[str] = []
        self.now = self.most = 0

    async def take_snapshot(
        self, viewport: Viewport, url: str, article: Any
    ) -> tuple[Mapping[str, Any], list[PageProblem]]:
        self.order.append(viewport.name)
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        if viewport.name in self.problems:
            raise self.problems.pop(viewport.name)
        return {"at": viewport.name}, []


def take_snapshots(session: FakeSession, *, alone: bool) -> Mapping[str, Any]:
    results = asyncio.run(runner._take_snapshots(cast("BrowserSession", session), PAGE, alone=alone))
    return {viewport.name: result for viewport, result in results.items()}


def viewports_of(results: Mapping[str, Any]) -> set[str]:
    return {name for name, (snapshot, _) in results.items() if snapshot == {"at": name}}


def test_two_viewports_are_opened_in_parallel() -> None:
    session = FakeSession()
    assert viewports_of(take_snapshots(session, alone=False)) == {viewport.name for viewport in runner.VIEWPORTS}
    assert session.most == 2


def test_page_opened_alone_has_one_viewport_at_a_time() -> None:
    session = FakeSession()
    take_snapshots(session, alone=True)
    assert session.most == 1
    assert session.order == [viewport.name for viewport in runner.VIEWPORTS]


def test_no_viewport_is_opened_after_a_failure() -> None:
    problem = PageProblem("it hangs", late=True)
    session = FakeSession(mobile=problem)
    results = take_snapshots(session, alone=False)
    assert results["mobile"] is problem
    assert set(results) == {"mobile", REPORTED[0].name}
    assert set(session.order) == {"mobile", REPORTED[0].name}


def test_crash_is_retried_only_if_the_page_is_alone() -> None:
    results = take_snapshots(FakeSession(desktop=PageProblem("it falls", crash=True)), alone=True)
    assert viewports_of(results) == {viewport.name for viewport in runner.VIEWPORTS}
    crash = PageProblem("it falls", crash=True)
    assert take_snapshots(FakeSession(desktop=crash), alone=False)["desktop"] is crash


def test_crash_beside_another_viewport_is_retried_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    session, measured = FakeSession(desktop=PageProblem("it falls", crash=True)), list[str]()

    async def measure_widths(*arguments: Any) -> None: ...

    monkeypatch.setattr(runner, "_measure_widths", measure_widths)
    monkeypatch.setattr(
        runner, "to_page_layout", lambda page, observation, **more: measured.extend(observation.snapshots)
    )
    limits = MeasureLimits()
    state = runner._MeasureState(
        served=cast("SiteServer", None), waiting=[], widths=(), size=len, limits=limits, step=cast("Any", None)
    )
    asyncio.run(runner._measure_page(cast("BrowserSession", session), state, PAGE))
    assert measured == [viewport.name for viewport in runner.VIEWPORTS]
    assert session.order[-4:] == measured, "one after the other"
    assert (state.findings, state.late) == ([], [])


def test_only_some_of_many_hanging_pages_are_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page has a finding; so many cannot be caused by other pages, and waiting twice would take hours."""
    pytest.importorskip("playwright")
    opened: list[str] = []

    class Hanging:
        def __init__(self, *arguments: Any) -> None: ...

        async def open(self) -> None: ...

        async def close(self) -> None: ...

        async def take_snapshot(self, viewport: Viewport, url: str, article: Any) -> None:
            opened.append(url)
            await asyncio.sleep(0)
            raise PageProblem("it hangs", late=True)

    def page(number: int) -> PageToMeasure:
        name = f"{number:02}.html"
        return PageToMeasure(path=name, url=name, source=None, template="t", names=(), srcs=(), article=None)

    monkeypatch.setattr(runner, "BrowserSession", Hanging)
    measured = runner.measure(
        [partial(page, number) for number in range(runner._MAX_RETRIES + 5)],
        served=cast("SiteServer", None),
        widths=(320,),
        size=lambda path: None,
        executable=None,
        workers=2,
        progress=Quiet(),
    )
    assert [finding.location.page for finding in measured.findings] == [
        f"{n:02}.html" for n in range(runner._MAX_RETRIES + 5)
    ]
    assert {finding.message.partition(" (")[0] for finding in measured.findings} == {"it hangs"}
    retried = [url for url in dict.fromkeys(opened) if opened.count(url) > 2]  # two viewports at once, then alone
    assert len(retried) == runner._MAX_RETRIES


def test_browser_that_does_not_close_is_killed_but_not_its_successor(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the browser closes, the other tab has started the next one."""
    killed: list[int] = []
    monkeypatch.setattr("imageseo.layout.browser.session.os.kill", lambda process, signal: killed.append(process))
    session = BrowserSession(cast("Any", None), None, cast("SiteServer", None), MeasureLimits(close=0.05))

    class Stuck:
        async def close(self) -> None:
            session._process = 2
            await asyncio.sleep(60)

    session._browser, session._process = cast("Any", Stuck()), 1
    asyncio.run(session.close())
    assert killed == [1]
    assert session._process == 2
