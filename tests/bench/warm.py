"""A second build of a folder in which nothing changed: seconds beyond the interpreter's start, wall and CPU.

python -m tests.bench.warm [--pages 1000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

VARIANTS = 5  # a page
_WIDTHS = (160, 240, 320, 480, 640)
_SETTINGS = f"""site_url = "https://example.org/"
formats = ["webp"]
widths = [{", ".join(map(str, _WIDTHS))}]
[quality]
webp = 60
[encode]
webp_method = 0
[lint.rules]
lcp-lazy = "off"
"""


def page(number: int, size: int, image: str) -> str:
    """A page of so many bytes as themes write them: half of it navigation, half of it prose, with one photograph."""
    head = (
        f'<!doctype html>\n<html lang="en" class="no-js">\n<head><meta charset="utf-8"><title>Page {number}</title>\n'
        f'<link rel="canonical" href="https://example.org/{number:04}/">\n<style>.a{{color:red}}</style>\n'
        '<script>document.documentElement.className="js"</script></head>\n<body dir="ltr" data-md-color="slate">\n'
        '<header class="md-header"><a href=".." title="Home" class="md-header__button" aria-label="Home">Home</a>'
        '</header>\n<div class="md-container"><nav class="md-nav md-nav--primary" aria-label="Navigation"><ul>\n'
    )
    entry = (
        '<li class="md-nav__item"><a href="../{0:04}/" class="md-nav__link">\n  <span class="md-ellipsis">\n'
        "    Page {0} of many\n  </span></a></li>\n"
    )
    links: list[str] = []
    prose: list[str] = []
    count = 0
    while count < size // 2:
        links.append(entry.format(len(links)))
        count += len(links[-1])
    body = (
        f'</ul></nav>\n<main class="md-main"><article class="md-content__inner"><h1 id="t">Page {number}</h1>\n'
        f'<p><img alt="A picture" src="{image}"></p>\n'
    )
    tail = "</article></main></div></body></html>\n"
    words = (
        '<h2 id="p{0}">Part {0}<a class="headerlink" href="#p{0}" title="Permanent link">#</a></h2>\n<p>'
        "Once <code>a</code> was set, <em>every</em> page of the site had what it needed, and nobody looked for it "
        "any longer than "
        '<a href="#t">this</a>.</p>\n<div class="highlight"><pre><code><span class="k">def</span> <span class="nf">f'
        '</span><span class="p">():</span>\n    <span class="k">pass</span>\n</code></pre></div>\n'
    )
    count += len(head) + len(body) + len(tail)
    while count < size:
        prose.append(words.format(len(prose)))
        count += len(prose[-1])
    return "".join([head, *links, body, *prose, tail])


def make(folder: Path, pages: int) -> None:
    """A built site of ``pages`` pages of 100 KB, each with a photograph of its own, and its settings."""
    from tests.support import pictures

    (folder / "imageseo.toml").write_text(_SETTINGS, encoding="utf-8")
    for number in range(pages):
        place = folder / "site" / f"{number:04}"
        place.mkdir(parents=True)
        (place / "index.html").write_text(page(number, 100_000, "photo.jpg"), encoding="utf-8")
        picture = pictures.save(pictures.photo(_WIDTHS[-1], 400, number), "JPEG", quality=95)
        (place / "photo.jpg").write_bytes(picture)


def compiling() -> dict[str, str]:
    """This environment, with modules compiled once and not in every process."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def timed(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Wall and CPU seconds of a command that must succeed."""
    began = time.perf_counter()
    child = subprocess.Popen(command, cwd=folder, env=compiling(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(command)}: {child.stderr.read().decode()[-2000:] if child.stderr else status}")
    child.returncode = 0
    return wall, used.ru_utime + used.ru_stime


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)


def run(options: argparse.Namespace) -> dict[str, object]:
    """Medians of alternating rounds; seconds, and ms a page beyond the fifth of a second that any build may take."""
    build = [sys.executable, "-m", "imageseo", "build", "site"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, options.pages)
        time.sleep(2.5)  # files that are younger are not taken for unchanged
        cold = timed(build, folder)
        timed(build, folder)
        variants = len(list(folder.glob("site/*/*.webp")))
        rounds = [(timed(build, folder), timed([sys.executable, "-c", ""], folder)) for _ in range(options.rounds)]
    wall, cpu = (statistics.median(each[0][n] - each[1][n] for each in rounds) for n in (0, 1))
    return {
        "pages": options.pages,
        "variants": variants,
        "rounds": options.rounds,
        "cold_s": round(cold[0], 3),
        "warm_s": round(wall, 3),
        "warm_cpu_s": round(cpu, 3),
        "warm_ms_a_page": round(max(0.0, wall - 0.2) / options.pages * 1e3, 3),
        "goal_s": round(0.2 + options.pages / 1e3, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments(parser)
    print(json.dumps(run(parser.parse_args()), indent=2))


if __name__ == "__main__":
    main()
