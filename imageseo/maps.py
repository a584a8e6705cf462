"""The image sitemap of a build, joined into the host's or written anew."""

from __future__ import annotations

from collections.abc import Sequence

from imageseo.core import sitemap, urls
from imageseo.errors import SiteError
from imageseo.facts import SiteFiles
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.image import Zone
from imageseo.model.page import Page, Site
from imageseo.model.plan import PagePlan
from imageseo.publish import Output


def write_sitemaps(site: Site, output: Output, pages: Sequence[tuple[Page, Sequence[str] | None]]) -> list[Finding]:
    """List the images of pages: their absolute URLs, None for a page that is not to be indexed.

    Without an absolute URL there is no sitemap.
    """
    if site.base_url is None:
        if not pages:
            return []
        return [
            _finding(
                "site-url-missing",
                Severity.WARN,
                "nobody says which URL the site is published at: what needs absolute URLs (image sitemap, JSON-LD) is "
                "not written",
                "sitemap.xml",
                "set `site_url` (MkDocs: site_url, Pelican: SITEURL)",
            )
        ]
    images = {urls.absolute(site.base_url, page.url): shown for page, shown in pages if shown is not None}

    def read(path: str) -> bytes | None:
        try:
            return output.read(path)
        except FileNotFoundError:
            return None

    findings: list[Finding] = []
    path = "sitemap.xml"
    try:
        joined = sitemap.join(read, images, base_url=site.base_url)
        findings += [
            _finding("sitemap-schema", Severity.WARN, problem, path, "mend what writes the sitemap")
            for problem in joined.problems
        ]
        for path, data in joined.files:
            output.write(path, data)
        for path in joined.stale:
            output.remove(path)
    except (OSError, SiteError) as error:
        problem = error.message if isinstance(error, SiteError) else f"{error.strerror or error}"
        hint = "make the folder writable, or make room on the disk"
        findings.append(
            _finding("page-unwritable", Severity.ERROR, f"cannot be written: {problem}", path, hint, fails=True)
        )
    return findings


def images(base_url: str | None, files: SiteFiles, page: Page, plan: PagePlan) -> Sequence[str]:
    """Absolute URLs of what the article shows, as its ``<img src>`` names it: that is what search engines index."""
    if base_url is None:
        return ()
    found = [] if plan.insert is None else [urls.absolute(base_url, plan.insert.asset.path)]
    for ref in plan.scan.refs:
        if ref.zone is Zone.ARTICLE:
            path = urls.resolve(ref.src, page=page.path, base_url=base_url, base_href=plan.scan.base_href)
            if isinstance(path, str) and files.exists(path):
                found.append(urls.absolute(base_url, path))
    return tuple(dict.fromkeys(found))


def hidden(page: Page, plan: PagePlan) -> bool:
    """An error page, or one that asks not to be indexed."""
    robots = (plan.scan.meta_content("robots") or "").lower()
    return page.path == "404.html" or "noindex" in robots or "none" in robots.replace(" ", "").split(",")


def _finding(rule: str, severity: Severity, message: str, page: str, hint: str, *, fails: bool = False) -> Finding:
    return Finding(
        rule=rule, severity=severity, message=message, location=Location(page=page), hint=hint, fails_build=fails
    )
