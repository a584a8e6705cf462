"""Builds of a folder: markup, idempotence, removal of edits, invalid input."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from imageseo import config
from imageseo.integrations import directory
from imageseo.integrations.progress import Quiet
from imageseo.model.finding import Finding, Severity
from imageseo.pipeline import build as pipeline
from imageseo.pipeline import composition
from imageseo.web.html import edits
from tests.support import pictures, small_sites
from tests.support.json_ld import flat

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>T</title>
<link rel="canonical" href="https://example.org/{url}"></head>
<body><header><img src="/img/logo.png" alt="logo"></header>
<main><article><h1>T</h1>{body}</article></main></body></html>
"""


FAST = {"site_url": "https://example.org/", "profile": "fast", "encode": {"isolate": False}}


def page(body: str, url: str = "") -> str:
    return PAGE.replace("{url}", url).replace("{body}", body)


def make_project(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    small_sites.write(folder / "site", {"img/logo.png": pictures.save(pictures.flat("red"), "PNG"), **files})
    return folder


def build(folder: Path, options: Mapping[str, object] | None = None) -> pipeline.BuildResult:
    settings = config.load({**FAST, **(options or {})}, "test")
    site = directory.site(folder / "site", project=folder, settings=settings)
    with composition.build_tools(settings, project=folder, progress=Quiet()) as tools:
        return pipeline.build(site, settings, tools)


def findings_of(result: pipeline.BuildResult, rule: str) -> list[Finding]:
    return [finding for finding in result.findings if finding.rule == rule]


@pytest.fixture
def photo() -> bytes:
    return small_sites.photo(1000, 600)


def test_build_adds_variants_markup_and_metadata(tmp_path: Path, photo: bytes) -> None:
    make_project(tmp_path, {"index.html": page('<p><img src="img/a.jpg" alt="A hill"></p>'), "img/a.jpg": photo})
    result = build(tmp_path)
    html = (tmp_path / "site/index.html").read_text("utf-8")
    assert not result.failed
    assert result.findings == ()
    assert html.count('fetchpriority="high"') == 1
    assert 'src="img/a.jpg" alt="A hill" width="1000" height="600"' in html
    for name, width in re.findall(r"(img/a-880w\.[0-9a-f]{8}\.(?:avif|webp)) (\d+)w", html):
        with Image.open(tmp_path / "site" / name) as image:
            assert image.width == int(width)
            assert image.height == round(int(width) * 0.6)
    assert re.findall(r'<source type="image/(\w+)"', html) == ["avif", "webp"]
    # The logo is in the header: no variants, but width and height.
    assert re.search(r'<header><img src="/img/logo.png" alt="logo" width="64" height="48"[^>]*></header>', html)
    found = re.search(r'<script type="application/ld\+json" data-imageseo>(.*?)</script>', html)
    assert found is not None
    graph = flat(json.loads(found[1])["@graph"])
    assert graph[0]["contentUrl"] == "https://example.org/img/a.jpg"
    assert graph[0]["representativeOfPage"] is True
    assert b"<image:loc>https://example.org/img/a.jpg</image:loc>" in (tmp_path / "site/sitemap.xml").read_bytes()


def test_second_build_changes_nothing(tmp_path: Path, photo: bytes) -> None:
    make_project(tmp_path, {"index.html": page('<p><img src="img/a.jpg" alt="A"></p>'), "img/a.jpg": photo})
    build(tmp_path)
    before = small_sites.tree(tmp_path / "site")
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "site").rglob("*")}
    result = build(tmp_path)
    assert result.changed == ()
    assert small_sites.tree(tmp_path / "site") == before
    assert stamps == {path: path.stat().st_mtime_ns for path in (tmp_path / "site").rglob("*")}


