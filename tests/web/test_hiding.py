"""What hides an image when the page opens, by the markup around it."""

from __future__ import annotations

import sys

import pytest

from imageseo.model.image import ImageRef
from imageseo.web.html.page_scan import scan_page

TABS = (
    '<div class="tabbed-set tabbed-alternate" data-tabs="1:2"><input {0} id="a" name="t" type="radio">'
    '<input {1} id="b" name="t" type="radio"><div class="tabbed-labels"><label for="a">A</label><label for="b">B'
    '</label></div><div class="tabbed-content"><div class="tabbed-block"><p><img src="1"></p></div>'
    '<div class="tabbed-block"><p><img src="2"></p></div></div></div><img src="3">'
)
RADIO_TABS = (
    '<div class="{0}"><input {1} id="a" name="t" type="radio"><label for="a">A</label><div class="{2}"><img src="1">'
    '</div><input {3} id="b" name="t" type="radio"><label for="b">B</label><div class="{2}"><img src="2"></div></div>'
    '<img src="3">'
)


def refs(body: str) -> tuple[ImageRef, ...]:
    return scan_page(f"<html><body><article><h1>T</h1>{body}</article></body></html>".encode()).refs


def visible(body: str) -> list[str]:
    return [ref.src for ref in refs(body) if ref.hidden_by is None]


@pytest.mark.parametrize(
    ("before", "after", "by"),
    [
        ("<details><summary>Old</summary>", "</details>", "a closed <details>"),
        ("<details class=note name=x><summary>Old</summary><p>", "</p></details>", "a closed <details>"),
        ("<DETAILS><SUMMARY>Old</SUMMARY><div>", "</div></DETAILS>", "a closed <details>"),
        ("<details><summary>A</summary><details open><summary>B</summary>", "</details></details>", "a closed"),
        ("<dialog id=x>", "</dialog>", "a closed <dialog>"),
        ("<div hidden>", "</div>", "the attribute hidden"),
        ('<section hidden="until-found"><p>', "</p></section>", "the attribute hidden"),
        ('<div role="tabpanel" hidden="">', "</div>", "the attribute hidden"),
        ("<figure hidden>", "</figure>", "the attribute hidden"),
        ("<picture hidden>", "</picture>", "the attribute hidden"),
        ("<a href=/ hidden>", "</a>", "the attribute hidden"),
        ("<my-panel hidden>", "</my-panel>", "the attribute hidden"),
        ("<ul><li hidden>", "<li>x</ul>", "the attribute hidden"),
        ("<div popover id=p>", "</div>", "the attribute popover"),
        ('<div popover="manual">', "</div>", "the attribute popover"),
        ('<div style="color: red; DISPLAY : none">', "</div>", "style=display:none"),
        ('<p style="visibility:hidden">', "</p>", "style=visibility:hidden"),
        ('<div style="content-visibility: hidden">', "</div>", "style=content-visibility:hidden"),
        ('<div class="tab-content"><div class="tab-pane fade" id="x">', "</div></div>", "an inactive tab"),
        ('<div class="carousel-inner"><div class="carousel-item">', "</div></div>", "the class carousel-item without"),
        ('<div class="collapse" id="more">', "</div>", "the class collapse without"),
        ('<div class="accordion-collapse collapse" id="c1">', "</div>", "the class collapse without"),
        ('<div class="modal fade" id="m">', "</div>", "the class modal without"),
        ('<div class="d-none">', "</div>", "the class d-none"),
        ('<div class="x hidden">', "</div>", "the class hidden"),
        ('<span></span><div class="visually-hidden">', "</div>", "the class visually-hidden"),
        ('<ul class="slides"><li class="slide" aria-hidden="true">', "</li></ul>", "a slide or tab with aria-hidden"),
        ('<div class="carousel"><div aria-hidden="true">', "</div></div>", "a slide or tab with aria-hidden"),
        ('<div role="tabpanel" aria-hidden="TRUE">', "</div>", "a slide or tab with aria-hidden"),
        ('<div class="swiper-slide" inert>', "</div>", "a slide or tab with inert"),
        ("<video controls>", "</video>", "<video>"),
        ("<canvas>", "</canvas>", "<canvas>"),
    ],
)
def test_ancestor_hides_image(before: str, after: str, by: str) -> None:
    inside, behind = refs(f'{before}<img src="in" alt="x">{after}<img src="out">')
    assert (inside.hidden_by or "").startswith(by)
    assert (behind.hidden_by, behind.may_be_hidden) == (None, False)


