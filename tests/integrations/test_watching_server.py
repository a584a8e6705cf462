"""The preview server: what it sends, to whom, and what it never sends."""

from __future__ import annotations

import http.client
import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from imageseo.integrations.watching import site_app
from imageseo.integrations.watching.site_app import SCRIPT, SOCKET, with_script
from imageseo.integrations.watching.site_server import PreviewServer, serving
from imageseo.model.errors import MissingExtraError, SiteError
from tests.support.extras import needs_packages
from tests.support.small_sites import write

pytestmark = [pytest.mark.network, needs_packages("arel", "uvicorn", "websockets")]

PAGE = "<!doctype html><html lang=en><head><meta charset=utf-8><title>Ü</title></head><body><p>{}</p></body></html>"
Base = Callable[[], tuple[str, str | None]]


def root_base() -> tuple[str, str | None]:
    return "/", None


@contextmanager
def served(root: Path, base: Base = root_base) -> Iterator[PreviewServer]:
    with serving(root.resolve(), 0, base=base) as server:
        yield server


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def kind(self) -> str:
        return self.headers["content-type"] or ""


def get(
    server: PreviewServer, path: str, *, method: str = "GET", host: str = "", headers: Mapping[str, str] | None = None
) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", host or f"127.0.0.1:{server.port}")
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders()
        return Answer(connection.getresponse())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PreviewServer]:
    folder = tmp_path_factory.mktemp("serve")
    root = write(
        folder,
        {
            "public/index.html": PAGE.format("home"),
            "public/about.html": PAGE.format("about"),
            "public/blog/index.html": PAGE.format("blog"),
            "public/old/page.htm": PAGE.format("old"),
            "public/404.html": PAGE.format("not here"),
            "public/ä ö/index.html": PAGE.format("umlauts"),
            "public/utf16.html": PAGE.format("wide").encode("utf-16"),
            "public/a.avif": b"avif",
            "public/a.webp": b"webp",
            "public/a.svg": b"<svg/>",
            "public/a.js": b"1",
            "public/page.xhtml": b"<html/>",
            "public/.env": "SECRET",
            "public/.git/config": "SECRET",
            "public/.well-known/security.txt": "Contact",
            "secret.txt": "SECRET",
            "outside/index.html": "SECRET",
        },
    )
    (root / "public/link.txt").symlink_to(root / "secret.txt")
    (root / "public/folder").symlink_to(root / "outside", target_is_directory=True)
    (root / "public/inner.html").symlink_to(root / "public/about.html")
    with served(root / "public") as server:
        yield server


@pytest.mark.parametrize(
    ("path", "text"),
    [
        *(("/", "home"), ("/index.html", "home"), ("/about", "about"), ("/about.html", "about"), ("/blog/", "blog")),
        *(("/old/page", "old"), ("/inner", "about"), ("/%C3%A4%20%C3%B6/", "umlauts"), ("/about?x=../..", "about")),
    ],
)
def test_pages_as_static_hosts_find_them(site: PreviewServer, path: str, text: str) -> None:
    answer = get(site, path)
    assert (answer.status, answer.kind) == (200, "text/html" if b"charset" in answer.body else "?")
    assert f"<p>{text}</p>".encode() in answer.body
    assert answer.body.count(SCRIPT.encode()) == 1
    assert answer.body.endswith(b"</body></html>")
    assert answer.headers["cache-control"] == "no-store"
    head = get(site, path, method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(answer.body))


@pytest.mark.parametrize(
    "path",
    [
        *("/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/blog/..%2f..%2fsecret.txt", "//etc/passwd"),
        *("/%2fetc/passwd", "/..%5csecret.txt", "/link.txt", "/folder/", "/folder/index.html", "/folder", "/.env"),
        *("/.git/config", "/missing.png", "/missing/", "/about/", "/%00", "/a%00.html", "/blog/%ff", "/" + "a" * 5000),
    ],
)
def test_nothing_else_is_sent(site: PreviewServer, path: str) -> None:
    answer = get(site, path)
    assert answer.status == 404
    assert b"SECRET" not in answer.body
    assert b"<p>not here</p>" in answer.body, "the site's own page"
    assert SCRIPT.encode() in answer.body


def test_types_and_redirects(site: PreviewServer) -> None:
    kinds = {".avif": "image/avif", ".webp": "image/webp", ".svg": "image/svg+xml", ".js": "text/javascript"}
    for suffix, kind in kinds.items():
        answer = get(site, f"/a{suffix}")
        assert (answer.status, answer.kind.partition(";")[0]) == (200, kind)
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["x-content-type-options"] == "nosniff"
        again = get(site, f"/a{suffix}", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status in (200, 304)
    assert SCRIPT.encode() not in get(site, "/page.xhtml").body
    assert get(site, "/utf16.html").body == PAGE.format("wide").encode("utf-16"), "as it is"
    assert get(site, "/.well-known/security.txt").body == b"Contact"
    answer = get(site, "/blog?q=1")
    assert (answer.status, answer.headers["location"]) == (307, "/blog/?q=1")
    assert get(site, "/", method="POST").status == 405
    script = get(site, SCRIPT)
    assert script.kind.startswith("text/javascript")
    assert f"ws://127.0.0.1:{site.port}{SOCKET}".encode() in script.body


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "192.168.0.2", "[::2]"])
def test_other_names_are_refused(site: PreviewServer, host: str) -> None:
    """A page elsewhere may have its name lead here (DNS rebinding)."""
    answer = get(site, "/", host=host)
    assert (answer.status, b"home" in answer.body) == (403, False)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:{}", "127.0.0.1:{}", "127.0.0.1:9999", "[::1]:{}"])
