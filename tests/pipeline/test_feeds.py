"""Feeds of a built site: heroes of their entries with true sizes, second builds, settings, undo."""

from __future__ import annotations

import gzip
import json
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imageseo.pipeline.build import BuildResult
from tests.pipeline.test_build import build, findings_of, make_project, page
from tests.support import pictures, small_sites

BASE = "https://example.org/"
ITEM = "<item><title>T</title><link>{}</link><description>{}</description></item>\n"
QUICK: dict[str, Any] = {"formats": ["webp"], "widths": [320]}


def rss(*items: str) -> str:
    return f'<?xml version="1.0"?>\n<rss version="2.0"><channel>\n{"".join(items)}</channel></rss>\n'


def site(folder: Path, feeds: Mapping[str, str | bytes]) -> Path:
    return make_project(
        folder,
        {
            "a/index.html": page('<p><img src="../img/a.jpg" alt="A hill"></p>', "a/"),
            "b.html": page('<p><img src="img/b.webp" alt="A lake"></p>', "b.html"),
            "text/index.html": page("<p>Words</p>", "text/"),
            "img/a.jpg": small_sites.photo(800, 450),
            "img/b.webp": pictures.save(pictures.photo(800, 450), "WEBP"),
            **feeds,
        },
    )


def run(folder: Path, **options: object) -> BuildResult:
    return build(folder, {**QUICK, **options})


def read(folder: Path, path: str = "feed.xml") -> str:
    return (folder / "site" / path).read_text("utf-8")


def jpeg_of(folder: Path) -> str:
    """Return the JPEG that was made of img/b.webp, as the feed names it."""
    found = re.search(r'<enclosure url="https://example.org/(assets/heroes/feeds/b.[0-9a-f]{8}.jpg)"', read(folder))
    assert found is not None, read(folder)
    return found[1]


def test_entries_get_the_heroes_of_their_pages(tmp_path: Path, subtests: pytest.Subtests) -> None:
    pytest.importorskip("feedparser")
    import feedparser  # type: ignore[import-untyped]

    picture = '&lt;picture&gt;&lt;source srcset="a.avif"&gt;&lt;img src="../img/a.jpg"&gt;&lt;/picture&gt;'
    feed = rss(
        ITEM.format("http://example.org/a?utm_source=rss#x", picture),
        ITEM.format(f"{BASE}b", '&lt;img src="img/b.webp"&gt;&lt;img src="img/gone.png"&gt;'),
        ITEM.format(f"{BASE}text/", "&lt;a href='../a/'&gt;A&lt;/a&gt;"),
        ITEM.format("https://example.com/a/", picture),
    )
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="{BASE}a/index.html"/></entry></feed>'
    broken = {"broken.xml": "<rss><channel></rss>", "dtd/feed.xml": '<!DOCTYPE rss [<!ENTITY a "b">]><rss/>'}
    site(tmp_path, {"feed.xml": feed, "f/index.xml": atom, **broken})
    result = run(tmp_path)
    size = (tmp_path / "site/img/a.jpg").stat().st_size
    parsed = feedparser.parse(read(tmp_path))
    with subtests.test("a feed reader reads what is true"):
        assert not parsed.bozo
        first = parsed.entries[0]
        enclosure = {"href": f"{BASE}img/a.jpg", "length": str(size), "type": "image/jpeg"}
        assert [dict(each) for each in first.enclosures] == [enclosure]
        media = {"url": f"{BASE}img/a.jpg", "medium": "image", "type": "image/jpeg", "filesize": str(size)}
        assert [dict(each) for each in first.media_content] == [{**media, "width": "800", "height": "450"}]
        assert first.summary == f'<img src="{BASE}img/a.jpg" />'
        assert feedparser.parse(read(tmp_path, "f/index.xml")).entries[0].enclosures[0].length == str(size)
    with subtests.test("a hero in WebP is a JPEG for feeds, with its size and its own name"):
        jpeg = jpeg_of(tmp_path)
        assert Image.open(tmp_path / "site" / jpeg).size == (800, 450)
        assert parsed.entries[1].enclosures[0].length == str((tmp_path / "site" / jpeg).stat().st_size)
    with subtests.test("entries without a hero get none, and no image that is gone is named"):
        assert [len(each.get("enclosures", ())) for each in parsed.entries] == [1, 1, 0, 0]
        assert f'&lt;img src="{BASE}{jpeg}"&gt;&lt;img src="img/gone.png"&gt;' in read(tmp_path)
        assert f'href="{BASE}a/"' in parsed.entries[2].summary
        assert ITEM.format("https://example.com/a/", picture) in read(tmp_path), "not of this site"
    with subtests.test("a broken feed is kept and reported"):
        found = {each.location.page: each.message for each in findings_of(result, "feed-unreadable")}
        assert found.keys() == broken.keys()
        assert "declares entities" in found["dtd/feed.xml"]
        assert read(tmp_path, "broken.xml") == broken["broken.xml"]
    with subtests.test("a second build changes nothing and reports the same"):
        again = run(tmp_path)
        assert again.changed == ()
        assert findings_of(again, "feed-unreadable") == findings_of(result, "feed-unreadable")
    with subtests.test("a feed that the generator writes again is edited again"):
        before = read(tmp_path)
        small_sites.write(tmp_path / "site", {"feed.xml": feed})
        assert run(tmp_path).changed == ("feed.xml",)
        assert read(tmp_path) == before
    with subtests.test("without the setting a feed is as its generator wrote it, and what was made for it is gone"):
        assert {"feed.xml", "f/index.xml", jpeg} <= set(run(tmp_path, feeds=False).changed)
        assert (read(tmp_path), read(tmp_path, "f/index.xml")) == (feed, atom)
        assert not (tmp_path / "site" / jpeg).exists()
        run(tmp_path)
        assert read(tmp_path) == before
    with subtests.test("a page that loses its hero loses its enclosure"):
        small_sites.write(tmp_path / "site", {"a/index.html": page("<p>Words</p>", "a/")})
        run(tmp_path)
        assert read(tmp_path).count("<enclosure") == 1
        small_sites.write(tmp_path / "site", {"b.html": page("<p>Words</p>", "b.html")})
        run(tmp_path)
        assert "<enclosure" not in read(tmp_path)
        assert f'&lt;img src="{BASE}{jpeg}"' in read(tmp_path), "the content of the entry shows it still"
        assert (tmp_path / "site" / jpeg).exists()


