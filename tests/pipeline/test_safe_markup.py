"""Pages whose styles and scripts notice what is done to their images look and work as before the build."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support import fragile_pages, pictures, small_sites
from tests.support.browser import needs_chromium


def _imageseo(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "imageseo", *words], cwd=folder, capture_output=True, text=True, timeout=500
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, object]]:
    """The site of fragile pages after a build, with the build's report."""
    folder = small_sites.write(
        tmp_path_factory.mktemp("fragile"),
        {
            "imageseo.toml": 'site_url = "https://example.org/"\nprofile = "fast"\n',
            f"public/{fragile_pages.WIDE}": small_sites.photo(900, 600),
            f"public/{fragile_pages.TALL}": pictures.save(pictures.photo(600, 800, 2), "PNG"),
            f"public/{fragile_pages.SMALL}": small_sites.photo(240, 160, 3),
            **{f"public/{name}": content for name, content in fragile_pages.FILES.items()},
            **{f"public/{name}.html": fragile_pages.render(name) for name in fragile_pages.PAGES},
        },
    )
    done = _imageseo(folder, "build", "public", "--format", "json")
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


@pytest.mark.parametrize("name", fragile_pages.PAGES)
def test_image_gets_the_fullest_safe_form(name: str, built: tuple[Path, Mapping[str, object]]) -> None:
    folder, report = built
    markup = report["markup"]
    assert isinstance(markup, list)
    html = (folder / f"public/{name}.html").read_text()
    listed = [note["form"] for note in markup if note["page"] == f"{name}.html"]
    expected = fragile_pages.PAGES[name].forms
    assert listed == [form for form in expected if form != "picture"]
    assert html.count("<picture data-imageseo") == expected.count("picture")


@needs_chromium
@pytest.mark.slow
def test_pages_look_and_work_as_before(built: tuple[Path, Mapping[str, object]]) -> None:
    folder, _ = built
    done = _imageseo(folder, "verify", "public", "--all")
    assert done.returncode == 0, done.stdout + done.stderr


def test_second_build_changes_nothing(built: tuple[Path, Mapping[str, object]]) -> None:
    folder, report = built
    again = json.loads(_imageseo(folder, "build", "public", "--format", "json").stdout)
    assert again["summary"]["changed"] == 0
    assert again["markup"] == report["markup"]
