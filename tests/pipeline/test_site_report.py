"""The data of reports: what a build records, and what is read from its folder later."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from msgspec import json as msgjson

from imageseo.config.settings import Settings
from imageseo.integrations import directory, runner
from imageseo.integrations.progress import Quiet
from imageseo.integrations.project import detect_project
from imageseo.integrations.site_reports import read_report, report_on
from imageseo.model.image import Rights
from imageseo.model.site import Site
from imageseo.model.site_report import SiteReport
from imageseo.pipeline import reports
from imageseo.pipeline.pictures.page_record import HeroOrigin
from tests.support.small_sites import photo, write

SETTINGS_MAPPING = {"profile": "fast", "site_url": "https://example.org/", "encode": {"isolate": False}}
SETTINGS = runner.load_mapping(SETTINGS_MAPPING)
STYLES = "<style>img{max-width:100%;height:auto}</style>"


def page(body: str, title: str = "A page") -> str:
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title>{STYLES}</head>'
        f"<body><main><article><h1>{title}</h1><p>Text</p>{body}</article></main></body></html>"
    )


def site_of(folder: Path, settings: Settings = SETTINGS) -> Site:
    return directory.site(folder / "public", project=folder, settings=settings)


def build(folder: Path, settings: Settings = SETTINGS) -> SiteReport:
    site = site_of(folder, settings)
    return report_on(site, settings, runner.build(site, settings, progress=Quiet()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    own = 'srcset="../own-400.jpg 400w, ../own-800.jpg 800w" sizes="100vw"'
    return write(
        tmp_path,
        {
            "public/index.html": page('<img src="a.jpg" alt="A &lt;script&gt;alert(1)&lt;/script&gt;">', "Home"),
            "public/two/index.html": page(f'<img src="../a.jpg" alt="A"><img src="../own-400.jpg" alt="Own" {own}>'),
            "public/none/index.html": page("<p>no image</p>"),
            "public/a.jpg": photo(1600, 900),
            "public/own-400.jpg": photo(400, 300, 2),
            "public/own-800.jpg": photo(800, 600, 2),
        },
    )


def test_bytes_before_and_after_are_those_of_the_files_that_browsers_choose(folder: Path) -> None:
    report = build(folder)
    public = folder / "public"
    first, own = report.pictures
    assert (first.source, own.source) == ("a.jpg", "own-400.jpg")
    assert first.pages == ["index.html", "two/index.html"]
    for use in first.uses:
        assert use.form == "picture"
        assert use.reason == ""
        for download in (use.phone, use.desktop):
            assert download.before == (public / "a.jpg").stat().st_size
            assert download.after == (public / download.file).stat().st_size < download.before
            assert download.format == "avif"
            assert download.quality is not None
    (kept,) = own.uses
    assert kept.form == "none"
    assert kept.reason == "your own `srcset` is kept"
    assert kept.phone.before == kept.phone.after == (public / "own-800.jpg").stat().st_size
    home, two = report.pages
    assert (home.page, home.title, home.pictures) == ("index.html", "Home", 1)
    assert two.phone.before == (public / "a.jpg").stat().st_size + (public / "own-800.jpg").stat().st_size
    assert report.totals.pages == 2
    assert report.totals.pictures == 2
    assert report.totals.phone.after == sum(each.phone.after for each in report.pictures)
    assert {(each.metric, each.viewport) for each in home.budgets} == {
        ("lcp-bytes", "mobile"),
        ("lcp-bytes", "desktop"),
    }
    assert home.budgets[0].value == first.uses[0].phone.after
    assert 0 < (home.budgets[0].headroom or 0) < 1
    assert report.site == "Home"
    assert report.url == "https://example.org/"


def test_a_later_report_has_the_same_data_and_reads_no_image(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = msgjson.decode(msgjson.encode(build(folder)))
    assert built["cache"]["encoded"] > 0
    assert built["slowest"]
    monkeypatch.setattr("imageseo.pipeline.reporting.built_site.probe", None)
    site = site_of(folder)
    later = read_report(site, SETTINGS)
    found = msgjson.decode(msgjson.encode(later))
    built["cache"] |= {"encoded": None, "reused": None}
    assert found == built
    texts = {reports.renderer("json")(read_report(site, SETTINGS), site.root) for _ in range(3)}
    assert len(texts) == 1
    assert json.loads(texts.pop()) == built


def test_without_the_cache_a_report_is_read_from_the_folder(folder: Path) -> None:
    built = build(folder)
    shutil.rmtree(folder / ".cache")
    later = read_report(site_of(folder), SETTINGS)
    assert later.unrecorded == ["index.html", "none/index.html", "two/index.html"]
    assert later.pages == built.pages
    assert later.totals == built.totals
    assert later.budgets == built.budgets
    assert later.cache.variants == built.cache.variants
    assert later.cache.bytes == built.cache.bytes
    for now, then in zip(later.pictures, built.pictures, strict=True):
        assert (now.source, now.sha256, now.phone, now.desktop) == (then.source, then.sha256, then.phone, then.desktop)
        assert [(use.form, use.pages) for use in now.uses] == [(use.form, use.pages) for use in then.uses]


def test_a_warm_build_and_one_of_a_single_page_report_the_whole_site(folder: Path) -> None:
    cold = build(folder)
    warm = build(folder)
    assert (warm.pages, warm.pictures, warm.slowest) == (cold.pages, cold.pictures, cold.slowest)
    assert warm.cache.encoded == 0
    write(folder, {"public/none/index.html": page('<p>new</p><img src="../a.jpg" alt="A">')})
    edited = build(folder)
    assert [each.page for each in edited.pages] == ["index.html", "none/index.html", "two/index.html"]
    assert edited.pictures[0].pages == ["index.html", "none/index.html", "two/index.html"]
    assert edited.slowest == cold.slowest


def test_pages_that_are_built_each_time_keep_their_data(folder: Path) -> None:
    heavy = runner.load_mapping({**SETTINGS_MAPPING, "budgets": {"lcp-bytes": {"mobile": {"error": 10, "warn": 5}}}})
    built = build(folder, heavy)
    assert any(each.fails_build for each in built.findings)
    later = read_report(site_of(folder, heavy), heavy)
    assert later.unrecorded == []
    assert (later.pages, later.pictures) == (built.pages, built.pictures)
    assert [each for each in later.findings if each.fails_build] == [
        each for each in built.findings if each.fails_build
    ]
    build(folder)
    assert not list((folder / ".cache/imageseo/loose").iterdir())
    (folder / ".cache/imageseo/loose/x").write_bytes(b"damaged")
    assert read_report(site_of(folder), SETTINGS).unrecorded == []


def test_findings_name_the_line_of_the_authors_file(tmp_path: Path) -> None:
    settings = runner.load_mapping({**SETTINGS_MAPPING, "content_dir": "content"})
    write(
        tmp_path,
        {
            "imageseo.toml": 'content_dir = "content"\n',
            "content/guide.md": "# A page\n\nText\n\n![](missing.jpg)\n",
            "public/index.html": page("<p>Home</p>"),
            "public/guide/index.html": page('<img src="missing.jpg" alt="">'),
        },
    )
    project = detect_project(tmp_path, config=None, note=lambda text: None, settings=settings)
    site = project.site(tmp_path / "public")
    result = runner.build(site, settings, progress=Quiet())
    (found,) = (each for each in report_on(site, settings, result).findings if each.rule == "img-missing")
    assert (found.source, found.source_line, found.page) == ("content/guide.md", 5, "guide/index.html")
    text = reports.renderer("html")(report_on(site, settings, result), site.root)
    assert "<strong>content/guide.md:5:1</strong>, built page: guide/index.html" in text


def test_origin_of_a_hero_names_who_made_it() -> None:
    made = Rights(creator="Ann", credit="Studio", license="https://example.org/l", digital_source_type="t", prompt="p")
    found = HeroOrigin.of("a.jpg", "A", made, origin="recipe", generated=True)
    assert (found.creator, found.license, found.source_type, found.prompt) == ("Ann", made.license, "t", "p")
    assert HeroOrigin.of("a.jpg", "A", Rights(credit="Studio"), origin="file").creator == "Studio"
    assert HeroOrigin.of("a.jpg", None, Rights(), origin="file").creator is None
