"""Write the image sitemap of a build: extend the generator's sitemap, or write a new one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from imageseo.lint.crashes import crash_guard
from imageseo.lint.facts.site_files import SiteFiles
from imageseo.model.errors import SiteError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.image import Asset, PageRegion
from imageseo.model.plan import PagePlan
from imageseo.model.site import Page, Site
from imageseo.pipeline.context import BuildContext
from imageseo.pipeline.incremental.build_memory import KnownSitemaps
from imageseo.pipeline.page_listing import PageListing
from imageseo.pipeline.result import WrittenPage, unwritable_finding
from imageseo.storage.output import OutputFolder
from imageseo.web import urls
from imageseo.web.sitemaps import image_sitemap

_URL_KEYS = {
    "mkdocs": "`site_url` in mkdocs.yml",
    "zensical": "`site_url` in zensical.toml",
    "pelican": "`SITEURL` in pelicanconf.py",
    "sphinx": "`html_baseurl` in conf.py",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPage:
    """A page with the absolute URLs of its images that may be listed; None: its article has none.

    ``unlisted``: search engines may not list the page.
    """

    page: Page
    images: Sequence[str] | None
    unlisted: bool


@dataclass(slots=True, kw_only=True)
class SitemapWriter:
    """Writes the sitemaps of a build. Without a site URL there are none.

    ``previous``, ``written``: sitemap with images listed by imageseo -> digest, after the last build and this one.
    ``read``: the files that were read, existing or not. ``hosts``: of a CDN with images of the site.
    """

    site: Site
    output: OutputFolder
    previous: Mapping[str, str]
    written: dict[str, str] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    hosts: Sequence[str] = ()

    def write(self, pages: Iterable[ListedPage]) -> list[Finding]:
        """List pages with their images."""
        base_url = self.site.base_url
        if base_url is None:
            return [_missing_url_finding(self.site.generator)] if any(True for _ in pages) else []
        # Images that the last build has listed are removed; those that the generator lists are its own matter.
        forbidden: Sequence[str] | None = () if self._is_written() else None
        images: dict[str, Sequence[str] | None] = {}
        without: list[str] = []
        for each in pages:
            url = urls.absolute(base_url, each.page.url)
            images[url] = each.images or ()
            if each.unlisted or each.images == []:
                images[url] = forbidden
                without += [] if each.unlisted else [url]
        return self._join(images, base_url, without=without)

    def remove_images(self, pages: Iterable[ListedPage]) -> list[Finding]:
        """Remove images that an earlier build listed. A sitemap as the generator wrote it is unchanged."""
        base_url = self.site.base_url
        if base_url is None:
            return []
        images: dict[str, Sequence[str] | None] = (
            {urls.absolute(base_url, each.page.url): () for each in pages} if self._is_written() else {}
        )
        findings = self._join(images, base_url)
        self.written.clear()
        return [finding for finding in findings if finding.fails_build]

    def _is_written(self) -> bool:
        """Whether a sitemap is as the last build left it."""
        return any(_digest(self._read(path)) == digest for path, digest in self.previous.items())

    def _join(
        self, images: Mapping[str, Sequence[str] | None], base_url: str, *, without: Collection[str] = ()
    ) -> list[Finding]:
        findings: list[Finding] = []
        path = "sitemap.xml"
        try:
            joined = image_sitemap.join_images(self._read, images, base_url=base_url, without=without, hosts=self.hosts)
            findings += [
                _finding("sitemap-schema", Severity.WARN, problem, path, "correct what writes the sitemap")
                for problem in joined.problems
            ]
            for path, data in joined.files:
                self.output.write(path, data)
                self.written[path] = _digest(data)
            for path in joined.stale:
                self.output.remove(path)
        except (OSError, SiteError) as error:
            findings.append(unwritable_finding(Page(path=path), error))
        unwritten = {path: digest for path, digest in self.previous.items() if path not in self.written}
        self.written.update((path, digest) for path, digest in unwritten.items() if _digest(self._read(path)) == digest)
        return findings

    def _read(self, path: str) -> bytes | None:
        self.read.add(path)
        try:
            return self.output.read(path)
        except FileNotFoundError:
            return None


def write_sitemaps(
    context: BuildContext, pages: Sequence[WrittenPage]
) -> tuple[Mapping[str, str], KnownSitemaps | None]:
    """Add images to the sitemaps; return their digests, and what they were made from for this process's next build."""
    sitemaps = SitemapWriter(
        site=context.site,
        output=context.output,
        previous=context.state.previous_sitemaps,
        hosts=context.settings.delivery.image_hosts,
    )
    listed = [
        ListedPage(page=each.page, images=each.outcome.article_images, unlisted=each.outcome.unlisted) for each in pages
    ]
    paths = {page.path for page in context.site.pages}
    removed = context.state.removed_pages(paths, context.files.exists)  # a generator may leave them in its sitemap
    listed += [ListedPage(page=Page(path=path), images=None, unlisted=False) for path in removed]
    key = (context.site.base_url, [(each.page.path, each.images, each.unlisted) for each in listed])
    known = context.recall.sitemaps(key, context.output.changed) if context.recall else None
    if known is not None:
        context.findings.extend(known.findings)
        return known.written, known
    with crash_guard(context.findings, Page(path="sitemap.xml"), "the sitemap was not written"):
        findings = sitemaps.write(listed) if context.settings.sitemap else sitemaps.remove_images(listed)
        context.findings.extend(findings)
        known = KnownSitemaps(listed=key, read=frozenset(sitemaps.read), written=sitemaps.written, findings=findings)
    return sitemaps.written, known