@pytest.mark.parametrize(
    "before",
    [
        "<details open><summary>A</summary>",
        "<details><summary>",
        "<details><summary><div><p>",
        "<dialog open>",
        '<div data-hidden="x" title="hidden">',
        '<div style="overflow:hidden">',
        '<div style="--display:none; backface-visibility: hidden">',
        '<div class="hidden md:block">',
        '<div class="d-none d-lg-block">',
        '<div class="tab-content"><div class="tab-pane fade show active">',
        '<div class="carousel-inner"><div class="carousel-item active">',
        '<div class="carousel"><div class="carousel-item">',
        '<div class="collapse show" id="x">',
        '<div class="collapse navbar-collapse" id="nav">',
        '<div class="collapse collapse-arrow" id="daisy">',
        '<div class="hidden-gems overflow-hidden">',
        '<div class="swiper-slide" aria-hidden="false">',
        '<div class="table-of-tabs">',
        "<p>the word hidden, a popover, display: none</p><!-- <div hidden> --><pre>&lt;details></pre>",
        "<script>x = '<details>'</script><style>a{display:none}</style><template><div hidden></template>",
        "<details><summary>A</summary></details><div hidden></div><dialog></dialog>",
    ],
)
def test_visible_image_is_visible(before: str) -> None:
    assert visible(f'{before}<img src="a">') == ["a"]


def test_own_attributes_of_the_image() -> None:
    body = (
        '<img src=1 hidden><img src=2 style="display:none"><img src=3 class="x hidden">'
        '<img src=4><img src=5 aria-hidden="true">'
    )
    assert visible(body) == ["4", "5"]
    assert [ref.may_be_hidden for ref in refs(body)] == [False, False, False, False, True]


@pytest.mark.parametrize("before", ["<div aria-hidden=true>", "<section inert>", '<div x-show="open">'])
def test_decoration_may_be_hidden(before: str) -> None:
    (ref,) = refs(f"{before}<img src=a alt=''>")
    assert (ref.hidden_by, ref.may_be_hidden) == (None, True)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [("checked", "", ["1", "3"]), ("", 'checked="checked"', ["2", "3"]), ("", "", ["1", "3"])],
)
def test_blocks_of_pymdownx_tabs(first: str, second: str, expected: list[str]) -> None:
    assert visible(TABS.format(first, second)) == expected


@pytest.mark.parametrize(
    ("outer", "inner"),
    [("tabbed-set", "tabbed-content"), ("sd-tab-set docutils", "sd-tab-content docutils"), ("tab-set", "tab-content")],
)
def test_tabs_with_a_radio_button_before_each(outer: str, inner: str) -> None:
    assert visible(RADIO_TABS.format(outer, "checked", inner, "")) == ["1", "3"]
    assert visible(RADIO_TABS.format(outer, "", inner, 'checked="checked"')) == ["2", "3"]


def test_tabs_within_tabs() -> None:
    nested = TABS.format("checked", "").replace(
        '<img src="1">', TABS.format("", "checked").replace("src=", "alt=x src=")
    )
    assert visible(nested) == ["2", "3", "3"]


@pytest.mark.parametrize("hidden", ["<div hidden>secret</div>", "<details><p>secret</p></details>", "<p hidden>secret"])
def test_pages_with_thousands_of_hidden_elements_are_read_at_once(hidden: str) -> None:
    def calls(number: int) -> int:
        """Count the function calls of a scan: unlike time, they do not depend on the machine."""
        html = f"<!doctype html><body><main>{f'{hidden}<p>a</p><img src=a.jpg>' * number}".encode()
        counted = 0

        def count(*_: object) -> None:
            nonlocal counted
            counted += 1

        sys.setprofile(count)
        try:
            scan = scan_page(html)
        finally:
            sys.setprofile(None)
        assert len(scan.refs) == number
        return counted

    assert calls(2000) < 2.5 * calls(1000)
