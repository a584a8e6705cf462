"""Serve a built site on loopback as on the web: with its paths and MIME types, and no file outside its folder."""

from __future__ import annotations

import http.server
import os
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from imageseo.model import regular_file
from imageseo.web import media_types, urls

FRAME = "/.imageseo-frame"
"""Path of an empty page of the same origin that contains the frame."""
_TEXT_SUFFIXES = frozenset({"css", "htm", "html", "js", "json", "mjs", "svg", "webmanifest", "xhtml", "xml"})
_PAGE_SUFFIXES = frozenset({"htm", "html", "xhtml"})
_EMPTY = b"<!doctype html><title>imageseo</title><style>body{margin:0}iframe{border:0;display:block}</style>"


@dataclass(frozen=True)
class SiteServer:
    """Address of a served site. ``origin``: ``http://127.0.0.1:PORT``; ``base``: its path there, such as ``/docs/``.

    ``host``: of the published site, ``""`` if unknown.
    """

    origin: str
    base: str
    host: str = ""

    def url(self, path: str) -> str:
        """Return the URL of a page (``Page.url``) or file of the site."""
        return self.origin + self.base + quote(path, errors="surrogateescape")

    def path(self, url: str) -> str | None:
        """Return the site path of a URL of this server; None for a URL outside the site."""
        found = urls.resolve(url, page="index.html", base_url=self.origin + self.base)
        return found if isinstance(found, str) else None

    def led_here(self, text: bytes) -> bytes:
        """Replace absolute URLs of the published site by URLs of this server.

        Otherwise a page whose theme writes absolute URLs (Pelican's SITEURL) would be measured without its style.
        """
        if self._published_url is None:
            return text
        # With a scheme: protocol-relative URLs (//host) on this server mean http:, too.
        return self._published_url.sub(lambda match: b"http:" + match[1] + self.origin[7:].encode(), text)

    @cached_property
    def _published_url(self) -> re.Pattern[bytes] | None:
        host = re.escape(self.host.encode())
        return (
            re.compile(rb"(?:https?:)?(//|\\/\\/)" + host + rb"(?=[/\\\"'\s)<>?#]|$)", re.IGNORECASE) if host else None
        )


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # six connections per page, and a dozen pages at once

    def __init__(
        self, root: Path, base_url: str | None, handler: type[_Handler], prepare: Callable[[bytes], bytes] | None
    ) -> None:
        self.root = root.resolve()
        self.prepare = prepare
        self.base = quote(unquote(urlsplit(base_url).path)) if base_url else "/"
        self.base_url = base_url
        super().__init__(("127.0.0.1", 0), handler)

    @cached_property
    def served(self) -> SiteServer:
        host = urlsplit(self.base_url or "").netloc
        return SiteServer(origin=f"http://127.0.0.1:{self.server_port}", base=self.base, host=host)

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore errors: browsers close connections early."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 120

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        self._respond(body=True)

    def do_HEAD(self) -> None:
        self._respond(body=False)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _respond(self, *, body: bool) -> None:
        path = self.path.split("?", 1)[0].split("#", 1)[0]
        if path == FRAME:
            self._send(200, "text/html", _EMPTY, body=body)
            return
        if "worker" in self.headers.get("Sec-Fetch-Dest", ""):
            # Mostly of a search, which would load megabytes of index during the measurement and display nothing.
            self._send(200, "text/javascript", b"", body=body)
            return
        found = self.server.served.path(path if path.startswith("/") else "/")
        if found is None and path.rstrip("/") + "/" == self.server.base:
            found = ""
        file = self._file(found) if found is not None else None
        if file is None:
            self._send(404, "text/plain", b"not found", body=body)
            return
        if file.name == "index.html" and not path.endswith(("/", "/index.html")):
            self.send_response(301)
            self.send_header("Location", path + "/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        suffix = file.suffix[1:].lower()
        kind = media_types.of_suffix(suffix) or media_types.UNKNOWN
        try:
            if suffix in _TEXT_SUFFIXES:
                data = regular_file.read(file)
                if self.server.prepare is not None and suffix in _PAGE_SUFFIXES:
                    data = self.server.prepare(data)
                self._send(200, kind, self.server.served.led_here(data), body=body)
                return
            with regular_file.open_binary(file) as stream:
                self._head(200, kind, os.fstat(stream.fileno()).st_size)
                if body:
                    shutil.copyfileobj(stream, self.wfile, 1 << 18)
        except OSError:
            self.close_connection = True

    def _file(self, path: str) -> Path | None:
        """Return the file of a site path: itself, its ``index.html``, or itself with ``.html``; never one outside."""
        root = self.server.root
        for name in (path, f"{path}/index.html".lstrip("/"), f"{path}.html"):
            try:
                file = (root / name).resolve()
                if file.is_file() and file.is_relative_to(
                    root
                ):  # links may point outside; reading a pipe would never end
                    return root / name
            except (OSError, ValueError, RuntimeError):  # a name that is too long, a loop of links
                continue
        return None

    def _send(self, status: int, kind: str, data: bytes, *, body: bool) -> None:
        self._head(status, kind, len(data))
        if body:
            self.wfile.write(data)

    def _head(self, status: int, kind: str, size: int) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(size))
        # As on the web; otherwise a style sheet whose URL a script sets again (as Material does) is missing for frames.
        self.send_header("Cache-Control", "max-age=3600")
        self.end_headers()


@contextmanager
def serve(
    root: Path,
    base_url: str | None,
    *,
    handler: type[_Handler] = _Handler,
    prepare: Callable[[bytes], bytes] | None = None,
) -> Iterator[SiteServer]:
    """Serve ``root`` in a thread while the block runs, under the path of ``base_url`` if it has one.

    Each request has its own thread. In text files, absolute URLs of ``base_url`` are replaced by URLs of this server.
    ``prepare``: changes each page before it is sent.
    """
    server = _Server(root, base_url, handler, prepare)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
