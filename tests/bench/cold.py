"""The first build, which a new user waits for: of ten pictures beside jampack, and of a real site.

    python -m tests.bench cold [--jampack DIR] [--source DIR] [--pictures N] [--rounds 3]

``ten``: five photographs and five screenshots of 2,800 px on five pages in Material for MkDocs. ``imageseo build`` and
jampack each get the built site, in alternating rounds; Chromium then says what it loads. ``ways``: ours by its default
settings, with the profile ``fast``, and with each extra that is installed here. ``cached``: built once more from the
untouched site with the cache kept, as a CI server does.

``site`` (``--source``: the checkout of a site that MkDocs builds, say of wled/WLED-Docs): ``mkdocs build`` in a fresh
copy, without imageseo, with it and an empty cache, and in another fresh copy with that cache. Plug-ins of the site
that are not installed here are left out. Bytes are those of the whole output, and those that Chromium loads of
pictures on some pages.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import tomli_w

from tests.bench import corpus, material_site, peers
from tests.bench.contest.common import note, own_environment
from tests.bench.contest.seen import SCREENS, loaded
from tests.bench.measure import Run, measure
from tests.support import browser

JAMPACK = "IMAGESEO_BENCH_JAMPACK"
_WAYS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "default": ("", {}),
    "fast": ("", {"profile": "fast"}),
    "vips": ("pyvips", {"encode": {"resizer": "vips"}}),
    "svt": ("pillow_avif", {"encode": {"avif_encoder": "svt"}}),
    "svt and vips": ("pyvips", {"encode": {"avif_encoder": "svt", "resizer": "vips"}}),
}
"""Name -> module that it needs, settings."""
_WIDE = ("03-code-dark", "06-table-dark", "13-form-light", "16-article-light", "24-dashboard-dark")
_PAGES = 5


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=10, metavar="N", help="0: no contest of ten pictures")
    parser.add_argument("--ways", default="default,fast", metavar="NAME,…", help=", ".join(_WAYS))
    parser.add_argument("--jampack", type=Path, metavar="DIR", help=f"node_modules with it; or ${JAMPACK}")
    parser.add_argument("--source", type=Path, metavar="DIR", help="checkout of a real site with mkdocs.yml")
    parser.add_argument("--pages", type=int, default=8, metavar="N", help="of the real site for Chromium to open")
    parser.add_argument("--python", default=sys.executable, help="that builds, with MkDocs and Material")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Seconds and bytes of both; ``skipped`` where there are no pictures or no such site."""
    ways = {name: _WAYS[name] for name in options.ways.split(",")}
    lacking = [name for name, (module, _) in ways.items() if module and find_spec(module) is None]
    ways = {name: way for name, way in ways.items() if name not in lacking}
    found: dict[str, Any] = {"rounds": options.rounds, "not_installed": lacking}
    with tempfile.TemporaryDirectory(prefix="imageseo-bench-") as name:
        if options.pictures:
            try:
                found["ten"] = _ten(options, {way: of for way, (_, of) in ways.items()}, Path(name) / "ten")
            except corpus.Unavailable as error:
                found["ten"] = {"skipped": str(error)}
        if options.source is not None:
            found["site"] = _site(options, {way: of for way, (_, of) in ways.items()}, Path(name) / "site")
    return found


def ten_pictures() -> list[Path]:
    """Photograph and screenshot in turn. Raises Unavailable."""
    from tests.bench import screenshots

    scenes = [scene for scene in screenshots.SCENES if scene.name in _WIDE]
    folder = corpus.cache_folder().with_name(f"screenshots-2800-{screenshots.key()}")
    wide = screenshots.take(folder, tuple(replace(scene, width=1400, height=880, density=2) for scene in scenes))
    photographs = corpus.photos()[1::2][: len(wide)]
    return [path for pair in zip(photographs, wide, strict=True) for path in pair]


# Ten pictures


