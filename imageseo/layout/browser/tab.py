"""A reused tab of the browser: its setup, and recording of side effects of the pages in it."""

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
    from playwright.async_api import Browser, BrowserContext, CDPSession, Page

_REFERENCE = re.compile(r"\$(read_page|load_lazy|is_sized)\b")


@dataclass(slots=True)
class Tab:
    """A reused tab. ``problems``: side effects of its page; ``hosts``: blocked; ``previous_url``: of the last page.

    ``errors``: messages of the console and of scripts. ``failed``: URLs that failed. ``images``: downloaded image URLs,
    by request.
    """

    context: BrowserContext
    page: Page
    problems: list[PageProblem] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    previous_url: str = ""
    errors: list[str] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    images: dict[str, str] = field(default_factory=dict)
    session: CDPSession | None = None

    def reset(self) -> None:
        """Clear the recorded side effects before another page is opened."""
        self.problems, self.hosts, self.previous_url = [], set(), self.page.url.split("#")[0]
        self.errors, self.failed, self.images = [], set(), {}

    async def forget_images(self) -> None:
        """Remove the images of earlier pages from the renderer's memory: a page that finds one there loads another."""
        if self.session is not None:
            for disabled in (True, False):
                await self.session.send("Network.setCacheDisabled", {"cacheDisabled": disabled})

    @classmethod
    async def open(
        cls, browser: Browser, viewport: Viewport, origin: str, *, mobile: bool, repeatable: bool = False
    ) -> Tab:
        """Open a new tab. ``origin``: the only one that may be requested; requests to other hosts are recorded.

        ``repeatable``: with little animation and the same random numbers on each visit.
        """
        context = await browser.new_context(
            viewport={"width": viewport.width, "height": viewport.height},
            device_scale_factor=viewport.dpr,
            is_mobile=mobile,
            has_touch=mobile,
            locale="en-US",
            timezone_id="UTC",
            color_scheme="light",
            reduced_motion="reduce" if repeatable else "no-preference",
            service_workers="block",
            accept_downloads=False,
        )
        await context.add_init_script(script("fixed_random" if repeatable else "record_lcp"))
        page = await context.new_page()
        tab = cls(context, page)
        _listen(tab, origin)
        if repeatable:
            await _record_downloads(tab)
        return tab


def _listen(tab: Tab, origin: str) -> None:
    """Record side effects of a page that visitors would notice, and dismiss those that block it."""
    host = urlsplit(origin).netloc

    async def handle_dialog(dialog: Any) -> None:
        if dialog.type != "beforeunload":  # caused by leaving the page, not by the page
            text = " ".join(dialog.message.split())[:100]
            tab.problems.append(side_effect(f"the page shows a dialog ({dialog.type}): {text!r}"))
        with contextlib.suppress(Exception):
            await (dialog.accept() if dialog.type == "beforeunload" else dialog.dismiss())

    async def handle_popup(popup: Any) -> None:
        tab.problems.append(side_effect("the page opens another window"))
        with contextlib.suppress(Exception):
            await popup.close()

    async def handle_download(download: Any) -> None:
        tab.problems.append(side_effect(f"the page starts a download: {download.suggested_filename}"))
        with contextlib.suppress(Exception):
            await download.cancel()

    def handle_failed_request(request: Any) -> None:
        split = urlsplit(request.url)
        if split.scheme in ("http", "https", "ws", "wss") and split.netloc != host:
            tab.hosts.add(split.hostname or split.netloc)
        if "ERR_ABORTED" not in (request.failure or ""):  # as when a script sets another `src`
            tab.failed.add(request.url)

    def handle_response(response: Any) -> None:
        if response.status >= 400:
            tab.failed.add(response.url)

    def handle_console(message: Any) -> None:
        # Failed requests are recorded by URL.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            tab.errors.append(message.text)

    tab.page.on("dialog", handle_dialog)
    tab.page.on("popup", handle_popup)
    tab.page.on("download", handle_download)
    tab.page.on("requestfailed", handle_failed_request)
    tab.page.on("response", handle_response)
    tab.page.on("console", handle_console)
    tab.page.on("pageerror", lambda error: tab.errors.append(str(error)))
    tab.page.on(
        "crash", lambda _: tab.problems.append(PageProblem("the page crashes the browser's renderer", crash=True))
    )


async def _record_downloads(tab: Tab) -> None:
    """Record requested images, without those that are in the renderer's memory."""
    session = tab.session = await tab.context.new_cdp_session(tab.page)

    def handle_request(event: Any) -> None:
        if event.get("type") == "Image":
            tab.images[event["requestId"]] = event["request"]["url"]

    def handle_cached(event: Any) -> None:
        tab.images.pop(event["requestId"], None)

    session.on("Network.requestWillBeSent", handle_request)
    session.on("Network.requestServedFromCache", handle_cached)
    await session.send("Network.enable")


@cache
def script(name: str) -> str:
    """Return a script of this package with the scripts that it references as ``$name`` inserted."""
    text = (Path(__file__).parent / "scripts" / f"{name}.js").read_text("utf-8")
    _, _, code = text.partition("\n") if text.startswith("//") else ("", "", text)
    return _REFERENCE.sub(lambda match: f"({script(match[1]).strip()})", code)