def test_edits_can_be_removed(tmp_path: Path, photo: bytes) -> None:
    source = page('<p><img src="img/a.jpg" alt="A"></p>')
    make_project(tmp_path, {"index.html": source, "img/a.jpg": photo})
    build(tmp_path)
    built = (tmp_path / "site/index.html").read_bytes()
    assert built != source.encode()
    assert edits.strip(built) == source.encode()


@pytest.mark.slow
def test_other_settings_remove_the_former_variants(tmp_path: Path, photo: bytes) -> None:
    make_project(tmp_path, {"index.html": page('<p><img src="img/a.jpg" alt="A"></p>'), "img/a.jpg": photo})
    build(tmp_path)
    first = small_sites.tree(tmp_path / "site")
    other = build(tmp_path, {"quality": {"avif": 93}, "formats": ["avif"]})
    assert not [name for name in small_sites.tree(tmp_path / "site") if name.endswith(".webp")]
    assert {name for name in first if name.endswith(".avif")}.isdisjoint(small_sites.tree(tmp_path / "site"))
    assert other.summary["encoded"] > 0
    back = build(tmp_path)
    assert small_sites.tree(tmp_path / "site") == first
    assert back.summary["encoded"] == 0  # changing a quality back encodes nothing


def test_format_without_its_widest_variant_is_not_offered(tmp_path: Path) -> None:
    """A PNG of noise is smaller than its wide variants; a browser would scale up the narrow ones."""
    noise = (
        Image.frombytes("L", (1600, 900), random.Random(1).randbytes(1600 * 900))
        .point(lambda value: 255 * (value > 128))
        .convert("1")
    )
    drawn = pictures.save(noise, "PNG", optimize=True)
    make_project(tmp_path, {"index.html": page('<p><img src="img/a.png" alt="A"></p>'), "img/a.png": drawn})
    result = build(tmp_path, {"formats": ["avif"], "quality": {"avif": 60}, "encode": {"avif_speed": 10}})
    html = (tmp_path / "site/index.html").read_text("utf-8")
    assert result.summary["dropped"] > 0
    for srcset in re.findall(r'srcset="([^"]*)"', html):
        assert "1600w" in srcset


