"""Adds images to the sitemap of the generator, or creates an image sitemap if there is none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from imageseo.web.page_lookup import PageLookup, exact_key
from imageseo.web.sitemaps import OWN_COMMENT
from imageseo.web.sitemaps.document import (
    BadSitemap,
    Document,
    SitemapEntry,
    clean_url,
    compress_gzip,
    decompress_gzip,
    is_gzip,
    write_index,
    write_url,
    write_urlset,
)

NAMES = ("sitemap.xml", "sitemap-index.xml", "sitemap_index.xml")  # the first that exists is used
_MAX_URL = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapLimits:
    """Limits of search engines: pages per file, bytes per file (uncompressed), images per page."""

    urls: int = 50_000
    bytes: int = 52_428_800
    images: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapChanges:
    """The files to write and to remove, as paths of the site, without those that are up to date.

    ``problems``: what was omitted or left unchanged, and why.
    """

    files: tuple[tuple[str, bytes], ...] = ()
    stale: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def join_images(
    read: Callable[[str], bytes | None],
    images: Mapping[str, Sequence[str] | None],
    *,
    base_url: str,
    without: Collection[str] = (),
    hosts: Sequence[str] = (),
    limits: SitemapLimits | None = None,
) -> SitemapChanges:
    """Add the images of a site to its sitemaps.

    ``read``: returns the bytes of a file of the site, None if it does not exist. ``images``: absolute URL of every
    page -> absolute URLs of its images, None for an entry that stays unchanged. ``without``: pages that a new sitemap
    lists although none of their images may be listed; others without images are left out. ``base_url``: absolute, ends
    with ``/``; listed images under it and on ``hosts`` are replaced, others are kept. Pages that the generator left out
    of its sitemap are not added. A file that cannot be parsed as a sitemap is reported in ``problems`` and left
    unchanged. A second run changes nothing.
    """
    update = _SitemapUpdate(read, base_url, limits or SitemapLimits(), hosts=hosts)
    wanted = {
        clean_url(page): None if found is None else [clean_url(image) for image in found]
        for page, found in images.items()
    }
    name = next((name for name in NAMES if read(name) is not None), None)
    if name is None or OWN_COMMENT.encode() in (read(name) or b"")[:400]:
        listed = {*map(clean_url, without), *(page for page, found in wanted.items() if found)}
        update.write_own({page: wanted.get(page) or [] for page in sorted(listed)})
    else:
        update.update_existing(name, PageLookup(wanted))
    changed = {path: data for path, data in update.files.items() if read(path) != data}
    return SitemapChanges(files=tuple(changed.items()), stale=tuple(update.stale), problems=tuple(update.problems))


@dataclass(slots=True)
class _SitemapUpdate:
    """Collects the files of one run: to write, stale, and the problems."""

    read: Callable[[str], bytes | None]
    base_url: str
    limits: SitemapLimits
    files: dict[str, bytes] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    hosts: Sequence[str] = ()

    def update_existing(self, name: str, lookup: PageLookup[list[str] | None]) -> None:
        """Add images to the sitemap or index ``name`` and to the sitemaps that it lists."""
        document = self._open(name)
        if document is None:
            return
        if not document.is_index:
            parts = self._with_images(name, document, lookup)
            if len(parts) > 1:
                names = [_part_name(name, number) for number in range(1, len(parts) + 1)]
                for part, data in zip(names, parts, strict=True):
                    self._put(part, data)
                parts = [
                    write_index([self.base_url + part for part in names], " Parts of a sitemap that grew too large. ")
                ]
            self._put(name, parts[0])
            return
        has_new_parts = False
        for path in dict.fromkeys(self._site_path(entry) for entry in document.entries()):
            child = self._open(path, listed=name) if path is not None else None
            if path is None or child is None:
                continue
            if child.is_index:
                self.problems.append(f"{path}: index listed in the index {name}; left unchanged")
                continue
            first, *more = self._with_images(path, child, lookup)
            self._put(path, first)
            for number, data in enumerate(more, 2):
                part = _part_name(path, number)
                self._put(part, data)
                document.add_sitemap(self.base_url + part)
                has_new_parts = True
        if has_new_parts:
            self._put(name, document.serialize())

    def write_own(self, wanted: Mapping[str, list[str]]) -> None:
        """Create the whole sitemap; parts of earlier runs that are no longer needed become stale."""
        top = NAMES[0]
        parts = list(self._own_parts(wanted))
        names = [top] if len(parts) == 1 else [_part_name(top, number) for number in range(1, len(parts) + 1)]
        for name, data in zip(names, parts, strict=True):
            self._put(name, data)
        if len(parts) > 1:
            self._put(top, write_index([self.base_url + name for name in names], OWN_COMMENT))
        if not parts and self.read(top) is not None:
            self.stale.append(top)
        number = len(names) + 1 if len(parts) > 1 else 1
        while OWN_COMMENT.encode() in (self.read(_part_name(top, number)) or b"")[:400]:
            self.stale.append(_part_name(top, number))
            number += 1

    def _own_parts(self, wanted: Mapping[str, list[str]]) -> Iterator[bytes]:
        empty = len(write_urlset((), OWN_COMMENT))
        urls: list[str] = []
        size = empty
        for page, images in wanted.items():
            valid = self._short_enough(page, list(dict.fromkeys(images)))
            if (images and not valid) or len(page) > _MAX_URL:
                continue
            text = write_url(page, valid[: self.limits.images])
            self._report_excess(page, len(valid) - self.limits.images)
            if urls and (len(urls) >= self.limits.urls or size + len(text) > self.limits.bytes):
                yield write_urlset(urls, OWN_COMMENT)
                urls, size = [], empty
            urls.append(text)
            size += len(text)
        if urls:
            yield write_urlset(urls, OWN_COMMENT)

    def _with_images(self, name: str, document: Document, lookup: PageLookup[list[str] | None]) -> list[bytes]:
        """Return the document with images, in parts if they make it too large; unchanged bytes if nothing changes."""
        changed = False
        own = (self.base_url, *(f"{scheme}://{host}/" for host in self.hosts for scheme in ("https", "http")))
        for entry in document.entries():
            images = lookup.find(entry.loc)
            if images is None:
                continue
            wanted = self._short_enough(entry.loc, images)
            entry_changed, excess = entry.set_images(own, wanted, self.limits.images)
            changed |= entry_changed
            self._report_excess(entry.loc, excess)
        if not changed:
            return [self._content(name) or b""]
        return document.split(self.limits.urls, self.limits.bytes)

    def _short_enough(self, page: str, images: Sequence[str]) -> list[str]:
        valid = [image for image in images if len(image) <= _MAX_URL]
        if len(valid) < len(images):
            long = len(images) - len(valid)
            self.problems.append(f"{page}: {long} image URLs of more than {_MAX_URL} characters are omitted")
        return valid

    def _report_excess(self, page: str, excess: int) -> None:
        if excess > 0:
            limit = self.limits.images
            self.problems.append(f"{page}: {excess} images beyond the limit of {limit} per page are omitted")

    def _site_path(self, entry: SitemapEntry) -> str | None:
        """Return the file of an index entry; None if it is outside the site or not a plain file."""
        host, path, query = exact_key(entry.loc)
        own_host, own_path, _ = exact_key(self.base_url)
        inner = path.removeprefix(own_path)
        steps = inner.split("/")
        if host != own_host or not path.startswith(own_path) or query or not inner.isprintable():
            return None
        return None if any(step in ("", ".", "..") for step in steps) or "\\" in inner else inner

    def _content(self, path: str) -> bytes | None:
        data = self.read(path)
        return decompress_gzip(data, self.limits.bytes) if data is not None and is_gzip(data) else data

    def _open(self, path: str, *, listed: str | None = None) -> Document | None:
        try:
            data = self._content(path)
            if data is None:
                self.problems.append(f"{path}: listed in {listed} but missing")
                return None
            return Document(data)
        except BadSitemap as error:
            self.problems.append(f"{path}: {error}; left unchanged")
            return None

    def _put(self, path: str, data: bytes) -> None:
        """Set the content of a file, and of its compressed copy if there is one."""
        before = self.read(path)
        if path.endswith(".gz") or (before is not None and is_gzip(before)):
            self._put_gzip(path, data)
            return
        self.files[path] = data
        if self.read(path + ".gz") is not None:
            self._put_gzip(path + ".gz", data)

    def _put_gzip(self, path: str, data: bytes) -> None:
        try:
            is_current = self._content(path) == data
        except BadSitemap:
            is_current = False
        if not is_current:
            self.files[path] = compress_gzip(data)


def _part_name(name: str, number: int) -> str:
    """Return the name of a part: sitemap.xml -> sitemap-imageseo-1.xml, sitemap.xml.gz likewise."""
    stem, dot, ending = name.partition(".xml")
    return f"{stem}-imageseo-{number}{dot}{ending}"