def test_names_of_this_machine(site: PreviewServer, host: str) -> None:
    assert get(site, "/", host=host.format(site.port)).status == 200


def upgrade(server: PreviewServer, origin: str | None, path: str = SOCKET, host: str = "") -> int:
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    headers["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as stream:
        lines = [f"GET {path} HTTP/1.1", f"Host: {host or f'127.0.0.1:{server.port}'}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [] if origin is None else [f"Origin: {origin}"]
        stream.sendall("\r\n".join([*lines, "", ""]).encode())
        return int(stream.recv(100).split(b" ")[1])


def test_the_socket_is_for_its_own_pages(site: PreviewServer) -> None:
    own = f"http://127.0.0.1:{site.port}"
    assert upgrade(site, own) == 101
    for origin in (
        "http://evil.example",
        f"https://127.0.0.1:{site.port}",
        "http://127.0.0.1:1",
        "null",
        None,
        "http://[",
    ):
        assert upgrade(site, origin) == 403, origin
    assert upgrade(site, "http://evil.example", host="evil.example") == 403
    assert upgrade(site, own, "/other") == 403
    assert get(site, "/", headers={"Origin": "http://evil.example"}).status == 403


def test_it_listens_on_this_machine_only(site: PreviewServer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("no other address")
        other = probe.getsockname()[0]
    if not other.startswith("127."):
        with pytest.raises(OSError):  # noqa: PT011 - refused, or filtered
            socket.create_connection((other, site.port), timeout=2)


def test_a_site_below_a_path(tmp_path: Path) -> None:
    root = write(tmp_path, {"index.html": PAGE.format("home"), "a/index.html": PAGE.format("a")})
    with served(root, lambda: ("/docs/", "https://e.example/docs/")) as server:
        for path in ("/", "/docs"):
            answer = get(server, path)
            assert (answer.status, answer.headers["location"]) == (307, "/docs/")
        assert b"<p>home</p>" in get(server, "/docs/").body
        assert get(server, "/docs/a").headers["location"] == "/docs/a/"
        assert get(server, "/a/").status == 404
        assert get(server, "/docsa/").status == 404
        assert get(server, SCRIPT).status == 200


MARKED = (
    '<picture data-imageseo><source type="image/avif" srcset="{0} 480w"><img data-imageseo src="/docs/a.jpg"></picture>'
)


@pytest.mark.parametrize(
    ("written", "file"),
    [
        ("a-480w.12345678.avif", "p/a-480w.12345678.avif"),
        ("/docs/i/a-480w.12345678.avif", "i/a-480w.12345678.avif"),
        ("https://e.example/docs/a-480w.12345678.avif", "a-480w.12345678.avif"),
        ("../a&amp;b%20c-480w.12345678.avif", "a&b c-480w.12345678.avif"),
        (".hidden/a-480w.12345678.avif", "p/.hidden/a-480w.12345678.avif"),
    ],
)
def test_a_page_never_names_a_missing_variant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, file: str
) -> None:
    """It waits for the build that makes it, and is sent as the generator wrote it if none does."""
    root = write(tmp_path, {"p/index.html": PAGE.format(MARKED.format(written)), "index.html": PAGE.format("home")})
    base = lambda: ("/docs/", "https://e.example/docs/")  # noqa: E731
    monkeypatch.setattr(site_app, "_PATIENCE", 0.1)
    with served(root, base) as server:
        answer = get(server, "/docs/p/")
        assert answer.status == 200
        assert b"480w" not in answer.body
        assert b"/docs/a.jpg" in answer.body
        monkeypatch.setattr(site_app, "_PATIENCE", 20)
        timer = threading.Timer(0.3, write, (root, {file: b"x"}))
        timer.start()
        assert written.encode() in get(server, "/docs/p/").body
        timer.join()
        assert b"<p>home</p>" in get(server, "/docs/").body


def test_a_name_in_a_text_is_no_variant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "<code>launch-480w.3fa9c1d2.avif</code><img data-imageseo=width width=1 src=a.jpg>"
    root = write(tmp_path, {"index.html": PAGE.format(text)})
    with served(root) as server:
        assert text.encode() in get(server, "/").body


def test_a_removed_site(tmp_path: Path) -> None:
    root = write(tmp_path / "public", {"index.html": PAGE.format("home")})
    with served(root) as server:
        assert get(server, "/").status == 200
        shutil.rmtree(root)
        answer = get(server, "/")
        assert answer.status == 404
        assert SCRIPT.encode() in answer.body, "it is loaded again when the site is back"
        write(root, {"index.html": PAGE.format("back")})
        assert b"back" in get(server, "/").body


def test_what_prevents_serving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(SiteError, match=f"port {port}: another program uses it") as caught,
            serving(tmp_path, port, base=root_base),
        ):
            pass
        assert f"--serve {port + 1}" in caught.value.hint
    monkeypatch.setitem(__import__("sys").modules, "arel", None)
    with pytest.raises(MissingExtraError, match="--serve needs the package arel") as missing, served(tmp_path):
        pass
    assert "[serve]" in missing.value.hint
    assert "pip install" in missing.value.hint


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (b"<body>a</body>", b"<body>a{}</body>"),
        (b"<p>a", b"<p>a{}"),
        (b"<BODY>a</BODY></HTML>", b"<BODY>a{}</BODY></HTML>"),
        (
            b"<pre>&lt;/body></pre><script>'</body>'</script></body>",
            b"<pre>&lt;/body></pre><script>'</body>'</script>{}</body>",
        ),
        (b"", b"{}"),
    ],
)
def test_where_the_script_is(html: bytes, expected: bytes) -> None:
    tag = f'<script src="{SCRIPT}" async></script>'.encode()
    assert with_script(html) == expected.replace(b"{}", tag)