def test_a_large_feed_stays_whole_and_a_compressed_copy_follows(tmp_path: Path) -> None:
    large = rss(ITEM.format(f"{BASE}a/", "x" * 9_000_000))
    small = rss(ITEM.format(f"{BASE}a/", ""))
    site(tmp_path, {"large.rss": large, "feed.xml": small, "feed.xml.gz": gzip.compress(small.encode())})
    for feeds in (True, True, False):
        assert [each.location.page for each in findings_of(run(tmp_path, feeds=feeds), "feed-unreadable")] == (
            ["large.rss"] if feeds else []
        )
        assert read(tmp_path, "large.rss") == large
        assert gzip.decompress((tmp_path / "site/feed.xml.gz").read_bytes()).decode() == read(tmp_path)
    assert read(tmp_path) == small


def test_without_a_site_url_feeds_stay(tmp_path: Path) -> None:
    site(tmp_path, {"feed.xml": rss(ITEM.format(f"{BASE}a/", ""))})
    (tmp_path / "site/a/index.html").write_text("<!doctype html><title>T</title><img src=../img/a.jpg alt=A>", "utf-8")
    for name in ("b.html", "text/index.html"):
        (tmp_path / "site" / name).unlink()
    run(tmp_path, site_url=None)
    assert read(tmp_path) == rss(ITEM.format(f"{BASE}a/", ""))


def test_relative_urls_do_not_depend_on_xml_base(tmp_path: Path) -> None:
    """Where both are possible the page decides, as in browsers; else what the feed declares; else nothing changes."""
    entry = '<entry><link href="/a/"/><content type="html">{}</content></entry>'
    images = "".join(f'&lt;img src="{name}"&gt;' for name in ("../img/a.jpg", "own.jpg", "nowhere.jpg"))
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="{BASE}media/">{entry.format(images)}</feed>'
    site(tmp_path, {"atom.xml": atom, "media/own.jpg": small_sites.photo(64, 48)})
    run(tmp_path)
    found = re.findall(r'img src="([^"]*)"', read(tmp_path, "atom.xml"))
    assert found == [f"{BASE}img/a.jpg", f"{BASE}media/own.jpg", "nowhere.jpg"]


