"""A built site over HTTP, as a static host serves it, with a script that loads a page again after each build."""

from __future__ import annotations

import mimetypes
import re
import time
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from imageseo.integrations.pages import PAGE_SUFFIXES
from imageseo.storage.site_folder import SiteFolder
from imageseo.web import filenames, media_types, urls
from imageseo.web.html import edits, page_scan
from imageseo.web.srcset import candidates

if TYPE_CHECKING:
    from arel import HotReload
    from starlette.requests import HTTPConnection, Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

SCRIPT, SOCKET = "/-imageseo/reload.js", "/-imageseo/reload"
"""Addresses of the script and its socket: no site has them."""

_NAMES = ("127.0.0.1", "localhost", "[::1]")
"""Names of this machine: another name that leads here is an attempt of a page elsewhere to read the site."""

_MARK = b"data-imageseo"
_VARIANT_URL = re.compile(rb"[^\s\"'<>(),]*-[0-9]+w\.[0-9a-f]{8}\.[a-z0-9]+")
_OTHER_BYTES = (b"\xff\xfe", b"\xfe\xff")  # UTF-16: the script's tag cannot be inserted as it is
_PATIENCE = 3.0  # s; that a page waits for variants that it names
_STEP = 0.05  # s


class ServedFiles:
    """Finds the files of a site by address. ``root``: resolved."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, address: str) -> str | None:
        """Return the site path of an address without its leading slash, decoded; None if there is no such file.

        ``about`` is ``about.html``, and ``blog/`` is ``blog/index.html``.
        """
        if "\\" in address or "\0" in address:
            return None
        parts = address.split("/")
        if any(part.startswith(".") and part != ".well-known" for part in parts) or "" in parts[:-1]:
            return None  # hidden files are no pages, and `..` leads out
        if parts[-1] == "":
            names = [f"{address}index.html", f"{address}index.htm"]
        else:
            names = [address, f"{address}.html", f"{address}.htm"]
        return next((name for name in names if self.exists(name)), None)

    def is_folder(self, address: str) -> bool:
        """Whether an address without a slash at its end is a folder with a page."""
        return address != "" and not address.endswith("/") and self.find(f"{address}/") is not None

    def open(self, path: str) -> Path:
        """Return the file behind a site path, links resolved. Raises OSError if that is out of the site."""
        return Path(SiteFolder(self.root).locate(path))

    def read(self, path: str) -> bytes:
        """Return the bytes of a file. Raises OSError."""
        return SiteFolder(self.root).read(path)

    def exists(self, path: str) -> bool:
        """Whether there is a regular file at a site path, and within the site."""
        try:
            SiteFolder(self.root).status(path)
        except (OSError, ValueError):
            return False
        return True


class SiteApp:
    """The site as an ASGI application.

    ``base``: returns the path that the site is published below, ``/docs/`` or ``/``, and its URL, if that is known.
    """

    def __init__(self, root: Path, *, base: Callable[[], tuple[str, str | None]], reload: HotReload) -> None:
        self._files = ServedFiles(root)
        self._base = base
        self._reload = reload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.concurrency import run_in_threadpool
        from starlette.requests import HTTPConnection, Request
        from starlette.responses import PlainTextResponse
        from starlette.websockets import WebSocketClose

        app: ASGIApp
        if not is_allowed(HTTPConnection(scope)):
            if scope["type"] == "websocket":
                app = WebSocketClose(code=1008)
            else:
                app = PlainTextResponse("imageseo watch serves to this machine only", status_code=403)
        elif scope["type"] == "websocket":
            app = self._reload if scope["path"] == SOCKET else WebSocketClose()
        elif scope["method"] not in ("GET", "HEAD"):
            app = PlainTextResponse("only GET and HEAD", status_code=405, headers={"allow": "GET, HEAD"})
        else:
            app = await run_in_threadpool(self._response, Request(scope))
        await app(scope, receive, send)

    def _response(self, request: Request) -> Response:
        from starlette.responses import RedirectResponse, Response

        address = unquote(request.scope["raw_path"].split(b"?")[0].decode("ascii", "replace"))
        base, url = self._base()
        if address == SCRIPT:
            script = self._reload.script(f"ws://{request.headers['host']}{SOCKET}")
            script = script.removeprefix("<script>").removesuffix("</script>")
            return Response(script, media_type="text/javascript", headers={"cache-control": "no-store"})
        if not address.startswith(base):
            if address in ("/", base.rstrip("/")):
                return RedirectResponse(base)
            return self._missing(base, url)
        local = address.removeprefix(base)
        path = self._files.find(local)
        if path is None and self._files.is_folder(local):
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"{quote(address)}/{query}")
        try:
            return self._missing(base, url) if path is None else self._file(path, base, url)
        except OSError:  # removed, or unreadable
            return self._missing(base, url)

    def _file(self, path: str, base: str, url: str | None, status: int = 200) -> Response:
        from starlette.responses import FileResponse, Response

        if path.lower().endswith(PAGE_SUFFIXES):
            html = self._complete_page(path, base, url)
            headers = {"cache-control": "no-store", "content-type": _html_type(html)}
            return Response(with_script(html), status, headers)
        suffix = Path(path).suffix[1:]
        kind = media_types.of_suffix(suffix) or mimetypes.guess_type(path)[0] or media_types.UNKNOWN
        headers = {"cache-control": "no-cache", "x-content-type-options": "nosniff"}
        return FileResponse(self._files.open(path), status, headers, media_type=kind)

    def _missing(self, base: str, url: str | None) -> Response:
        """Return the site's own page for missing ones."""
        from starlette.responses import HTMLResponse

        for page in ("404.html", "404/index.html"):
            try:
                return self._file(page, base, url, 404)
            except OSError:
                continue
        text = "<!doctype html><title>404</title><p>This site has no such file."
        return HTMLResponse(with_script(text.encode()), 404, {"cache-control": "no-store"})

    def _complete_page(self, path: str, base: str, url: str | None) -> bytes:
        """Return a page that names no variant that is missing: without ours, if they do not come. Raises OSError."""
        end, base_url = time.monotonic() + _PATIENCE, url or f"http://localhost{base}"
        while True:
            html = self._files.read(path)
            if _MARK not in html or not missing_variants(html, path, base_url, self._files.exists):
                return html
            if time.monotonic() > end:
                return edits.strip(html)
            time.sleep(_STEP)