def _ten(options: argparse.Namespace, ways: Mapping[str, dict[str, Any]], scratch: Path) -> dict[str, Any]:
    pictures = ten_pictures()[: options.pictures]
    before = scratch / "before"
    before.parent.mkdir(parents=True)
    material_site.build(before, material_site.with_pictures(pictures, _PAGES), pictures)
    program = _jampack(options.jampack)
    names = [*ways, *(["jampack"] if program else [])]
    runs: dict[str, list[Run]] = {name: [] for name in names}
    cached: dict[str, list[Run]] = {name: [] for name in ways}
    for number in range(options.rounds):
        for name in names if number % 2 == 0 else reversed(names):
            note(f"round {number + 1} of {options.rounds}: {name}")
            folder = scratch / name
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(before, folder / "site")
            if name == "jampack":
                runs[name].append(measure([*program, "--nocache", "site"], cwd=folder))
                continue
            settings = {"site_url": "https://example.org/", **ways[name]}
            (folder / "imageseo.toml").write_text(tomli_w.dumps(settings), encoding="utf-8")
            runs[name].append(_imageseo(options.python, folder))
            shutil.rmtree(folder / "site")
            shutil.copytree(before, folder / "site")
            cached[name].append(_imageseo(options.python, folder))
    told: dict[str, Any] = {name: _seconds(of) for name, of in runs.items()}
    for name, of in cached.items():
        told[name]["cached"] = _seconds(of)
    for name, sizes in _loaded({"original": before, **{name: scratch / name / "site" for name in names}}).items():
        told.setdefault(name, {})["image_bytes_a_page"] = {screen: size // _PAGES for screen, size in sizes.items()}
    if program:
        told["vs_jampack"] = {name: _beside(told, runs, name) for name in ways}
    return {"pictures": len(pictures), "bytes": sum(path.stat().st_size for path in pictures), **told}


def _beside(told: Mapping[str, Any], runs: Mapping[str, list[Run]], name: str) -> dict[str, Any]:
    theirs = told["jampack"]["image_bytes_a_page"]
    pairs = list(zip(runs[name], runs["jampack"], strict=True))
    return {
        "wall": round(statistics.median(ours.wall / other.wall for ours, other in pairs), 3),
        "cpu": round(statistics.median(ours.cpu / other.cpu for ours, other in pairs), 3),
        "image_bytes": {
            screen: round(size / theirs[screen], 3) for screen, size in told[name]["image_bytes_a_page"].items()
        },
    }


def _jampack(given: Path | None) -> list[str]:
    """The command, or nothing where it is not installed."""
    folder = given or (Path(os.environ[JAMPACK]) if os.environ.get(JAMPACK) else None)
    script = folder.resolve() / "@divriots/jampack" / "dist" / "index.js" if folder is not None else None
    node = peers.node(folder.resolve()) if folder is not None else None
    return [node, str(script)] if node and script is not None and script.exists() else []


def _imageseo(python: str, folder: Path) -> Run:
    # A page over its budget fails the build, but all is made.
    command = [python, "-m", "imageseo", "build", "site", "--format", "json"]
    return measure(command, cwd=folder, env=own_environment(), fine=(0, 1))


# A real site


def _site(options: argparse.Namespace, ways: Mapping[str, dict[str, Any]], scratch: Path) -> dict[str, Any]:
    source = options.source.resolve()
    if not (source / "mkdocs.yml").is_file():
        return {"skipped": f"{source} has no mkdocs.yml"}
    plain = scratch / "plain"
    told: dict[str, Any] = {"without": _seconds([_mkdocs(options.python, source, plain, None)])}
    sites = {"without": plain / "out"}
    for name, settings in ways.items():
        note(f"{source.name}: {name}")
        folder, again = scratch / name, scratch / f"{name}, cached"
        told[name] = _seconds([_mkdocs(options.python, source, folder, settings)])
        cache = (folder / ".cache", again / ".cache")
        told[name]["cached"] = _seconds([_mkdocs(options.python, source, again, settings, cache)])
        sites[name] = folder / "out"
    images = {path.relative_to(plain / "out") for path in _images(plain / "out")}
    for name, site in sites.items():
        told[name]["output_mb"] = round(sum(_size(path) for path in site.rglob("*")) / 1e6, 1)
        told[name]["variants"] = sum(path.relative_to(site) not in images for path in _images(site))
    for name, of in _loaded(sites, options.pages).items():
        told[name]["image_bytes_loaded"] = of
    return {"source": source.name, "images": len(images), "opened": options.pages, **told}


def _mkdocs(
    python: str, source: Path, folder: Path, settings: dict[str, Any] | None, cache: tuple[Path, Path] | None = None
) -> Run:
    """``mkdocs build`` in a fresh copy. ``cache``: what a CI server restores, from and to."""
    from mkdocs.utils.yaml import yaml_load

    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".git", ".cache", "site", "out"))
    if cache is not None:
        shutil.copytree(*cache)
    with (folder / "mkdocs.yml").open("rb") as file:
        config = yaml_load(file)
    known = {point.name for point in entry_points(group="mkdocs.plugins")}
    wanted = config.get("plugins", ["search"])
    named = [{name: of} for name, of in wanted.items()] if isinstance(wanted, dict) else list(wanted)
    plugins = [each for each in named if known & _names(each) - {"imageseo"}]
    if settings is not None:
        plugins.append({"imageseo": settings})
    # JSON is YAML; the site's own file stays as it is.
    (folder / "bench.yml").write_text(f"INHERIT: mkdocs.yml\nplugins: {json.dumps(plugins)}\n", encoding="utf-8")
    return measure(
        [python, "-m", "mkdocs", "-q", "build", "-f", "bench.yml", "-d", "out"], cwd=folder, env=own_environment()
    )


def _names(plugin: Any) -> set[str]:
    found = set(plugin) if isinstance(plugin, dict) else {str(plugin)}
    return found | {name.removeprefix("material/") for name in found}


# Figures


def _seconds(runs: list[Run]) -> dict[str, Any]:
    return {
        "wall_s": round(statistics.median(run.wall for run in runs), 2),
        "cpu_s": round(statistics.median(run.cpu for run in runs), 2),
        "peak_rss_mb": round(max(run.rss_mb for run in runs)),
    }


def _loaded(sites: Mapping[str, Path], pages: int | None = None) -> dict[str, dict[str, int]]:
    """Bytes of the pictures that Chromium loads, by site and screen; nothing without Chromium."""
    if browser.CHROMIUM is None:
        return {}
    found: dict[str, dict[str, int]] = {}
    with browser.chromium() as chromium:
        for name, site in sites.items():
            note(f"Chromium opens {name}")
            with browser.served(site) as url:
                found[name] = {screen.name: loaded(chromium, url, site, screen, pages) for screen in SCREENS}
    return found


def _images(site: Path) -> list[Path]:
    return [
        path for path in site.rglob("*") if path.suffix.lower() in {".avif", ".gif", ".jpeg", ".jpg", ".png", ".webp"}
    ]


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
