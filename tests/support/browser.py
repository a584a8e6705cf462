"""A real browser and a real server for tests: Debian's Chromium, driven by Playwright, over loopback."""

from __future__ import annotations

import functools
import http.server
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

# The shell is Chromium without windows: each new context takes a fifth of the time.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")


class Box(NamedTuple):
    """One element: what it is, and its border box in CSS px of the whole page."""

    element: str
    x: float
    y: float
    width: float
    height: float

    def near(self, other: Box, px: float) -> bool:
        return self.element == other.element and all(
            abs(mine - its) <= px for mine, its in zip(self[1:], other[1:], strict=True)
        )


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS.split())
        try:
            yield browser
        finally:
            browser.close()


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a page that is closed takes no more
            super().handle_error(request, client_address)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The URL of a folder on loopback, ending with a slash."""
    handler = functools.partial(_Handler, directory=str(folder))
    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def open_page(
    browser: Browser, url: str, *, width: int, height: int, dpr: float = 1.0, missing: list[str] | None = None
) -> Page:
    """A loaded page at a viewport; whatever is not on loopback is not asked for. ``missing`` takes failed URLs."""
    context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=dpr)
    context.route(lambda asked: "127.0.0.1" not in asked, lambda route: route.abort())
    page = context.new_page()
    if missing is not None:
        page.on("response", lambda response: None if response.ok else missing.append(response.url))
    page.goto(url, wait_until="load")
    return page


_BOXES = """async () => {
  document.querySelectorAll('img').forEach(image => { image.loading = 'eager'; });
  const loaded = image => image.complete || new Promise(done => { image.onload = image.onerror = done; });
  const ours = '[data-imageseo="hero-figure"]';
  const boxes = () => [...document.body.querySelectorAll('*')]
    .filter(each => !each.closest(ours) && !/^(PICTURE|SOURCE|STYLE|SCRIPT|LINK|META)$/.test(each.tagName))
    .map(each => {
      const box = each.getBoundingClientRect();
      const name = each.tagName + (each.id ? '#' + each.id : '') + (each.src ? ' ' + new URL(each.src).pathname : '');
      return [name, box.x + scrollX, box.y + scrollY, box.width, box.height];
    });
  await Promise.all([document.fonts.ready, ...[...document.images].map(loaded)]);
  // A theme's scripts set the height of its sidebars frames after that: a layout counts that has held still.
  let now = boxes();
  for (let still = 0, round = 0; still < 4 && round < 100; round++) {
    await new Promise(done => setTimeout(() => requestAnimationFrame(done), 100));
    const next = boxes();
    still = JSON.stringify(next) === JSON.stringify(now) ? still + 1 : 0;
    now = next;
  }
  return now;
}"""


def boxes(page: Page) -> list[Box]:
    """Every element of the body but our own additions, as laid out once all images are there and all holds still."""
    return [Box(*each) for each in page.evaluate(_BOXES)]
