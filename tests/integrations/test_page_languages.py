"""The language of pages: of the built page, of the generator's configuration, of front matter."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageseo.heroes.recipes.builder import page_language
from imageseo.integrations.page_heads import html_language
from imageseo.integrations.project import Project, detect_project
from tests.support import small_sites

MKDOCS = "site_name: S\nplugins: [imageseo]\n"


def _detect(folder: Path) -> Project:
    return detect_project(folder, config=None, note=lambda line: None)


@pytest.mark.parametrize(
    ("files", "language"),
    [
        ({"mkdocs.yml": MKDOCS + "theme: {name: material, language: de}\n", "docs/index.md": "# A\n"}, "de"),
        ({"mkdocs.yml": MKDOCS + "theme: {name: mkdocs, locale: pt_BR}\n", "docs/index.md": "# A\n"}, "pt_BR"),
        ({"mkdocs.yml": MKDOCS, "docs/index.md": "---\nlang: it\n---\n# A\n"}, "it"),
        ({"zensical.toml": '[project]\nsite_name = "S"\ntheme.language = "fr"\n', "docs/index.md": "# A\n"}, "fr"),
        ({"zensical.toml": '[project]\nsite_name = "S"\ntheme.language = 3\n', "docs/index.md": "# A\n"}, ""),
        (
            {
                "pelicanconf.py": "PATH = 'content'\nDEFAULT_LANG = 'es'\n",
                "content/a.md": "Title: A\nDate: 2026-01-01\n\nText.\n",
            },
            "es",
        ),
        ({"conf.py": "extensions = []\nlanguage = 'nl'\n", "index.rst": "A\n=\n"}, "nl"),
    ],
)
def test_language_of_generators(files: dict[str, str], language: str, tmp_path: Path) -> None:
    pages = _detect(small_sites.write(tmp_path, dict(files))).pages().pages
    assert {page_language(page) for page in pages} == {language}


def test_built_page_names_its_language(tmp_path: Path) -> None:
    page = "<!doctype html><html{}><head><title>A</title></head><body><h1>A</h1></body></html>"
    project = small_sites.write(
        tmp_path,
        {
            "public/de.html": page.format(" class=x lang='de-CH'"),
            "public/none.html": page.format(""),
        },
    )
    bare = _detect(project / "public").pages(project / "public").pages
    assert {page.path: page_language(page) for page in bare} == {"de.html": "de-CH", "none.html": ""}


@pytest.mark.parametrize(
    ("head", "language"),
    [
        (b"<html lang=sv>", "sv"),
        (b'<!DOCTYPE html>\n<HTML dir="rtl" LANG="ar">', "ar"),
        (b"<html>", ""),
        (b"<html lang='en'", ""),
        (b"<head lang=de>", ""),
        (b"<html lang=\xff>", "\u00ff"),
        (b"", ""),
    ],
)
def test_html_language(head: bytes, language: str) -> None:
    assert html_language(head) == language
