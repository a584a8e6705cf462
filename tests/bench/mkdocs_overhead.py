"""What imageseo adds to a warm MkDocs build: site_example grown to many pages, built with and without it in turn.

python -m tests.bench.mkdocs_overhead [--pages 1000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from imageseo.heroes.lock import lock as locks
from tests.bench.warm import compiling

EXAMPLE = Path(__file__).parents[2] / "site_example"


def grow(target: Path, pages: int) -> None:
    """A copy of the example with its pages repeated in numbered folders until there are so many of them."""
    shutil.copytree(EXAMPLE, target, ignore=shutil.ignore_patterns("site", "output", ".cache", "pelican"))
    docs = target / "docs"
    originals = sorted(docs.rglob("*.md"))
    count = len(originals)
    number = 0
    lock = locks.read(target / locks.NAME)
    pins = list(lock.pins)
    while count < pages:
        for original in originals:
            if count >= pages:
                break
            folder = docs / f"copy-{number:03}"
            copy = folder / original.relative_to(docs)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(_same_images(original.read_text("utf-8"), folder, original, docs), encoding="utf-8")
            pin = lock.of_page(original.relative_to(target).as_posix())
            pins += [replace(pin, page=copy.relative_to(target).as_posix())] if pin is not None else []
            count += 1
        number += 1
    locks.write(target / locks.NAME, lock.with_pins(pins))
    config = (target / "mkdocs.yml").read_text("utf-8")
    config = re.sub(r"(?ms)^nav:\n(?:[ \t]+.*\n|\n)*", "", config)  # a copy is in nobody's navigation
    (target / "mkdocs.yml").write_text(config, encoding="utf-8")
    (target / "plain.yml").write_text(
        "INHERIT: mkdocs.yml\nplugins: !ENV [IMAGESEO_BENCH_NONE, [search]]\n", encoding="utf-8"
    )


def _same_images(text: str, folder: Path, original: Path, docs: Path) -> str:
    """The page with its relative image paths leading to the example's own images, which are shared by all copies."""
    away = os.path.relpath(original.parent, (folder / original.relative_to(docs)).parent).replace(os.sep, "/")
    text = re.sub(r"(!\[[^\]]*\]\()(?!https?:|/|data:|#)", rf"\1{away}/", text)
    text = re.sub(r'(<img[^>]*\ssrc=")(?!https?:|/|data:|#)', rf"\1{away}/", text)
    return re.sub(r"(?m)^(hero: )(images/)", rf"\1{away}/\2", text)


def timed(config: str, folder: Path) -> tuple[float, float]:
    """Wall and CPU seconds of one whole ``mkdocs build``."""
    command = [sys.executable, "-m", "mkdocs", "-q", "build", "-f", config]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=compiling(), capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{config}: mkdocs failed\n{done.stderr[-3000:]}")
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)


def run(options: argparse.Namespace) -> dict[str, object]:
    """Medians of pairs, the one that goes first in turn; the ratio of wall times is what has a goal."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site_example"
        grow(site, options.pages)
        timed("mkdocs.yml", site)  # fills the store
        timed("plain.yml", site)
        pairs = []
        for number in range(options.rounds):
            names = ("mkdocs.yml", "plain.yml")
            took = {name: timed(name, site) for name in (names if number % 2 else reversed(names))}
            pairs.append((took["mkdocs.yml"], took["plain.yml"]))
    return {
        "pages": options.pages,
        "rounds": options.rounds,
        "with_s": statistics.median(ours[0] for ours, _ in pairs),
        "without_s": statistics.median(theirs[0] for _, theirs in pairs),
        "ratio": statistics.median(ours[0] / theirs[0] for ours, theirs in pairs),
        "cpu_ratio": statistics.median(ours[1] / theirs[1] for ours, theirs in pairs),
        "goal": 1.25,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    arguments(parser)
    print(json.dumps(run(parser.parse_args()), indent=2))


if __name__ == "__main__":
    main()
