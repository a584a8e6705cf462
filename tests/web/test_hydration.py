"""Frameworks that hydrate pages, and custom elements around images."""

from __future__ import annotations

import pytest

from imageseo.web.html.hydration import custom_elements_of, hydrating_framework, remounted_images
from imageseo.web.html.page_scan import scan_page


@pytest.mark.parametrize(
    ("html", "framework"),
    [
        ('<div id="__docusaurus">', "Docusaurus"),
        ("<div id=__next><p>", "Next.js"),
        ("<script>self.__next_f=self.__next_f||[]</script>", "Next.js"),
        ('<div id="___gatsby">', "Gatsby"),
        ("<script>window.__VP_HASH_MAP__=JSON.parse('{}')</script>", "VitePress"),
        ("<script>window.__NUXT__={}</script>", "Nuxt"),
        ("<div data-server-rendered=true>", "Vue"),
        ("<script>__sveltekit_1x9={}</script>", "SvelteKit"),
        ("<app-root ng-version=17 ng-server-context=ssg>", "Angular"),
        ("<div id=app><!--[--><p>", "a framework"),
        ("<main><!--$--><p>", "a framework"),
        ("<div id=__nextpage>", None),
        ('<div id="__nuxt"><p>', "Nuxt"),
        ('<div id="__rspress_root"><a class="pager__next link">', "Rspress"),
        ('<a class="pager__next"><a class="slider__next slider__nuxt big"><a class=swiper__next>', None),
        ("<p class=loading-state data-src=a><!-- [x] -->", None),
        ("<p>id=&quot;__next&quot;</p>", None),
    ],
)
def test_framework_is_known_by_its_marks(html: str, framework: str | None) -> None:
    assert hydrating_framework(html.encode()) == framework


def test_images_in_custom_elements_are_found() -> None:
    page = (
        b"<!doctype html><html><body><main><img src=a><x-tabs><div><img src=b></div></x-tabs><img src=c>"
        b"<image-compare><img src=d><x-tabs></x-tabs><img src=e></image-compare><!--<y-z>--><img src=f>"
    )
    refs = scan_page(page).refs
    found = custom_elements_of(page, refs)
    assert {ref.src: found.get(ref.span.start) for ref in refs} == {
        "a": None,
        "b": "x-tabs",
        "c": None,
        "d": "image-compare",
        "e": "image-compare",
        "f": None,
    }


def test_images_in_panels_of_tabs_are_rendered_anew() -> None:
    page = (
        b"<!doctype html><html><body><img src=a><div class=tabs><div role=tabpanel><p><img src=b></p></div>"
        b"<div role='tabpanel' hidden><div><img src=c></div></div></div><img src=d>"
    )
    found = remounted_images(page)
    assert [ref.src for ref in scan_page(page).refs if ref.span.start in found] == ["b", "c"]
    assert remounted_images(b"<div><img src=a></div>") == frozenset()


def test_tags_that_never_end_take_no_time() -> None:
    assert custom_elements_of(b"<a" * 40_000, scan_page(b"<img src=a>").refs) == {}  # took 20 s