class TestHero:
    def test_hero_file_that_the_article_does_not_show_is_inserted(self, tmp_path: Path, photo: bytes) -> None:
        head = '<meta name="imageseo:hero" content="/img/hero.jpg">'
        body = page("<p>Text</p>").replace("</head>", f"{head}</head>")
        make_project(tmp_path, {"index.html": body, "img/hero.jpg": photo})
        result = build(tmp_path)
        html = (tmp_path / "site/index.html").read_text("utf-8")
        assert re.search(r'<h1>T</h1><figure data-imageseo="hero-figure"><picture data-imageseo>', html)
        assert html.count('fetchpriority="high"') == 1
        assert [
            finding.message for finding in findings_of(result, "alt-missing")
        ] != []  # without description none is invented

    def test_unpinned_recipe_is_drawn_with_a_warning(self, tmp_path: Path) -> None:
        hero = '[ "/" ]\nseed = 4711\nstyle = "topo"\nalt = "Contour lines"\nwidth = 640\nheight = 360\n'
        make_project(tmp_path, {"index.html": page("<p>Text</p>")})
        (tmp_path / "heroes.toml").write_text(hero, encoding="utf-8")
        result = build(tmp_path)
        published = list((tmp_path / "site/assets/heroes").glob("*.jpg"))
        assert len(published) == 1
        assert b"algorithmicMedia" in published[0].read_bytes()
        assert [finding.severity for finding in findings_of(result, "hero-unpinned")] == [Severity.WARN]
        assert not (tmp_path / "imageseo.lock").exists()
        assert not (tmp_path / "heroes").exists()
        assert build(tmp_path).changed == ()

    def test_card_uses_the_title_of_a_page_without_front_matter(self, tmp_path: Path) -> None:
        make_project(tmp_path, {"index.html": page("<p>Text</p>")})
        hero = '["/"]\nseed = 1\nalt = "A"\ncard = true\nwidth = 640\nheight = 360\n'
        (tmp_path / "heroes.toml").write_text(hero, encoding="utf-8")
        result = build(tmp_path)
        assert {finding.rule for finding in result.findings} <= {"hero-unpinned", "variant-dropped"}
        assert len(list((tmp_path / "site/assets/heroes").glob("index*.jpg"))) == 1

    def test_frozen_build_rejects_unpinned_recipe(self, tmp_path: Path) -> None:
        make_project(tmp_path, {"index.html": page("<p>Text</p>")})
        (tmp_path / "heroes.toml").write_text('["/"]\nseed = 1\nalt = "A"\n', encoding="utf-8")
        result = build(tmp_path, {"frozen": True})
        assert result.failed
        assert "imageseo generate" in findings_of(result, "hero-unpinned")[0].hint

    def test_alt_of_the_declared_hero_is_added_to_the_article(self, tmp_path: Path, photo: bytes) -> None:
        """The alt text of front matter is used if the tag has none."""
        meta = json.dumps({"src": "img/a.jpg", "alt": "From front matter"}).replace('"', "&quot;")
        head = f'<meta name="imageseo:hero" content="{meta}"></head>'
        for tag, expected in (('<img src="img/a.jpg">', "From front matter"), ('<img src="img/a.jpg" alt="">', "")):
            make_project(tmp_path, {"index.html": page(f"<p>{tag}</p>").replace("</head>", head), "img/a.jpg": photo})
            result = build(tmp_path)
            assert f'alt="{expected}"' in (tmp_path / "site/index.html").read_text("utf-8")
            assert findings_of(result, "alt-missing") == []

    def test_drawn_hero_does_not_overwrite_a_source_file(self, tmp_path: Path, photo: bytes) -> None:
        make_project(tmp_path, {"x/index.html": page("<p>Text</p>", "x/"), "assets/heroes/x.jpg": photo})
        hero = '["/x/"]\nseed = 3\nstyle = "mosaic"\nalt = "A"\nwidth = 320\nheight = 180\n'
        (tmp_path / "heroes.toml").write_text(hero, encoding="utf-8")
        build(tmp_path)
        assert (tmp_path / "site/assets/heroes/x.jpg").read_bytes() == photo
        assert re.search(r"assets/heroes/x-[0-9a-f]{8}\.jpg", (tmp_path / "site/x/index.html").read_text("utf-8"))
        assert build(tmp_path).changed == ()

    def test_truncated_hero_is_a_finding_of_its_page(self, tmp_path: Path, photo: bytes) -> None:
        head = '<meta name="imageseo:hero" content="/img/cut.jpg"></head>'
        make_project(
            tmp_path, {"index.html": page("<p>x</p>").replace("</head>", head), "img/cut.jpg": pictures.cut(photo)}
        )
        assert [finding.location.page for finding in findings_of(build(tmp_path), "img-unreadable")] == ["index.html"]


class TestStaleFiles:
    def test_excluded_pages_keep_their_variants(self, tmp_path: Path, photo: bytes) -> None:
        shown = '<p><img src="/img/a.jpg" alt="A"></p>'
        make_project(tmp_path, {"index.html": page(shown), "blog/index.html": page(shown, "blog/"), "img/a.jpg": photo})
        build(tmp_path)
        build(tmp_path, {"exclude_pages": ["blog/*"], "quality": {"avif": 30}})
        html = (tmp_path / "site/blog/index.html").read_text("utf-8")
        named = re.findall(r"/(img/a-\d+w\.[0-9a-f]{8}\.avif)", html)
        assert named
        assert all((tmp_path / "site" / name).is_file() for name in named)

    def test_file_of_the_author_is_kept(self, tmp_path: Path, photo: bytes) -> None:
        mine = '<picture data-imageseo><source srcset="img/mine.webp 1w"><img src="img/a.jpg" alt="A"></picture>'
        make_project(tmp_path, {"index.html": page(mine), "img/a.jpg": photo, "img/mine.webp": b"precious"})
        build(tmp_path)
        assert (tmp_path / "site/img/mine.webp").read_bytes() == b"precious"

    def test_partial_files_of_a_killed_build_are_removed(self, tmp_path: Path, photo: bytes) -> None:
        child = subprocess.Popen([sys.executable, "-c", ""])
        child.wait()
        left = f"img/.imageseo-{child.pid}-0a1b2c3d-7.part"
        alive = f"img/.imageseo-{os.getppid()}-0a1b2c3d-7.part"
        make_project(tmp_path, {"index.html": page("<p>x</p>"), left: b"half", alive: b"half"})
        build(tmp_path)
        assert not (tmp_path / "site" / left).exists()
        assert (tmp_path / "site" / alive).exists()


