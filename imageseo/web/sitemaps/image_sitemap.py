"""Image sitemap: joined into the host's own, or written anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from imageseo.web.sitemaps.document import (
    BadSitemap,
    Document,
    Entry,
    clean_url,
    gunzipped,
    gzipped,
    is_gzip,
    write_index,
    write_url,
    write_urlset,
)

NAMES = ("sitemap.xml", "sitemap-index.xml", "sitemap_index.xml")  # the first that is there is the host's
_OURS = " Images of this site, written by imageseo. "
_LONGEST_URL = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What search engines accept: pages a file, bytes a file (uncompressed), images a page."""

    urls: int = 50_000
    bytes: int = 52_428_800
    images: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapChanges:
    """What to write and to remove, as paths of the site; nothing that is as it should be already.

    ``problems``: what was left out or left alone, and why.
    """

    files: tuple[tuple[str, bytes], ...] = ()
    stale: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def join_images(
    read: Callable[[str], bytes | None],
    images: Mapping[str, Sequence[str]],
    *,
    base_url: str,
    limits: Limits | None = None,
) -> SitemapChanges:
    """The sitemaps of a site with its images in them.

    ``read``: bytes of a file of the site, None when it is not there. ``images``: absolute URL of every page that may
    be indexed -> absolute URLs of its images. ``base_url``: absolute, ends with ``/``; what is listed under it is ours
    and is listed anew, other images are kept. A page that the host left out of its sitemap is not added. A file that
    cannot be read as a sitemap is a problem and stays as it is. A second run changes no byte.
    """
    job = _Job(read, base_url, limits or Limits())
    wanted = {clean_url(page): [clean_url(image) for image in found] for page, found in images.items()}
    name = next((name for name in NAMES if read(name) is not None), None)
    if name is None or _OURS.encode() in (read(name) or b"")[:400]:
        job.write_own({page: wanted[page] for page in sorted(wanted) if wanted[page]})
    else:
        job.join_top(name, _Lookup(wanted))
    changed = {path: data for path, data in job.files.items() if read(path) != data}
    return SitemapChanges(files=tuple(changed.items()), stale=tuple(job.stale), problems=tuple(job.problems))


class _Lookup:
    """Finds a page by the way a host writes its URL."""

    def __init__(self, wanted: Mapping[str, list[str]]) -> None:
        self._exact = {_exact(page): found for page, found in wanted.items()}
        loose: dict[tuple[str, str, str], list[list[str]]] = {}
        for page, found in wanted.items():
            loose.setdefault(_loose(page), []).append(found)
        # guide.html and guide/ beside each other: which one `guide` means cannot be known
        self._loose = {key: found[0] for key, found in loose.items() if len(found) == 1}

    def images(self, loc: str) -> list[str] | None:
        """The images of a page; None for one that nobody looked at, whose entry stays as it is."""
        found = self._exact.get(_exact(loc))
        return self._loose.get(_loose(loc)) if found is None else found


