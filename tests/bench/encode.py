"""The contest: our encoder beside the tools that people use, on the same pictures and processors.

    python -m tests.bench encode [--kind photographs|screenshots] [--way widths|site] …

``--way widths`` (photographs): each tool makes every picture at the same widths, as AVIF and WebP; see
``contest.widths``. ``--way site`` (screenshots): each tool makes what it would for a site in Material for MkDocs, and
Chromium says what it loads and what that looks like in its place; see ``contest.site``. ``python -m tests.bench
table FILE.json…`` makes the tables of the manual's page *Benchmarks* of what ``--json`` has printed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench import corpus, peers, scoring
from tests.bench import jobs as asking

WAYS = {"photographs": "widths", "screenshots": "site"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kind", choices=corpus.KINDS, default="photographs")
    parser.add_argument(
        "--way", choices=("widths", "site"), help="by default: " + ", ".join(map(": ".join, WAYS.items()))
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="of pictures; downloaded or made if it lacks them")
    parser.add_argument("--half", choices=corpus.HALVES, default="report", help="report and judge are the same")
    parser.add_argument("--pictures", "--photos", type=int, metavar="N", help="only the first N of that half")
    parser.add_argument("--widths", type=_widths, metavar="PX,PX…", help="of all tools; on a site of the peers")
    parser.add_argument("--per-page", type=int, default=3, metavar="N", help="pictures on a page of the site")
    parser.add_argument(
        "--node-modules", type=Path, metavar="DIR", help=f"with @11ty/eleventy-img, sharp; or ${peers.NODE_MODULES}"
    )
    parser.add_argument("--peers", type=_names, default=peers.NAMES, metavar="NAME,…", help="of those installed")
    parser.add_argument("--scorer", metavar="COMMAND", help=f"numpy, vszip or a command; or ${scoring.VARIABLE}")
    parser.add_argument("--butteraugli", type=int, default=0, metavar="N", help="cross-check on every Nth file")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="of our settings: target.avif=73"
    )
    parser.add_argument("--match", choices=("eleventy", "sharp"), help="ours once more, at that peer's mean score")
    parser.add_argument("--python", default=sys.executable, help="that runs our side, say one with vszip")
    parser.add_argument("--plots", type=Path, metavar="DIR")
    parser.add_argument("--worst", type=Path, metavar="DIR", help="crops at 100 %% of our five worst files")
    parser.add_argument("--no-fixtures", dest="fixtures", action="store_false")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """All figures of one contest, or why there is none."""
    options.way = options.way or WAYS[options.kind]
    try:
        pictures = corpus.half(corpus.pictures_of(options.kind, options.corpus), options.half)[: options.pictures]
    except corpus.Unavailable as error:
        return {"skipped": str(error)}
    with tempfile.TemporaryDirectory(prefix="imageseo-bench-") as scratch:
        if options.way == "site":
            from tests.bench.contest.site import SiteContest

            return SiteContest(options, pictures, Path(scratch)).figures()
        from tests.bench.contest.widths import WidthsContest

        options.widths = options.widths or asking.WIDTHS
        return WidthsContest(options, pictures, Path(scratch)).figures()


def _widths(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in text.split(","))


def _names(text: str) -> tuple[str, ...]:
    unknown = [name for name in text.split(",") if name and name not in peers.NAMES]
    if unknown:
        raise argparse.ArgumentTypeError(f"no peer is called {unknown[0]}; they are {', '.join(peers.NAMES)}")
    return tuple(name for name in text.split(",") if name)


def main() -> None:
    from tests.bench.__main__ import main as command

    command(["encode", *sys.argv[1:]])


if __name__ == "__main__":
    main()
