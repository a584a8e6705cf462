"""The sitemaps of a built site as search engines read them: their entries with locations, and their problems."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import urlsplit

from imageseo.lint.facts import xml_stream
from imageseo.lint.facts.sitemap_schema import FIX_GENERATOR, SitemapValidator, loc_of
from imageseo.model.facts import Problem, ProblemLocation
from imageseo.model.finding import Severity
from imageseo.model.site import Site
from imageseo.web import urls
from imageseo.web.sitemaps import image_sitemap
from imageseo.web.sitemaps.document import IMAGE, SITEMAP

_TAGS = (f"{{{SITEMAP}}}url", f"{{{SITEMAP}}}sitemap", "{*}urlset", "{*}sitemapindex")


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapUrl:
    """The first entry of a URL: the sitemap's path in the site, and the line."""

    url: str
    file: str
    line: int | None


@dataclass(slots=True, kw_only=True)
class Sitemaps:
    """All sitemaps of a site. ``pages``, ``images``: by absolute URL. ``problems``: of the files."""

    pages: dict[str, SitemapUrl] = field(default_factory=dict)
    images: dict[str, SitemapUrl] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def page(self, url: str) -> SitemapUrl | None:
        """Return the entry of a page, listed with or without ``index.html``."""
        return self.pages.get(url) or (self.pages.get(url + "index.html") if url.endswith("/") else None)


def read(
    site: Site, announced: Iterable[tuple[str, int]], *, limits: image_sitemap.SitemapLimits | None = None
) -> Sitemaps:
    """Read the sitemaps of a site: those with the usual names, those that they list, and those in robots.txt.

    ``announced``: URL and line of its ``Sitemap:`` directives. Nothing outside the site is read; files are streamed.
    Raises nothing.
    """
    reader = _SitemapReader(site=site, limits=limits or image_sitemap.SitemapLimits())
    for name in image_sitemap.NAMES:
        for path in (name, f"{name}.gz"):
            if (site.root / path).is_file():
                reader.file(path, None)
    for url, line in announced:
        if (announced_path := reader.path_of(url)) is not None:
            reader.file(announced_path, ProblemLocation(file="robots.txt", line=line))
    return reader.found


