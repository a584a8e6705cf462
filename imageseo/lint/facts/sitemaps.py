"""The sitemaps of a built site as search engines read them: what they list and where, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import urlsplit

from imageseo.lint.facts import xml_stream
from imageseo.lint.facts.sitemap_schema import MEND, SitemapValidator, loc_of
from imageseo.model.facts import Problem, ProblemLocation
from imageseo.model.finding import Severity
from imageseo.model.site import Site
from imageseo.web import urls
from imageseo.web.sitemaps import image_sitemap
from imageseo.web.sitemaps.document import IMAGE, SITEMAP

_TAGS = (f"{{{SITEMAP}}}url", f"{{{SITEMAP}}}sitemap", "{*}urlset", "{*}sitemapindex")


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapUrl:
    """Where a URL is listed first: the sitemap's path in the site, and the line of its entry."""

    url: str
    file: str
    line: int | None


@dataclass(slots=True, kw_only=True)
class Sitemaps:
    """All sitemaps of a site. ``pages``, ``images``: by absolute URL. ``problems``: what is wrong with the files."""

    pages: dict[str, SitemapUrl] = field(default_factory=dict)
    images: dict[str, SitemapUrl] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def page(self, url: str) -> SitemapUrl | None:
        """The entry of a page, whether it is written with ``index.html`` or without."""
        return self.pages.get(url) or (self.pages.get(url + "index.html") if url.endswith("/") else None)


def read(site: Site, announced: Iterable[tuple[str, int]], *, limits: image_sitemap.Limits | None = None) -> Sitemaps:
    """The sitemaps of a site: those with the usual names, what these list, and what robots.txt announces.

    ``announced``: URL and line of its ``Sitemap:`` directives. Nothing outside of the site is asked for; files are
    streamed, and raise nothing.
    """
    reader = _Reader(site=site, limits=limits or image_sitemap.Limits())
    for name in image_sitemap.NAMES:
        for path in (name, f"{name}.gz"):
            if (site.root / path).is_file():
                reader.file(path, None)
    for url, line in announced:
        if (announced_path := reader.path_of(url)) is not None:
            reader.file(announced_path, ProblemLocation(file="robots.txt", line=line))
    return reader.found


