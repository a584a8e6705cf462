"""A built site on loopback: MIME types, paths, and no file outside its folder; matching of images."""

from __future__ import annotations

import http.client
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from imageseo.layout.browser.observations import PageToMeasure, article_of, frame_agrees, match_images, normalized_src
from imageseo.layout.browser.server import FRAME, SiteServer, serve
from imageseo.web.html.page_scan import scan_page
from tests.support.small_sites import write


def request(served: SiteServer, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body for a path, which is not normalized."""
    connection = http.client.HTTPConnection(urlsplit(served.origin).netloc, timeout=20)
    connection.putrequest("GET", path, skip_host=False)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, body


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files: dict[str, str | bytes] = {
        f"site/files/a.{suffix}": b"x" for suffix in ("avif", "webp", "svg", "jpg", "css", "js", "woff2", "unknown")
    }
    write(tmp_path, {**files, "site/index.html": "home", "site/guide/index.html": "guide", "site/ä b.html": "ä"})
    return write(tmp_path, {"secret.txt": "secret"}) / "site"


def test_types_folders_and_names_are_served(folder: Path) -> None:
    with serve(folder, None) as served:
        for suffix, kind in {
            "avif": "image/avif",
            "webp": "image/webp",
            "svg": "image/svg+xml",
            "jpg": "image/jpeg",
            "css": "text/css",
            "js": "text/javascript",
            "woff2": "font/woff2",
            "unknown": "application/octet-stream",
        }.items():
            status, headers, _ = request(served, f"/files/a.{suffix}?v=1")
            assert (status, headers["content-type"]) == (200, kind)
        assert request(served, "/")[2] == b"home"
        assert request(served, "/guide/")[2] == b"guide"
        assert request(served, "/guide")[1]["location"] == "/guide/"
        assert request(served, urlsplit(served.url("ä b.html")).path)[2] == "ä".encode()
        assert request(served, "/%C3%A4%20b")[2] == "ä".encode(), "as hosting services without suffixes do"
        assert request(served, "/nowhere")[0] == 404
        assert request(served, FRAME)[0] == 200
        assert request(served, "/files/a.js", Sec_Fetch_Dest="worker")[2] == b""
        assert served.url(os.fsdecode(b"caf\xe9.html")).endswith("/caf%E9.html"), "a name that is not text"
        assert served.path(served.url("ä b.html")) == "ä b.html"
        assert served.path("https://elsewhere.example/a.jpg") is None


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/%2e%2e/secret.txt", "/guide/..%2f..%2fsecret.txt", "/..%5csecret.txt"],
)
def test_path_outside_the_folder_is_not_served(folder: Path, path: str) -> None:
    with serve(folder, None) as served:
        assert b"secret" not in request(served, path)[2]


def test_links_outside_the_folder_and_loops_are_not_found(folder: Path) -> None:
    (folder / "out.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "round").symlink_to(folder / "round")
    with serve(folder, None) as served:
        assert request(served, "/out.txt")[0] == 404
        assert request(served, "/round")[0] == 404


def test_site_path_is_kept_and_absolute_urls_are_replaced(folder: Path) -> None:
    style = (
        '<link href="https://example.org/docs/a.css"><a href="//EXAMPLE.org/docs/">'
        '{"u":"https:\\/\\/example.org\\/docs"} https://example.organic/ https://cdn.example.org/'
    )
    write(folder, {"page.html": style})
    with serve(folder, "https://example.org/docs/") as served:
        origin = served.origin.encode()
        assert served.url("guide/") == f"{served.origin}/docs/guide/"
        assert request(served, "/docs/guide/")[2] == b"guide"
        assert request(served, "/guide/")[0] == 404
        assert request(served, "/docs")[1]["location"] == "/docs/"
        body = request(served, "/docs/page.html")[2]
        assert body.count(origin) == 2
        assert origin.replace(b"/", b"\\/") in body
        assert b"https://example.organic/ https://cdn.example.org/" in body


def test_concurrent_requests_are_served(folder: Path) -> None:
    write(folder, {"large.bin": bytes(3_000_000)})
    with serve(folder, None) as served, ThreadPoolExecutor(32) as pool:
        sizes = list(pool.map(lambda _: len(request(served, "/large.bin")[2]), range(64)))
    assert set(sizes) == {3_000_000}


def test_article_is_identified_by_its_start_tag() -> None:
    text = b'<main class="m"><div><article class="a b" data-x="<b>" id=one><h1>A</h1></article></div></main>'
    assert article_of(text, scan_page(text)) == {
        "name": "article",
        "attributes": {"class": "a b", "id": "one"},
        "nth": 0,
    }
    several = b"<main><article><p>1</p></article><article><p>2</p></article></main>"
    assert article_of(several, scan_page(several)) == {"name": "main", "attributes": {}, "nth": 0}
    assert article_of(b"<p>A</p>", scan_page(b"<p>A</p>")) is None


def test_images_are_matched_by_their_resolved_src() -> None:
    base = "http://127.0.0.1:1/guide/page.html"
    written = [normalized_src(src, base) for src in ("a", "a ", "../b c.png", "data:image/png;base64,A")]
    shown = ["http://127.0.0.1:1/guide/a", "http://127.0.0.1:1/b%20c.png", "http://127.0.0.1:1/guide/a"]
    assert match_images([*shown, "http://127.0.0.1:1/s", "data:image/png;base64,A"], written, base) == [
        0,
        2,
        1,
        None,
        3,
    ]
    assert match_images([], written, base) == []
    assert normalized_src("http://[", base) == "http://["


def test_frame_agrees_if_widths_equal_those_of_the_window() -> None:
    page = PageToMeasure(
        path="a.html",
        url="http://x/a.html",
        source=None,
        template="t",
        names=(),
        srcs=("http://x/1", "http://x/2"),
        article=None,
    )

    def wide(*widths: float, column: float = 600) -> dict[str, object]:
        return {"srcs": page.srcs, "sized": [True, True], "rows": [{"images": list(widths), "column": column}]}

    def snapshot(*widths: float) -> dict[str, object]:
        images = [{"src": src, "sized": True} for src, _ in zip(page.srcs, widths, strict=False)]
        return {"images": images, "read": {"images": list(widths), "column": 600}}

    assert frame_agrees(page, snapshot(300, 200), wide(301, 200), 0)
    assert not frame_agrees(page, snapshot(300, 200), wide(400, 200), 0), "another width"
    assert not frame_agrees(page, snapshot(300, 200), wide(300, 200, column=700), 0), "another column"
    assert not frame_agrees(page, snapshot(300), wide(300, 200), 0), "a script has removed the second image"
    assert frame_agrees(page, snapshot(300), wide(300, 0), 0), "no difference if it is not shown"
