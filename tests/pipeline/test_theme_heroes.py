"""Keys that themes use name a hero, but insert none; `hero` and keys that the user chose do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from imageseo import config
from imageseo.config.heroes import HeroSettings
from imageseo.heroes.recipes.keys import inserts_file
from imageseo.integrations.progress import Quiet
from imageseo.model.site import Page, PageHints, Site
from imageseo.pipeline import build as pipeline
from imageseo.pipeline import composition
from tests.support import small_sites

FAST = {"site_url": "https://example.org/", "profile": "fast", "encode": {"isolate": False}}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>T</title>{head}</head>
<body>{banner}<main><article><h1>T</h1>{body}<p>Words of the article.</p></article></main></body></html>
"""
SHOWN = '<p><img src="img/cover.jpg" alt="A hill"></p>'


def build(
    folder: Path, meta: Mapping[str, Any], *, options: Mapping[str, Any] | None = None, **parts: Any
) -> tuple[str, pipeline.BuildResult]:
    slots = {"head": "", "banner": "", "body": "", **parts}
    files = {name: small_sites.photo(800, 450) for name in ("img/cover.jpg", "img/cover-640w.jpg")}
    small_sites.write(folder, {"index.html": PAGE.format(**slots), **files})
    settings = config.load({**FAST, **(options or {})}, "test")
    hints = PageHints(meta=meta, source=Path("index.md"), title="T")
    site = Site(root=folder, project=folder.parent, base_url=None, pages=(Page(path="index.html", hints=hints),))
    with composition.build_tools(settings, project=folder.parent, progress=Quiet()) as tools:
        result = pipeline.build(site, settings, tools)
    return (folder / "index.html").read_text("utf-8"), result


def test_keys_of_themes_insert_nothing(tmp_path: Path, subtests: pytest.Subtests) -> None:
    metas: list[Mapping[str, Any]] = [
        {"image": "img/cover.jpg"},
        {"cover": {"image": "img/cover.jpg", "alt": "A hill"}},
        {"og_image": "/img/cover.jpg"},
        {"cover": "img/cover.jpg", "cover_alt": "A hill"},
    ]
    for at, meta in enumerate(metas):
        with subtests.test(str(meta)):
            html, result = build(tmp_path / str(at), meta)
            assert "<img" not in html
            assert not [each for each in result.findings if each.rule in ("hero-not-inserted", "alt-missing")]
    html, _ = build(tmp_path / "shown", {"image": "img/cover.jpg"}, body=SHOWN)
    assert ' hero"></picture>' in html, "an image that the page shows is its hero"


def test_own_keys_insert(tmp_path: Path, subtests: pytest.Subtests) -> None:
    cases: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = [
        ({"hero": {"src": "img/cover.jpg", "alt": ""}}, {}),
        ({"cover": "img/cover.jpg"}, {"hero": {"keys": ["cover"]}}),
        ({"thumbnail": "img/cover.jpg"}, {"hero": {"keys": ["hero", "thumbnail"]}}),
    ]
    for at, (meta, options) in enumerate(cases):
        with subtests.test(str(meta)):
            html, _ = build(tmp_path / str(at), meta, options=options)
            assert html.count("<img") == 1
    assert not inserts_file("image", HeroSettings().keys), "the default is not the user's choice"


def test_hero_that_the_page_shows_in_another_way_is_not_inserted(tmp_path: Path, subtests: pytest.Subtests) -> None:
    pages: dict[str, dict[str, Any]] = {
        "derivative": {"body": SHOWN.replace("cover", "cover-640w")},
        "banner": {"banner": '<header><img src="img/cover.jpg" alt=""></header>'},
        "background": {"banner": '<header style="background: url(&quot;img/cover.jpg&quot;) center"></header>'},
        "style": {"head": "<style>.top { background-image: url( 'img/cover.jpg' ) }</style>"},
    }
    for name, parts in pages.items():
        with subtests.test(name):
            html, _ = build(tmp_path / name, {"hero": "img/cover.jpg"}, options=None, **parts)
            assert "<figure" not in html
            assert (' hero"></picture>' in html) == (name == "derivative")
    linked = '<header><a href="/"><img src="img/cover.jpg" alt=""></a></header>'
    html, _ = build(tmp_path / "linked", {"hero": "img/cover.jpg"}, banner=linked)
    assert html.count("<img") == 2, "a teaser is no hero"
