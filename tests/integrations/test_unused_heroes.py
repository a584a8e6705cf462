"""Declared heroes without effect are reported; similar keys are not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from imageseo.config.heroes import HeroSettings
from imageseo.config.settings import LintSettings, Settings
from imageseo.heroes.recipes.misspelled_keys import misspelled_keys
from imageseo.integrations import directory, runner
from imageseo.integrations.progress import Quiet
from imageseo.integrations.unused_heroes import unused_heroes
from imageseo.model.finding import Severity
from imageseo.model.site import Page, PageHints, Site
from tests.support.small_sites import mkdocs_site, run, write

PAGE = '<html lang="en"><head><title>A</title>{}</head><body><main><h1>A</h1></main></body></html>'


@pytest.mark.parametrize(
    ("meta", "keys"),
    [
        ({"heroo": {"style": "topo", "seed": 3}}, ["heroo"]),
        ({"Herro": "images/launch.jpg"}, ["herro"]),
        ({"hreo": {"src": "a.jpg", "alt": "x"}}, ["hreo"]),
        ({"hro": {"card": True}}, ["hro"]),
        ({"heroo": '{"seed": 7}'}, ["heroo"]),
        ({"heroo_seed": "7", "heroo_alt": "x"}, ["heroo_seed", "heroo_alt"]),
        ({"imageseo:heroo": "a.jpg"}, ["imageseo:heroo"]),
        ({"hero": "a.jpg", "imageseo:alt": "x"}, ["imageseo:alt"]),
    ],
)
def test_misspelled_hero_key_is_found(meta: Mapping[str, Any], keys: list[str]) -> None:
    assert list(misspelled_keys(meta)) == keys


@pytest.mark.parametrize(
    "meta",
    [
        {"hero_title": "A theme's own"},
        {"heroes": ["Ada", "Grace"]},
        {"heroes": {"src": "a.jpg"}},
        {"heros": ["a.jpg", "b.jpg"]},
        {"heros_style": "dark"},
        {"here": "images/here.jpg"},
        {"zero": {"seed": 1}},
        {"her": "images/her.jpg"},
        {"heron": "images/heron.jpg"},
        {"heroo": "a word"},
        {"heroo": False},
        {"heroo": {"name": "Ada"}},
        {"heroo": "https://example.org/a.jpg"},
        {"heroo_title": "x"},
        {"heroImage": "images/a.jpg"},
        {"hero": "a.jpg", "heroo": {"seed": 1}},
        {"hero_seed": 1, "herro_seed": 2},
        {"image": "a.jpg", "title": "Hero", 7: "x"},
    ],
)
def test_other_keys_are_ignored(meta: Mapping[Any, Any]) -> None:
    assert list(misspelled_keys(meta)) == []


def found(site: Site, settings: Settings | None = None) -> list[tuple[str, int | None, str, str]]:
    findings = list(unused_heroes(site, settings or Settings()))
    assert all((one.rule, one.severity, one.fails_build) == ("hero-unused", Severity.WARN, False) for one in findings)
    return [(one.location.page, one.location.line, one.message, one.hint) for one in findings]


def test_unmatched_pattern_is_reported_with_its_line(tmp_path: Path) -> None:
    heroes = '# "blog/*"\n"/" = "a.jpg"\n["guide/*"]\nseed = 1\n["blog/*"]\nseed = 2\n'
    write(tmp_path, {"heroes.toml": heroes})
    meta = {"hero": "own.jpg"}  # the page declares its own hero, but still matches the pattern
    pages = (Page(path="index.html"), Page(path="guide/start.html", hints=PageHints(meta=meta)))
    site = Site(root=tmp_path / "site", project=tmp_path, base_url=None, pages=pages)
    assert [(page, line) for page, line, _, _ in found(site)] == [("heroes.toml", 5)]
    assert "`blog/*`" in found(site)[0][2]
    assert found(site, Settings(hero=HeroSettings(keys=()))) == []


def test_unknown_imageseo_meta_name_is_reported(tmp_path: Path) -> None:
    meta = '<meta name="imageseo:{}" content="a.jpg">'
    pages = {
        "site/a.html": PAGE.format(meta.format("heroo")),
        "site/b.html": PAGE.format(meta.format("hero") + '<meta name="imageseo" content="x">'),
    }
    site = directory.site(write(tmp_path, pages) / "site", project=tmp_path, settings=Settings())
    assert [page.hints.meta.get("hero") for page in site.pages] == [None, "a.jpg"]
    ((page, _, message, hint),) = found(site)
    assert (page, message) == ("a.html", '<meta name="imageseo:heroo">: unknown name')
    assert "imageseo:hero" in hint


def test_build_and_lint_report_unused_heroes_unless_off(tmp_path: Path) -> None:
    write(tmp_path, {"heroes.toml": '["none/*"]\nseed = 1\n', "site/a.html": PAGE.format("")})
    site = directory.site(tmp_path / "site", project=tmp_path, settings=Settings())
    off = Settings(lint=LintSettings(rules={"hero-unused": Severity.OFF}))
    for settings, expected in ((Settings(), ["hero-unused"]), (off, [])):
        built = runner.build(site, settings, progress=Quiet()).findings
        linted, failed = runner.lint(site, settings, progress=Quiet())
        assert not failed
        for findings in (built, linted.findings):
            assert [one.rule for one in findings if one.rule.startswith("hero-")] == expected


@pytest.mark.slow
def test_misspelled_key_is_a_warning_that_mkdocs_strict_counts(tmp_path: Path) -> None:
    site = mkdocs_site(tmp_path, files={"docs/index.md": "---\nheroo: {style: topo}\n---\n# Home\n"})
    done = run("mkdocs", "build", "--strict", cwd=site)
    assert done.returncode == 1
    assert "imageseo: docs/index.md: front matter key `heroo` looks like a hero" in done.stderr
    assert "did you mean `hero`?" in done.stderr
    off = mkdocs_site(tmp_path, config="plugins:\n  - imageseo:\n      lint: {rules: {hero-unused: off}}\n")
    write(off, {"docs/index.md": "---\nheroo: {style: topo}\n---\n# Home\n"})
    assert run("mkdocs", "build", "--strict", cwd=site).returncode == 0
