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
    from playwright.async_api import Browser, BrowserContext, Page

_REFERENCE = re.compile(r"\$(read_page|load_lazy|is_sized)\b")


@dataclass(slots=True)
class Tab:
    """A reused tab. ``problems``: side effects of its page; ``hosts``: blocked; ``previous_url``: of the last page."""

    context: BrowserContext
    page: Page
    problems: list[PageProblem] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    previous_url: str = ""

    def reset(self) -> None:
        """Clear the recorded side effects before another page is opened."""
        self.problems, self.hosts, self.previous_url = [], set(), self.page.url.split("#")[0]

    @classmethod
    async def open(cls, browser: Browser, viewport: Viewport, origin: str, *, mobile: bool) -> Tab:
        """Open a new tab. ``origin``: the only one that may be requested; requests to other hosts are recorded."""
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

    tab.page.on("dialog", handle_dialog)
    tab.page.on("popup", handle_popup)
    tab.page.on("download", handle_download)
    tab.page.on("requestfailed", handle_failed_request)
    tab.page.on(
        "crash", lambda _: tab.problems.append(PageProblem("the page crashes the browser's renderer", crash=True))
    )


@cache
def script(name: str) -> str:
    """Return a script of this package with the scripts that it references as ``$name`` inserted."""
    text = (Path(__file__).parent / "scripts" / f"{name}.js").read_text("utf-8")
    _, _, code = text.partition("\n") if text.startswith("//") else ("", "", text)
    return _REFERENCE.sub(lambda match: f"({script(match[1]).strip()})", code)