@dataclass(slots=True, kw_only=True)
class _SitemapReader:
    site: Site
    limits: image_sitemap.SitemapLimits
    found: Sitemaps = field(default_factory=Sitemaps)
    seen: set[str] = field(default_factory=set)

    def path_of(self, url: str) -> str | None:
        """Return the file of the site for a sitemap's URL; None for one of another host."""
        resolved = urls.resolve(url, page="robots.txt", base_url=self.site.base_url)
        if isinstance(resolved, str):
            return resolved
        if self.site.base_url is None and resolved.reason == "origin":
            # Without a base URL, a file of that name at the site's root is assumed.
            name = urlsplit(url).path.rpartition("/")[2]
            return name if name and (self.site.root / name).is_file() else None
        return None

    def file(self, path: str, named: ProblemLocation | None, *, in_index: bool = False) -> None:
        """Read one sitemap, and those that it lists. ``named``: where it is referenced; None for a usual name."""
        if path in self.seen:
            return
        self.seen.add(path)
        if not (self.site.root / path).is_file():
            self._report(
                f"{path} is referenced here but is not in the site",
                named or ProblemLocation(file=path),
                "publish it, or remove the reference",
            )
            return
        plain = path.removesuffix(".gz")
        has_plain_copy = plain != path and (self.site.root / plain).is_file()
        children: list[tuple[str, int]] = []

        def read_file() -> None:
            # Beyond the limit not even the entries within it are read.
            if (self.site.root / path).stat().st_size > self.limits.bytes:
                raise xml_stream.TooLarge
            if has_plain_copy:
                self._compare(path, plain)
            else:
                self._read(path, in_index, children)

        problem = xml_stream.read_guarded(path, read_file, limit=self.limits.bytes, hint=FIX_GENERATOR)
        if problem is not None and not (has_plain_copy and "larger" in problem.message):
            self.found.problems.append(problem)
        for url, line in children:
            if (child := self.path_of(url)) is not None:
                self.file(child, ProblemLocation(file=path, line=line), in_index=True)

    def _compare(self, path: str, plain: str) -> None:
        """Report a compressed copy that differs from the sitemap next to it."""
        with (
            xml_stream.open_content(self.site.root, path) as (_, compressed),
            xml_stream.open_content(self.site.root, plain) as (_, uncompressed),
        ):
            while (part := _read_block(compressed)) == (expected := _read_block(uncompressed)) and part:
                pass
        if part != expected:
            self._report(
                f"{path} and {plain} differ: one is stale",
                ProblemLocation(file=path),
                "write both again",
                Severity.WARN,
            )

    def _read(self, path: str, in_index: bool, children: list[tuple[str, int]]) -> None:
        from lxml import etree

        with xml_stream.open_content(self.site.root, path) as (head, content):
            if not self._can_be_parsed(path, head):
                return
            validator = SitemapValidator(self.site.root / path, path, self.limits)
            events = xml_stream.events(xml_stream.Bounded(content, self.limits.bytes), _TAGS)
            root: Any = None
            try:
                for event, element in events:
                    if root is None:
                        root = etree.QName(element)
                        if not self._has_valid_root(path, root, element.sourceline, in_index):
                            return
                    if event == "end" and (listed := element.getparent()) is not None and listed.getparent() is None:
                        self._entry(path, element, validator, children)
                        xml_stream.release(element)
            finally:
                self.found.problems += validator.problems()
            if root is None:  # iterparse skips other roots because of `tag`
                self._has_valid_root(path, etree.QName(events.root), events.root.sourceline, in_index)

    def _entry(self, path: str, element: Any, validator: SitemapValidator, children: list[tuple[str, int]]) -> None:
        validator.entry(element)
        loc, line = loc_of(element), element.sourceline
        if element.tag == f"{{{SITEMAP}}}sitemap":
            children += [(loc, line)] if loc else []
            return
        if loc:
            self.found.pages.setdefault(loc, SitemapUrl(url=loc, file=path, line=line))
        for image in element.iterchildren(f"{{{IMAGE}}}image"):
            if address := (image.findtext(f"{{{IMAGE}}}loc") or "").strip():
                self.found.images.setdefault(address, SitemapUrl(url=address, file=path, line=image.sourceline))

    def _can_be_parsed(self, path: str, head: bytes) -> bool:
        """Whether a sitemap can be parsed; reports a problem if not."""
        if not head.strip():
            self._report(f"{path} is empty", ProblemLocation(file=path), "write one, or leave it out")
            return False
        if xml_stream.has_entities(head):
            self._report(
                f"{path} declares entities, and is not read",
                ProblemLocation(file=path),
                "write it without a document type",
            )
            return False
        if xml_stream.is_utf16(head):
            self._report(
                f"{path} is in UTF-16; a sitemap must be UTF-8", ProblemLocation(file=path), "write it as UTF-8"
            )
        return True

    def _has_valid_root(self, path: str, root: Any, line: int, in_index: bool) -> bool:
        place = ProblemLocation(file=path, line=line)
        if root.localname not in ("urlset", "sitemapindex"):
            self._report(f"{path} has the root <{root.localname}>; expected <urlset> or <sitemapindex>", place)
            return False
        if root.namespace != SITEMAP:
            found_namespace = f"has the namespace {root.namespace}" if root.namespace else "has no namespace"
            self._report(f"{path} {found_namespace}; expected {SITEMAP}", place, f'write xmlns="{SITEMAP}"')
            return False
        if in_index and root.localname == "sitemapindex":
            self._report(
                f"{path} is an index in an index; search engines follow one level only", place, "list its parts instead"
            )
            return False
        return True

    def _report(
        self, message: str, place: ProblemLocation, hint: str = FIX_GENERATOR, severity: Severity | None = None
    ) -> None:
        self.found.problems.append(Problem(message=message, hint=hint, place=place, severity=severity))


def _read_block(file: IO[bytes]) -> bytes:
    """Read exactly the next 64 KiB, or the rest; one read of a gzip file may return less."""
    data = b""
    while len(data) < xml_stream.HEAD and (part := file.read(xml_stream.HEAD - len(data))):
        data += part
    return data
