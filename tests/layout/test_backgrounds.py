"""Images whose file a linked style sheet loads too."""

from __future__ import annotations

import pytest

from tests.layout.test_page_styles import style, styles

LINK = '<link rel="stylesheet" href="css/s.css">'
HERO = '<div class="hero"></div><p><img src="a.jpg" alt=""></p>'


@pytest.mark.parametrize(
    "css",
    [
        ".hero{background:url(../a.jpg) center}",
        ".hero { background-image : url( '../a.jpg' ) }",
        '.hero{background:URL("/a.jpg?v=2")}',
        "@media (min-width: 600px){.hero::before{content:'';background:url(../a.jpg)}}",
        "main{.hero{background:url(../a.jpg)}} .hero{background:linear-gradient(#000,#fff),url(../a.jpg)}",
        "div{&.hero{--image:url(../a.jpg)}}",
        ".hero{background:image-set('../a.jpg' 1x, 'b.jpg' 2x)}",
        "@layer x{.hero{mask-image:url(../a.jpg)}}",
        "p:has(img){list-style-image:url(../a.jpg)}",
        ".hero:hover{background:url(../a.jpg)}",
        "@import 'more/t.css';",
    ],
)
def test_file_that_a_linked_sheet_loads_for_an_element_is_told(css: str) -> None:
    files = {"css/s.css": css, "css/more/t.css": ".hero{background:url(../../a.jpg)}"}
    assert style(HERO, head=LINK, files=files).background


@pytest.mark.parametrize(
    "css",
    [
        ".hero{background:url(a.jpg)}",  # beside the sheet: another file
        ".hero{background:url(https://other.org/a.jpg)}",
        ".none{background:url(../a.jpg)}",
        "@media print{.hero{background:url(../a.jpg)}}",
        ".hero{background:none} /* url(../a.jpg) */",
        "@font-face{font-family:x;src:url(../a.jpg)}",
        ".hero > .none::after{content:url(../a.jpg)}",
    ],
)
def test_other_files_and_elements_that_a_page_lacks_do_not_count(css: str) -> None:
    assert style(HERO, head=LINK, files={"css/s.css": css}).background is None


def test_only_the_image_of_that_file_is_told_on_pages_of_any_folder() -> None:
    files = {"css/s.css": ".hero{background:url(../a.jpg)}"}
    body = '<div class="hero"></div><p><img src="../../a.jpg"><img src="b.jpg"></p>'
    found = styles(body, head='<link rel=stylesheet href="../../css/s.css">', files=files, page="x/y/index.html")
    assert {src for src, each in found.items() if each.background} == {"../../a.jpg"}
    assert found["../../a.jpg"].background == ".hero"
