"""URLs resolve to the file that a browser would request, and never outside the site."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote, urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseo.web.urls import ExternalUrl, absolute, relative, resolve

HOME = "https://example.org/docs/"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("img.png", "guide/start/img.png"),
        ("./img.png", "guide/start/img.png"),
        ("../img.png", "guide/img.png"),
        ("../../assets/a%20b.png", "assets/a b.png"),
        ("img.png?v=3#only-light", "guide/start/img.png"),
        ("/docs/assets/x.png", "assets/x.png"),
        ("https://example.org/docs/assets/x.png", "assets/x.png"),
        ("http://EXAMPLE.org:80/docs/assets/x.png", "assets/x.png"),
        ("//example.org/docs/x.png", "x.png"),
        ("../../a/./b//c/../x.png", "a/b/x.png"),
        ("%C3%A9t%C3%A9.png", "guide/start/été.png"),
        ("été.png", "guide/start/été.png"),
        ("a%2Fb.png", "guide/start/a/b.png"),
        ("100%.png", "guide/start/100%.png"),
        (" \n img.png\t", "guide/start/img.png"),
        ("im\ng.png", "guide/start/img.png"),
        ("..\\img.png", "guide/img.png"),
        ("a:b.png".replace(":", "%3A"), "guide/start/a:b.png"),
        ("../../../docs/x.png", "x.png"),
        ("/docs/_next/static/media/x.png", "_next/static/media/x.png"),
        ("/docs/_ipx/w_80/x.png", "_ipx/w_80/x.png"),
        ("cdn-cgi/x.png", "guide/start/cdn-cgi/x.png"),
        ("/docs/.netlify/images/x.png", ".netlify/images/x.png"),
    ],
)
def test_url_of_site_resolves_to_file(url: str, path: str) -> None:
    assert resolve(url, page="guide/start/index.html", base_url=HOME) == path


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("#top", "empty"),
        ("?x", "empty"),
        ("/docs/", "empty"),
        ("/docs", "empty"),
        ("data:image/png;base64,AAAA", "data"),
        (" DATA:,x", "data"),
        ("blob:https://example.org/1", "data"),
        ("https://cdn.example.org/docs/x.png", "origin"),
        ("https://example.org:8443/docs/x.png", "origin"),
        ("//img.shields.io/badge.svg", "origin"),
        ("file:///etc/passwd", "origin"),
        ("C:\\pictures\\x.png", "origin"),
        ("http://[broken/x.png", "origin"),
        ("http://example.org:port/x.png", "origin"),
        ("/cdn-cgi/image/width=80/a.png", "origin"),
        ("../../cdn-cgi/image/width=80/a.png", "origin"),
        ("https://example.org/cdn-cgi/image/width=80/a.png", "origin"),
        ("/.netlify/images?url=/a.png", "origin"),
        ("/_vercel/image?url=%2Fa.png&w=80", "origin"),
        ("/_next/image?url=%2Fa.png&w=80", "origin"),
        ("/docs/_next/image/?url=%2Fa.png&w=80", "origin"),
        ("/x.png", "outside"),
        ("/docsother/x.png", "outside"),
        ("../../../x.png", "outside"),
        ("%2e%2e/%2e%2e/%2e%2e/etc/passwd", "outside"),
        ("..%2f..%2f..%2fetc/passwd", "outside"),
        ("a%5c..%5c..%5c..%5cx.png", "outside"),
        ("x%00.png", "outside"),
    ],
)
def test_other_url_is_external_with_reason(url: str, reason: str) -> None:
    found = resolve(url, page="guide/start/index.html", base_url=HOME)
    assert isinstance(found, ExternalUrl)
    assert found.reason == reason


def test_site_without_base_url() -> None:
    assert resolve("/assets/x.png", page="a/b.html", base_url=None) == "assets/x.png"
    assert resolve("../x.png", page="a/b.html", base_url=None) == "x.png"
    assert resolve("../cdn-cgi/image/x.png", page="a/b.html", base_url=None) == ExternalUrl(reason="origin")
    assert resolve("../../x.png", page="a/b.html", base_url=None) == ExternalUrl(reason="outside")
    assert resolve("%2e%2e/../x.png", page="a/b.html", base_url=None) == ExternalUrl(reason="outside")
    assert resolve("https://example.org/x.png", page="a/b.html", base_url=None) == ExternalUrl(reason="origin")


def test_dots_stop_at_root_of_host() -> None:
    assert resolve("../../x.png", page="a.html", base_url="https://example.org") == "x.png"


@pytest.mark.parametrize(
    ("href", "path"),
    [
        *(("/docs/", "x.png"), ("../", "guide/x.png"), ("", "guide/start/x.png")),
        ("https://example.org/docs/v2/", "v2/x.png"),
    ],
)
def test_base_element(href: str, path: str) -> None:
    assert resolve("x.png", page="guide/start/index.html", base_url=HOME, base_href=href) == path


def test_base_element_on_other_host_makes_images_external() -> None:
    base = "https://cdn.test/"
    assert resolve("x.png", page="index.html", base_url=HOME, base_href=base) == ExternalUrl(reason="origin")
    assert resolve("/docs/x.png", page="index.html", base_url=HOME, base_href=base) == ExternalUrl(reason="origin")


def test_page_path_is_quoted_before_joining() -> None:
    assert resolve("x.png", page="what? #1/index.html", base_url=HOME) == "what? #1/x.png"


def test_relative_and_absolute_urls() -> None:
    assert relative("guide/start/index.html", "assets/a b(1).png") == "../../assets/a%20b%281%29.png"
    assert relative("index.html", "index.html") == "index.html"
    assert relative("a.html", "c:d.png") == "c%3Ad.png"
    assert absolute(HOME, "guide/") == "https://example.org/docs/guide/"
    assert absolute("https://example.org", "é.png") == "https://example.org/%C3%A9.png"


NAMES = st.text(st.characters(exclude_characters="/\\\x00", codec="utf-8"), min_size=1, max_size=8).filter(
    lambda name: name not in (".", "..")
)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@given(page=PATHS, path=PATHS, base=st.sampled_from([None, "https://h.test/", "https://h.test/a/b/"]))
def test_relative_and_absolute_urls_resolve_to_same_file(page: str, path: str, base: str | None) -> None:
    assert resolve(relative(page, path), page=page, base_url=base) == path
    if base is not None:
        assert resolve(absolute(base, path), page=page, base_url=base) == path


@given(url=st.text(max_size=40), page=PATHS, base=st.sampled_from([None, "https://h.test/a/"]))
def test_resolved_path_is_never_outside_site(url: str, page: str, base: str | None) -> None:
    found = resolve(url, page=page, base_url=base)
    if isinstance(found, str):
        assert found == posixpath.normpath(found)
        assert not found.startswith(("/", ".."))


@given(steps=st.lists(st.sampled_from(["..", ".", "a", "b%20c", "", "..%2F"]), max_size=6), page=PATHS)
def test_dots_resolve_as_in_urllib(steps: list[str], page: str) -> None:
    url = "/".join([*steps, "x.png"])
    if url.startswith("/") or "%2F" in url:
        return
    found = resolve(url, page="p/q/r.html", base_url="https://h.test/")
    joined = unquote(urljoin("https://h.test/p/q/r.html", url)).removeprefix("https://h.test/")
    assert found == "/".join(part for part in joined.split("/") if part)
