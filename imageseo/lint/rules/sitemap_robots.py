"""Every page and image in a sitemap may be crawled and indexed.

An image or page that robots.txt blocks (for `Googlebot-Image` or `Googlebot`, else by the rules for `*`), a draft, and
a page with `noindex` (in a tag, or in the `X-Robots-Tag` of `_headers` or netlify.toml) are listed without effect, and
Search Console reports each. A warning is given for pages that only lead elsewhere: their canonical link names another
page, they redirect at once, their `unavailable_after` is past, or they are the error page. A listed image that is
missing, or a Git LFS pointer, is reported too. For each folder the first one that robots.txt blocks is reported, with
the number of others. A robots.txt is valid at the root of its host only: without a base URL, it is used if the sitemap
lists pages of the site directly below a host. By the same test `imageseo build` decides what its own sitemap and
JSON-LD list.

Bad:
    robots.txt:
        User-agent: Googlebot-Image
        Disallow: /*.jpg$
    sitemap.xml:
        <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
        xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
        <url><loc>https://x.example/guide/</loc>
        <image:image><image:loc>https://x.example/guide/a.jpg</image:loc></image:image></url></urlset>

Bad (a page that is not to be indexed):
    site_url = "https://x.example/"
    sitemap.xml:
        <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://x.example/guide/</loc></url></urlset>
    <meta name="robots" content="noindex, follow">

Bad (a warning):
    site_url = "https://x.example/"
    sitemap.xml:
        <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://x.example/guide/</loc></url></urlset>
    <meta http-equiv="refresh" content="0; url=../other/">

Good (it only reloads itself):
    site_url = "https://x.example/"
    sitemap.xml:
        <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://x.example/guide/</loc></url></urlset>
    <meta http-equiv="refresh" content="0; url=http://X.example/guide/index.html">

Good:
    robots.txt:
        User-agent: *
        Disallow: /private/
        Allow: /private/public.jpg
    sitemap.xml:
        <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
        xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
        <url><loc>https://x.example/guide/</loc>
        <image:image><image:loc>https://x.example/private/public.jpg</image:loc></image:image></url></urlset>
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from imageseo.model.facts import Problem, ProblemLocation, shorten
from imageseo.model.finding import Severity
from imageseo.model.image import BadAsset, PageScan
from imageseo.model.site import Page, Site
from imageseo.web import urls
from imageseo.web.robots import IMAGES, PAGES, Robots

if TYPE_CHECKING:
    from imageseo.lint.facts.page import SiteFiles
    from imageseo.lint.facts.sitemaps import Sitemaps, SitemapUrl
    from imageseo.web.indexing import ListingRules

SEVERITY = Severity.ERROR
_MAX_POINTER = 1024
"""Bytes: no Git LFS pointer is larger. Larger files are not opened for this rule."""


def check(
    page: Page, site: Site, scan: PageScan, files: SiteFiles, sitemaps: Sitemaps, listing: ListingRules
) -> Iterator[Problem]:
    if site.base_url is None:
        return
    listed = sitemaps.page(urls.absolute(site.base_url, page.url))
    if listed is None:
        return
    obstacle = listing.own_obstacle(page, scan, files.exists)
    if obstacle is not None:
        yield Problem(
            message=f"the page {obstacle.fact}, but {listed.file} lists it (line {listed.line})",
            hint=f"leave the page out of the sitemap, or {obstacle.remedy}",
            severity=None if obstacle.forbids else Severity.WARN,
            place=ProblemLocation(offset=obstacle.span.start) if obstacle.span is not None else None,
        )


def check_site(site: Site, files: SiteFiles, robots: Robots | None, sitemaps: Sitemaps) -> Iterator[Problem]:
    if robots is not None:
        hosts = {_host(site.base_url)} if site.base_url is not None else _hosts(site, sitemaps)
        yield from _blocked(robots, _on_hosts(hosts, sitemaps.images), IMAGES, "image")
        yield from _blocked(robots, _on_hosts(hosts, sitemaps.pages), PAGES, "page")
    if site.base_url is not None:
        yield from _missing(files, sitemaps, site.base_url)


def _missing(files: SiteFiles, sitemaps: Sitemaps, base_url: str) -> Iterator[Problem]:
    groups: dict[tuple[str, str, str], list[SitemapUrl]] = {}
    for url, entry in sitemaps.images.items():
        path = urls.resolve(url, page="sitemap.xml", base_url=base_url)
        if isinstance(path, str) and (problem := _no_image(files, path)):
            groups.setdefault((entry.file, problem, url.rpartition("/")[0]), []).append(entry)
    for (_, problem, _), entries in groups.items():
        first = entries[0]
        more = f", like {len(entries) - 1:,} more of its folder" if len(entries) > 1 else ""
        yield Problem(
            message=f"the listed image {shorten(first.url)} {problem}{more}",
            hint="leave it out of the sitemap, or publish the image",
            place=ProblemLocation(file=first.file, line=first.line, image=first.url),
        )


def _no_image(files: SiteFiles, path: str) -> str:
    """Return what is wrong with a listed file; ``""`` for an image."""
    if not files.exists(path):
        return "" if urls.may_be_served(path) else "is not in the site"
    size = files.size(path)
    if size is None or size > _MAX_POINTER:
        return ""
    found = files.asset(path)
    return found.problem.removeprefix(f"{path} ") if isinstance(found, BadAsset) and not found.is_image else ""


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].lower()


def _hosts(site: Site, sitemaps: Sitemaps) -> set[str]:
    """The hosts that have the site at their root, judging by the listed pages."""
    pages = {_comparable_path(urls.absolute("", page.url)) for page in site.pages}
    return {
        _host(url) for url in sitemaps.pages if _comparable_path(url.partition("://")[2].partition("/")[2]) in pages
    }


def _comparable_path(path: str) -> str:
    """A page's path without the parts that a server may leave out."""
    return path.removesuffix("index.html").removesuffix(".html").strip("/")


def _on_hosts(hosts: set[str], listed: Mapping[str, SitemapUrl]) -> Mapping[str, SitemapUrl]:
    """The entries that this robots.txt applies to: another host has its own."""
    return {url: entry for url, entry in listed.items() if _host(url) in hosts}


def _blocked(robots: Robots, listed: Mapping[str, SitemapUrl], agent: str, kind: str) -> Iterator[Problem]:
    groups: dict[tuple[str, str], list[SitemapUrl]] = {}
    for url, entry in listed.items():
        if not robots.allows(url, agent):
            groups.setdefault((entry.file, url.rpartition("/")[0]), []).append(entry)
    for entries in groups.values():
        first = entries[0]
        more = f" and {len(entries) - 1:,} more in its folder" if len(entries) > 1 else ""
        yield Problem(
            message=f"robots.txt blocks {agent} from the listed {kind} {shorten(first.url)}{more}",
            hint=f"allow it in robots.txt, or leave the {kind} out of the sitemap",
            place=ProblemLocation(file=first.file, line=first.line, image=first.url if kind == "image" else None),
        )
