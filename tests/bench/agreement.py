"""Whether our lint agrees with axe-core, Lighthouse, Nu and html-validate about images: both, only they, only we.

    python -m tests.bench agreement --node-modules DIR --site public --site … --work DIR --out OUT.json

Pages are compared image by image: those of ``--cases`` (small cases, each with what is right), those of the example,
and those of each ``--site``, a built folder whose ``imageseo.toml`` beside it, if there is one, is used; first as they
are, and then in a copy that we have built. ``found`` is the share of what they find about images that we find too;
``found_of_right`` the same without what they report wrongly. Every other difference on the sites needs a reason in
``checkers/reasons.toml``: ``open`` lists those without one. Structured
data is compared in the same way with Adobe's validator. A checker that is not installed is skipped, and says why.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from tests.bench.checkers import Tools, cases, counting
from tests.bench.checkers.comparing import NAMES, Comparison
from tests.bench.checkers.pages import Page

ROOT = Path(__file__).parents[2]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--node-modules", type=Path, metavar="DIR", help="where npm installed the checkers")
    parser.add_argument("--checkers", default=",".join(NAMES), metavar="NAME,…")
    parser.add_argument("--cases", type=Path, metavar="FILE", help="small cases, JSON; else those of the tests")
    parser.add_argument("--no-cases", action="store_true", help="only sites")
    parser.add_argument("--no-example", action="store_true", help="do not build site_example")
    parser.add_argument("--site", action="append", type=Path, default=[], dest="sites", metavar="DIR")
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="keep the copies that we build here, and use them again"
    )
    parser.add_argument("--pages", type=int, default=12, help="of each site")
    parser.add_argument("--lighthouse-pages", type=int, default=1, help="of them that Lighthouse gets")
    parser.add_argument("--largest", type=int, default=300, metavar="KIB", help="pages above this are left out")
    parser.add_argument("--schema-org", type=Path, metavar="FILE", help="its schemaorg-all-https.jsonld, release 30.0")
    parser.add_argument("--record", type=Path, metavar="FILE", help="keep what the checkers said here")
    parser.add_argument("--recorded", type=Path, metavar="FILE", help="do not ask them again about the same pages")
    parser.add_argument("--out", type=Path, metavar="FILE", help="every difference, with its reason")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """The table of each group of pages, and the checkers' versions."""
    comparison = Comparison(
        tools=Tools.found(options.node_modules),
        asked=options.checkers.split(","),
        known=counting.reasons(),
        recorded=json.loads(options.recorded.read_text("utf-8")) if options.recorded else {},
        with_lighthouse=options.lighthouse_pages,
        vocabulary=options.schema_org,
        record=options.record,
    )
    result: dict[str, Any] = {"checkers": comparison.told}
    with tempfile.TemporaryDirectory(prefix="imageseo-bench-") as temporary:
        here = Path(temporary)
        if not options.no_cases:
            small = cases.read(options.cases) if options.cases else cases.of_tests()
            pages = cases.write(small, here / "cases")
            found, we = comparison.compare("cases", here / "cases", None, pages, lighthouse=False)
            result["cases"] = counting.shown(found) | (cases.right(small, we) if options.cases else {})
        work = (options.work or here / "work").resolve()
        for side in ("before", "after") if options.sites else ():
            every = counting.Count({}, [])
            for folder in (path.resolve() for path in options.sites):
                name = folder.parent.name
                built = folder if side == "before" else _built(name, folder, work)
                chosen = [Page(each.path, built / each.path) for each in sample(folder, options.pages, options.largest)]
                found, _ = comparison.compare(f"{name} {side}", built, site_url(folder), chosen)
                every.add(found)
            result[f"sites {side}"] = counting.shown(every)
        if not options.no_example:
            result["site_example"] = _example(here / "example", comparison, options)
    if options.out:
        options.out.write_text(json.dumps(comparison.details, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return result


def sample(folder: Path, most: int, largest_kib: int) -> list[Page]:
    """Pages with images, evenly from the whole site, none above a size."""
    files = [path for path in sorted(folder.rglob("*.html")) if path.stat().st_size <= largest_kib * 1024]
    files = [path for path in files if path.is_file() and b"<img" in path.read_bytes()]
    step = max(1, -(-len(files) // most))
    return [Page(path.relative_to(folder).as_posix(), path) for path in files[::step]]


def site_url(folder: Path) -> str | None:
    """Where a site is published, by the settings beside its folder."""
    settings = folder.parent / "imageseo.toml"
    found = tomllib.loads(settings.read_text("utf-8")).get("site_url") if settings.is_file() else None
    return found if isinstance(found, str) else None


def _built(name: str, folder: Path, work: Path) -> Path:
    """A copy of a site that we have built, quickly encoded: which pixels there are is of no concern here."""
    target = work / name / folder.name
    if target.exists():
        return target
    shutil.copytree(folder, target)
    settings = folder.parent / "imageseo.toml"
    if settings.is_file():
        shutil.copyfile(settings, work / name / "imageseo.toml")
    environment = {**os.environ, "IMAGESEO_PROFILE": "fast", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "imageseo", "build", folder.name, "--format", "json"]
    subprocess.run(command, cwd=work / name, env=environment, capture_output=True, timeout=1800, check=False)
    return target


def _example(here: Path, comparison: Comparison, options: argparse.Namespace) -> dict[str, Any]:
    """The example without and with imageseo."""
    told: dict[str, Any] = {}
    ignored = shutil.ignore_patterns("site", "output", ".cache", "pelican")
    shutil.copytree(ROOT / "site_example", here, ignore=ignored)
    for side, enabled in (("before", "false"), ("after", "true")):
        environment = {**os.environ, "IMAGESEO_ENABLED": enabled, "IMAGESEO_PROFILE": "fast", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "mkdocs", "-q", "build", "-d", f"site-{side}"]
        run = subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True, timeout=1800)
        if run.returncode:
            return {"skipped": f"the example cannot be built: {run.stderr.strip()[-300:]}"}
        folder = here / f"site-{side}"
        pages = sample(folder, options.pages, options.largest)
        found, _ = comparison.compare(f"site_example {side}", folder, None, pages)
        told[side] = counting.shown(found)
    return told
