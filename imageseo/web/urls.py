"""Where an image URL leads: a file of this site, or elsewhere."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import quote, unquote, urljoin, urlsplit

# Stands for the origin of a site whose URL nobody told: RFC 2606 keeps it from ever being one.
_UNKNOWN = "http://imageseo.invalid/"
_PLAIN = re.compile(r"(?:\.\./)*[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
# What only the host serves: its resizing of images. No build writes a file there.
_SERVED = re.compile(r"cdn-cgi/|\.netlify/images$|_vercel/image$|_next/image/?$")
_PORTS = {"http": 80, "https": 443}
_NOT_FETCHED = ("data:", "blob:", "about:", "javascript:")

PICTURES = (
    *(".avif", ".webp", ".jpg", ".jpeg", ".jfif", ".png", ".gif", ".svg", ".svgz", ".jxl", ".heic", ".bmp", ".tif"),
    *(".tiff", ".ico"),
)
"""What the names of pictures end with, in lower case."""

Reason = Literal["data", "origin", "outside", "empty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalUrl:
    """A URL that names no file of this site.

    ``data``: carries its bytes itself. ``origin``: another host, a scheme that is not the web's, or what this host
    makes when it is asked (``/cdn-cgi/image/…``, ``/_next/image?url=…``).
    ``outside``: this host, but out of the site's folder. ``empty``: no file is named.
    """

    reason: Reason


@lru_cache(maxsize=4096)  # planning, facts and rules ask for the same URLs of a page
def resolve(url: str, *, page: str, base_url: str | None, base_href: str | None = None) -> str | ExternalUrl:
    """The file that a browser would ask for, relative to the site's root: ``guide/img.png``.

    ``url``: as written in the page. ``page``: the page's file. ``base_url``: absolute URL of the site's root;
    ``base_href``: of the page's ``<base>``. Percent-decoded; query and fragment are dropped; ``..`` is resolved.
    """
    if not base_href and _PLAIN.fullmatch(url):  # nearly all URLs of a page; a tenth of the general case's time
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), url))
        if not path.startswith("../") and not _SERVED.match(path):
            return path
    url = _cleaned(url)
    if not url or url[0] in "#?":
        return ExternalUrl(reason="empty")
    if url.lower().startswith(_NOT_FETCHED):
        return ExternalUrl(reason="data")
    root = _with_slash(base_url or _UNKNOWN)
    try:
        base = root + quote(page)
        if base_href and base_href.strip():
            base = urljoin(base, _cleaned(base_href))
        if base_url is None and _climbs_out(url, base):
            return ExternalUrl(reason="outside")
        target, home = urlsplit(urljoin(base, url)), urlsplit(root)
        if _host(target.scheme, target.hostname, target.port) != _host(home.scheme, home.hostname, home.port):
            return ExternalUrl(reason="origin")
    except ValueError:  # a broken port or IPv6 address
        return ExternalUrl(reason="origin")
    if _SERVED.match(target.path.removeprefix(home.path).lstrip("/")) or _SERVED.match(target.path.lstrip("/")):
        return ExternalUrl(reason="origin")
    return _inside(unquote(target.path, errors="replace"), unquote(home.path, errors="replace"))


def may_be_served(path: str) -> bool:
    """Whether a host may make a file of the site that is not there: Nuxt's ``_ipx/`` is written by static builds, and
    by servers when it is asked for.
    """
    return path.startswith("_ipx/")


def is_picture(url: str) -> bool:
    """Whether a URL's path ends as the name of a picture does, query and fragment aside."""
    return re.split(r"[?#]", url, maxsplit=1)[0].lower().endswith(PICTURES)


def relative(page: str, path: str) -> str:
    """The URL of a file of the site as seen from a page, percent-encoded: ``../assets/a%20b.jpg``."""
    start = "/" + posixpath.dirname(page)
    return quote(posixpath.relpath("/" + path, start))


def absolute(base_url: str, path: str) -> str:
    """The absolute URL of a file (``assets/a b.jpg``) or of a page (``Page.url``), percent-encoded."""
    return _with_slash(base_url) + quote(path)


def _cleaned(url: str) -> str:
    """As browsers read it: edges trimmed, tabs and line ends gone, ``\\`` in the path is ``/``."""
    url = re.sub(r"[\t\r\n]", "", url.strip("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x1b\x1f \t\r\n"))
    split = re.search(r"[?#]", url)
    end = split.start() if split else len(url)
    if url.lower().startswith(_NOT_FETCHED):
        return url
    return url[:end].replace("\\", "/") + url[end:]


def _climbs_out(url: str, base: str) -> bool:
    """Whether ``..`` leads above a root whose place on its host is unknown; a browser would stop at the host's."""
    if urlsplit(url).scheme or url.startswith("/"):
        return False
    path = posixpath.dirname(urlsplit(base).path) + "/" + unquote(urlsplit(url).path)
    depth = 0
    for part in path.split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return True
    return False


def _inside(path: str, home: str) -> str | ExternalUrl:
    if not path.startswith(home):
        return ExternalUrl(reason="empty" if path + "/" == home else "outside")
    parts = [part for part in path[len(home) :].split("/") if part not in ("", ".")]
    # An encoded ../ (%2e%2e%2f, %5c) survives the join above; it must never reach the file system.
    if ".." in re.split(r"[/\\]", path) or "\x00" in path:
        return ExternalUrl(reason="outside")
    return "/".join(parts) or ExternalUrl(reason="empty")


def _host(scheme: str, name: str | None, port: int | None) -> tuple[bool, str | None, int | None]:
    """What makes two URLs one site: http and https are taken for the same."""
    web = scheme in _PORTS
    return web, name, None if port is None or port == _PORTS.get(scheme) else port


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else url + "/"
