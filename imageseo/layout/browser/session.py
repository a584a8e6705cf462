"""A browser with a tab for each viewport, restarted whenever a page breaks it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from imageseo.layout.browser import chromium
from imageseo.layout.browser.comparison import PageState, Thumb
from imageseo.layout.browser.problems import PageProblem, blocked, page_problem, redirected
from imageseo.layout.browser.server import FRAME, SiteServer
from imageseo.layout.browser.tab import Tab, script
from imageseo.model.finding import DESKTOP, Viewport

if TYPE_CHECKING:
    from playwright.async_api import Browser, CDPSession, Playwright, Response

_FRAME_VIEWPORT = Viewport(name="frame", width=2560, height=DESKTOP.height, dpr=1.0)
"""The viewport of the page with the frame whose width changes."""
_MOST_STEPS = 40
"""Steps in which a page is scrolled through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureLimits:
    """Time limits in seconds. ``load``: for loading a page. ``settle``: then, until its layout is stable. ``fade``:
    for a fade. ``close``: for closing a page.
    """

    load: float = 15.0
    settle: float = 3.0
    fade: float = 2.0
    close: float = 3.0


class BrowserSession:
    """A browser process with a tab for each viewport; several tabs may be used concurrently.

    Each session has its own process, so that a crash does not affect the pages of other sessions.
    """

    def __init__(
        self,
        playwright: Playwright,
        executable: str | None,
        served: SiteServer,
        limits: MeasureLimits,
        *,
        repeatable: bool = False,
    ) -> None:
        """``repeatable``: two visits to a page find the same, as far as possible."""
        self._playwright = playwright
        self._executable = executable
        self._served = served
        self._limits = limits
        self._repeatable = repeatable
        self._browser: Browser | None = None
        self._process: int | None = None
        self._tabs: dict[str, Tab] = {}
        self._opening = asyncio.Lock()  # a browser that crashed under two tabs is restarted once

    async def open(self) -> None:
        """Start the browser. Raises BrowserError."""
        try:
            browser = await self._playwright.chromium.launch(
                executable_path=self._executable, args=chromium.flags(self._served.origin)
            )
            session: CDPSession = await browser.new_browser_cdp_session()
            info = await session.send("SystemInfo.getProcessInfo")
            await session.detach()
        except Exception as error:
            raise chromium.start_error(error) from error
        self._process = next((process["id"] for process in info["processInfo"] if process["type"] == "browser"), None)
        self._browser = browser

    async def close(self) -> None:
        """Close the browser; kill it if it does not close in time."""
        self._tabs.clear()
        # While this browser closes, another tab may start the next one.
        browser, self._browser = self._browser, None
        process, self._process = self._process, None
        if browser is None:
            return
        try:
            await asyncio.wait_for(browser.close(), self._limits.close)
        except Exception:
            if process is not None:
                with contextlib.suppress(OSError):
                    os.kill(process, getattr(signal, "SIGKILL", signal.SIGTERM))

    async def take_snapshot(
        self, viewport: Viewport, url: str, article: Any
    ) -> tuple[Mapping[str, Any], list[PageProblem]]:
        """Open a page at a viewport; return the result of snapshot.js, and problems that did not prevent it.

        Raises PageProblem if the page cannot be measured; the next page then gets a new tab.
        """
        previous = self._tabs.get(viewport.name)
        tab = await self._get_tab(viewport)
        limits = self._limits
        timeouts = {"settle": 1000 * limits.settle, "fade": 1000 * limits.fade}
        try:
            if (
                tab is not previous
            ):  # as after a visit to another page: fonts and style sheets are in the browser's cache
                await self._goto(tab, url)
                tab.reset()
            await self._goto(tab, url)
            evaluation = tab.page.evaluate(script("snapshot"), {**timeouts, "article": article})
            found = await asyncio.wait_for(evaluation, 2 * (limits.settle + limits.fade))
        except Exception as error:
            raise await self._page_problem(viewport, tab, error, url) from error
        if tab.page.url.split("#")[0] != url:
            target = tab.page.url
            await self._close_tab(viewport)
            raise redirected(self._display_url(target))
        return found, [*tab.problems, *([blocked(tab.hosts)] if tab.hosts else [])]

    async def read_content(self, viewport: Viewport, url: str, thumbs: dict[str, Thumb]) -> PageState:
        """Open a page at a viewport, scroll through it, and return what it shows.

        ``thumbs``: known thumbnails by path of the image file; new ones are added. Raises PageProblem.
        """
        tab = await self._get_tab(viewport)
        settle = self._limits.settle
        try:
            await asyncio.wait_for(tab.forget_images(), self._limits.load)
            response = await self._goto(tab, url)
            html = await response.text() if response is not None else ""
            scrolling = tab.page.evaluate(script("scroll_through"), {"settle": 1000 * settle, "steps": _MOST_STEPS})
            await asyncio.wait_for(scrolling, 4 * settle + _MOST_STEPS / 10)
            images = frozenset(map(self._path, tab.images.values()))
            arguments = {"settle": 1000 * settle, "html": html, "known": sorted(thumbs), "hover": viewport == DESKTOP}
            content = await asyncio.wait_for(tab.page.evaluate(script("read_content"), arguments), 6 * settle)
        except Exception as error:
            raise await self._page_problem(viewport, tab, error, url) from error
        host = self._served.origin.removeprefix("http://")
        for element in content["elements"]:  # pages that show their own address
            element["text"] = element["text"].replace(host, "127.0.0.1")
        thumbs.update({path: Thumb(**found) for path, found in content["thumbs"].items() if found})
        return PageState(
            content=content,
            thumbs=thumbs,
            errors=[text.replace(self._served.origin, "") for text in tab.errors],
            failed=frozenset(map(self._path, tab.failed)),
            images=images,
        )

    async def measure_widths(
        self, url: str, article: Any, widths: Sequence[int], *, scripts: bool
    ) -> tuple[Mapping[str, Any] | None, list[PageProblem]]:
        """Return the result of image_widths.js; None if the page refuses frames. ``scripts``: run the page's scripts.

        Raises PageProblem.
        """
        tab = await self._get_tab(_FRAME_VIEWPORT)
        frame_url = self._served.origin + FRAME
        arguments = {
            "url": url,
            "widths": list(widths),
            "height": _FRAME_VIEWPORT.height,
            "article": article,
            "limit": 1000 * self._limits.load,
            "scripts": scripts,
        }
        try:
            if tab.page.url != frame_url:
                await self._goto(tab, frame_url)
            found = await asyncio.wait_for(tab.page.evaluate(script("image_widths"), arguments), 2 * self._limits.load)
        except Exception as error:
            raise await self._page_problem(_FRAME_VIEWPORT, tab, error) from error
        if tab.problems or tab.page.url != frame_url:
            await self._close_tab(_FRAME_VIEWPORT)
        return found, tab.problems

    async def resize_window(self, url: str, article: Any, widths: Sequence[int]) -> Mapping[str, Any]:
        """Measure as ``measure_widths`` does, by resizing the window: slower, for pages that refuse frames."""
        tab = await self._get_tab(DESKTOP)
        load, rows = self._limits.load, []
        try:
            await self._goto(tab, url)
            images = await asyncio.wait_for(
                tab.page.evaluate(f"limit => ({script('load_lazy')})(document, limit)", 1000 * load), 2 * load
            )
            reading = f"article => ({script('read_page')})(document, article)"
            for width in widths:
                await tab.page.set_viewport_size({"width": width, "height": DESKTOP.height})
                rows.append(await asyncio.wait_for(tab.page.evaluate(reading, article), load))
        except Exception as error:
            raise await self._page_problem(DESKTOP, tab, error) from error
        await self._close_tab(DESKTOP)
        return {**images, "rows": rows}

    async def _goto(self, tab: Tab, url: str) -> Response | None:
        """Open a URL with a time limit; Playwright's own limits do not apply to every script."""
        load = self._limits.load
        response = await asyncio.wait_for(tab.page.goto(url, wait_until="load", timeout=1000 * load), load + 1)
        if response is not None and response.status >= 400:
            raise PageProblem(f"the server responds with {response.status} for {self._display_url(url)}")
        return response

    async def _page_problem(
        self, viewport: Viewport, tab: Tab, error: Exception, url: str | None = None
    ) -> PageProblem:
        """Return the reason why a page could not be measured, and close its tab."""
        current = tab.page.url.split("#")[0]
        await self._close_tab(viewport)
        if isinstance(error, PageProblem):
            return error
        crash = next((problem for problem in tab.problems if problem.crash), None)
        if crash is not None:
            return crash
        unchanged = current in (url, tab.previous_url, "about:blank") or current.startswith("chrome-error:")
        if url is not None and not unchanged:
            return redirected(self._display_url(current))
        return page_problem(error, self._limits.load, side_effects=[problem.message for problem in tab.problems])

    def _display_url(self, url: str) -> str:
        """Return a URL for messages: the site's own without the local server, whose port changes with every run."""
        path = self._served.path(url)
        return f"/{path}" if path is not None else url.replace(self._served.origin, "")

    def _path(self, url: str) -> str:
        """Return a URL as read_content.js writes it: the path of a file of the site, without a query."""
        if not url.startswith(self._served.origin + "/"):
            return url.split("?")[0]
        return unquote(url[len(self._served.origin) + 1 :].split("?")[0].split("#")[0])

    async def _get_tab(self, viewport: Viewport) -> Tab:
        """Return the tab of a viewport, a new one after a crash. Raises BrowserError."""
        existing = self._tabs.get(viewport.name)
        if existing is not None and not any(problem.crash for problem in existing.problems):  # it may crash while idle
            existing.reset()
            return existing
        await self._close_tab(viewport)
        async with self._opening:
            for retry in (True, False):
                if self._browser is None or not self._browser.is_connected():
                    await self.close()
                    await self.open()
                assert self._browser is not None
                try:
                    mobile = viewport not in (DESKTOP, _FRAME_VIEWPORT)
                    opening = Tab.open(
                        self._browser, viewport, self._served.origin, mobile=mobile, repeatable=self._repeatable
                    )
                    tab = await asyncio.wait_for(opening, 10 * self._limits.close)
                    break
                except Exception as error:
                    await self.close()
                    if not retry:
                        raise chromium.start_error(error) from error
            self._tabs[viewport.name] = tab
        return tab

    async def _close_tab(self, viewport: Viewport) -> None:
        """Close a tab; close the whole browser if the tab does not close."""
        tab = self._tabs.pop(viewport.name, None)
        if tab is None:
            return
        try:
            await asyncio.wait_for(tab.context.close(), self._limits.close)
        except Exception:
            await self.close()