def missing_variants(html: bytes, page: str, base_url: str, exists: Callable[[str], bool]) -> bool:
    """Whether an image of a page has a candidate that is missing. ``base_url``: of the site."""
    if all(exists(path) for path in _resolved(map(_decoded, _VARIANT_URL.findall(html)), page, base_url, None)):
        return False
    try:
        scan = page_scan.scan_page(html)  # the name may be part of a text
    except page_scan.UnreadablePage:
        return False
    named = (
        each.url
        for ref in scan.refs
        for srcset in (*(source.srcset for source in ref.sources), ref.get("srcset") or "")
        for each in candidates.parse_srcset(srcset)
    )
    return not all(exists(path) for path in _resolved(named, page, base_url, scan.base_href))


def _decoded(url: bytes) -> str:
    return unescape(url.decode("utf-8", "replace"))


def _resolved(named: Iterable[str], page: str, base_url: str, base_href: str | None) -> Iterator[str]:
    """Yield the site paths of variants."""
    for url in dict.fromkeys(named):
        path = urls.resolve(url, page=page, base_url=base_url, base_href=base_href)
        if isinstance(path, str) and filenames.looks_like_variant(path):
            yield path


def with_script(html: bytes) -> bytes:
    """Return a page with the script that loads it again."""
    if html.startswith(_OTHER_BYTES):
        return html
    at = html.lower().rfind(b"</body")
    tag = f'<script src="{SCRIPT}" async></script>'.encode()
    return html[:at] + tag + html[at:] if at >= 0 else html + tag


def _html_type(html: bytes) -> str:
    """Return the media type of a page; the page says its encoding itself, in a tag or by its first bytes."""
    return (
        "text/html" if html.startswith(_OTHER_BYTES) or b"charset" in html[:4096].lower() else "text/html;charset=utf-8"
    )


def is_allowed(connection: HTTPConnection) -> bool:
    """Whether a request is for this machine by name, and not by a page of another site."""
    host: str = connection.headers.get("host", "").lower()
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    if name not in _NAMES:
        return False
    origin: str | None = connection.headers.get("origin")
    if origin is None:
        return bool(connection.scope["type"] == "http")  # browsers send it with each socket
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme == "http" and parts.netloc.lower() == host