def test_sitemap_keeps_images_of_pages_outside_the_build(tmp_path: Path, photo: bytes) -> None:
    image = "<image:image><image:loc>https://example.org/{}.jpg</image:loc></image:image>"
    host = (
        '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
        f"<url><loc>https://example.org/old/</loc>{image.format('old')}</url>"
        f"<url><loc>https://example.org/</loc>{image.format('gone')}</url></urlset>"
    )
    body = '<p><img src="img/a.jpg" alt="A"><img src="img/missing.jpg" alt="M"></p>'
    make_project(tmp_path, {"index.html": page(body), "img/a.jpg": photo, "sitemap.xml": host})
    build(tmp_path)
    locations = re.findall(r"<image:loc>([^<]*)", (tmp_path / "site/sitemap.xml").read_text("utf-8"))
    assert locations == ["https://example.org/old.jpg", "https://example.org/img/a.jpg"]


def test_output_folder_inside_the_sources_is_accepted(tmp_path: Path) -> None:
    from imageseo.model.errors import SiteError
    from imageseo.storage.output import OutputFolder

    (tmp_path / "output").mkdir()
    (tmp_path / "output/docs").mkdir()
    OutputFolder(tmp_path / "output", sources=(tmp_path,)).write("a.txt", b"1")
    with pytest.raises(SiteError, match="sources"):
        OutputFolder(tmp_path, sources=(tmp_path,))
    with pytest.raises(SiteError, match="leads out"):
        OutputFolder(tmp_path / "output", sources=(tmp_path / "output/docs",)).write("docs/a.txt", b"1")


