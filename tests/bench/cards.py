"""Title cards per second: a cold build of a site of pages without heroes, and Material's `social` plug-in on the same.

Material needs a virtual environment with `mkdocs-material[imaging]` and the library cairo; its folder is
IMAGESEO_BENCH_MATERIAL. It fetches its font: it gets Manrope as that font instead, so that it needs no network.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

_MATERIAL = "IMAGESEO_BENCH_MATERIAL"
_WORDS = ("Install", "the", "server", "for", "production", "with", "caching", "and", "several", "languages")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pages", type=int, default=60)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Return seconds a card: one core, all cores, and of Material if it is there."""
    figures: dict[str, Any] = {"pages": options.pages}
    for name, env in (("one_core", {"IMAGESEO_CONCURRENCY": "1", "OPENBLAS_NUM_THREADS": "1"}), ("all_cores", {})):
        with _folder() as folder:
            _write_site(folder, options.pages)
            command = [sys.executable, "-m", "imageseo", "build", "site"]
            if name == "one_core" and shutil.which("taskset"):
                command = ["taskset", "-c", "0", *command]
            figures[f"{name}_seconds_a_card"] = round(_timed(command, folder, env) / options.pages, 4)
            drawn = len(list((folder / "site/assets/social").rglob("*.jpg")))
            assert drawn == options.pages, f"{drawn} cards"
    material = os.environ.get(_MATERIAL)
    figures |= (
        _material(Path(material), options.pages) if material else {"material": "IMAGESEO_BENCH_MATERIAL is not set"}
    )
    return figures


def _material(environment: Path, pages: int) -> dict[str, Any]:
    seconds = []
    for plugins in ("[social]", "[]"):  # its builds without cards are not the cards' cost
        with _folder() as folder:
            for number in range(pages):
                path = folder / f"docs/page{number}.md"
                path.parent.mkdir(exist_ok=True)
                path.write_text(f"# {_title(number)}\n\nText.\n", "utf-8")
            (folder / "docs/index.md").write_text("# Home\n", "utf-8")
            text = f"site_name: Acme\nsite_url: https://example.org/\ntheme: material\nplugins: {plugins}\n"
            (folder / "mkdocs.yml").write_text(text, "utf-8")
            fonts = folder / ".cache/plugin/social/fonts/Roboto"
            fonts.mkdir(parents=True)
            for style in ("Regular", "Bold"):
                shutil.copy(str(files("font_manrope") / "files" / f"Manrope-{style}.ttf"), fonts / f"{style}.ttf")
            seconds.append(_timed([str(environment / "bin/mkdocs"), "build", "-q"], folder, {}))
            if plugins == "[social]":
                drawn = len(list((folder / "site/assets/images/social").rglob("*.png")))
                if drawn < pages:
                    return {"material": f"drew {drawn} cards of {pages}"}
    return {"material_seconds_a_card": round((seconds[0] - seconds[1]) / pages, 4)}


def _title(number: int) -> str:
    return " ".join(_WORDS[(number + each) % len(_WORDS)] for each in range(2 + number % 7)) + f" {number}"


def _write_site(folder: Path, pages: int) -> None:
    for number in range(pages):
        path = folder / f"site/page{number}/index.html"
        path.parent.mkdir(parents=True)
        title = _title(number)
        path.write_text(
            f'<!doctype html><html lang="en"><head><title>{title}</title></head><body><main><h1>{title}</h1>'
            "<p>Text.</p></main></body></html>",
            "utf-8",
        )
    settings = 'site_url = "https://example.org/"\nbrand.name = "Acme"\nsocial.cards = "title"\n'
    (folder / "imageseo.toml").write_text(settings, "utf-8")


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _timed(command: list[str], folder: Path, env: dict[str, str]) -> float:
    kept = {name: text for name, text in os.environ.items() if name != _MATERIAL}  # it is no setting of imageseo
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, env={**kept, **env}, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start
