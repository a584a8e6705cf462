"""Every page and image in a sitemap may be crawled and indexed.

An image or page that robots.txt blocks (for `Googlebot-Image` or `Googlebot`, else by the rules for `*`), and a page
with `noindex`, are listed in vain, and Search Console reports each. For each folder the first one is reported, with the
number of others. A robots.txt is valid at the root of its host only: without a base URL, it is used if the sitemap
lists pages of the site directly below a host.

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
from imageseo.model.image import PageScan
from imageseo.model.site import Page, Site
from imageseo.web import urls
from imageseo.web.html import head
from imageseo.web.html.open_graph import noindex_tag
from imageseo.web.robots import IMAGES, PAGES, Robots

if TYPE_CHECKING:
    from imageseo.lint.facts.sitemaps import Sitemaps, SitemapUrl

SEVERITY = Severity.ERROR


def check(page: Page, site: Site, html: bytes, scan: PageScan, sitemaps: Sitemaps) -> Iterator[Problem]:
    listed = sitemaps.page(urls.absolute(site.base_url, page.url)) if site.base_url is not None else None
    if listed is None or not (b"noindex" in html or _may_forbid_indexing(scan)):
        return  # spares parsing the tags of all other pages
    tag = noindex_tag(head.read(html, scan))
    if tag is not None:
        yield Problem(
            message=f"the page has noindex, but {listed.file} lists it (line {listed.line})",
            hint="leave the page out of the sitemap, or remove noindex",
            place=ProblemLocation(offset=tag.span.start),
        )


def _may_forbid_indexing(scan: PageScan) -> bool:
    """Whether the scanned robots tags forbid indexing, in a form that a search of the bytes may miss."""
    contents = [(scan.meta_content(name) or "").lower() for name in ("robots", "googlebot")]
    return any(word in content for content in contents for word in ("noindex", "none"))


def check_site(site: Site, robots: Robots | None, sitemaps: Sitemaps) -> Iterator[Problem]:
    if robots is not None:
        hosts = {_host(site.base_url)} if site.base_url is not None else _hosts(site, sitemaps)
        yield from _blocked(robots, _on_hosts(hosts, sitemaps.images), IMAGES, "image")
        yield from _blocked(robots, _on_hosts(hosts, sitemaps.pages), PAGES, "page")


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
