"""The URL of a built site whose settings do not say it, from what its own pages and its sitemap say."""

from __future__ import annotations

import html
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from imageseo.integrations.page_heads import find_tags, read_head
from imageseo.integrations.pages import base_url
from imageseo.storage.site_folder import SiteFolder
from imageseo.web.sitemaps import OWN_COMMENT

_SAMPLE = 24
"""Pages that are asked, spread over the site."""
_SITEMAPS = ("sitemap.xml", "sitemap-0.xml", "sitemap_index.xml", "sitemap-index.xml")
_MAX_SITEMAP = _MAX_PAGE = 262_144
_LOC = re.compile(rb"<(?:\w+:)?loc>\s*([^<\s]+)\s*</")
_MIN_SHARE = 0.6
_REFERENCE = re.compile(
    rb"""<(?:link|script|img|source)\b[^<>]*?\s(?:href|src)\s*=\s*["']?(/[^/"'>\s?#][^"'>\s?#]*)""", re.I
)


def deduce_base_url(root: Path, pages: Sequence[str]) -> str | None:
    """Return the site's URL from the home page's canonical link, other pages' ones, or the sitemap; else None.

    A home page's canonical link may name another page (a language version, a landing page): without a final slash, or
    with that of a folder of the site, it counts only if other pages confirm it, or if nothing contradicts it.
    ``pages``: files of all pages.
    """
    home = _own_url(root, "index.html", og=False)
    if home is not None and _names_folder(home) and not _names_own_folder(root, home):
        return base_url(home)
    bases = Counter(_bases_of_pages(root, pages)) or Counter(_bases_of_sitemap(root))
    if bases:
        best, count = min(bases.items(), key=lambda item: (-item[1], item[0]))
        return best if count >= _MIN_SHARE * bases.total() else None
    if home is None or _names_own_file(root, home):
        return None
    return base_url(home)


def deduce_base_path(root: Path, pages: Iterable[str] = ()) -> str | None:
    """Return the folder (``/docs/``) that the home page's root-relative references start with; None for the root.

    The files exist below the site's root without it: the site is published under a path. ``pages``: also asked, as a
    generator may write relative references on the home page's head and others on a page.
    """
    folder = SiteFolder(root)
    found: Counter[str] = Counter()
    for page in dict.fromkeys(["index.html", *pages]):
        try:
            text = folder.begin(page, _MAX_PAGE)
        except OSError:
            continue
        for match in _REFERENCE.findall(text):
            first, _, rest = unquote(match.decode("utf-8", "replace")).lstrip("/").partition("/")
            if rest and not _exists(root, first) and _is_file(root, rest):
                found[f"/{first}/"] += 1
    return found.most_common(1)[0][0] if len(found) == 1 else None


def _bases_of_pages(root: Path, pages: Sequence[str]) -> Iterator[str]:
    """Yield the site's URL as each page's canonical link or ``og:url`` implies it."""
    others = [path for path in pages if path not in ("index.html", "404.html")]
    for path in others[:: max(1, len(others) // _SAMPLE)][:_SAMPLE]:
        url = _own_url(root, path, og=True)
        base = None if url is None else _without_page(url, path)
        if base is not None:
            yield base


def _own_url(root: Path, path: str, *, og: bool) -> str | None:
    """Return the absolute URL that a page gives itself. ``og``: also by ``og:url``."""
    try:
        head = read_head(SiteFolder(root), path)
    except OSError:
        return None
    for name, attributes in find_tags(head, needle=b"canonical"):
        if name == "link" and "canonical" in attributes.get("rel", "").lower().split():
            return _absolute(attributes.get("href", ""))
    if og:
        for name, attributes in find_tags(head, needle=b"og:url"):
            if name == "meta" and attributes.get("property", "").lower() == "og:url":
                return _absolute(attributes.get("content", ""))
    return None


def _absolute(url: str) -> str | None:
    try:
        parts = urlsplit(url.strip())
    except ValueError:  # a broken IPv6 address
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    return f"{parts.scheme}://{parts.netloc}{unquote(parts.path).removesuffix('index.html')}"


def _without_page(url: str, path: str) -> str | None:
    """Return a page's URL without the part that its file stands for: None if it is the URL of another page."""
    for form in (path.removesuffix("index.html"), path.removesuffix("/index.html"), path, path.removesuffix(".html")):
        if form and url.endswith(f"/{form}"):
            return base_url(url[: -len(form)])
    return None


def _bases_of_sitemap(root: Path) -> Iterator[str]:
    for name in _SITEMAPS:
        try:
            data = SiteFolder(root).begin(name, _MAX_SITEMAP)
        except OSError:
            continue
        if OWN_COMMENT.encode() in data[:400]:  # it says what an earlier setting was
            continue
        found = list(_bases_of_locations(root, _LOC.findall(data)))
        if found:
            yield from found
            return


def _bases_of_locations(root: Path, locations: Iterable[bytes]) -> Iterator[str]:
    """Yield the site's URL for each URL of a sitemap whose page is in the folder, by the longest path that exists."""
    for location in list(locations)[:_SAMPLE]:
        url = _absolute(html.unescape(location.decode("utf-8", "replace")))
        if url is None:
            continue
        parts = [part for part in urlsplit(url).path.split("/") if part]
        for number in range(len(parts)):
            rest = "/".join(parts[number:])
            if any(_is_file(root, file) for file in (f"{rest}/index.html", f"{rest}.html", rest)):
                split = urlsplit(url)
                yield base_url(f"{split.scheme}://{split.netloc}/{'/'.join(parts[:number])}") or url
                break


def _names_folder(url: str) -> bool:
    path = urlsplit(url).path
    return not path or path.endswith("/")


def _names_own_folder(root: Path, url: str) -> bool:
    """Whether a URL's last part is a page of the folder: Hugo's home page, for one, can lead to ``/en/``."""
    last = urlsplit(url).path.rstrip("/").rpartition("/")[2]
    return bool(last) and _is_file(root, f"{last}/index.html")


def _names_own_file(root: Path, url: str) -> bool:
    """Whether a URL's last part is a file of the folder, or any file: the home page then names that, not the root."""
    last = urlsplit(url).path.rpartition("/")[2]
    return "." in last or any(_exists(root, name) for name in (last, f"{last}.html"))


def _exists(root: Path, path: str) -> bool:
    return os.path.exists(f"{root}{os.sep}{path}")  # noqa: PTH110 - a Path raises OSError for a name that is too long


def _is_file(root: Path, path: str) -> bool:
    return os.path.isfile(f"{root}{os.sep}{path}")  # noqa: PTH113 - as above