class TestBudget:
    @pytest.mark.slow
    def test_hero_over_budget_fails_with_details(self, tmp_path: Path) -> None:
        noisy = small_sites.photo(1600, 1000, seed=9)
        make_project(tmp_path, {"index.html": page('<p><img src="img/a.jpg" alt="A"></p>'), "img/a.jpg": noisy})
        result = build(tmp_path, {"budgets": {"lcp-bytes": {"mobile": {"warn": 500, "error": 1000}}}})
        finding = next(finding for finding in findings_of(result, "lcp-bytes") if finding.fails_build)
        assert result.failed
        assert finding.severity is Severity.ERROR
        assert finding.location.page == "index.html"
        for text in ("img/a.jpg", "mobile", "KiB", ".avif"):
            assert text in finding.message
        assert finding.hint

    @pytest.mark.slow
    def test_lower_quality_is_tried_once_for_a_budget(self, tmp_path: Path) -> None:
        noisy = small_sites.photo(1600, 1000, seed=9)
        make_project(tmp_path, {"index.html": page('<p><img src="img/a.jpg" alt="A"></p>'), "img/a.jpg": noisy})
        options = {"quality": {"avif": 60}, "formats": ["avif"], "encode": {"avif_speed": 9}, "widths": [880]}
        build(tmp_path, {**options, "budgets": {"lcp-bytes": {"mobile": {"warn": 0, "error": 0}}}})
        html = (tmp_path / "site/index.html").read_text("utf-8")
        chosen = re.search(r"(img/a-880w\.[0-9a-f]{8}\.avif)", html)
        assert chosen is not None
        size = (tmp_path / "site" / chosen[1]).stat().st_size
        limit = int(size * 0.85)
        result = build(tmp_path, {**options, "budgets": {"lcp-bytes": {"mobile": {"warn": 0, "error": limit}}}})
        assert not result.failed, [str(f.message) for f in result.findings]
        lighter = re.search(r"(img/a-880w\.[0-9a-f]{8}\.avif)", (tmp_path / "site/index.html").read_text("utf-8"))
        assert lighter is not None
        assert lighter[1] != chosen[1]
        assert (tmp_path / "site" / lighter[1]).stat().st_size <= limit
        assert not (tmp_path / "site" / chosen[1]).exists()
        (said,) = findings_of(result, "quality-lowered")
        assert said.severity is Severity.INFO
        assert "880w avif has quality" in said.message
        assert "instead of 60" in said.message
        assert '{"img/a.jpg": {avif: 60}}' in said.hint
        again = build(tmp_path, {**options, "budgets": {"lcp-bytes": {"mobile": {"warn": 0, "error": limit}}}})
        assert findings_of(again, "quality-lowered") == [said], "also from the records"

        own = {"avif": 60, "paths": {"img/*": {"avif": 61}, "img/a.*": {"avif": 60}}}
        budgets = {"lcp-bytes": {"mobile": {"warn": 0, "error": limit}}}
        kept = build(tmp_path, {**options, "quality": own, "budgets": budgets})
        assert kept.failed, "the author's quality of one picture is not lowered"
        assert not findings_of(kept, "quality-lowered")
        assert (tmp_path / "site" / chosen[1]).exists()


