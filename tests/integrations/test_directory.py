"""Integration for any folder: pages, base URL, heroes."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import pytest

from imageseo import config
from imageseo.config.heroes import HeroSettings
from imageseo.config.settings import Settings
from imageseo.heroes.providers.asset_library import sidecar
from imageseo.heroes.recipes import prompts_file
from imageseo.integrations import directory
from imageseo.integrations.pages import HeroesFile, base_url, folders_of, source_dir, with_heroes
from imageseo.lint.facts import listing
from imageseo.model.errors import RecipeError, SettingsError, SiteError
from imageseo.model.site import Page, PageHints
from tests.support.small_sites import write


def hero_by_page(folder: Path, settings: Settings | None = None) -> dict[str, object]:
    site = directory.site(folder / "site", project=folder, settings=settings or Settings())
    return {page.path: page.hints.meta.get("hero") for page in site.pages}


def test_html_files_are_pages_except_hidden_ones(tmp_path: Path) -> None:
    write(
        tmp_path / "site",
        {
            "index.html": "<h1>A</h1>",
            "b/old.HTM": "x",
            "a/ü b.html": "x",
            ".hidden/x.html": "x",
            "a/.x.html": "x",
            "notes.txt": "x",
            "page.html/asset.js": "x",
        },
    )
    site = directory.site(tmp_path / "site", project=tmp_path, settings=Settings())
    assert [page.path for page in site.pages] == ["index.html", "a/ü b.html", "b/old.HTM"]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<link rel="canonical" href="https://e.org/docs/">', "https://e.org/docs/"),
        ("<LINK href=https://e.org/docs/index.html rel='x Canonical'>", "https://e.org/docs/"),
        ('<link rel="canonical" href="https://e.org">', "https://e.org/"),
        ('<link rel="canonical" href="https://e.org/?page=1">', "https://e.org/"),
        ('<link rel="canonical" href="https://e.org/landing.html">', None),
        ('<link rel="canonical" href="/docs/">', None),
        ('<!-- <link rel="canonical" href="https://e.org/"> -->', None),
        ("", None),
    ],
)
def test_base_url_comes_from_setting_or_canonical_link(tmp_path: Path, head: str, expected: str | None) -> None:
    write(tmp_path / "site", {"index.html": f"<html><head>{head}</head><body></body></html>"})
    assert directory.site(tmp_path / "site", project=tmp_path, settings=Settings()).base_url == expected
    settings = Settings(site_url="https://told.org/")
    assert directory.site(tmp_path / "site", project=tmp_path, settings=settings).base_url == "https://told.org/"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("images/a.jpg", "images/a.jpg"),
        ("{&quot;seed&quot;: 3}", {"seed": 3}),
        ("{ seed = 3, style = &quot;paper&quot; }", {"seed": 3, "style": "paper"}),
        ("{ seed = }", "{ seed = }"),  # the build reports it with its page
        ("", None),
    ],
)
def test_meta_tag_declares_the_hero(tmp_path: Path, content: str, expected: object) -> None:
    meta = f'<meta content="{content}" name="imageseo:hero">'
    write(tmp_path / "site", {"a.html": f"<head>{meta}</head>", "b.html": f"<head></head><body>{meta}</body>"})
    assert hero_by_page(tmp_path) == {"a.html": expected, "b.html": None}


def test_invalid_meta_hero_is_a_finding_of_its_page(tmp_path: Path) -> None:
    from imageseo.integrations import runner
    from imageseo.integrations.progress import Quiet

    page = (
        '<html><head><meta name="imageseo:hero" content="{ seed = }"></head><body><main><h1>A</h1></main></body></html>'
    )
    write(tmp_path / "site", {"a.html": page, "b.html": page.replace("{ seed = }", "")})
    site = directory.site(tmp_path / "site", project=tmp_path, settings=Settings())
    result = runner.build(site, Settings(), progress=Quiet())
    fatal = [finding for finding in result.findings if finding.fails_build]
    assert [(finding.rule, finding.location.page) for finding in fatal] == [("hero-recipe", "a.html")]
    assert "a.html" in fatal[0].message


HEROES = """
"/" = "home.jpg"
"blog/*/" = { seed = 1 }
"blog/**" = { seed = 2 }
"?.html" = "letter.jpg"
"""


def test_heroes_toml_first_matching_pattern_counts(tmp_path: Path) -> None:
    pages = ("index.html", "blog/index.html", "blog/a/index.html", "blog/a/b/index.html", "x.html", "xy.html")
    write(tmp_path, {"heroes.toml": HEROES, **{f"site/{page}": "<h1>x</h1>" for page in pages}})
    assert hero_by_page(tmp_path) == {
        "index.html": "home.jpg",
        "blog/index.html": {"seed": 2},
        "blog/a/index.html": {"seed": 1},
        "blog/a/b/index.html": {"seed": 2},
        "x.html": "letter.jpg",
        "xy.html": None,
    }


def test_page_takes_precedence_over_heroes_toml(tmp_path: Path) -> None:
    own = '<head><meta name="imageseo:hero" content="own.jpg"></head>'
    write(tmp_path, {"heroes.toml": '"**" = "all.jpg"\n', "site/a.html": own, "site/b.html": ""})
    assert hero_by_page(tmp_path) == {"a.html": "own.jpg", "b.html": "all.jpg"}
    other = Settings(hero=HeroSettings(keys=("cover",)))
    site = directory.site(tmp_path / "site", project=tmp_path, settings=other)
    assert [page.hints.meta for page in site.pages] == [{"cover": "own.jpg"}, {"cover": "all.jpg"}]


@pytest.mark.parametrize("text", ['"a" = 5\n', '"a" = \n', b"\xff"])
def test_invalid_heroes_toml_is_named(tmp_path: Path, text: str | bytes) -> None:
    write(tmp_path, {"heroes.toml": text})
    with pytest.raises(RecipeError, match=r"heroes\.toml"):
        HeroesFile.read(tmp_path)


def test_missing_or_empty_site_folder_is_rejected(tmp_path: Path) -> None:
    write(tmp_path, {"file": "", "empty/readme.txt": ""})
    for name, words in (("none", "found nothing"), ("file", "found a file"), ("empty", "no HTML file")):
        with pytest.raises(SiteError, match=words):
            directory.site(tmp_path / name, project=tmp_path, settings=Settings())


def test_base_url_takes_the_first_absolute_url() -> None:
    assert base_url(None, "", "//e.org/", "ftp://e.org", " https://e.org/a?b#c ") == "https://e.org/a/"
    assert base_url("/docs/") is None


def test_source_folders_are_inferred_from_copied_files() -> None:
    folders = folders_of([("en/pics/deep/a.jpg", "pics/deep/a.jpg"), ("x/a.png", "static/x/a.png"), ("b.jpg", "b.jpg")])
    assert source_dir("en/page.md", folders) == ""
    assert source_dir("en/guide/deep/page.md", folders) == "guide/deep/"
    assert source_dir("en/pics/page.md", folders) == "pics/"
    assert source_dir("x/page.md", folders) == "static/x/"
    assert source_dir("unknown/page.md", folders) == "unknown/"
    assert source_dir("page.md", folders) == ""


def test_heroes_file_matches_url_and_file() -> None:
    heroes = HeroesFile(entries=(("index.html", "a.jpg"),))
    assert heroes.find(Page(path="index.html")) == "a.jpg"
    assert HeroesFile(entries=(("guide/", "b.jpg"),)).find(Page(path="guide/index.html")) == "b.jpg"
    assert HeroesFile(entries=(("guide", "b.jpg"),)).find(Page(path="guide/index.html")) is None


@pytest.mark.parametrize("ending", ["</head><body>", "</HEAD>\n<BODY class=x>", "<body>", ""])
def test_long_head_is_read_to_its_end(tmp_path: Path, ending: str) -> None:
    late = (
        f"<head><style>{'a{}' * 20_000}</style><title>Late</title><meta name='imageseo:hero' content='a.jpg'>{ending}"
    )
    early = f"<head><title>Early</title><meta name='imageseo:hero' content='b.jpg'>{ending}{'<p>text' * 20_000}"
    in_body = f"<head><title>T</title>{ending}<svg><title>x</title></svg><meta name='imageseo:hero' content='c.jpg'>"
    write(tmp_path / "site", {"late.html": late, "early.html": early, "body.html": in_body})
    found = directory.site(tmp_path / "site", project=tmp_path, settings=Settings()).pages
    heroes = {page.path: (page.hints.title, page.hints.meta.get("hero")) for page in found}
    assert heroes["late.html"] == ("Late", "a.jpg")
    assert heroes["early.html"] == ("Early", "b.jpg")
    assert heroes["body.html"] == ("T", None if "body" in ending.lower() else "c.jpg")


@pytest.mark.parametrize("url", ["https://[::1", "https://[::1/x", "//[", "https://a:b:c/", "https://example.org:x/"])
def test_broken_address_of_the_home_page_is_no_address(tmp_path: Path, url: str) -> None:
    long = f'<script src="/{"x" * 5000}/{"y" * 5000}.js"></script><script src="/a/%00.js"></script>'
    text = f'<head><link rel="canonical" href="{url}"><meta property="og:url" content="{url}">{long}</head>'
    write(
        tmp_path, {"index.html": text, "a.html": text, "sitemap.xml": f"<urlset><url><loc>{url}</loc></url></urlset>"}
    )
    site = directory.site(tmp_path, project=tmp_path, settings=Settings())
    assert [page.path for page in site.pages] == ["a.html", "index.html"]


@pytest.mark.parametrize("value", ["1" * 5000, "[" * 100_000, "{a = " * 2000, "2024-13-40"])
def test_value_that_no_parser_takes_ends_no_command(tmp_path: Path, value: str) -> None:
    """Numbers of thousands of digits, brackets nested thousands deep: each is refused by an error of its own."""
    meta = html.escape(f"{{seed = {value}}}")
    write(
        tmp_path / "site", {"index.html": f'<head><meta name="imageseo:hero" content="{meta}"></head>', "b.html": "x"}
    )
    write(tmp_path / "site", {"netlify.toml": f"a = {value}", "_headers": "/*\n  X-A: b\n"})
    site = directory.site(tmp_path / "site", project=tmp_path, settings=Settings())
    assert [page.path for page in site.pages] == ["b.html", "index.html"]
    assert listing.read_rules(site, None).page_obstacle is not None
    write(tmp_path, {"heroes.toml": f'"/" = {{ seed = {value} }}\n'})
    with pytest.raises(RecipeError, match=r"heroes\.toml: cannot be read"):
        HeroesFile.read(tmp_path)
    write(tmp_path, {"prompts.toml": f"a = {value}\n", "imageseo.toml": f"a = {value}\n"})
    with pytest.raises(SettingsError, match="TOML"):
        prompts_file.read(tmp_path / "prompts.toml", "prompts.toml")
    with pytest.raises(SettingsError, match="TOML"):
        config.read_project(tmp_path, env={})
    faults: list[str] = []
    sidecar.read_sidecar(f"alt = {value}\n", "a.toml", faults)
    assert len(faults) == 1


def test_front_matter_may_have_keys_of_any_type(tmp_path: Path) -> None:
    write(tmp_path, {"heroes.toml": '"/" = "a.jpg"\n'})
    odd: Any = {1: "x", None: "y", 2.5: "z", ("a", "b"): "v"}
    page = Page(path="index.html", hints=PageHints(meta=odd))
    (found,) = with_heroes([page], HeroesFile.read(tmp_path), ("hero",))
    assert found.hints.meta["hero"] == "a.jpg"
