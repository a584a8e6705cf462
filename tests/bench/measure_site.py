"""What ``imageseo measure`` costs a page and viewport: a built site opened by real browsers, as users do it.

``ms_per_view`` is the clock of the whole run over pages times four viewports, with the widths, the browsers' start and
all; ``ms_per_view_median`` the same for the page in the middle: what it took, with its widths, over four viewports and
over the workers beside each other; ``view_ms`` what one view took in its browser, median and 90th percentile.
``same``: whether all rounds wrote the same file.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from unittest import mock

from imageseo.cli.commands import measure
from imageseo.integrations.progress import Quiet
from imageseo.integrations.project import detect_project
from imageseo.layout import layout_file
from imageseo.layout.browser import runner as browsing
from imageseo.layout.browser.runner import VIEWPORTS
from imageseo.layout.browser.session import BrowserSession


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--site", type=Path, required=True, metavar="DIR", help="a built site")
    parser.add_argument("--site-url", metavar="URL", help="where it is published; else as its home page says")
    parser.add_argument("--pages", metavar="GLOB", default="*")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds a view, medians of the rounds."""
    took: list[float] = []
    whole: list[float] = []
    walls, files, failed = [], [], 0
    pages = 0
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="imageseo-bench-") as name:
            folder = Path(name)
            url = f'site_url = "{options.site_url}"\n' if options.site_url else ""
            (folder / "imageseo.toml").write_text(url, "utf-8")
            here = detect_project(folder, config=None, note=lambda text: None)
            with (
                mock.patch.object(BrowserSession, "take_snapshot", _timed(BrowserSession.take_snapshot, took)),
                mock.patch.object(browsing, "_measure_page", _timed(browsing._measure_page, whole)),
            ):
                started = time.perf_counter()
                result = measure.run(
                    here, options.site.resolve(), progress=Quiet(), globs=(options.pages,), workers=options.workers
                )
                walls.append(time.perf_counter() - started)
            pages, failed = result.summary["pages"], result.summary["errors"]
            files.append((folder / layout_file.NAME).read_bytes())
    wall = statistics.median(walls)
    return {
        "pages": pages,
        "failed": failed,
        "workers": options.workers,
        "rounds": options.rounds,
        "wall_s": round(wall, 1),
        "ms_per_view": round(1000 * wall / max(1, pages * len(VIEWPORTS))),
        "ms_per_view_median": round(1000 * statistics.median(whole) / len(VIEWPORTS) / options.workers),
        "view_ms": {
            "median": round(1000 * statistics.median(took)),
            "p90": round(1000 * statistics.quantiles(took, n=10)[-1]),
        },
        "load": round(os.getloadavg()[0], 1),
        "same": len(set(files)) == 1,
    }


def _timed(look: Callable[..., Awaitable[Any]], took: list[float]) -> Callable[..., Awaitable[Any]]:
    async def timed(*given: Any) -> Any:
        started = time.perf_counter()
        found = await look(*given)
        took.append(time.perf_counter() - started)
        return found

    return timed
