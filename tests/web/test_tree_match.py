"""Selectors with combinators and pseudo-classes in ``include`` and ``exclude``."""

from __future__ import annotations

import pytest

from imageseo.model.image import OptOut, PageRegion, PageScan
from imageseo.web.html.page_scan import scan_page

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>T</title></head><body>
<header class="top"><a href="/"><img src="logo.png" alt="L"></a></header>
<main><article class="md-typeset"><h1>T</h1><img src="direct.jpg" alt="D">
<p><img src="paragraph.jpg" alt="P"></p>
<figure><img class="x" src="figure-x.jpg" alt="X"><figcaption>C</figcaption></figure>
<figure><img src="figure.jpg" alt="F"></figure>
<div class="card"><p><img src="card.jpg" alt="C"><img src="second.jpg" alt="S"></p></div>
<noscript><img src="direct.jpg" alt="D"></noscript><svg><image href="a.svg"/></svg>
<template><img src="template.jpg" alt="T"></template>
<ul><li>one<li><img src="item.jpg" alt="I"></ul>
<img src="direct.jpg" alt="again"></article></main></body></html>"""


def scan(html: str = PAGE, **selectors: list[str]) -> PageScan:
    return scan_page(html.encode(), **selectors)


def excluded(*selectors: str, html: str = PAGE) -> list[str]:
    return [ref.src for ref in scan(html, exclude=list(selectors)).refs if ref.opt_out is OptOut.IGNORED]


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        (".md-typeset > img", ["direct.jpg", "direct.jpg"]),
        ("main .card", ["card.jpg", "second.jpg"]),
        ("figure img:not(.x)", ["figure.jpg"]),
        (":is(.card, figure) > img", ["figure-x.jpg", "figure.jpg"]),
        ("h1 + img", ["direct.jpg"]),
        ("h1 ~ img", ["direct.jpg", "direct.jpg"]),
        ("figure:has(> figcaption)", ["figure-x.jpg"]),
        ("li:last-child > img", ["item.jpg"]),
        ("img:nth-of-type(2)", ["second.jpg", "direct.jpg"]),
        ("header.top img, .card p > img[src^=sec]", ["logo.png", "second.jpg"]),
        ("body.dark img", []),
        ("DIV.card > P", ["card.jpg", "second.jpg"]),
    ],
)
def test_excluded_images(selector: str, found: list[str]) -> None:
    assert excluded(selector) == found


def test_both_kinds_of_selectors_together() -> None:
    assert excluded(".x", "h1 + img") == ["direct.jpg", "figure-x.jpg"]
    included = scan(include=["header > a"]).refs[0]
    assert (included.src, included.region) == ("logo.png", PageRegion.ARTICLE)
    assert scan().refs[0].region is PageRegion.CHROME


def test_own_markup_does_not_change_what_matches() -> None:
    built = PAGE.replace(
        '<img src="direct.jpg" alt="D">\n',
        '<picture data-imageseo><source type="image/avif" srcset="direct-320w.avif 320w"><img src="direct.jpg" alt="D"'
        ' width="9" height="9" data-imageseo="width height"></picture>\n',
    )
    assert built != PAGE
    for selector in (".md-typeset > img", "h1 + img", "article > img:not([width])"):
        assert excluded(selector, html=built) == excluded(selector)


def test_images_that_parsers_see_differently() -> None:
    """libxml2 moves what is not allowed in a table, and knows no custom rules of frameworks."""
    html = '<main><table><img src="a.png"><tr><td><p><img src="b.png"></td></tr></table><xmp><img src="c"></xmp></main>'
    assert excluded("td > p", html=html) == ["b.png"]
    assert excluded("main > *", html="<main><p><img src=a.png><p><img src=a.png></main>") == ["a.png", "a.png"]


def test_pictures_of_the_author() -> None:
    html = "<main><picture><source srcset=b.webp><source srcset=c.webp><img src=a.png></picture><img src=d.png></main>"
    assert excluded("picture > img", html=html) == ["a.png"]
    assert excluded("source + img", html=html) == ["a.png"]
    assert excluded("main > img", html=html) == ["d.png"]


def test_page_in_another_charset() -> None:
    html = '<meta charset="iso-8859-1"><main><p class="é"><img src="ü.png"></p></main>'.encode("latin-1")
    refs = scan_page(html, exclude=["main > .é"]).refs
    assert [(ref.src, ref.opt_out) for ref in refs] == [("ü.png", OptOut.IGNORED)]


@pytest.mark.parametrize("selector", ["a:hover", "img::before", "a >", "> img", "img:foo", "ns|img", "", "a,", "[x="])
def test_unusable_selector_is_named(selector: str) -> None:
    with pytest.raises(ValueError, match="is not supported: expected") as caught:
        scan(exclude=[selector])
    assert repr(selector) in str(caught.value)


@pytest.mark.parametrize("label", ["utf-8", "euc-jp", "macintosh", "x-mac-cyrillic"])
@pytest.mark.parametrize("before", ["", "<div>" * 1500, "<b></b>" * 3000])
def test_pages_of_any_charset_depth_and_length_are_matched(label: str, before: str) -> None:
    html = f"<!doctype html><meta charset={label}><main>{before}<p><img src=a.jpg></p></main>"
    assert excluded("main p > img", html=html) == ["a.jpg"]
    assert excluded("b ~ p > img", html=html) == (["a.jpg"] if "<b>" in before else [])
