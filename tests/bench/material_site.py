"""A site in Material for MkDocs, as it is before imageseo or any other tool has seen it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.warm import compiling

SIZES = (
    "(min-width: 2000px) 826px, (min-width: 1600px) 757px, (min-width: 1220px) 688px, "
    "(min-width: 960px) calc(100vw - 274px), calc(100vw - 32px)"
)
"""Of a picture in Material's column; what a careful author writes for another tool."""
_CONFIG = """site_name: Harbour
site_url: https://example.org/
theme:
  name: material
  font: false
  palette:
    - media: "(prefers-color-scheme: light)"
      scheme: default
    - media: "(prefers-color-scheme: dark)"
      scheme: slate
markdown_extensions: [admonition, pymdownx.details, pymdownx.highlight, pymdownx.superfences]
plugins: []
"""


def source(folder: Path, texts: Mapping[str, str], pictures: Sequence[Path] = (), more: str = "") -> None:
    """The sources of a site: mkdocs.yml and docs/. ``texts``: Markdown by the page's name; ``more``: of mkdocs.yml."""
    docs = folder / "docs"
    (docs / "images").mkdir(parents=True)
    (folder / "mkdocs.yml").write_text(_CONFIG + more, encoding="utf-8")
    for name, text in texts.items():
        (docs / f"{name}.md").write_text(text, encoding="utf-8")
    for picture in pictures:
        shutil.copy(picture, docs / "images" / picture.name)


def build(folder: Path, texts: Mapping[str, str], pictures: Sequence[Path] = ()) -> None:
    """Write such a site, built, into ``folder``."""
    with tempfile.TemporaryDirectory(prefix="imageseo-bench-") as scratch:
        source(Path(scratch), texts, pictures)
        command = [sys.executable, "-m", "mkdocs", "-q", "build", "-d", str(folder.resolve())]
        done = subprocess.run(command, cwd=scratch, env=compiling(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"mkdocs failed: {done.stderr[-2000:]}")


def with_pictures(pictures: Sequence[Path], pages: int) -> dict[str, str]:
    """Texts of so many pages, the first of them the home page, that show the pictures in turn below some prose."""
    texts = {}
    for number in range(pages):
        parts = [f"# Page {number + 1}\n"]
        parts += [
            f"{_PROSE}\n\n![{alternative_text(each)}](images/{each.name})\n\n{_PROSE}\n"
            for each in pictures[number::pages]
        ]
        texts["index" if number == 0 else f"page-{number + 1}"] = "\n".join(parts)
    return texts


def alternative_text(picture: Path) -> str:
    """Of a picture in such a site; tells it wherever a tool has moved its file."""
    return f"What {picture.stem.replace('-', ' ').replace('_', ' ')} shows"


_PROSE = (
    "Open the settings and choose the region where your data is to be kept. Every service of the account is listed "
    "with its owner, what it costs in a month and how many requests it has answered since yesterday; those that fail "
    "come first."
)
