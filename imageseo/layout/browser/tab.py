"""A page of the browser that is used again and again: how it is set up, and what a site's page does in it."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from imageseo.layout.browser.problems import PageProblem, side_effect
from imageseo.model.finding import Viewport

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page

_NAMED = re.compile(r"\$(read_page|load_lazy|is_sized)\b")


@dataclass(slots=True)
class Tab:
    """A page that is used again, and what it did beside being looked at. ``before``: the URL that it had until then."""

    context: BrowserContext
    page: Page
    troubles: list[PageProblem] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    before: str = ""

    def begin(self) -> None:
        """Another page comes: forget what the last one did."""
        self.troubles, self.hosts, self.before = [], set(), self.page.url.split("#")[0]

    @classmethod
    async def open(cls, browser: Browser, viewport: Viewport, origin: str, *, mobile: bool) -> Tab:
        """A fresh one. ``origin``: that may be asked; what else is, is noted."""
        context = await browser.new_context(
            viewport={"width": viewport.width, "height": viewport.height},
            device_scale_factor=viewport.dpr,
            is_mobile=mobile,
            has_touch=mobile,
            locale="en-US",
            timezone_id="UTC",
            color_scheme="light",
            service_workers="block",
            accept_downloads=False,
        )
        await context.add_init_script(script("record_lcp"))
        page = await context.new_page()
        tab = cls(context, page)
        _listen(tab, origin)
        return tab


def _listen(tab: Tab, origin: str) -> None:
    """Keep what a page does that a visitor would see beside it; answer what would hold it up."""
    host = urlsplit(origin).netloc

    async def dialog(shown: Any) -> None:
        if shown.type != "beforeunload":  # that is our own leaving
            words = " ".join(shown.message.split())[:100]
            tab.troubles.append(side_effect(f"it shows a dialog ({shown.type}): {words!r}"))
        with contextlib.suppress(Exception):
            await (shown.accept() if shown.type == "beforeunload" else shown.dismiss())

    async def popup(opened: Any) -> None:
        tab.troubles.append(side_effect("it opens another window"))
        with contextlib.suppress(Exception):
            await opened.close()

    async def download(begun: Any) -> None:
        tab.troubles.append(side_effect(f"it starts a download: {begun.suggested_filename}"))
        with contextlib.suppress(Exception):
            await begun.cancel()

    def request_failed(request: Any) -> None:
        split = urlsplit(request.url)
        if split.scheme in ("http", "https", "ws", "wss") and split.netloc != host:
            tab.hosts.add(split.hostname or split.netloc)

    tab.page.on("dialog", dialog)
    tab.page.on("popup", popup)
    tab.page.on("download", download)
    tab.page.on("requestfailed", request_failed)
    tab.page.on("crash", lambda _: tab.troubles.append(PageProblem("it crashes the browser's renderer", crash=True)))


@cache
def script(name: str) -> str:
    """A script of this package, with those that it names put in."""
    text = (Path(__file__).parent / "scripts" / f"{name}.js").read_text("utf-8")
    _, _, code = text.partition("\n") if text.startswith("//") else ("", "", text)
    return _NAMED.sub(lambda found: f"({script(found[1]).strip()})", code)