def article_image_urls(
    base_url: str | None,
    files: SiteFiles,
    page: Page,
    plan: PagePlan,
    *,
    listing: PageListing,
    hosts: Collection[str] = (),
) -> list[str] | None:
    """Return absolute URLs of the article's images, from ``<img src>``, which search engines index.

    ``hosts``: of a CDN with images of this site, which are listed as the page names them. None: the article has no
    images.
    """
    if base_url is None:
        return None
    found: list[tuple[str, bool]] = []  # path or URL, and whether it is a file of the site
    if plan.insert is not None:
        found.append((plan.insert.asset.path, True))
    for ref in plan.scan.refs:
        if ref.region is PageRegion.ARTICLE:
            path = urls.resolve(ref.src, page=page.path, base_url=base_url, base_href=plan.scan.base_href)
            if isinstance(path, str):
                found += [(path, True)] if files.exists(path) else []
            elif hosts and (url := urls.on_hosts(ref.src, hosts, base_url)) is not None:
                found.append((url, False))
    if not found:
        return None
    listed: dict[str, str] = {}  # the same picture may have two URLs: the first one stands for it
    for name, is_file in dict.fromkeys(found):
        if not is_file and not listing.hides_images:
            listed.setdefault(name, name)
        elif is_file and listing.may_list(name):
            asset = files.asset(name)
            listed.setdefault(asset.sha256 if isinstance(asset, Asset) else name, urls.absolute(base_url, name))
    return [*listed.values()]


def _missing_url_finding(generator: str) -> Finding:
    """``generator``: its name, to name its own key only."""
    return _finding(
        "site-url-missing",
        Severity.INFO,
        "no site URL is configured; image sitemap and JSON-LD need absolute URLs and are not written",
        "index.html",
        f"set {_URL_KEYS.get(generator, '`site_url` in imageseo.toml')}",
    )


def _digest(data: bytes | None) -> str:
    return "" if data is None else sha256(data).hexdigest()


def _finding(rule: str, severity: Severity, message: str, page: str, hint: str, *, fails: bool = False) -> Finding:
    return Finding(
        rule=rule, severity=severity, message=message, location=Location(page=page), hint=hint, fails_build=fails
    )