def test_sizes_are_those_that_are_shown_and_types_those_of_the_bytes(tmp_path: Path) -> None:
    """An image that EXIF turns, a PNG named .jpg, and a name that needs escapes."""
    exif = pictures.photo(900, 600)
    exif.getexif()[0x0112] = 6
    names = ("img/turned.jpg", "img/png.jpg", "img/a & ü (1).jpg")
    files = {
        names[0]: pictures.save(exif, "JPEG", exif=exif.getexif()),
        names[1]: pictures.save(pictures.photo(800, 400), "PNG"),
        names[2]: small_sites.photo(800, 500),
    }
    pages = {f"{number}.html": page(f'<p><img src="{name}" alt="A"></p>') for number, name in enumerate(names)}
    pages = {path: html.replace("&", "&amp;").replace(f'{BASE}"', f'{BASE}{path}"') for path, html in pages.items()}
    items = [ITEM.format(f"{BASE}{path}", "") for path in pages]
    make_project(tmp_path, {**files, **pages, "feed.xml": rss(*items)})
    run(tmp_path)
    found = re.findall(r'<media:content url="([^"]*)".* type="([^"]*)" .* width="(\d+)" height="(\d+)"', read(tmp_path))
    assert found == [
        (f"{BASE}img/turned.jpg", "image/jpeg", "600", "900"),
        (f"{BASE}img/png.jpg", "image/png", "800", "400"),
        (f"{BASE}img/a%20%26%20%C3%BC%20%281%29.jpg", "image/jpeg", "800", "500"),
    ]


def test_every_image_of_a_feed_is_a_file_that_mail_programs_show(
    tmp_path: Path, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """peers-surfaces 23, 24, 29: no lost original, no WebP, no request."""

    def refuse(*words: object, **more: object) -> None:
        raise AssertionError("a feed needs no connection")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    base = "http://127.0.0.1:8000/"
    images = (
        "../src/c.png",
        f"{base}src/c.png",
        "../img/b.webp",
        f"{base}img/b.webp?v=1",
        "https://cdn.example/x.webp",
    )
    feed = rss(ITEM.format(f"{base}c/", "".join(f'&lt;img src="{each}"&gt;' for each in images)))
    html = page('<p><img src="../img/c.3f2a9b1c.jpg" alt="A sea"><img src="../img/b.webp" alt="B"></p>', "c/")
    item = {"id": "1", "url": f"{base}c/", "content_html": '<img src="../img/b.webp">'}
    json_feed = {"version": "https://jsonfeed.org/version/1.1", "items": [item]}
    site(tmp_path, {"feed.xml": feed, "feed.json": json.dumps(json_feed)})
    files: dict[str, str | bytes] = {
        "c/index.html": html.replace(BASE, base),
        "img/c.3f2a9b1c.jpg": small_sites.photo(700, 500),
    }
    small_sites.write(tmp_path / "site", files)
    options = {"site_url": base}
    run(tmp_path, **options)
    found = re.findall(r'img src="([^"]*)"', read(tmp_path))
    with subtests.test("files of the site, as JPEG"):
        local = [each.removeprefix(base) for each in found[:4]]
        assert all(Image.open(tmp_path / "site" / each).format == "JPEG" for each in local)
        assert local[:2] == ["img/c.3f2a9b1c.jpg"] * 2
        assert re.fullmatch(r"assets/heroes/feeds/b\.[0-9a-f]{8}\.jpg", local[2])
        assert local[3] == local[2]
    with subtests.test("images of other hosts stay"):
        assert found[4] == images[4]
    with subtests.test("JSON Feed too"):
        assert f"{base}{local[2]}" in json.loads(read(tmp_path, "feed.json"))["items"][0]["content_html"]
    with subtests.test("a second build changes nothing; without the setting all is as before"):
        assert run(tmp_path, **options).changed == ()
        run(tmp_path, feeds=False, **options)
        assert read(tmp_path) == feed
        assert not (tmp_path / "site" / local[2]).exists()
