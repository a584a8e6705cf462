"""The image sitemap of a build, joined into the host's or written anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from imageseo.lint.facts.page import SiteFiles
from imageseo.model.errors import SiteError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.image import PageRegion
from imageseo.model.plan import PagePlan
from imageseo.model.site import Page, Site
from imageseo.storage.output import OutputFolder
from imageseo.web import urls
from imageseo.web.sitemaps import image_sitemap


@dataclass(slots=True, kw_only=True)
class SitemapWriter:
    """The sitemaps of a build. Without an absolute URL there are none.

    ``before``, ``written``: file -> digest of its bytes, as the last build and this one left what holds images of ours.
    """

    site: Site
    output: OutputFolder
    before: Mapping[str, str]
    written: dict[str, str] = field(default_factory=dict)

    def write(self, pages: Iterable[tuple[Page, Sequence[str] | None]]) -> list[Finding]:
        """List the images of pages: their absolute URLs, None for a page that is not to be indexed."""
        base_url = self.site.base_url
        if base_url is None:
            return [_without_url()] if any(True for _ in pages) else []
        images = {urls.absolute(base_url, page.url): shown for page, shown in pages if shown is not None}
        return self._join(images, base_url)

    def withdraw(self, pages: Iterable[tuple[Page, object]]) -> list[Finding]:
        """Take out what an earlier build listed. What stands as a host wrote it is not touched."""
        base_url = self.site.base_url
        if base_url is None:
            return []
        ours = any(_digest(self._read(path)) == digest for path, digest in self.before.items())
        images: dict[str, Sequence[str]] = {urls.absolute(base_url, page.url): () for page, _ in pages} if ours else {}
        found = self._join(images, base_url)
        self.written.clear()
        return [each for each in found if each.fails_build]

    def _join(self, images: Mapping[str, Sequence[str]], base_url: str) -> list[Finding]:
        findings: list[Finding] = []
        path = "sitemap.xml"
        try:
            joined = image_sitemap.join_images(self._read, images, base_url=base_url)
            findings += [
                _finding("sitemap-schema", Severity.WARN, problem, path, "mend what writes the sitemap")
                for problem in joined.problems
            ]
            for path, data in joined.files:
                self.output.write(path, data)
                self.written[path] = _digest(data)
            for path in joined.stale:
                self.output.remove(path)
        except (OSError, SiteError) as error:
            problem = error.message if isinstance(error, SiteError) else f"{error.strerror or error}"
            hint = "make the folder writable, or make room on the disk"
            findings.append(
                _finding("page-unwritable", Severity.ERROR, f"cannot be written: {problem}", path, hint, fails=True)
            )
        kept = {path: digest for path, digest in self.before.items() if path not in self.written}
        self.written.update((path, digest) for path, digest in kept.items() if _digest(self._read(path)) == digest)
        return findings

    def _read(self, path: str) -> bytes | None:
        try:
            return self.output.read(path)
        except FileNotFoundError:
            return None


def article_image_urls(base_url: str | None, files: SiteFiles, page: Page, plan: PagePlan) -> Sequence[str]:
    """Absolute URLs of what the article shows, as its ``<img src>`` names it: that is what search engines index."""
    if base_url is None:
        return ()
    found = [] if plan.insert is None else [urls.absolute(base_url, plan.insert.asset.path)]
    for ref in plan.scan.refs:
        if ref.region is PageRegion.ARTICLE:
            path = urls.resolve(ref.src, page=page.path, base_url=base_url, base_href=plan.scan.base_href)
            if isinstance(path, str) and files.exists(path):
                found.append(urls.absolute(base_url, path))
    return tuple(dict.fromkeys(found))


def is_noindex(page: Page, plan: PagePlan) -> bool:
    """An error page, or one that asks not to be indexed."""
    robots = (plan.scan.meta_content("robots") or "").lower()
    return page.path == "404.html" or "noindex" in robots or "none" in robots.replace(" ", "").split(",")


def _without_url() -> Finding:
    return _finding(
        "site-url-missing",
        Severity.WARN,
        "nobody says which URL the site is published at: what needs absolute URLs (image sitemap, JSON-LD) is "
        "not written",
        "sitemap.xml",
        "set `site_url` (MkDocs: site_url, Pelican: SITEURL)",
    )


def _digest(data: bytes | None) -> str:
    return "" if data is None else sha256(data).hexdigest()


def _finding(rule: str, severity: Severity, message: str, page: str, hint: str, *, fails: bool = False) -> Finding:
    return Finding(
        rule=rule, severity=severity, message=message, location=Location(page=page), hint=hint, fails_build=fails
    )
