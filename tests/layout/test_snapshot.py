"""How a page's viewports are looked at: two side by side, one after the other once the page is alone."""

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
from imageseo.layout.browser.session import BrowserSession, Limits
from imageseo.model.finding import REPORTED, Viewport

ASKED = PageToMeasure(
    path="index.html", url="http://127.0.0.1/", source=None, template="t", names=(), srcs=(), article=None
)


class Eyes:
    """A window that tells how many looks it had at once. ``wrong``: by viewport, what goes wrong, once each."""

    def __init__(self, **wrong: PageProblem) -> None:
        self.wrong = wrong
        self.order: list[str] = []
        self.now = self.most = 0

    async def look(self, viewport: Viewport, url: str, article: Any) -> tuple[Mapping[str, Any], list[PageProblem]]:
        self.order.append(viewport.name)
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        if viewport.name in self.wrong:
            raise self.wrong.pop(viewport.name)
        return {"at": viewport.name}, []


def look(eyes: Eyes, *, alone: bool) -> Mapping[str, Any]:
    told = asyncio.run(runner._looks(cast("BrowserSession", eyes), ASKED, alone=alone))
    return {viewport.name: each for viewport, each in told.items()}


def seen(told: Mapping[str, Any]) -> set[str]:
    return {name for name, (at, _) in told.items() if at == {"at": name}}


def test_two_viewports_are_looked_at_side_by_side() -> None:
    eyes = Eyes()
    assert seen(look(eyes, alone=False)) == {viewport.name for viewport in runner.VIEWPORTS}
    assert eyes.most == 2


def test_a_page_that_is_opened_alone_has_one_viewport_at_a_time() -> None:
    eyes = Eyes()
    look(eyes, alone=True)
    assert eyes.most == 1
    assert eyes.order == [viewport.name for viewport in runner.VIEWPORTS]


def test_once_a_viewport_fails_no_other_one_is_begun() -> None:
    wrong = PageProblem("it hangs", late=True)
    eyes = Eyes(mobile=wrong)
    told = look(eyes, alone=False)
    assert told["mobile"] is wrong
    assert set(told) == {"mobile", REPORTED[0].name}
    assert set(eyes.order) == {"mobile", REPORTED[0].name}


def test_what_falls_is_opened_once_more_only_when_it_is_alone() -> None:
    once = look(Eyes(desktop=PageProblem("it falls", crash=True)), alone=True)
    assert seen(once) == {viewport.name for viewport in runner.VIEWPORTS}
    fallen = PageProblem("it falls", crash=True)
    assert look(Eyes(desktop=fallen), alone=False)["desktop"] is fallen


def test_what_falls_beside_another_viewport_is_looked_at_alone_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    eyes, seen = Eyes(desktop=PageProblem("it falls", crash=True)), list[str]()

    async def wide(*given: Any) -> None: ...

    monkeypatch.setattr(runner, "_wide", wide)
    monkeypatch.setattr(runner, "layout", lambda asked, found, **more: seen.extend(found.looks))
    limits = Limits()
    here = runner._Run(
        served=cast("SiteServer", None), waiting=[], widths=(), size=len, limits=limits, step=cast("Any", None)
    )
    asyncio.run(runner._page(cast("BrowserSession", eyes), here, ASKED))
    assert seen == [viewport.name for viewport in runner.VIEWPORTS]
    assert eyes.order[-4:] == seen, "one after the other"
    assert (here.findings, here.late) == ([], [])


def test_of_many_pages_that_hang_some_are_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is told of; that so many hang is no neighbour's doing, and waiting twice takes hours."""
    pytest.importorskip("playwright")
    opened: list[str] = []

    class Hanging:
        def __init__(self, *given: Any) -> None: ...

        async def open(self) -> None: ...

        async def close(self) -> None: ...

        async def look(self, viewport: Viewport, url: str, article: Any) -> None:
            opened.append(url)
            await asyncio.sleep(0)
            raise PageProblem("it hangs", late=True)

    def page(number: int) -> PageToMeasure:
        name = f"{number:02}.html"
        return PageToMeasure(path=name, url=name, source=None, template="t", names=(), srcs=(), article=None)

    monkeypatch.setattr(runner, "BrowserSession", Hanging)
    measured = runner.measure(
        [partial(page, number) for number in range(runner._AGAIN + 5)],
        served=cast("SiteServer", None),
        widths=(320,),
        size=lambda path: None,
        executable=None,
        workers=2,
        progress=Quiet(),
    )
    assert [finding.location.page for finding in measured.findings] == [
        f"{n:02}.html" for n in range(runner._AGAIN + 5)
    ]
    assert {finding.message.partition(" (")[0] for finding in measured.findings} == {"it hangs"}
    again = [url for url in dict.fromkeys(opened) if opened.count(url) > 2]  # two viewports at once, then alone
    assert len(again) == runner._AGAIN


def test_a_browser_that_does_not_close_is_killed_and_not_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the one closes, the other lane has started another."""
    killed: list[int] = []
    monkeypatch.setattr("imageseo.layout.browser.session.os.kill", lambda process, signal: killed.append(process))
    window = BrowserSession(cast("Any", None), None, cast("SiteServer", None), Limits(close=0.05))

    class Stuck:
        async def close(self) -> None:
            window._process = 2
            await asyncio.sleep(60)

    window._browser, window._process = cast("Any", Stuck()), 1
    asyncio.run(window.close())
    assert killed == [1]
    assert window._process == 2
