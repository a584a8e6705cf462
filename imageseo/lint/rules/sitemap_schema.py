"""Every sitemap of the site is valid, so that search engines can read all of it.

The rule checks `sitemap.xml`, `sitemap-index.xml`, `sitemap_index.xml`, the sitemaps that they list, and those that
robots.txt announces, compressed or not: well-formed UTF-8 without entities, by a schema of the sitemap protocol and of
Google's image extension. Tags that Google removed from the extension (`image:caption`, `image:title`,
`image:geo_location`, `image:license`) are reported, and so is what exceeds the limits: 50,000 entries and 50 MiB per
file, 1,000 images per page. A build reports under this id why it could not add images.

Bad:
    sitemap.xml:
        <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
        <url><loc>https://x.example/</loc><lastmod>yesterday</lastmod></url>
        </urlset>

Bad (the wrong namespace):
    sitemap.xml:
        <urlset xmlns="http://www.google.com/schemas/sitemap/0.84"><url><loc>https://x.example/</loc></url></urlset>

Bad (a tag that is no longer read):
    sitemap.xml:
        <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
        xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
        <url><loc>https://x.example/</loc>
        <image:image><image:loc>https://x.example/a.jpg</image:loc><image:caption>A</image:caption></image:image>
        </url></urlset>

Bad (announced and not there):
    site_url = "https://x.example/"
    robots.txt:
        Sitemap: https://x.example/map.xml

Good:
    sitemap.xml:
        <?xml version="1.0" encoding="UTF-8"?>
        <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
        xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
        <url><loc>https://x.example/</loc><lastmod>2026-11-22</lastmod>
        <image:image><image:loc>https://x.example/a.jpg</image:loc></image:image>
        </url></urlset>
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from imageseo.model.facts import Problem
from imageseo.model.finding import Severity

if TYPE_CHECKING:
    from imageseo.lint.facts.sitemaps import Sitemaps

SEVERITY = Severity.ERROR
SOURCES = ("Google image-sitemaps",)


def check_site(sitemaps: Sitemaps) -> Iterator[Problem]:
    yield from sitemaps.problems
