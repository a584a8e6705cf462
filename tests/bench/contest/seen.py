"""What Chromium loads of a site's pictures, and what it paints of them where they stand.

``choices`` opens every page and says which file was loaded for each picture, and how large its place is.
``Painter`` shows a file in a place of that size, alone on a page, and takes a screenshot: of the original and of a
candidate in the same place, so that no rounding of the page's layout comes between them.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from PIL import Image

from tests.bench import figures, material_site, scoring
from tests.bench.contest.common import note

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

TALLEST = 1_200  # CSS px; of longer pictures only that much is painted
BROWSERS = ("avif", "webp")
"""One that shows AVIF and WebP, and one that shows WebP only."""
_AVIF = re.compile(rb'<source\b[^>]*type="?image/avif"?[^>]*>')
_ARTICLE_IMG = re.compile(rb"<article.*<img\b", re.S)
_LOOK = """async () => {
  const found = [];
  for (const image of document.querySelectorAll('article img')) {
    image.scrollIntoView({ block: 'center', behavior: 'instant' });
    const start = performance.now();
    // What is broken is complete, and has no width.
    while (!(image.complete && image.naturalWidth) && performance.now() - start < (image.complete ? 300 : 8000))
      await new Promise(done => setTimeout(done, 15));
    const box = image.getBoundingClientRect();
    if (!image.currentSrc.startsWith(location.origin)) continue;
    found.push({ alt: image.alt, file: new URL(image.currentSrc).pathname, width: box.width, height: box.height });
  }
  return found;
}"""
_PAINT = """async ([url, width, height]) => {
  document.body.innerHTML = '';
  const image = new Image();
  Object.assign(image.style, { position: 'absolute', left: 0, top: 0, width: `${width}px`, height: `${height}px` });
  image.src = url;
  await image.decode();
  document.body.append(image);
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A viewport in CSS px and its density."""

    name: str
    width: int
    height: int
    density: float


SCREENS = (
    Screen(name="phone", width=412, height=823, density=1.75),
    Screen(name="desktop", width=1440, height=900, density=1),
    Screen(name="desktop 2x", width=1440, height=900, density=2),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was loaded for a picture: ``file``; and its place in CSS px."""

    file: Path
    width: float
    height: float


def choices(chromium: Browser, url: str, root: Path, screen: Screen, browser: str) -> dict[str, Choice]:
    """The choice for each picture of the site in ``root``, by its alternative text."""
    context = _context(chromium, screen)
    if browser == "webp":
        context.route(re.compile(r".*/([\w-]+\.html)?$"), lambda route: _without_avif(route, root))
    found: dict[str, Choice] = {}
    for path in _pages(root):
        page = context.new_page()
        page.goto(f"{url}{path.relative_to(root).as_posix()}", wait_until="load")
        for each in page.evaluate(_LOOK):
            file = root / unquote(each["file"]).lstrip("/")
            found[each["alt"]] = Choice(file=file, width=each["width"], height=each["height"])
        page.close()
    context.close()
    return found


def loaded(chromium: Browser, url: str, root: Path, screen: Screen, limit: int | None = None) -> int:
    """Bytes of all files that pictures in articles show, on up to ``limit`` pages spread over the site."""
    context = _context(chromium, screen)
    paths = _pages(root)
    step = max(1, len(paths) // limit) if limit else 1
    total = 0
    for path in paths[::step][:limit]:
        page = context.new_page()
        page.goto(f"{url}{path.relative_to(root).as_posix()}", wait_until="load")
        files = {root / unquote(each["file"]).lstrip("/") for each in page.evaluate(_LOOK)}
        total += sum(file.stat().st_size for file in files if file.is_file())
        page.close()
    context.close()
    return total


def _pages(root: Path) -> list[Path]:
    """Pages with a picture in their article."""
    return [path for path in sorted(root.rglob("*.html")) if _ARTICLE_IMG.search(path.read_bytes())]


class Painter:
    """Paints files of a folder that is served at ``url``."""

    def __init__(self, chromium: Browser, url: str, root: Path, screen: Screen) -> None:
        self._context = _context(chromium, screen)
        self._page: Page = self._context.new_page()
        self._url, self._root = url, root

    def paint(self, file: Path, place: Choice, target: Path) -> Path:
        """Writes what ``file`` looks like in ``place`` to ``target``, a PNG."""
        width, height = math.ceil(place.width), min(TALLEST, math.ceil(place.height))
        self._page.set_viewport_size({"width": width, "height": height})
        if self._page.url == "about:blank":
            (self._root / "blank.html").write_text("<!doctype html><title>A picture</title><body>", encoding="utf-8")
            self._page.goto(f"{self._url}blank.html")
        address = f"{self._url}{file.relative_to(self._root).as_posix()}"
        self._page.evaluate(_PAINT, [address, place.width, place.height])
        self._page.screenshot(path=target)
        return target

    def close(self) -> None:
        self._context.close()


@dataclass(slots=True)
class Seen:
    """What browsers have of one tool's site, by screen and browser, and then by picture.

    ``painted``: files of what was painted; ``scores``: of these; ``encoded``: files that the tool made.
    """

    chosen: dict[tuple[str, str], dict[str, Choice]] = field(default_factory=dict)
    painted: dict[tuple[str, str], dict[str, Path]] = field(default_factory=dict)
    scores: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict)
    encoded: int = 0


class Looker:
    """Looks at the sites of all tools, and judges what is painted. ``every``: Butteraugli on every Nth, 0: on none."""

    def __init__(self, pictures: Sequence[Path], scratch: Path, judge: scoring.Scorer, every: int) -> None:
        self._files = {path.stem: path for path in pictures}
        self._stems = {material_site.alternative_text(path): path.stem for path in pictures}
        self._scratch, self._judge, self._every = scratch, judge, every
        self._originals: dict[tuple[str, str], Path] = {}
        self._norms: dict[Path, float] = {}

    def look(self, before: Path, sites: Mapping[str, Path], seen: Mapping[str, Seen]) -> None:
        """Fills ``seen`` by tool. ``before``: the site with the original pictures."""
        from tests.support import browser as chrome

        with chrome.chromium() as chromium, chrome.served(self._scratch) as url:
            for screen in SCREENS:
                note(f"Chromium on {screen.name}")
                with chrome.served(before) as own:
                    plain = self._choices(chromium, own, before, screen, "avif")
                for name, site in sites.items():
                    with chrome.served(site) as own:
                        for browser in BROWSERS:
                            found = self._choices(chromium, own, site, screen, browser)
                            seen[name].chosen[screen.name, browser] = found
                self._paint(Painter(chromium, url, self._scratch, screen), screen, plain, seen)
        self._score(seen)

    def figures(self, seen: Seen) -> dict[str, Any]:
        """Of one tool: ``loaded``, ``painted`` and ``sharp``, by screen and browser."""
        loaded: dict[str, dict[str, int]] = {}
        painted: dict[str, dict[str, Any]] = {}
        sharp: dict[str, dict[str, Any]] = {}
        densities = {screen.name: screen.density for screen in SCREENS}
        for (screen, browser), chosen in seen.chosen.items():
            loaded.setdefault(screen, {})[browser] = sum(each.file.stat().st_size for each in chosen.values())
            score = {"ssimulacra2": figures.spread(seen.scores[screen, browser].values())}
            norms = self._butteraugli(screen, seen.painted[screen, browser])
            if norms:
                score["butteraugli_3_norm"] = {"mean": round(fmean(norms), 3), "max": round(max(norms), 3)}
            painted.setdefault(screen, {})[browser] = score
            shares = [
                _width(each.file) / min(each.width * densities[screen], _width(self._files[stem]))
                for stem, each in chosen.items()
            ]
            of = {"least": round(min(shares), 3), "share_at_95": round(fmean(each >= 0.95 for each in shares), 3)}
            sharp.setdefault(screen, {})[browser] = of
        return {"loaded": loaded, "painted": painted, "sharp": sharp}

    def judged(self, seen: Seen) -> dict[str, tuple[float, Path, Path]]:
        """All that was painted of one tool: score, original and candidate."""
        return {
            f"{stem}, {screen}, {browser}": (score, self._originals[screen, stem], seen.painted[screen, browser][stem])
            for (screen, browser), scores in seen.scores.items()
            for stem, score in scores.items()
        }

    def _choices(self, chromium: Browser, url: str, root: Path, screen: Screen, browser: str) -> dict[str, Choice]:
        found = choices(chromium, url, root, screen, browser)
        return {stem: found[text] for text, stem in self._stems.items()}

    def _paint(self, painter: Painter, screen: Screen, plain: Mapping[str, Choice], seen: Mapping[str, Seen]) -> None:
        folder = self._scratch / "painted" / screen.name
        done: dict[tuple[str, str], Path] = {}  # one file may be what several browsers take

        def paint(file: Path, stem: str, target: Path) -> Path:
            key = (stem, hashlib.sha256(file.read_bytes()).hexdigest())
            if key not in done:
                target.parent.mkdir(parents=True, exist_ok=True)
                done[key] = painter.paint(file, plain[stem], target)
            return done[key]

        for stem, place in plain.items():
            self._originals[screen.name, stem] = paint(place.file, stem, folder / f"{stem}.png")
        for name, each in seen.items():
            for browser in BROWSERS:
                each.painted[screen.name, browser] = {
                    stem: paint(choice.file, stem, folder / name / f"{stem}-{browser}.png")
                    for stem, choice in each.chosen[screen.name, browser].items()
                }
        painter.close()

    def _score(self, seen: Mapping[str, Seen]) -> None:
        note(f"judging what is painted by {self._judge.name}")
        waiting: dict[Path, list[Path]] = {}
        for each in seen.values():
            for (screen, _), painted in each.painted.items():
                for stem, path in painted.items():
                    files = waiting.setdefault(self._originals[screen, stem], [])
                    files += [path] if path not in files else []
        scores = self._judge.scores(waiting)
        for each in seen.values():
            each.scores = {key: {stem: scores[path] for stem, path in of.items()} for key, of in each.painted.items()}

    def _butteraugli(self, screen: str, painted: Mapping[str, Path]) -> list[float]:
        """3-norms of every Nth picture; none without the program."""
        files = {stem: painted[stem] for stem in (sorted(painted)[:: self._every] if self._every else ())}
        fresh = {path: self._originals[screen, stem] for stem, path in files.items() if path not in self._norms}
        norms = scoring.butteraugli([(original, path) for path, original in fresh.items()])
        if norms is None:
            return []
        self._norms.update(zip(fresh, norms, strict=True))
        return [self._norms[path] for path in files.values()]


def loaded_beside(tools: Mapping[str, Any], peer: str) -> dict[str, Any] | None:
    """Bytes loaded, ours over the peer's, by screen and browser; all tools but the peer."""
    theirs = tools.get(peer)
    if theirs is None:
        return None
    return {
        name: {
            screen: {browser: round(size / theirs["loaded"][screen][browser], 3) for browser, size in of.items()}
            for screen, of in tool["loaded"].items()
        }
        for name, tool in tools.items()
        if tool is not None and name != peer
    }


def _context(chromium: Browser, screen: Screen) -> BrowserContext:
    viewport: Any = {"width": screen.width, "height": screen.height}
    context = chromium.new_context(viewport=viewport, device_scale_factor=screen.density, locale="en-US")
    context.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.abort())
    return context


def _without_avif(route: Route, root: Path) -> None:
    path = root / unquote(route.request.url.partition("//")[2].partition("/")[2])
    page = path / "index.html" if path.is_dir() else path
    route.fulfill(body=_AVIF.sub(b"", page.read_bytes()), content_type="text/html; charset=utf-8")


def _width(file: Path) -> int:
    with Image.open(file) as image:
        return image.width