def _exact(url: str) -> tuple[str, str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ("", url, "")
    path = unquote(parts.path) or "/"
    return (
        parts.netloc.lower(),
        path.removesuffix("index.html") if path.endswith("/index.html") else path,
        parts.query,
    )


def _loose(url: str) -> tuple[str, str, str]:
    host, path, query = _exact(url)
    return host, path.removesuffix(".html").rstrip("/"), query


@dataclass(slots=True)
class _Job:
    read: Callable[[str], bytes | None]
    base_url: str
    limits: Limits
    files: dict[str, bytes] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def join_top(self, name: str, lookup: _Lookup) -> None:
        document = self._open(name)
        if document is None:
            return
        if not document.is_index:
            parts = self._joined(name, document, lookup)
            if len(parts) > 1:
                names = [_part_name(name, number) for number in range(1, len(parts) + 1)]
                for part, data in zip(names, parts, strict=True):
                    self._put(part, data)
                parts = [
                    write_index([self.base_url + part for part in names], " Parts of a sitemap that grew too large. ")
                ]
            self._put(name, parts[0])
            return
        grown = False
        for path in dict.fromkeys(self._site_path(entry) for entry in document.entries()):
            child = self._open(path, listed=name) if path is not None else None
            if path is None or child is None:
                continue
            if child.is_index:
                self.problems.append(f"{path}: an index inside of the index {name}, left as it is")
                continue
            first, *more = self._joined(path, child, lookup)
            self._put(path, first)
            for number, data in enumerate(more, 2):
                part = _part_name(path, number)
                self._put(part, data)
                document.add_sitemap(self.base_url + part)
                grown = True
        if grown:
            self._put(name, document.serialised())

    def write_own(self, wanted: Mapping[str, list[str]]) -> None:
        """A sitemap of ours alone; what an earlier run wrote and this one does not need is stale."""
        top = NAMES[0]
        parts = list(self._own_parts(wanted))
        names = [top] if len(parts) == 1 else [_part_name(top, number) for number in range(1, len(parts) + 1)]
        for name, data in zip(names, parts, strict=True):
            self._put(name, data)
        if len(parts) > 1:
            self._put(top, write_index([self.base_url + name for name in names], _OURS))
        if not parts and self.read(top) is not None:
            self.stale.append(top)
        number = len(names) + 1 if len(parts) > 1 else 1
        while _OURS.encode() in (self.read(_part_name(top, number)) or b"")[:400]:
            self.stale.append(_part_name(top, number))
            number += 1

    def _own_parts(self, wanted: Mapping[str, list[str]]) -> Iterator[bytes]:
        empty = len(write_urlset((), _OURS))
        held: list[str] = []
        size = empty
        for page, images in wanted.items():
            fitting = self._fitting(page, list(dict.fromkeys(images)))
            if not fitting or len(page) > _LONGEST_URL:
                continue
            text = write_url(page, fitting[: self.limits.images])
            self._cut(page, len(fitting) - self.limits.images)
            if held and (len(held) >= self.limits.urls or size + len(text) > self.limits.bytes):
                yield write_urlset(held, _OURS)
                held, size = [], empty
            held.append(text)
            size += len(text)
        if held:
            yield write_urlset(held, _OURS)

    def _joined(self, name: str, document: Document, lookup: _Lookup) -> list[bytes]:
        """The document with our images, in parts when they make it too large; its own bytes when nothing changes."""
        changed = False
        for entry in document.entries():
            known = lookup.images(entry.loc)
            if known is None:
                continue
            wanted = self._fitting(entry.loc, known)
            different, left = entry.set_images(self.base_url, wanted, self.limits.images)
            changed |= different
            self._cut(entry.loc, left)
        if not changed:
            return [self._content(name) or b""]
        return document.chunks(self.limits.urls, self.limits.bytes)

    def _fitting(self, page: str, images: Sequence[str]) -> list[str]:
        fitting = [image for image in images if len(image) <= _LONGEST_URL]
        if len(fitting) < len(images):
            long = len(images) - len(fitting)
            self.problems.append(f"{page}: {long} image URLs of more than {_LONGEST_URL} characters are left out")
        return fitting

    def _cut(self, page: str, left: int) -> None:
        if left > 0:
            self.problems.append(f"{page}: {left} images above the {self.limits.images} a page may list are left out")

    def _site_path(self, entry: Entry) -> str | None:
        """The file behind a location of an index; None when it lies elsewhere, or is no plain file."""
        host, path, query = _exact(entry.loc)
        own_host, own_path, _ = _exact(self.base_url)
        inner = path.removeprefix(own_path)
        steps = inner.split("/")
        if host != own_host or not path.startswith(own_path) or query or not inner.isprintable():
            return None
        return None if any(step in ("", ".", "..") for step in steps) or "\\" in inner else inner

    def _content(self, path: str) -> bytes | None:
        data = self.read(path)
        return gunzipped(data, self.limits.bytes) if data is not None and is_gzip(data) else data

    def _open(self, path: str, *, listed: str | None = None) -> Document | None:
        try:
            data = self._content(path)
            if data is None:
                self.problems.append(f"{path}: listed in {listed} and not there")
                return None
            return Document(data)
        except BadSitemap as error:
            self.problems.append(f"{path}: {error}; left as it is")
            return None

    def _put(self, path: str, data: bytes) -> None:
        """Note what a file should hold, and its compressed twin where the host has one."""
        before = self.read(path)
        if path.endswith(".gz") or (before is not None and is_gzip(before)):
            self._put_gzip(path, data)
            return
        self.files[path] = data
        if self.read(path + ".gz") is not None:
            self._put_gzip(path + ".gz", data)

    def _put_gzip(self, path: str, data: bytes) -> None:
        try:
            same = self._content(path) == data
        except BadSitemap:
            same = False
        if not same:
            self.files[path] = gzipped(data)


def _part_name(name: str, number: int) -> str:
    """sitemap.xml -> sitemap-imageseo-1.xml, also of sitemap.xml.gz."""
    stem, dot, ending = name.partition(".xml")
    return f"{stem}-imageseo-{number}{dot}{ending}"