@dataclass(slots=True, kw_only=True)
class _Reader:
    site: Site
    limits: image_sitemap.Limits
    found: Sitemaps = field(default_factory=Sitemaps)
    seen: set[str] = field(default_factory=set)

    def path_of(self, url: str) -> str | None:
        """The file of the site that a sitemap's URL leads to; None for another host's."""
        resolved = urls.resolve(url, page="robots.txt", base_url=self.site.base_url)
        if isinstance(resolved, str):
            return resolved
        if self.site.base_url is None and resolved.reason == "origin":
            # Nobody said where the site will be: a file of that name at its root is what is meant.
            name = urlsplit(url).path.rpartition("/")[2]
            return name if name and (self.site.root / name).is_file() else None
        return None

    def file(self, path: str, named: ProblemLocation | None, *, inner: bool = False) -> None:
        """Read one sitemap, and those that it lists. ``named``: where; None for one that was looked for."""
        if path in self.seen:
            return
        self.seen.add(path)
        if not (self.site.root / path).is_file():
            self._say(
                f"{path} is named here and is not in the site",
                named or ProblemLocation(file=path),
                "publish it, or take it out",
            )
            return
        plain = path.removesuffix(".gz")
        twin = plain != path and (self.site.root / plain).is_file()
        children: list[tuple[str, int]] = []

        def job() -> None:
            if (self.site.root / path).stat().st_size > self.limits.bytes:  # not even the entries within the limit
                raise xml_stream.TooLarge
            if twin:
                self._compare(path, plain)
            else:
                self._read(path, inner, children)

        problem = xml_stream.guarded(path, job, limit=self.limits.bytes, hint=MEND)
        if problem is not None and not (twin and "larger" in problem.message):
            self.found.problems.append(problem)
        for url, line in children:
            if (child := self.path_of(url)) is not None:
                self.file(child, ProblemLocation(file=path, line=line), inner=True)

    def _compare(self, path: str, plain: str) -> None:
        """A compressed copy beside the sitemap itself: the same, or stale."""
        with (
            xml_stream.opened(self.site.root / path) as (_, packed),
            xml_stream.opened(self.site.root / plain) as (_, whole),
        ):
            while (part := _exactly(packed)) == (same := _exactly(whole)) and part:
                pass
        if part != same:
            self._say(
                f"{path} and {plain} differ: one is stale", ProblemLocation(file=path), "write both anew", Severity.WARN
            )

    def _read(self, path: str, inner: bool, children: list[tuple[str, int]]) -> None:
        from lxml import etree

        with xml_stream.opened(self.site.root / path) as (head, content):
            if not self._sound(path, head):
                return
            faults = SitemapValidator(self.site.root / path, path, self.limits)
            events = xml_stream.events(xml_stream.Bounded(content, self.limits.bytes), _TAGS)
            root: Any = None
            try:
                for event, element in events:
                    if root is None:
                        root = etree.QName(element)
                        if not self._right_root(path, root, element.sourceline, inner):
                            return
                    if event == "end" and (listed := element.getparent()) is not None and listed.getparent() is None:
                        self._entry(path, element, faults, children)
                        xml_stream.forget(element)
            finally:
                self.found.problems += faults.problems()
            if root is None:  # `tag` passes other roots over in silence
                self._right_root(path, etree.QName(events.root), events.root.sourceline, inner)

    def _entry(self, path: str, element: Any, faults: SitemapValidator, children: list[tuple[str, int]]) -> None:
        faults.entry(element)
        loc, line = loc_of(element), element.sourceline
        if element.tag == f"{{{SITEMAP}}}sitemap":
            children += [(loc, line)] if loc else []
            return
        if loc:
            self.found.pages.setdefault(loc, SitemapUrl(url=loc, file=path, line=line))
        for image in element.iterchildren(f"{{{IMAGE}}}image"):
            if address := (image.findtext(f"{{{IMAGE}}}loc") or "").strip():
                self.found.images.setdefault(address, SitemapUrl(url=address, file=path, line=image.sourceline))

    def _sound(self, path: str, head: bytes) -> bool:
        """Whether it is worth parsing; says so when not."""
        if not head.strip():
            self._say(f"{path} is empty", ProblemLocation(file=path), "write one, or leave it out")
            return False
        if xml_stream.has_entities(head):
            self._say(
                f"{path} declares entities, and is not read",
                ProblemLocation(file=path),
                "write it without a document type",
            )
            return False
        if xml_stream.is_utf16(head):
            self._say(f"{path} is in UTF-16; a sitemap must be UTF-8", ProblemLocation(file=path), "write it as UTF-8")
        return True

    def _right_root(self, path: str, root: Any, line: int, inner: bool) -> bool:
        place = ProblemLocation(file=path, line=line)
        if root.localname not in ("urlset", "sitemapindex"):
            self._say(f"{path} has the root <{root.localname}>; expected <urlset> or <sitemapindex>", place)
            return False
        if root.namespace != SITEMAP:
            said = f"has the namespace {root.namespace}" if root.namespace else "has no namespace"
            self._say(f"{path} {said}; expected {SITEMAP}", place, f'write xmlns="{SITEMAP}"')
            return False
        if inner and root.localname == "sitemapindex":
            self._say(
                f"{path} is an index in an index; search engines go one step only", place, "list its parts instead"
            )
            return False
        return True

    def _say(self, message: str, place: ProblemLocation, hint: str = MEND, severity: Severity | None = None) -> None:
        self.found.problems.append(Problem(message=message, hint=hint, place=place, severity=severity))


def _exactly(file: IO[bytes]) -> bytes:
    """The next 64 KiB: a gzip file hands out less than it is asked for."""
    data = b""
    while len(data) < xml_stream.HEAD and (part := file.read(xml_stream.HEAD - len(data))):
        data += part
    return data