class TestBadInput:
    def test_unreadable_images_are_findings_and_the_rest_is_built(self, tmp_path: Path, photo: bytes) -> None:
        images = ("cut.jpg", "empty.png", "html.jpg", "bomb.png", "good.jpg")
        body = "\n".join(f'<p><img src="img/{name}" alt="{name}"></p>' for name in (*images, "gone.jpg"))
        make_project(
            tmp_path,
            {
                "index.html": page(body),
                "other/index.html": page('<p><img src="../img/good.jpg" alt="G"></p>', "other/"),
                "img/cut.jpg": pictures.cut(photo),
                "img/empty.png": b"",
                "img/html.jpg": b"<!doctype html><title>404</title>",
                "img/bomb.png": pictures.bomb(),
                "img/good.jpg": photo,
            },
        )
        result = build(tmp_path)
        assert not result.failed, [str(f.message) for f in result.findings]
        named = {finding.location.image: finding for finding in result.findings if finding.location.image}
        for number, name in enumerate((*images[:4], "gone.jpg")):
            finding = named[f"img/{name}"]
            assert finding.rule == ("img-missing" if name == "gone.jpg" else "img-unreadable")
            assert finding.location.line == 5 + (number if name != "gone.jpg" else 5)
            assert finding.severity is Severity.WARN
        html = (tmp_path / "site/index.html").read_text("utf-8")
        assert re.search(r'<img src="img/good.jpg" alt="good.jpg" width="1000"', html)
        assert 'src="img/cut.jpg" alt="cut.jpg" width' not in html or "cut-" not in html
        assert b"good-" in (tmp_path / "site/other/index.html").read_bytes()

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("binary.html", bytes(range(256)) * 40),
            ("utf16.html", page("<p>x</p>").encode("utf-16")),
            ("empty.html", b""),
            ("broken.html", b'<html><img src="img/a.jpg" alt="<p><div></span><img src=img/a.jpg'),
        ],
    )
    def test_invalid_page_does_not_affect_other_pages(
        self, tmp_path: Path, photo: bytes, name: str, content: bytes
    ) -> None:
        make_project(
            tmp_path, {"index.html": page('<p><img src="img/a.jpg" alt="A"></p>'), name: content, "img/a.jpg": photo}
        )
        result = build(tmp_path)
        assert b"<picture" in (tmp_path / "site/index.html").read_bytes()
        if name in ("binary.html", "utf16.html"):
            assert [finding.location.page for finding in findings_of(result, "page-unreadable")] == [name]
            assert result.failed
        else:
            assert not result.failed
        if name != "broken.html":
            assert (tmp_path / "site" / name).read_bytes() == content

    @pytest.mark.slow
    def test_page_of_twenty_megabytes_is_built(self, tmp_path: Path, photo: bytes) -> None:
        body = '<p><img src="img/a.jpg" alt="A"></p>' + "<p>lorem <b>ipsum</b></p>" * 800_000
        make_project(tmp_path, {"index.html": page(body), "img/a.jpg": photo})
        assert not build(tmp_path, {"formats": ["webp"]}).failed
        assert b"<picture" in (tmp_path / "site/index.html").read_bytes()

    def test_variants_for_urls_of_the_site_only(self, tmp_path: Path, photo: bytes) -> None:
        sources = {
            "/img/a.jpg": True,
            "img/a%20b.jpg": True,
            "img/a.jpg?v=2": True,
            "https://example.org/img/a.jpg": True,
            "../../etc/passwd": False,
            "/%2e%2e/%2e%2e/etc/passwd": False,
            "https://elsewhere.example/a.jpg": False,
            "data:image/gif;base64,R0lGODlhAQABAAAAACw=": False,
        }
        body = "".join(f'<p><img src="{source}" alt="x{number}"></p>' for number, source in enumerate(sources))
        make_project(tmp_path, {"index.html": page(body), "img/a.jpg": photo, "img/a b.jpg": photo})
        build(tmp_path)
        html = (tmp_path / "site/index.html").read_text("utf-8")
        for number, (source, is_local) in enumerate(sources.items()):
            has_picture = re.search(rf'<source[^>]*><img src="{re.escape(source)}" alt="x{number}"', html) is not None
            assert has_picture is is_local, source

    @pytest.mark.slow
    def test_unwritable_site_is_reported_and_unchanged(self, tmp_path: Path, photo: bytes) -> None:
        make_project(tmp_path, {"index.html": page('<p><img src="img/a.jpg" alt="A"></p>'), "img/a.jpg": photo})
        before = small_sites.tree(tmp_path / "site")
        done = _run_unprivileged(tmp_path, "build", "site")
        assert done.returncode == 1, done.stderr
        assert "page-unwritable" in done.stdout
        assert "index.html" in done.stdout
        assert "Traceback" not in done.stderr
        assert small_sites.tree(tmp_path / "site") == before

    @pytest.mark.slow
    def test_full_disk_leaves_no_partial_file(self, tmp_path: Path, photo: bytes) -> None:
        make_project(tmp_path, {"index.html": page('<p><img src="img/a.jpg" alt="A"></p>'), "img/a.jpg": photo})
        before = small_sites.tree(tmp_path / "site")
        code = (
            "import resource, signal, sys\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
            "sys.argv = ['imageseo', 'build', 'site']\n"
            "from imageseo.cli.main import main\nmain()\n"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode in (1, 2), done.stderr
        assert "Traceback" not in done.stderr
        assert "room" in done.stdout + done.stderr
        after = small_sites.tree(tmp_path / "site")
        assert {name: after[name] for name in before} == before
        assert not [name for name in after if name.endswith(".part")]

    @pytest.mark.slow
    def test_next_build_completes_a_killed_one(self, tmp_path: Path) -> None:
        body = "".join(f'<p><img src="img/{n}.jpg" alt="{n}"></p>' for n in range(4))
        files = {f"img/{n}.jpg": small_sites.photo(1200, 800, seed=n) for n in range(4)}
        for name in ("killed", "whole"):
            make_project(tmp_path / name, {"index.html": page(body), **files})
        command = small_sites.words("imageseo", "build", "site")
        child = subprocess.Popen(command, cwd=tmp_path / "killed", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        store = tmp_path / "killed/.cache/imageseo"
        deadline = time.monotonic() + 60
        while not list(store.glob("v1/keys/*/*")) and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert child.poll() is None, "the build was over before it could be killed"
        child.send_signal(signal.SIGKILL)
        child.wait()
        for name in ("killed", "whole"):
            done = small_sites.run("imageseo", "build", "site", cwd=tmp_path / name)
            assert done.returncode == 0, done.stderr
        assert small_sites.tree(tmp_path / "killed/site") == small_sites.tree(tmp_path / "whole/site")


def _run_unprivileged(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a user who can read everything (packages may belong to root), but only write the store."""
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    nobody += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    try:
        subprocess.run([*nobody, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"cannot become an unprivileged user who reads everything: {error}")
    for path in (folder, *folder.parents):  # access(2), which click asks, knows no capabilities
        if path.is_relative_to("/tmp/pytest-of-root"):
            path.chmod(path.stat().st_mode | 0o555)
    (folder / ".cache").mkdir(mode=0o777)
    (folder / ".cache").chmod(0o777)
    words = [*nobody, *small_sites.words("imageseo", *arguments)]
    return subprocess.run(words, cwd=folder, env=small_sites.environment(), capture_output=True, text=True)


@pytest.mark.slow
def test_warm_build_imports_no_heavy_module(tmp_path: Path, photo: bytes) -> None:
    make_project(tmp_path, {"index.html": page('<p><img src="img/a.jpg" alt="A"></p>'), "img/a.jpg": photo})
    heroes = '["/x/"]\nseed = 1\nalt = "A"\nwidth = 320\nheight = 180\ncard = "Hello 🚀"\n'
    heroes += '["/y/"]\nsrc = "img/a.jpg"\ncard = "Hello 🚀"\nalt = "B"\n'
    (tmp_path / "heroes.toml").write_text(heroes, encoding="utf-8")
    small_sites.write(tmp_path / "site", {f"{name}/index.html": page("<p>Text</p>", f"{name}/") for name in "xy"})
    build(tmp_path)
    code = (
        "import sys\nsys.argv = ['imageseo', 'build', 'site']\nfrom imageseo.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'diffusers', 'playwright', 'numpy', 'resvg_py', 'uharfbuzz', 'bs4', 'turbohtml'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    config = 'site_url = "https://example.org/"\nprofile = "fast"\n'
    (tmp_path / "imageseo.toml").write_text(config, encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "LOADED []" in done.stdout, done.stdout


class TestSitemapOff:
    HOST = (
        '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
        "<url><loc>https://example.org/</loc>{}</url></urlset>"
    )

    def test_sitemap_of_an_earlier_build_is_removed(self, tmp_path: Path, photo: bytes) -> None:
        make_project(tmp_path, {"index.html": page('<p><img src="img/a.jpg" alt="A"></p>'), "img/a.jpg": photo})
        build(tmp_path)
        assert (tmp_path / "site/sitemap.xml").is_file()
        assert "sitemap.xml" in build(tmp_path, {"sitemap": False}).changed
        assert not (tmp_path / "site/sitemap.xml").exists()
        assert build(tmp_path, {"sitemap": False}).changed == ()

    def test_images_added_to_the_generators_sitemap_are_removed(self, tmp_path: Path, photo: bytes) -> None:
        files: dict[str, str | bytes] = {"index.html": page('<img src="img/a.jpg" alt="A">'), "img/a.jpg": photo}
        make_project(tmp_path, {**files, "sitemap.xml": self.HOST.format("")})
        build(tmp_path)
        build(tmp_path)  # a build without changes keeps the record
        assert b"a.jpg" in (tmp_path / "site/sitemap.xml").read_bytes()
        assert build(tmp_path, {"sitemap": False}).changed == ("sitemap.xml",)
        assert b"a.jpg" not in (tmp_path / "site/sitemap.xml").read_bytes()
        build(tmp_path)
        assert b"a.jpg" in (tmp_path / "site/sitemap.xml").read_bytes()

    def test_images_listed_by_the_generator_are_kept(self, tmp_path: Path, photo: bytes) -> None:
        files: dict[str, str | bytes] = {"index.html": page('<img src="img/a.jpg" alt="A">'), "img/a.jpg": photo}
        own = self.HOST.format("<image:image><image:loc>https://example.org/img/logo.png</image:loc></image:image>")
        make_project(tmp_path, {**files, "sitemap.xml": own})
        build(tmp_path, {"sitemap": False})
        assert (tmp_path / "site/sitemap.xml").read_text("utf-8") == own
        build(tmp_path)
        small_sites.write(tmp_path / "site", {"sitemap.xml": own})  # the generator builds again
        build(tmp_path, {"sitemap": False})
        assert (tmp_path / "site/sitemap.xml").read_text("utf-8") == own

    def test_missing_site_url_is_not_reported(self, tmp_path: Path, photo: bytes) -> None:
        make_project(
            tmp_path, {"index.html": '<html><body><img src="img/a.jpg" alt="A"></body></html>', "img/a.jpg": photo}
        )
        settings = config.load({"sitemap": False, "profile": "fast"}, "test")
        site = directory.site(tmp_path / "site", project=tmp_path, settings=settings)
        with composition.build_tools(settings, project=tmp_path, progress=Quiet()) as tools:
            assert findings_of(pipeline.build(site, settings, tools), "site-url-missing") == []


def test_summary_counts_dropped_variants_and_saved_bytes(tmp_path: Path, photo: bytes) -> None:
    """A flat image is smaller as lossless WebP than as AVIF."""
    flat = pictures.save(pictures.flat("blue", size=(900, 500)), "PNG")
    body = '<p><img src="img/a.jpg" alt="A"></p><p><img src="img/flat.png" alt="B"></p>'
    make_project(tmp_path, {"index.html": page(body), "b/index.html": page(body.replace("img/", "../img/"), "b/"),
                    "img/a.jpg": photo, "img/flat.png": flat})  # fmt: skip
    cold = build(tmp_path)
    dropped = findings_of(cold, "variant-dropped")
    assert [finding.location.page for finding in dropped] == ["index.html"], "each image is reported once"
    listed = re.findall(r"\d+w \w+", " ".join(finding.message for finding in dropped))
    assert cold.summary["dropped"] == len(listed) > 0
    assert "larger than in another format" in dropped[0].message
    assert 0 < cold.summary["saved"] < 2 * len(photo)
    assert cold.summary["encoded"] == cold.summary["variants"] + cold.summary["dropped"]
    time.sleep(2.1)
    build(tmp_path)
    warm = build(tmp_path)
    assert warm.findings == cold.findings
    assert {**warm.summary, "encoded": 0, "reused": 0, "changed": 0} == {
        **cold.summary, "encoded": 0, "reused": 0, "changed": 0,
    }  # fmt: skip
    assert (warm.summary["encoded"], warm.summary["reused"]) == (0, cold.summary["encoded"])


def test_larger_format_with_a_higher_target_is_offered(tmp_path: Path) -> None:
    make_project(
        tmp_path,
        {"index.html": page('<p><img src="img/a.jpg" alt="A"></p>'), "img/a.jpg": small_sites.photo(700, 500, seed=4)},
    )
    build(tmp_path, {"profile": "default", "target": {"avif": 90, "webp": 40}, "encode": {"avif_speed": 9}})
    html = (tmp_path / "site/index.html").read_text("utf-8")
    assert 'type="image/avif"' in html
    assert 'type="image/webp"' in html
