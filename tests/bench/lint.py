"""What ``imageseo lint`` costs a page: the example site, built, and its pages repeated until there are many.

The command runs as users run it; what Python itself needs to start and say the version is measured beside it and taken
off. ``ms_per_page`` is CPU and ``wall_ms_per_page`` the clock. ``peak_pss_mb`` is the memory that all its processes
hold together; ``peak_rss_mb`` counts the pages that they share once for each.

With ``--node-modules DIR`` html-validate lints a sample of the same pages with its rules about images alone, and we
lint all of them once more, each held to one core: ``pages_per_s_vs_html_validate``, starting included on both sides.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.measure import Failure, Run, measure

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "site_example"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--site", type=Path, metavar="DIR", help="a built site to grow; without it the example is built"
    )
    parser.add_argument("--node-modules", type=Path, metavar="DIR", help="where html-validate is installed")
    parser.add_argument("--sample", type=int, default=100, help="pages that html-validate gets")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds a page, medians of the rounds; or why there are none."""
    with tempfile.TemporaryDirectory(prefix="imageseo-bench-") as folder:
        here = Path(folder) / "example"
        try:
            if options.site:
                shutil.copytree(options.site, here / "site")
            else:
                _build(here)
        except Failure as error:
            return {"skipped": f"the example cannot be built: {error}"}
        sizes = grow(here / "site", options.pages)
        starts, runs = [], []
        for _ in range(options.rounds):
            starts.append(_timed("--version", cwd=here))
            runs.append(_timed("lint", "site", "--format", "json", "--output", "report.json", cwd=here))
        images = json.loads((here / "report.json").read_text("utf-8"))["summary"]["images"]
        beside = _beside(options.node_modules, here, options.sample) if options.node_modules else None
    cpu = statistics.median(run.cpu - start.cpu for run, start in zip(runs, starts, strict=True))
    wall = statistics.median(run.wall - start.wall for run, start in zip(runs, starts, strict=True))
    kilobytes = sum(sizes) / 1000
    return {
        "pages": len(sizes),
        "images": images,
        "kb_a_page": round(kilobytes / len(sizes), 1),
        "rounds": options.rounds,
        "start_s": round(statistics.median(start.wall for start in starts), 3),
        "wall_s": round(wall, 3),
        "cpu_s": round(cpu, 3),
        "ms_per_page": round(cpu / len(sizes) * 1000, 3),
        "wall_ms_per_page": round(wall / len(sizes) * 1000, 3),
        "ms_per_100_kb": round(cpu / kilobytes * 100 * 1000, 3),
        "peak_rss_mb": round(max(run.rss_mb for run in runs)),
        "peak_pss_mb": round(max(run.pss_mb for run in runs)),
        "pages_per_s_vs_html_validate": beside,
    }


def _beside(node_modules: Path, here: Path, sample: int) -> float | None:
    """Our pages per second over those of html-validate, each on one core; None where it is not installed."""
    tool, node = node_modules / ".bin/html-validate", node_modules / "node/bin"
    if not tool.exists():
        return None
    rules = {"root": True, "rules": {"wcag/h37": "error", "wcag/h67": "error", "element-required-attributes": "error"}}
    (here / "hv.json").write_text(json.dumps(rules), "utf-8")
    pages = sorted(path.relative_to(here) for path in (here / "site").rglob("*.html"))
    chosen = pages[:: max(1, len(pages) // sample)][:sample]
    path = {"PATH": os.pathsep.join([str(node), os.environ.get("PATH", "")])}
    one = ["taskset", "-c", "0"]
    theirs = measure([*one, tool, "--config", "hv.json", *chosen], env=path, cwd=here, fine=(0, 1))
    ours = measure([*one, sys.executable, "-m", "imageseo", "lint", "site"], env=_path(), cwd=here, fine=(0, 1))
    return round((len(pages) / ours.wall) / (len(chosen) / theirs.wall), 1)


def grow(site: Path, pages: int) -> list[int]:
    """Repeats the pages of a built site beside themselves, with the same images, until there are ``pages`` of them.

    Returns how many bytes each page has. A site that has more already is left as it is.
    """
    originals = sorted(site.rglob("*.html"))
    sizes = [page.stat().st_size for page in originals]
    number = 0
    while len(sizes) < pages:
        original = originals[number % len(originals)]
        copy = original.with_name(f"{original.stem}-copy-{number // len(originals):04}.html")
        shutil.copyfile(original, copy)
        sizes.append(copy.stat().st_size)
        number += 1
    return sizes


def _build(folder: Path) -> None:
    """The example, built by MkDocs with the plugin, into its folder ``site``."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("site", "output", ".cache", "pelican"))
    measure([sys.executable, "-m", "mkdocs", "-q", "build"], cwd=folder)


def _timed(*words: str, cwd: Path) -> Run:
    """One run of the command line. Findings are no failure of the measurement."""
    return measure([sys.executable, "-m", "imageseo", *words], env=_path(), cwd=cwd, fine=(0, 1))


def _path() -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)}


def main() -> None:
    from tests.bench.__main__ import main as command

    command(["lint", *sys.argv[1:]])


if __name__ == "__main__":
    main()
