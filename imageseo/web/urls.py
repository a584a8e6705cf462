"""Resolves image URLs to files of the site, and builds URLs of files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import quote, unquote, urljoin, urlsplit

# Placeholder origin for a site without a base URL: RFC 2606 reserves .invalid, so that it cannot be a real one.
_UNKNOWN_BASE = "http://imageseo.invalid/"
_PLAIN_URL = re.compile(r"(?:\.\./)*[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
# Paths of image resizing by the hosting provider. No build writes files there.
_RESIZER = re.compile(r"cdn-cgi/|\.netlify/images$|_vercel/image$|_next/image/?$")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_NOT_FETCHED = ("data:", "blob:", "about:", "javascript:")

IMAGE_SUFFIXES = (
    *(".avif", ".webp", ".jpg", ".jpeg", ".jfif", ".png", ".gif", ".svg", ".svgz", ".jxl", ".heic", ".bmp", ".tif"),
    *(".tiff", ".ico"),
)
"""File name suffixes of images, in lower case."""

_UNLOADABLE = re.compile(r"(?:attachment|cid|file|[a-z]):", re.IGNORECASE)

Reason = Literal["data", "origin", "outside", "empty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalUrl:
    """A URL that does not refer to a file of this site, with the reason.

    ``data``: the URL contains the data, or there is nothing to fetch. ``origin``: another host, a scheme other than
    http and https, or an image that this host generates on request (``/cdn-cgi/image/…``, ``/_next/image?url=…``).
    ``outside``: on this host, but outside the site's root. ``empty``: the URL names no file.
    """

    reason: Reason


@lru_cache(maxsize=1024)  # planning, facts and rules resolve the same URLs of a page
def resolve(url: str, *, page: str, base_url: str | None, base_href: str | None = None) -> str | ExternalUrl:
    """Return the file that a browser would request, relative to the site's root: ``guide/img.png``.

    ``url``: as written in the page. ``page``: the page's file. ``base_url``: absolute URL of the site's root.
    ``base_href``: the ``href`` of the page's ``<base>``. The result is percent-decoded, without query and fragment,
    and with ``..`` resolved.
    """
    if not base_href and _PLAIN_URL.fullmatch(url):  # fast path for nearly all URLs: a tenth of the time
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), url))
        if not path.startswith("../") and not _RESIZER.match(path):
            return path
    url = _normalize(url)
    if not url or url[0] in "#?":
        return ExternalUrl(reason="empty")
    if url.lower().startswith(_NOT_FETCHED):
        return ExternalUrl(reason="data")
    root = _with_slash(base_url or _UNKNOWN_BASE)
    try:
        base = root + quote(page, errors="surrogateescape")
        if base_href and base_href.strip():
            base = urljoin(base, _normalize(base_href))
        if base_url is None and _leaves_root(url, base):
            return ExternalUrl(reason="outside")
        target, home = urlsplit(urljoin(base, url)), urlsplit(root)
        if _origin(target.scheme, target.hostname, target.port) != _origin(home.scheme, home.hostname, home.port):
            return ExternalUrl(reason="origin")
    except ValueError:  # a broken port or IPv6 address
        return ExternalUrl(reason="origin")
    if _RESIZER.match(target.path.removeprefix(home.path).lstrip("/")) or _RESIZER.match(target.path.lstrip("/")):
        return ExternalUrl(reason="origin")
    return _path_in_site(unquote(target.path, errors="replace"), unquote(home.path, errors="replace"))


def is_unloadable(url: str) -> bool:
    """Whether no browser loads a URL on a web page: one of a notebook, a mail, or a file of the author's machine."""
    return _UNLOADABLE.match(_normalize(url)) is not None


def may_be_served(path: str) -> bool:
    """Whether the server may generate a missing file on request.

    Nuxt's ``_ipx/`` is written by static builds, but generated on request by its server.
    """
    return path.startswith("_ipx/")


def is_image_url(url: str) -> bool:
    """Whether a URL's path has the suffix of an image; query and fragment are ignored."""
    return re.split(r"[?#]", url, maxsplit=1)[0].lower().endswith(IMAGE_SUFFIXES)


def relative(page: str, path: str) -> str:
    """Return the URL of a file of the site relative to a page, percent-encoded: ``../assets/a%20b.jpg``."""
    start = "/" + posixpath.dirname(page)
    return quote(posixpath.relpath("/" + path, start), errors="surrogateescape")


def absolute(base_url: str, path: str) -> str:
    """Return the absolute URL of a file (``assets/a b.jpg``) or of a page (``Page.url``), percent-encoded."""
    return _with_slash(base_url) + quote(path, errors="surrogateescape")


def on_hosts(url: str, hosts: Collection[str], base_url: str) -> str | None:
    """Return the absolute URL of a file on one of some hosts; None for any other URL. ``base_url``: of the site."""
    try:
        parts = urlsplit(urljoin(base_url, _normalize(url)))
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or parts.netloc.lower() not in {each.lower() for each in hosts}:
        return None
    return parts._replace(netloc=parts.netloc.lower(), fragment="").geturl()


def _normalize(url: str) -> str:
    """Normalize a URL as browsers do: trim it, drop tabs and line ends, turn ``\\`` in the path into ``/``."""
    url = re.sub(r"[\t\r\n]", "", url.strip("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x1b\x1f \t\r\n"))
    split = re.search(r"[?#]", url)
    end = split.start() if split else len(url)
    if url.lower().startswith(_NOT_FETCHED):
        return url
    return url[:end].replace("\\", "/") + url[end:]


def _leaves_root(url: str, base: str) -> bool:
    """Whether ``..`` leads above the site's root, for a site without base URL.

    Such a site has an unknown position on its host; a browser would stop at the root of the host.
    """
    if urlsplit(url).scheme or url.startswith("/"):
        return False
    path = posixpath.dirname(urlsplit(base).path) + "/" + unquote(urlsplit(url).path)
    depth = 0
    for part in path.split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return True
    return False


def _path_in_site(path: str, root_path: str) -> str | ExternalUrl:
    """Return a decoded URL path relative to the site's root."""
    if not path.startswith(root_path):
        return ExternalUrl(reason="empty" if path + "/" == root_path else "outside")
    parts = [part for part in path[len(root_path) :].split("/") if part not in ("", ".")]
    # urljoin does not resolve an encoded ../ (%2e%2e%2f, %5c); it must never reach the file system.
    if ".." in re.split(r"[/\\]", path) or "\x00" in path:
        return ExternalUrl(reason="outside")
    found = "/".join(parts)
    if path.endswith("/") and found.lower().endswith(IMAGE_SUFFIXES):  # `<img src=a.jpg/>`: the slash is in the value
        found += "/index.html"
    return found or ExternalUrl(reason="empty")


def _origin(scheme: str, host: str | None, port: int | None) -> tuple[bool, str | None, int | None]:
    """Return what two URLs of one site have in common; http and https count as the same."""
    web = scheme in _DEFAULT_PORTS
    return web, host, None if port is None or port == _DEFAULT_PORTS.get(scheme) else port


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else url + "/"
