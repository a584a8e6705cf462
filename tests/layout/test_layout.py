"""Real themes in a real browser: a build does not change the computed layout, and every file exists."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support import browser, pictures, small_sites

pytestmark = browser.needs_chromium

TEXT = "Words that fill a line or two, so that images stand below one another and some of them far down. " * 6
BODY = f"""
{TEXT}

![Wide](images/wide.jpg)

{TEXT}

[![Linked](images/tall.jpg)](images/tall.jpg)

Words and ![small](images/small.png) in a line, and <img src="images/wide.jpg" alt="half" width="300"> beside them.

<img src="images/wide.jpg" alt="float" width="200" align="right"> {TEXT}

<figure><img src="images/tall.jpg" alt="In a figure"><figcaption>Said</figcaption></figure>

<div style="display:flex;gap:8px"><img src="images/small.png" alt="a"><img src="images/small.png" alt="b"></div>

<table><tr><td><img src="images/wide.jpg" alt="cell" width="120"></td><td>{TEXT}</td></tr></table>

<p><img src="images/wide.jpg" alt="percent" width="50%"></p>

![Last](images/wide.jpg)
"""
IMAGES = {
    "images/wide.jpg": small_sites.photo(1400, 700),
    "images/tall.jpg": small_sites.photo(500, 900, seed=3),
    "images/small.png": pictures.save(pictures.photo(90, 60, 4), "PNG"),
}


def material(folder: Path) -> Path:
    return _mkdocs(folder, "{name: material, font: false}")


def readthedocs(folder: Path) -> Path:
    return _mkdocs(folder, "readthedocs")


def simple(folder: Path) -> Path:
    return _pelican(folder, "simple")


def notmyidea(folder: Path) -> Path:
    return _pelican(folder, "notmyidea")


def _mkdocs(folder: Path, theme: str) -> Path:
    small_sites.write(
        folder,
        {
            "mkdocs.yml": f"site_name: S\nsite_url: https://example.org/\ntheme: {theme}\nplugins: []\n",
            "docs/index.md": f"# Title\n{BODY}",
            **{f"docs/{name}": data for name, data in IMAGES.items()},
        },
    )
    _done(small_sites.run("mkdocs", "-q", "build", cwd=folder))
    return folder / "site"


def _pelican(folder: Path, theme: str) -> Path:
    feeds = "FEED_ALL_ATOM = CATEGORY_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = TRANSLATION_FEED_ATOM = None\n"
    body = BODY.replace("images/", "/images/")
    small_sites.write(
        folder,
        {
            "pelicanconf.py": f'AUTHOR = "A"\nSITENAME = "S"\nPATH = "content"\nTHEME = "{theme}"\n'
            f"PLUGINS = []\n{feeds}",
            "content/index.md": f"Title: Title\nDate: 2024-01-01\nSave_as: article.html\n{body}",
            **{f"content/{name}": data for name, data in IMAGES.items()},
        },
    )
    _done(small_sites.run("pelican", "content", cwd=folder))
    return folder / "output"


def _done(process: object) -> None:
    assert getattr(process, "returncode") == 0, process  # noqa: B009


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.chromium() as started:
        yield started


@pytest.mark.slow
@pytest.mark.parametrize("theme", [material, readthedocs, simple, notmyidea], ids=lambda theme: str(theme.__name__))
def test_build_keeps_the_layout_and_every_file_exists(theme: object, chromium: Browser, tmp_path: Path) -> None:
    assert callable(theme)
    before = theme(tmp_path / "host")
    after = tmp_path / "work/site"
    shutil.copytree(before, after)
    small_sites.write(tmp_path / "work", {"imageseo.toml": "[encode]\navif_speed = 10\n[hero]\nguess = false\n"})
    _done(small_sites.run("imageseo", "build", "site", cwd=tmp_path / "work"))
    page = "article.html" if (before / "article.html").exists() else "index.html"
    assert (after / page).read_bytes().count(b"<picture data-imageseo>") >= 7
    with browser.served(before) as old, browser.served(after) as new:
        for width, height in ((412, 823), (820, 1180), (1350, 940)):
            opened = browser.open_page(chromium, old + page, width=width, height=height)
            was = browser.boxes(opened)
            opened.context.close()
            missing: list[str] = []
            opened = browser.open_page(chromium, new + page, width=width, height=height, missing=missing)
            now = browser.boxes(opened)
            assert len(was) == len(now)
            moved = [
                (old_box, new_box) for old_box, new_box in zip(was, now, strict=True) if not old_box.near(new_box, 1.5)
            ]
            assert not moved, f"{width} px: {moved[:3]}"
            assert not [url for url in missing if "/images/" in url]
            shown = opened.evaluate("[...document.images].map(each => each.currentSrc)")
            assert sum(url.endswith(".avif") for url in shown) >= 7
            opened.context.close()
