"""One browser with a page for each viewport: opened, looked at, and made anew whenever a page breaks it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imageseo.layout.browser import chromium
from imageseo.layout.browser.problems import PageProblem, blocked, broken, redirected
from imageseo.layout.browser.server import FRAME, SiteServer
from imageseo.layout.browser.tab import Tab, script
from imageseo.model.finding import DESKTOP, Viewport

if TYPE_CHECKING:
    from playwright.async_api import Browser, CDPSession, Playwright

_STAGE = Viewport(name="frame", width=2560, height=DESKTOP.height, dpr=1.0)
"""Where the frame stands whose width changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds. ``load``: until a page has loaded. ``settle``: then, until it holds still. ``fade``: that a fade may
    take. ``close``: for a page to go.
    """

    load: float = 15.0
    settle: float = 3.0
    fade: float = 2.0
    close: float = 3.0


class BrowserSession:
    """A browser process of its own, so that what breaks it costs no other one's pages. Each viewport has a
    tab; several may be asked at once."""

    def __init__(self, playwright: Playwright, executable: str | None, served: SiteServer, limits: Limits) -> None:
        self._playwright = playwright
        self._executable = executable
        self._served = served
        self._limits = limits
        self._browser: Browser | None = None
        self._process: int | None = None
        self._tabs: dict[str, Tab] = {}
        self._opening = asyncio.Lock()  # a browser that fell under two tabs is started once

    async def open(self) -> None:
        """Start the browser. Raises BrowserError."""
        try:
            browser = await self._playwright.chromium.launch(
                executable_path=self._executable, args=chromium.flags(self._served.origin)
            )
            session: CDPSession = await browser.new_browser_cdp_session()
            known = await session.send("SystemInfo.getProcessInfo")
            await session.detach()
        except Exception as error:
            raise chromium.missing(error) from error
        self._process = next((each["id"] for each in known["processInfo"] if each["type"] == "browser"), None)
        self._browser = browser

    async def close(self) -> None:
        """End the browser, whatever it is doing."""
        self._tabs.clear()
        # While this one closes, another tab may start the next.
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

    async def look(self, viewport: Viewport, url: str, article: Any) -> tuple[Mapping[str, Any], list[PageProblem]]:
        """What a page shows at a viewport, as snapshot.js says it, and what was wrong though it could be looked at.

        Raises Trouble where it could not; the next page gets a fresh tab then.
        """
        known = self._tabs.get(viewport.name)
        tab = await self._tab(viewport)
        limits = self._limits
        patience = {"settle": 1000 * limits.settle, "fade": 1000 * limits.fade}
        try:
            if tab is not known:  # pages are seen as by who comes from another one: fonts and style sheets are at hand
                await self._goto(tab, url)
                tab.begin()
            await self._goto(tab, url)
            work = tab.page.evaluate(script("snapshot"), {**patience, "article": article})
            found = await asyncio.wait_for(work, 2 * (limits.settle + limits.fade))
        except Exception as error:
            raise await self._broken(viewport, tab, error, url) from error
        if tab.page.url.split("#")[0] != url:
            now = tab.page.url
            await self._drop(viewport)
            raise redirected(self._named(now))
        return found, [*tab.troubles, *([blocked(tab.hosts)] if tab.hosts else [])]

    async def widths(
        self, url: str, article: Any, widths: Sequence[int], *, scripts: bool
    ) -> tuple[Mapping[str, Any] | None, list[PageProblem]]:
        """As image_widths.js says it; None where the page refuses a frame. ``scripts``: its own run. Raises Trouble."""
        tab = await self._tab(_STAGE)
        stage = self._served.origin + FRAME
        asked = {
            "url": url,
            "widths": list(widths),
            "height": _STAGE.height,
            "article": article,
            "limit": 1000 * self._limits.load,
            "scripts": scripts,
        }
        try:
            if tab.page.url != stage:
                await self._goto(tab, stage)
            found = await asyncio.wait_for(tab.page.evaluate(script("image_widths"), asked), 2 * self._limits.load)
        except Exception as error:
            raise await self._broken(_STAGE, tab, error) from error
        if tab.troubles or tab.page.url != stage:
            await self._drop(_STAGE)
        return found, tab.troubles

    async def resized(self, url: str, article: Any, widths: Sequence[int]) -> Mapping[str, Any]:
        """As ``widths``, by making the window itself wider step by step: slower, for pages that refuse frames."""
        tab = await self._tab(DESKTOP)
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
            raise await self._broken(DESKTOP, tab, error) from error
        await self._drop(DESKTOP)
        return {**images, "rows": rows}

    async def _goto(self, tab: Tab, url: str) -> None:
        """Playwright's own limits do not hold for every script: a page that never ends would be waited for forever."""
        load = self._limits.load
        response = await asyncio.wait_for(tab.page.goto(url, wait_until="load", timeout=1000 * load), load + 1)
        if response is not None and response.status >= 400:
            raise PageProblem(f"the server answers {response.status} for {self._named(url)}")

    async def _broken(self, viewport: Viewport, tab: Tab, error: Exception, url: str | None = None) -> PageProblem:
        """Why a page could not be looked at. Its tab is gone afterwards, and with it what it was doing."""
        now = tab.page.url.split("#")[0]
        await self._drop(viewport)
        if isinstance(error, PageProblem):
            return error
        crash = next((each for each in tab.troubles if each.crash), None)
        if crash is not None:
            return crash
        if url is not None and now not in (url, tab.before, "about:blank") and not now.startswith("chrome-error:"):
            return redirected(self._named(now))
        return broken(error, self._limits.load, beside=[each.message for each in tab.troubles])

    def _named(self, url: str) -> str:
        """A URL as people know it: the site's own without the server's name, which is another one every time."""
        path = self._served.path(url)
        return f"/{path}" if path is not None else url.replace(self._served.origin, "")

    async def _tab(self, viewport: Viewport) -> Tab:
        """The tab of a viewport, fresh where the last one broke. Raises BrowserError."""
        known = self._tabs.get(viewport.name)
        if known is not None and not any(each.crash for each in known.troubles):  # it may have fallen while it waited
            known.begin()
            return known
        await self._drop(viewport)
        async with self._opening:
            for again in (True, False):
                if self._browser is None or not self._browser.is_connected():
                    await self.close()
                    await self.open()
                assert self._browser is not None
                try:
                    mobile = viewport not in (DESKTOP, _STAGE)
                    opening = Tab.open(self._browser, viewport, self._served.origin, mobile=mobile)
                    tab = await asyncio.wait_for(opening, 10 * self._limits.close)
                    break
                except Exception as error:
                    await self.close()
                    if not again:
                        raise chromium.missing(error) from error
            self._tabs[viewport.name] = tab
        return tab

    async def _drop(self, viewport: Viewport) -> None:
        """Let go of a tab; of the whole browser where it does not close."""
        tab = self._tabs.pop(viewport.name, None)
        if tab is None:
            return
        try:
            await asyncio.wait_for(tab.context.close(), self._limits.close)
        except Exception:
            await self.close()
