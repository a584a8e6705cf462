"""What a build lists in sitemap and JSON-LD: only what search engines may show; and lint agrees."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from imageseo import config
from imageseo.integrations import directory
from imageseo.integrations.progress import Quiet
from imageseo.pipeline import build as pipeline
from imageseo.pipeline import composition
from tests.support import small_sites

BASE = "https://example.org/"
OPTIONS = {"site_url": BASE, "profile": "fast", "formats": ["webp"], "widths": [320], "rights": {"creator": "Ann"}}
OPTIONS["encode"] = {"isolate": False}
THEIRS = (
    '<?xml version="1.0"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    "<url><loc>https://example.org/</loc></url>\n</urlset>\n"
)
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d" * 32 + b"\nsize 12345\n"


def page(head: str = "", image: str = "/img/a.jpg") -> str:
    return (
        f'<!doctype html><html lang="en"><head><title>T</title>{head}</head><body><main><article><h1>T</h1>'
        f'<p><img src="{image}" alt="A hill"></p></article></main></body></html>'
    )


def build(folder: Path, options: Mapping[str, object] | None = None) -> pipeline.BuildResult:
    settings = config.load({**OPTIONS, **(options or {})}, "test")
    site = directory.site(folder / "site", project=folder, settings=settings)
    with composition.build_tools(settings, project=folder, progress=Quiet()) as tools:
        return pipeline.build(site, settings, tools)


def lint(folder: Path) -> list[str]:
    settings = config.load(OPTIONS, "test")
    site = directory.site(folder / "site", project=folder, settings=settings)
    only = frozenset({"sitemap-robots", "sitemap-schema", "ld-file", "ld-imageobject"})
    return [finding.message for finding in composition.lint_site(site, settings, only=only).findings]


def locations(folder: Path, tag: str = "loc") -> list[str]:
    text = (folder / "site/sitemap.xml").read_text("utf-8")
    return [url.removeprefix(BASE) for url in re.findall(f"<{tag}>([^<]*)</{tag}>", text)]


def site_files() -> dict[str, str | bytes]:
    return {
        "index.html": page(),
        "own/index.html": page('<link rel="canonical" href="http://Example.org/own/index.html">'),
        "print.html": page(f'<link rel="canonical" href="{BASE}">'),
        "copy.html": page('<link rel="canonical" href="https://example.com/copy.html">'),
        "google.html": page('<meta name="googlebot" content="NoIndex">'),
        "moved.html": page('<meta http-equiv="refresh" content="0; url=/own/">'),
        "over.html": page('<meta name="robots" content="unavailable_after: 1 Feb 2021 10:00:00 UTC">'),
        "private/index.html": page(),
        "headers/index.html": page(),
        "no-images.html": page('<meta name="robots" content="noimageindex">'),
        "blocked-image.html": page(image="/img/private/b.jpg"),
        "pointer.html": page(image="/img/pointer.jpg"),
        "saved.html": page(image="/img/page.jpg"),
        "missing.html": page(image="/img/gone.jpg"),
        "404.html": page(),
        "robots.txt": "User-agent: *\nDisallow: /private/\nDisallow: /img/private/\n",
        "_headers": "/headers/\n  X-Robots-Tag: none\n",
        "img/a.jpg": small_sites.photo(),
        "img/private/b.jpg": small_sites.photo(seed=2),
        "img/pointer.jpg": POINTER,
        "img/page.jpg": b"<!doctype html><html><body>Not found</body></html>",
    }


def test_own_sitemap_and_json_ld_list_only_what_may_be_listed(tmp_path: Path) -> None:
    small_sites.write(tmp_path / "site", site_files())
    build(tmp_path)
    assert locations(tmp_path) == ["", "blocked-image.html", "no-images.html", "own/", "pointer.html", "saved.html"]
    assert locations(tmp_path, "image:loc") == ["img/a.jpg", "img/a.jpg"]
    built = small_sites.tree(tmp_path / "site")
    assert [name for name, data in sorted(built.items()) if b"ld+json" in data] == ["index.html", "own/index.html"]
    assert lint(tmp_path) == []
    assert build(tmp_path).changed == ()


def test_entries_of_the_generator_stay_and_are_reported(tmp_path: Path) -> None:
    image = "<image:image><image:loc>https://example.org/img/a.jpg</image:loc></image:image>"
    urls = "".join(
        f"<url><loc>{BASE}{name}</loc>{image if name in ('google.html', 'no-images.html') else ''}</url>\n"
        for name in (
            "",
            "print.html",
            "google.html",
            "moved.html",
            "over.html",
            "private/",
            "headers/",
            "no-images.html",
        )
    )
    own = (
        '<?xml version="1.0"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">\n{urls}</urlset>\n'
    )
    small_sites.write(tmp_path / "site", {**site_files(), "sitemap.xml": own})
    build(tmp_path)
    after = (tmp_path / "site/sitemap.xml").read_text("utf-8")
    assert after.count("<image:loc>") == 3, "the start page's image is added, the generator's own two stay"
    assert after.replace(image, "", 1).replace("\n", "") == own.replace("\n", "")
    found = "\n".join(lint(tmp_path))
    for fact in (
        "canonical",
        "noindex, but",
        "redirects",
        "unavailable after 2021-02-01",
        "blocks Googlebot",
        "X-Robots",
    ):
        assert fact in found, found


def test_images_are_taken_back_when_a_page_may_no_longer_be_listed(tmp_path: Path) -> None:
    own = f'<?xml version="1.0"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{BASE}</loc></url></urlset>\n'
    small_sites.write(tmp_path / "site", {"index.html": page(), "img/a.jpg": small_sites.photo(), "sitemap.xml": own})
    build(tmp_path)
    assert locations(tmp_path, "image:loc") == ["img/a.jpg"]
    small_sites.write(tmp_path / "site", {"robots.txt": "User-agent: Googlebot\nDisallow: /\n"})
    build(tmp_path)
    assert locations(tmp_path, "image:loc") == []
    assert locations(tmp_path) == [""]
    assert b"ld+json" not in (tmp_path / "site/index.html").read_bytes()


def test_a_picture_with_two_urls_is_listed_once_and_urls_are_escaped_once(tmp_path: Path) -> None:
    """The page asks for it with a version, as an entity, and by the name of a copy; another image is its own."""
    photo = small_sites.photo()
    images = "".join(
        f'<p><img src="{src}" alt="A hill"></p>'
        for src in ("img/a.jpg?x=1&amp;y=2", "img/a.jpg?v=3", "img/copy%20%26%20b.jpg", "img/c&amp;d.jpg", "img/e.jpg")
    )
    files = dict.fromkeys(("img/a.jpg", "img/copy & b.jpg", "img/e.jpg"), photo)
    files["img/c&d.jpg"] = small_sites.photo(seed=3)
    html = page().replace('<p><img src="/img/a.jpg" alt="A hill"></p>', images)
    small_sites.write(tmp_path / "site", {"index.html": html, **files})
    build(tmp_path)
    assert locations(tmp_path, "image:loc") == ["img/a.jpg", "img/c%26d.jpg"]
    assert build(tmp_path).changed == ()


def test_images_of_the_sites_cdn_are_listed_as_the_page_names_them(tmp_path: Path, subtests: pytest.Subtests) -> None:
    """peers-surfaces 42: search engines index the addresses that pages show."""
    sources = (
        "https://cdn.example/a.jpg?w=1&amp;h=2",
        "//CDN.example/b.jpg#x",
        "https://other.example/c.jpg",
        "img/a.jpg",
    )
    images = "".join(f'<p><img src="{src}" alt="A hill" width="80" height="60"></p>' for src in sources)
    html = page().replace('<p><img src="/img/a.jpg" alt="A hill"></p>', images)
    own = ["img/a.jpg"]
    cdn = ["https://cdn.example/a.jpg?w=1&amp;h=2", "https://cdn.example/b.jpg"]
    small_sites.write(tmp_path / "site", {"index.html": html, "img/a.jpg": small_sites.photo()})
    options = {"delivery": {"image_hosts": ["cdn.example"]}}
    for name, sitemap in (("a sitemap of ours", None), ("one of the generator", THEIRS)):
        with subtests.test(name):
            if sitemap is not None:
                small_sites.write(tmp_path / "site", {"sitemap.xml": sitemap, "index.html": html})
            build(tmp_path)
            assert locations(tmp_path, "image:loc") == own
            build(tmp_path, options)
            assert locations(tmp_path, "image:loc") == [*cdn, *own]
            assert build(tmp_path, options).changed == ()
            hidden = html.replace("<head>", '<head><meta name="robots" content="noimageindex">')
            small_sites.write(tmp_path / "site", {"index.html": hidden})
            build(tmp_path, options)
            assert locations(tmp_path, "image:loc") == []
            small_sites.write(tmp_path / "site", {"index.html": html})


def test_expiry_follows_source_date_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"index.html": page(), "fair.html": page('<meta name="robots" content="unavailable_after: 2027-05-01">')}
    small_sites.write(tmp_path / "site", {**files, "img/a.jpg": small_sites.photo()})
    build(tmp_path)
    assert locations(tmp_path) == ["", "fair.html"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1830000000")  # in December 2027
    result = build(tmp_path)
    assert locations(tmp_path) == [""]
    assert set(result.changed) == {"fair.html", "sitemap.xml"}, "other pages are not processed again"
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    build(tmp_path)
    assert locations(tmp_path) == ["", "fair.html"]


def test_drafts_in_a_folder_by_pelican_are_told_by_its_tag_or_its_pages(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"img/a.jpg": small_sites.photo(), "drafts/a.html": page(), "index.html": page()}
    small_sites.write(tmp_path / "site", files)
    build(tmp_path)
    assert locations(tmp_path) == ["", "drafts/a.html"], "a folder with that name proves nothing"
    tagged = page('<meta name="generator" content="Pelican" />')
    small_sites.write(tmp_path / "site", {"index.html": tagged})
    build(tmp_path)
    assert locations(tmp_path) == [""]
    small_sites.write(
        tmp_path / "site",
        {"index.html": page(), **{f"{name}.html": page() for name in ("archives", "tags", "categories")}},
    )
    build(tmp_path)
    assert "drafts/a.html" not in locations(tmp_path)
