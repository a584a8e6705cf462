"""Pages whose styles and scripts notice what is done to their images look and work as before the build."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from imageseo.web.html import edits
from tests.support import fragile_pages, pictures, small_sites
from tests.support.browser import needs_chromium


def _imageseo(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return small_sites.run("imageseo", *words, cwd=folder, timeout=500)


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
            "public/headless.html": fragile_pages.HEADLESS,
        },
    )
    done = _imageseo(folder, "build", "public", "--format", "json")
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


@needs_chromium
@pytest.mark.slow
def test_all_pages_in_one_build(built: tuple[Path, Mapping[str, object]], subtests: pytest.Subtests) -> None:
    """One test, because each worker that had some of these would build all pages once more."""
    for name in fragile_pages.PAGES:
        with subtests.test(name):
            check_image_gets_the_fullest_safe_form(name, built)
    with subtests.test("without head"):
        check_page_without_head_gets_nothing_that_needs_rules(built)
    with subtests.test("second build"):
        check_second_build_changes_nothing(built)
    done = _imageseo(built[0], "verify", "public", "--all", "--viewport", "mobile", "--viewport", "desktop")
    assert done.returncode == 0, done.stdout + done.stderr


def check_image_gets_the_fullest_safe_form(name: str, built: tuple[Path, Mapping[str, object]]) -> None:
    folder, report = built
    markup = report["markup"]
    assert isinstance(markup, list)
    html = (folder / f"public/{name}.html").read_text()
    listed = [note["form"] for note in markup if note["page"] == f"{name}.html"]
    expected = fragile_pages.PAGES[name].forms
    assert listed == [form for form in expected if form != "picture"]
    assert html.count("<picture data-imageseo") == expected.count("picture")


def check_second_build_changes_nothing(built: tuple[Path, Mapping[str, object]]) -> None:
    folder, report = built
    again = json.loads(_imageseo(folder, "build", "public", "--format", "json").stdout)
    assert again["summary"]["changed"] == 0
    assert again["markup"] == report["markup"]


def check_page_without_head_gets_nothing_that_needs_rules(built: tuple[Path, Mapping[str, object]]) -> None:
    html = (built[0] / "public/headless.html").read_text()
    assert "<picture" not in html
    assert " width=" not in html
    assert " srcset=" in html


PRELOADED = (
    "<!doctype html><html><head><title>T</title><link rel=preload as=image href={} {}></head>"
    "<body><main><h1>T</h1><img src={} alt=view></main></body></html>"
)


@pytest.mark.parametrize(
    ("written", "added"),
    [
        ("", True),
        ("media=print", True),
        ('imagesizes="100vw"', False),
        ('imagesrcset=""', False),
        ("imagesrcset", False),
    ],
)
def test_preload_link_gets_candidates_unless_it_has_some(written: str, added: bool, tmp_path: Path) -> None:
    page = PRELOADED.format("a.jpg", written, "a.jpg")
    folder = small_sites.write(
        tmp_path,
        {"imageseo.toml": 'profile = "fast"\n', "public/index.html": page, "public/a.jpg": small_sites.photo()},
    )
    assert _imageseo(folder, "build", "public").returncode == 0
    built = (folder / "public/index.html").read_bytes()
    assert (b'data-imageseo="imagesrcset' in built) is added
    assert edits.strip(built) == page.encode()


def test_style_sheet_stays_while_a_page_links_it(tmp_path: Path) -> None:
    page = (
        "<!doctype html><html><head><title>T</title></head><body><main><img src=/a.jpg alt=view></main></body></html>"
    )
    config = 'site_url = "https://example.org/"\nprofile = "fast"\nstyle = "file"\n'
    folder = small_sites.write(
        tmp_path,
        {
            "imageseo.toml": config,
            "public/old/index.html": page,
            "public/404.html": page,
            "public/based.html": page.replace("<title>", '<base href="/old/"><title>'),
            "public/a.jpg": small_sites.photo(),
        },
    )
    assert _imageseo(folder, "build", "public").returncode == 0
    sheet = next((folder / "public").glob("imageseo-*.css")).name
    hrefs = {
        name: re.findall(
            r'<link rel="stylesheet" href="([^"]+)" data-imageseo>', (folder / "public" / name).read_text()
        )
        for name in ("old/index.html", "404.html", "based.html")
    }
    assert hrefs == {"old/index.html": [f"../{sheet}"], "404.html": [f"/{sheet}"], "based.html": [f"/{sheet}"]}
    (folder / "imageseo.toml").write_text(config.replace('"file"', '"inline"') + 'exclude_pages = ["old/*"]\n')
    assert _imageseo(folder, "build", "public").returncode == 0
    assert (folder / "public" / sheet).exists()
    (folder / "imageseo.toml").write_text(config.replace('"file"', '"inline"'))
    assert _imageseo(folder, "build", "public").returncode == 0
    assert not (folder / "public" / sheet).exists()
