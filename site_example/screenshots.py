"""Write screenshots of this site to docs/images/, and copies of some to pelican/content/images/.

    pip install -e ".[example,browser]"
    python site_example/screenshots.py

Builds the site, serves it on loopback and opens it in Chromium: the program in the environment variable CHROMIUM, or
Playwright's own. Prints the bytes and milliseconds of docs/concepts/before-and-after.md.
"""

from __future__ import annotations

import functools
import io
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from imageseo.heroes.providers.art.style_names import STYLES
from imageseo.heroes.providers.procedural import Procedural
from imageseo.model.hero import Recipe

HERE = Path(__file__).resolve().parent
IMAGES = HERE / "docs" / "images"
DESKTOP: ViewportSize = {"width": 1350, "height": 940}
PHONE: ViewportSize = {"width": 412, "height": 823}
COLORS = ("#12203a", "#1f6fb5", "#5bb5a2", "#f3c08a")
SEEDS = {"ridges": (2, 34), "paper": (8, 17), "mosaic": (17, 42)}
OTHER_SEEDS = (2, 8)
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--hide-scrollbars"),
]
# Lighthouse's slow 4G: 150 ms and 1,638 kbit/s.
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 1638 * 1024 / 8, "uploadThroughput": 750 * 1024 / 8}
PLAIN = """\
site_name: Atlas
site_url: https://imageseo.example/
theme: {{name: material, font: false}}
hooks: [{hook}]
plugins: [{plugins}]
"""
STORY = """\
# The whole Earth

![The Earth as a flat map from space](images/earth.jpg)

Four months of pictures from a satellite, without a cloud, and laid side by side until they covered everything.
"""


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    _styles().save(IMAGES / "styles.jpg", quality=88, progressive=True, optimize=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=os.environ.get("CHROMIUM") or None, args=FLAGS)
        site = Path(folder) / "site"
        _build("mkdocs", HERE / "mkdocs.yml", site)
        with _served(site) as url:
            for scheme in ("light", "dark"):
                _take(browser, url, IMAGES / f"home-{scheme}.png", DESKTOP, dark=scheme == "dark")
            _take(browser, url, IMAGES / "home-mobile.png", PHONE)
        notes = HERE / "pelican" / "content" / "images"
        for name, copy in (("home-light", "manual"), ("home-dark", "manual-dark"), ("home-mobile", "manual-phone")):
            (notes / f"{copy}.png").write_bytes((IMAGES / f"{name}.png").read_bytes())
        _build("pelican", HERE / "pelican" / "pelicanconf.py", Path(folder) / "notes")
        with _served(Path(folder) / "notes") as url:
            _take(browser, f"{url}paper-scissors-seed/", IMAGES / "pelican.png", DESKTOP)
        for name, plugins in (("before", "search"), ("after", "search, imageseo")):
            _race(browser, Path(folder) / name, name, plugins)
        browser.close()


def _build(host: str, config: Path, site: Path) -> None:
    command = {
        "mkdocs": ["-m", "mkdocs", "build", "--quiet", "-f", str(config), "-d", str(site)],
        "pelican": ["-m", "pelican", "-s", str(config), "-o", str(site), str(config.parent / "content")],
    }[host]
    subprocess.run([sys.executable, *command], check=True, cwd=config.parent)


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".avif": "image/avif", ".webp": "image/webp"}  # noqa: RUF012

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def _served(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()


def _take(browser: Browser, url: str, target: Path, viewport: ViewportSize, *, dark: bool = False) -> None:
    context = browser.new_context(viewport=viewport, color_scheme="dark" if dark else "light")
    page = context.new_page()
    page.goto(url, wait_until="networkidle")
    page.screenshot(path=target)
    context.close()
    _small(target)


def _small(path: Path) -> None:
    """Reduce to 256 colours, dithered: a third of the bytes, without a visible difference at this size."""
    with Image.open(path) as image:
        flat = image.convert("RGB")
    colours = flat.quantize(256, Image.Quantize.MEDIANCUT)
    flat.quantize(palette=colours, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)


def _styles() -> Image.Image:
    """Return a contact sheet: two seeds of each style, in the colours of mkdocs.yml."""
    width, height, gap = 336, 189, 8
    provider = Procedural(colors=COLORS)
    rows = (len(STYLES) + 1) // 2
    sheet = Image.new("RGB", (4 * (width + gap) - gap, rows * (height + gap) - gap), "white")
    for number, style in enumerate(STYLES):
        options = dict(provider.complete({"style": style}))
        recipes = [
            Recipe(provider="procedural", seed=seed, width=2 * width, height=2 * height, options=options)
            for seed in SEEDS.get(style, OTHER_SEEDS)
        ]
        for column, master in enumerate(provider.produce(recipes), number % 2 * 2):
            with Image.open(io.BytesIO(master.png)) as image:
                small = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
                sheet.paste(small, (column * (width + gap), number // 2 * (height + gap)))
    return sheet


def _race(browser: Browser, folder: Path, name: str, plugins: str) -> None:
    """Take a screenshot of a page with one large photograph on a slow phone, 2.5 seconds after the request."""
    docs = folder / "docs"
    docs.mkdir(parents=True)
    (docs / "index.md").write_text(STORY, encoding="utf-8", newline="\n")
    config = folder / "mkdocs.yml"
    config.write_text(PLAIN.format(hook=HERE / "photographs.py", plugins=plugins), encoding="utf-8", newline="\n")
    site = folder / "site"
    _build("mkdocs", config, site)
    with _served(site) as url:
        _slow(browser, url, IMAGES / f"{name}.png")
        for screen, viewport, ratio in (("phone", PHONE, 1.75), ("desktop", DESKTOP, 1.0)):
            context = browser.new_context(viewport=viewport, device_scale_factor=ratio)
            page = context.new_page()
            page.goto(url, wait_until="networkidle")
            chosen = page.evaluate("document.querySelector('article img').currentSrc").rpartition("/")[2]
            print(f"{name}, {screen}: {chosen}, {(site / 'images' / chosen).stat().st_size / 1024:.1f} KiB")
            context.close()


def _slow(browser: Browser, url: str, target: Path) -> None:
    context = browser.new_context(viewport=PHONE, device_scale_factor=1)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)
    page.goto(url, wait_until="commit")
    page.wait_for_function("performance.now() > 2500")
    page.screenshot(path=target)
    print(f"{target.stem}, slow 4G: LCP {_lcp(page):.0f} ms")
    context.close()
    _small(target)


def _lcp(page: Page) -> float:
    """Return the LCP in milliseconds, when the image, the largest element of this page, is painted completely."""
    page.set_default_timeout(60_000)
    return float(
        page.evaluate(
            """() => new Promise(done => new PerformanceObserver(list => {
                 const image = list.getEntries().find(entry => entry.element?.tagName === 'IMG' && entry.loadTime > 0);
                 if (image) done(image.startTime);
               }).observe({type: 'largest-contentful-paint', buffered: true}))"""
        )
    )


if __name__ == "__main__":
    main()
