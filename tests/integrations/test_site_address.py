"""The URL of a site that its settings do not say: canonical links, ``og:url``, sitemaps and references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from imageseo.integrations.pages import html_files
from imageseo.integrations.site_address import deduce_base_path, deduce_base_url
from imageseo.integrations.unknown_address import unknown_address, unknown_path, with_remedy
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.site import Site
from imageseo.web.sitemaps import OWN_COMMENT
from tests.support.small_sites import write


def canonical(url: str) -> str:
    return f'<html><head><link rel="canonical" href="{url}"></head><body></body></html>'


def og(url: str) -> str:
    return f'<html><head><meta property="og:url" content="{url}"></head><body></body></html>'


def sitemap(*urls: str) -> str:
    return f"<urlset>{''.join(f'<url><loc>{url}</loc></url>' for url in urls)}</urlset>"


SITES: Mapping[str, tuple[Mapping[str, str], str | None]] = {
    "home without slash": ({"index.html": canonical("https://e.org/docs")}, "https://e.org/docs/"),
    "confirmed by a page": (
        {"index.html": canonical("https://e.org/docs"), "a/index.html": canonical("https://e.org/docs/a")},
        "https://e.org/docs/",
    ),
    "home names a language version": (
        {"index.html": canonical("https://e.org/en"), "en/index.html": canonical("https://e.org/en/")},
        "https://e.org/",
    ),
    "home names its language, nothing else is known": (
        {"index.html": canonical("https://e.org/en"), "en/index.html": ""},
        None,
    ),
    "home leads to a language version with a slash, as in Hugo": (
        {
            "index.html": canonical("https://e.org/en/"),
            "en/index.html": canonical("https://e.org/en/"),
            "de/a/index.html": canonical("https://e.org/de/a/"),
        },
        "https://e.org/",
    ),
    "home leads to its latest version, nothing else is known": (
        {"index.html": canonical("https://e.org/x/latest/"), "latest/index.html": ""},
        None,
    ),
    "published below a path that is a folder, too": (
        {"index.html": canonical("https://e.org/docs/"), "docs/index.html": canonical("https://e.org/docs/docs/")},
        "https://e.org/docs/",
    ),
    "home names a file": ({"index.html": canonical("https://e.org/landing.html")}, None),
    "pages only": (
        {"index.html": "", "a.html": canonical("https://e.org/x/a"), "b/c.html": canonical("https://e.org/x/b/c.html")},
        "https://e.org/x/",
    ),
    "og:url only": ({"index.html": "", "a/index.html": og("https://e.org/x/a/")}, "https://e.org/x/"),
    "pages whose canonical is elsewhere": (
        {"index.html": "", "a.html": canonical("https://other.org/b"), "c.html": canonical("https://o.org/x/d")},
        None,
    ),
    "pages that disagree": (
        {"index.html": "", "a.html": canonical("https://a.org/a"), "b.html": canonical("https://b.org/b")},
        None,
    ),
    "sitemap only": (
        {
            "index.html": "",
            "guide/start/index.html": "",
            "about.html": "",
            "sitemap.xml": sitemap("https://e.org/x/", "https://e.org/x/guide/start/", "https://e.org/x/about"),
        },
        "https://e.org/x/",
    ),
    "sitemap of Astro": (
        {
            "index.html": "",
            "blog/index.html": "",
            "sitemap-index.xml": "<sitemapindex><sitemap><loc>https://e.org/x/sitemap-0.xml</loc></sitemap></sitemapindex>",
            "sitemap-0.xml": sitemap("https://e.org/x/blog/"),
        },
        "https://e.org/x/",
    ),
    "sitemap of a former build": (
        {
            "index.html": "",
            "a/index.html": "",
            "sitemap.xml": f"<?xml version='1.0'?><!--{OWN_COMMENT}-->{sitemap('https://e.org/x/a/')}",
        },
        None,
    ),
    "sitemap of other pages": ({"index.html": "", "sitemap.xml": sitemap("https://e.org/x/y/")}, None),
    "relative canonical": ({"index.html": canonical("/docs/")}, None),
    "home of another scheme": ({"index.html": canonical("file:///docs/")}, None),
    "nothing": ({"index.html": ""}, None),
}


@pytest.mark.parametrize("name", SITES)
def test_address_is_deduced_where_the_site_agrees_on_it(name: str, tmp_path: Path) -> None:
    files, expected = SITES[name]
    write(tmp_path, files)
    assert deduce_base_url(tmp_path, sorted(html_files(tmp_path))) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<link rel="stylesheet" href="/docs/_astro/a.css">', "/docs/"),
        ("<script src=/docs/_astro/b.js?v=1></script>", "/docs/"),
        ('<link rel="stylesheet" href="/_astro/a.css">', None),
        ('<link rel="stylesheet" href="//cdn.org/_astro/a.css">', None),
        ('<link rel="stylesheet" href="/docs/none.css">', None),
        ('<link href="/docs/_astro/a.css"><script src="/other/_astro/b.js"></script>', None),
    ],
)
def test_folder_is_deduced_from_references_that_exist_without_it(
    head: str, expected: str | None, tmp_path: Path
) -> None:
    write(tmp_path, {"index.html": f"<head>{head}</head>", "_astro/a.css": "", "_astro/b.js": ""})
    assert deduce_base_path(tmp_path) == expected


def test_folder_is_deduced_from_images_of_the_body_and_of_other_pages(tmp_path: Path) -> None:
    page = '<head><link rel=stylesheet href="./a.css"></head><body><img src="{}">'
    write(tmp_path, {"index.html": page.format("./b.jpg"), "g/index.html": page.format("/kit/b.jpg"), "b.jpg": ""})
    assert deduce_base_path(tmp_path) is None
    assert deduce_base_path(tmp_path, ["g/index.html", "gone.html"]) == "/kit/"
    write(tmp_path, {"index.html": page.format("/kit/b.jpg")})
    assert deduce_base_path(tmp_path) == "/kit/"


def test_missing_files_below_the_path_name_the_remedy(tmp_path: Path) -> None:
    write(tmp_path, {"index.html": '<img src="/kit/b.jpg"><img src="/gone.jpg">', "b.jpg": ""})

    def finding(rule: str, message: str, severity: Severity = Severity.WARN) -> Finding:
        return Finding(rule=rule, severity=severity, message=message, location=Location(page="index.html"))

    site = Site(root=tmp_path, project=tmp_path, base_url=None, pages=())
    found = [
        finding("img-missing", "src names kit/b.jpg, which is not in the site"),
        finding("img-missing", "src names kit/b.jpg, which is not in the site", Severity.ERROR),
        finding("img-missing", "src names gone.jpg, which is not in the site"),
        finding("site-url-missing", "no site URL is configured"),
    ]
    path = unknown_path(found, site)
    assert path == "/kit/"
    assert [each.hint for each in with_remedy(found, path)] == [unknown_address(path).hint, ""]
    assert unknown_path(found, replace(site, base_url="https://e.org/")) is None
    assert unknown_path([], site) is None
