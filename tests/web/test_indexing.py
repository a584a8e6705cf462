"""What search engines may list: drafts, noindex, robots.txt, headers, canonical links, redirects, expiry."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from imageseo.model.site import Page, PageHints
from imageseo.web.html.page_scan import scan_page
from imageseo.web.indexing import EARLIEST, ListingRules, is_error_page, parse_date, refresh_target
from imageseo.web.response_headers import HeaderRules
from imageseo.web.robots import Robots

BASE = "https://example.org/docs/"
FILES = {"index.html", "guide/index.html", "both.html", "both/index.html", "a b.html"}


def obstacle(
    head: str, path: str = "guide/index.html", *, base: str | None = BASE, unlisted: str = "", **rules: object
) -> str | None:
    scan = scan_page(f"<html><head><title>T</title>{head}</head><body><p>x</p></body></html>".encode())
    page = Page(path=path, hints=PageHints(unlisted=unlisted))
    site = ListingRules(base_url=base, **rules)  # type: ignore[arg-type]
    found = site.page_obstacle(page, scan, FILES.__contains__)
    return None if found is None else found.fact


@pytest.mark.parametrize(
    ("name", "content", "listed"),
    [
        *(
            ("robots", text, False)
            for text in ("noindex", "NOINDEX,NoFollow", "none", "nofollow; noindex", "x noindex")
        ),
        *(("googlebot", text, False) for text in ("noindex", " none ")),
        *(
            ("robots", text, True)
            for text in ("index, follow", "max-image-preview:none", "max-image-preview: none", "")
        ),
        *((name, "noindex", True) for name in ("bingbot", "description", "googlebot-news")),
        ("robots", "noimageindex", True),
        ("robots", "unavailable_after: 25 Jun 2010 15:00:00 PST", False),
        ("googlebot", "Unavailable_After: 2020-01-01", False),
        ("robots", "noarchive, unavailable_after: Saturday, 25-Jun-10 15:00:00 UTC", False),
        ("robots", "unavailable_after: 2020-01-01T10:00:00+02:00, noarchive", False),
        ("robots", "unavailable_after: 2999-12-31", True),
        ("robots", "unavailable_after: soon", True),
    ],
)
def test_robots_tags(name: str, content: str, listed: bool) -> None:
    assert (obstacle(f'<meta name="{name}" content="{content}">') is None) is listed


def test_the_strictest_of_several_robots_tags_counts() -> None:
    assert obstacle("<meta name=robots content=index><meta name=ROBOTS content=noindex>") == "has noindex"
    assert obstacle('<meta name=robots content="max-snippet:-1"><meta name=googlebot content=none>') == "has noindex"


@pytest.mark.parametrize(
    ("href", "listed"),
    [
        *((url, True) for url in (f"{BASE}guide/", f"{BASE}guide", f"{BASE}guide/index.html", "/docs/guide/", "./")),
        *(
            (url, True)
            for url in ("http://EXAMPLE.org:80/docs/guide/", "//example.org/docs/guide/", f"{BASE}%67uide/#x")
        ),
        *((url, True) for url in ("", "#top", "{{ page.url }}", "undefined", "https://[bad", "javascript:x")),
        *((url, False) for url in (BASE, f"{BASE}other/", "../", f"{BASE}guide/print/", "https://example.org/guide/")),
        *((url, False) for url in ("https://example.com/docs/guide/", f"{BASE}guide/?lang=de", f"{BASE}Guide/")),
    ],
)
def test_canonical_links(href: str, listed: bool) -> None:
    assert (obstacle(f'<link rel="canonical" href="{href}">') is None) is listed


def test_canonical_of_pages_that_differ_only_in_spelling() -> None:
    assert obstacle(f'<link rel=canonical href="{BASE}both/">', "both.html") is not None
    assert obstacle(f'<link rel=canonical href="{BASE}both">', "both.html") is None
    assert obstacle(f'<link rel=canonical href="{BASE}both">', "both/index.html") is not None
    assert obstacle(f'<link rel=canonical href="{BASE}a%20b">', "a b.html") is None
    assert obstacle(f'<link rel=canonical href="{BASE}">', "index.html") is None
    assert obstacle(f'<link rel=canonical href="{BASE[:-1]}">', "index.html") is None
    assert obstacle('<base href="/docs/x/"><link rel=canonical href="../guide/">') is None


def test_contradicting_and_misplaced_canonical_links_are_ignored() -> None:
    assert obstacle(f'<link rel=canonical href="{BASE}guide/"><link rel=canonical href="/">') is None
    assert obstacle(f'</head><body><link rel=canonical href="{BASE}other/">') is None
    assert obstacle(f'<link rel=canonical href="{BASE}other/">', base=None) is None


@pytest.mark.parametrize(
    ("content", "target"),
    [
        *((text, "/new/") for text in ("0; url=/new/", "0;URL='/new/'", "0, /new/", '0;url="/new/" x', "0 url=/new/")),
        *((text, "/new/") for text in ("0.0;url=/new/", ";url=/new/")),
        *((text, None) for text in ("0", "300", "5; url=/new/", "x; url=/new/", "0;url=", "")),
    ],
)
def test_refresh(content: str, target: str | None) -> None:
    assert refresh_target(content) == target


def test_pages_that_redirect_at_once_are_not_listed() -> None:
    assert obstacle('<meta http-equiv="Refresh" content="0; url=/docs/">') == "redirects to another page"
    assert obstacle('<meta http-equiv=refresh content="0; url=https://example.com/">') is not None
    assert obstacle('<meta http-equiv=refresh content="0; url=./">') is None
    assert obstacle('<noscript><meta http-equiv=refresh content="0; url=/nojs/"></noscript>') is None
    assert obstacle('<meta http-equiv=refresh content="9; url=/docs/">') is None


def test_drafts_and_error_pages() -> None:
    assert obstacle("", unlisted="a draft") == "is a draft"
    assert obstacle("", unlisted="hidden") == "is hidden"
    for path in ("404.html", "de/404.html", "404/index.html"):
        assert is_error_page(path)
    assert not is_error_page("http-404.html")


HEADERS = """# comments are skipped
/guide/*
  X-Frame-Options: DENY
  x-robots-tag: noindex
https://:project.pages.dev/*
  X-Robots-Tag: noindex
/img/secret.jpg
  X-Robots-Tag: noarchive, googlebot: none
/other/:name/
  X-Robots-Tag: otherbot: noindex, nofollow
  X-Robots-Tag: max-image-preview: none
"""


def test_x_robots_tag_of_headers_files() -> None:
    headers = HeaderRules.parse(HEADERS)
    assert obstacle("", headers=headers) == "has noindex in X-Robots-Tag"
    assert obstacle("", "index.html", headers=headers) is None, "another host"
    assert obstacle("", "index.html", base="https://x.pages.dev/", headers=headers) is not None
    assert obstacle("", "other/a/index.html", headers=headers) is None, "another crawler"
    rules = ListingRules(base_url=BASE, headers=headers)
    assert not rules.allows_image("img/secret.jpg")
    assert rules.allows_image("img/open.jpg")


def test_x_robots_tag_of_netlify_toml() -> None:
    config = {
        "headers": [{"for": "/guide/", "values": {"X-Robots-Tag": "unavailable_after: 2019-05-01"}}, {"for": 3}, 7]
    }
    headers = HeaderRules.parse("", config)
    assert obstacle("", headers=headers) == "is unavailable after 2019-05-01"
    assert obstacle("", "index.html", headers=headers) is None
    assert HeaderRules.parse("", {"headers": "x"}).rules == ()


def test_robots_txt_forbids_pages_and_images() -> None:
    robots = Robots(b"User-agent: *\nDisallow: /docs/guide/\nUser-agent: Googlebot-Image\nDisallow: /*.png$\n")
    assert obstacle("", robots=robots) == "is blocked by robots.txt"
    assert obstacle("", "index.html", robots=robots) is None
    rules = ListingRules(base_url=BASE, robots=robots)
    assert [rules.allows_image(name) for name in ("a.png", "a.jpg")] == [False, True]


@pytest.mark.parametrize(
    "text", [b"User-agent: *\nDisallow:\nAllow: /\n", b"Sitemap: https://example.org/s.xml\n", b""]
)
def test_robots_txt_without_prohibition_allows_all(text: bytes) -> None:
    assert obstacle("", robots=Robots(text)) is None


def test_noimageindex_hides_images_only() -> None:
    scan = scan_page(b'<head><meta name=googlebot content="NoImageIndex, follow"></head>')
    rules, page = ListingRules(base_url=BASE), Page(path="guide/index.html")
    assert rules.hides_images(page, scan)
    assert rules.page_obstacle(page, scan, FILES.__contains__) is None


def test_expiry_is_judged_by_the_time_of_the_build() -> None:
    tag = '<meta name=robots content="unavailable_after: 2027-03-01">'
    day = datetime(2027, 3, 2, tzinfo=UTC).timestamp()
    assert obstacle(tag) is None
    assert obstacle(tag, now=day) == "is unavailable after 2027-03-01"
    assert parse_date("1 Mar 2027 10:00 +0100") == datetime(2027, 3, 1, 9, tzinfo=UTC).timestamp()
    assert parse_date("March 1, 2027") == datetime(2027, 3, 1, tzinfo=UTC).timestamp()
    assert parse_date("99 Foo 2027") is None
    assert datetime(2020, 1, 1, tzinfo=UTC).timestamp() < EARLIEST


def rules_of(value: str) -> ListingRules:
    return ListingRules(base_url=BASE, headers=HeaderRules.parse(f"/*\n  X-Robots-Tag: {value}\n"))


@pytest.mark.parametrize(
    ("value", "page", "image"),
    [
        ("googlebot-image: noindex", True, False),
        ("Googlebot-Image: none, noarchive", True, False),
        ("googlebot-image: noindex, googlebot: noarchive", True, False),
        ("googlebot-image: noarchive, googlebot: noindex", False, False),
        ("unavailable_after: Fri, 25 Jun 2999 15:00:00 GMT, noindex", False, False),
        ("unavailable_after: Friday, 25-Jun-99 15:00:00 GMT, none", False, False),
        ("unavailable_after: Fri, 25 Jun 2010 15:00:00 GMT, noarchive", False, True),
        ("googlebot: unavailable_after: Fri, 25 Jun 2010 15:00:00 GMT, noarchive", False, True),
        ("unavailable_after: June 25, 2999 15:00 GMT, otherbot: noindex", True, True),
        ("otherbot: unavailable_after: Fri, 25 Jun 2010 15:00:00 GMT, noindex", True, True),
    ],
)
def test_directives_of_a_header_reach_whom_they_name(value: str, page: bool, image: bool) -> None:
    rules = rules_of(value)
    assert (obstacle("", headers=rules.headers) is None) is page
    assert rules.allows_image("a.jpg") is image


@pytest.mark.parametrize(
    "value", ["googlebot-image: noimageindex", "noimageindex", "googlebot: noarchive, noimageindex"]
)
def test_images_of_a_page_are_not_listed_for_a_directive_to_either_crawler(value: str) -> None:
    assert rules_of(value).hides_images(Page(path="index.html"), scan_page(b"<p>x</p>"))
