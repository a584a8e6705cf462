"""axe-core in Chromium: the rules that can be about images, on pages whose tags carry their number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from imageseo.layout.browser.server import serve
from tests.bench.checkers import Said, Tools, program
from tests.bench.checkers.pages import MARK, Page, marked

RULES = (
    *("image-alt", "input-image-alt", "area-alt", "object-alt", "svg-img-alt", "role-img-alt", "image-redundant-alt"),
    *("link-name", "button-name", "presentation-role-conflict", "server-side-image-map", "aria-allowed-role"),
    *("aria-valid-attr-value", "aria-prohibited-attr", "aria-allowed-attr", "aria-valid-attr", "aria-roles"),
)
_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
_RUN = """async ([rules, mark]) => {
  const told = await axe.run(document, {runOnly: {type: 'rule', values: rules}, resultTypes: ['violations']});
  return told.violations.flatMap(rule => rule.nodes.map(node => {
    const found = node.target.length === 1 && typeof node.target[0] === 'string'
      ? document.querySelector(node.target[0]) : null;
    return [rule.id, found ? found.getAttribute(mark) : null, node.failureSummary || ''];
  }));
}"""


def says(folder: Path, site_url: str | None, pages: Sequence[Page], tools: Tools) -> Iterator[Said]:
    """What axe reports. Raises ``Missing``."""
    from playwright.sync_api import Error, sync_playwright

    script = tools.file("axe-core/axe.min.js").read_text("utf-8")
    chromium = program("chromium")
    with serve(folder, site_url, prepare=marked) as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS.split())
        context = browser.new_context(viewport={"width": 1350, "height": 940}, bypass_csp=True)
        context.route(lambda url: "127.0.0.1" not in url, lambda route: route.abort())
        for page in pages:
            opened = context.new_page()
            try:
                opened.goto(served.url(page.path), wait_until="load", timeout=30_000)
                opened.evaluate(script)
                yield from read(opened.evaluate(_RUN, [list(RULES), MARK]), page)
            except Error as error:
                yield Said("axe/failed", page.path, None, str(error).splitlines()[0])
            finally:
                opened.close()
        browser.close()


def read(report: Sequence[Sequence[str | None]], page: Page) -> Iterator[Said]:
    """What it found: rule, number of the tag, why."""
    for rule, mark, why in report:
        number = int(mark) if mark and mark.isdecimal() else None
        yield Said(f"axe/{rule}", page.path, number, " ".join((why or "").split()))


def version(tools: Tools) -> str:
    return tools.version("axe-core")
