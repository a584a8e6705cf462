"""Images whose source is set by scripts, told by the tag and by the page's scripts."""

from __future__ import annotations

import pytest

from imageseo.model.image import ImageRef
from imageseo.web.html.page_scan import scan_page
from imageseo.web.html.page_scripts import naming_selector, scripts_of, source_scripts
from imageseo.web.html.script_owned import handler, placeholder, placeholder_srcset, uses_pixels
from imageseo.web.html.script_selections import may_select, numbers_set, selectors_set


def ref_of(attributes: str) -> ImageRef:
    return scan_page(f"<!doctype html><html><body><main><img {attributes}></main>".encode()).refs[0]


@pytest.mark.parametrize(
    "attributes",
    [
        """src=a.jpg onmouseover="this.src='b.jpg'" """,
        """src=a.jpg onclick="this.srcset = ''; this.src = next()" """,
        """src=a.jpg onerror="this.onerror=null;this.src='fallback.png'" """,
        """src=a.jpg @click="$el.src = url" """,
        "src=small.jpg data-src=large.jpg class=lazyload",
        "src=small.jpg data-srcset='large.jpg 900w'",
        "src=data:image/gif;base64,R0lGODlhAQABAAAAACw= data-original=/photos/42",
        "src=small.jpg data-lazy-src=large.jpg",
        "src=light.png data-dark=dark.png",
        "src=light.png data-theme-night=/img/night.webp?v=2",
        "src=a.jpg :src=theme.logo",
        "src=a.jpg v-bind:src=photo",
        "src=a.jpg x-bind:src.camel=photo",
        "src=a.jpg [src]=photo",
        "src=a.jpg v-lazy=photo",
        "src=a.jpg ng-src={{photo}}",
        "src=/img/real.png srcset=/img/loading.gif lazyload",
    ],
)
def test_image_whose_source_a_script_sets_is_owned(attributes: str) -> None:
    assert (handler(ref_of(attributes)) or placeholder(ref_of(attributes))) is not None


@pytest.mark.parametrize(
    "attributes",
    [
        "src=a.jpg onload=this.classList.add('shown')",
        "src=a.jpg data-zoom-src=large.jpg",
        "src=a.jpg data-fancybox=gallery data-caption='A photo.jpg'",
        "src=a.jpg data-orig-file=full.jpg data-large-file=large.jpg",
        "src=a.jpg data-src=a.jpg",
        "src=a.jpg data-src",
        "src=a.jpg data-id=42 data-align=center",
        "src=a.jpg srcset=a.jpg",
        "src=a.jpg srcset='a.jpg 1x, b.jpg 2x'",
        "src=a.jpg srcset='b.jpg 900w' sizes=100vw",
        "src=a.jpg data-src-line=12",
        "src=a.jpg data-title='see b.jpg'",
        "src=a.jpg class=rounded @click=open",
    ],
)
def test_other_attributes_own_nothing(attributes: str) -> None:
    assert handler(ref_of(attributes)) is placeholder(ref_of(attributes)) is None


def test_placeholder_is_a_single_other_file_without_descriptor() -> None:
    assert placeholder_srcset(ref_of("src=a.jpg srcset=wait.gif")) == "wait.gif"
    assert placeholder_srcset(ref_of("src=a.jpg srcset='wait.gif 1x'")) is None
    assert placeholder_srcset(ref_of("srcset=wait.gif")) is None


def test_image_maps_use_the_pixels_of_the_file() -> None:
    assert uses_pixels(ref_of("src=a.jpg usemap=#m")) == "an image map (`usemap`) uses the pixels of the file"
    assert uses_pixels(ref_of("src=a.jpg ismap")) is not None
    assert uses_pixels(ref_of("src=a.jpg")) is None


SETTER = "function show(e){ e.src = 'b.jpg' }"


@pytest.mark.parametrize(
    ("attributes", "script", "expected"),
    [
        ("src=a.jpg id=main", "document.getElementById('main').src = x", "#main"),
        ("src=a.jpg id=main", 'show(document.querySelector("#main"))', "#main"),
        ("src=a.jpg class='thumb swap'", "document.querySelectorAll('img.swap')", ".swap"),
        ("src=a.jpg class=hero", 'for (e of document.getElementsByClassName("hero"))', ".hero"),
        ("src=a.jpg data-stage", "$('[data-stage]').attr('src', x)", "[data-stage]"),
        ("src=a.jpg id=main", "show(document.querySelector('#mainly'))", None),
        ("src=a.jpg id=main", "x('a'main'b')", "#main"),
        ("src=a.jpg id=main", "x('main\"')", None),
        ("src=a.jpg id=a:b", "show('a:b')", "#a:b"),
        ("src=a.jpg id=a.b", "show('a.bc', '#a.b-c')", None),
        ("src=a.jpg class='w-1/2 x'", "$('.w-1/2')", ".w-1/2"),
        ("src=a.jpg class='x b'", "$('.a, .b > img.c, .x-y')", ".b"),
        ("src=a.jpg class=c", "$('.a, .b > img.c, .x-y')", ".c"),
        ("src=a.jpg class=c", "$('.a.c')", None),
        ("src=a.jpg class=c", "getElementsByClassName( `c` )", ".c"),
        ("src=a.jpg data-stage", "$('[data-stage-2=x]')", None),
        ("src=a.jpg data-stage-3", "$('[data-stage=x]')", None),
        ("src=a.jpg class=hero", "config.hero.open()", None),
        ("src=a.jpg", "document.getElementById('main')", None),
        ("src=a.jpg name=pic", "document.pic.src = x", "[name=pic]"),
        ("src=a.jpg name=pic", "document.images['pic'].src = x", "[name=pic]"),
        ("src=a.jpg id=big", "big.src=x", "#big"),
        ("src=a.jpg id=big", "this.big.src=x;big.srcs=x;big.src==x;abig.src=x", None),
    ],
)
def test_script_names_an_image_by_id_class_or_data_attribute(
    attributes: str, script: str, expected: str | None
) -> None:
    assert naming_selector(ref_of(attributes), script) == expected


def test_only_scripts_that_set_a_source_are_returned() -> None:
    page = (
        f"<script>{SETTER}</script><script>if (e.src == 'a') go()</script><script src=theme.js></script>"
        f"<script type=application/json>{SETTER}</script><script src=//cdn.example/x.js></script>"
        "<script type=module>img.setAttribute('src', url)</script><script>$('img').attr('src')</script>"
    )
    texts = {"theme.js": "i.srcset=''", "//cdn.example/x.js": None}
    assert list(source_scripts(page.encode(), scripts_of(page.encode(), texts.__getitem__))) == [
        SETTER,
        "i.srcset=''",
        "img.setAttribute('src', url)",
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            """<a onmouseover="document.getElementById('big').src='b.jpg'">""",
            ["document.getElementById('big').src='b.jpg'"],
        ),
        ("<a href='javascript:big.src=1'>", ["big.src=1"]),
        ("<a\nonClick = 'pic.src=&quot;b.jpg&quot;'>", ['pic.src="b.jpg"']),
        ("<a ONCLICK=big.src=1>", ["big.src=1"]),
        ("<a onclick='show(1)'>on a day, on=off", []),  # no script sets a source
        (f"<script>{SETTER}</script><a onclick='show(big)'>", [SETTER, "show(big)"]),
    ],
)
def test_scripts_in_attributes_of_other_elements_set_a_source(body: str, expected: list[str]) -> None:
    assert list(source_scripts(body.encode(), scripts_of(body.encode(), lambda _: None))) == expected


@pytest.mark.parametrize(
    ("script", "selectors", "numbers"),
    [
        ("document.querySelector('.gallery img').src = x", (".gallery img",), set()),
        ('$("#stage > img").attr("src", x)', ("#stage > img",), set()),
        ("document.querySelectorAll(`main img`)[1].setAttribute('src', x)", ("main img",), set()),
        ("document.images[2].src = x; document.getElementsByTagName('img')[0].srcset=''", (), {0, 2}),
        ("document.querySelector('img').src == x; show(document.images[1].src)", (), set()),
        ("document.querySelectorAll('.post img').forEach(i => big.src = i.src)", (), set()),
        ("const hero = document.querySelector('main img');\nhero.src = x", ("main img",), set()),
        ("var a=document.querySelectorAll('p img');for(var i=0;i<a.length;i++)a[i].src=x", ("p img",), set()),
        ("for (const each of document.querySelectorAll('p>img')) { each.srcset = '' }", ("p>img",), set()),
        ("[...document.querySelectorAll('main img')].forEach((image, n) => image.src = x[n])", ("main img",), set()),
        (
            "document.querySelectorAll('td img').forEach(function (image) { image.onclick = () => image.src = x })",
            ("td img",),
            set(),
        ),
        ("const all = Array.from(document.querySelectorAll('b img'));all.map(e=>{e.src=x})", ("b img",), set()),
        (
            "const all = document.getElementsByTagName('img'); for (const e of all) e.setAttribute('src', x)",
            ("img",),
            set(),
        ),
        ("for (let i = 0; i < document.images.length; i++) document.images[i].src = x", ("img",), set()),
        (
            "$('figure img').hover(function () { $(this).attr('src', a) }, function () { $(this).attr('src', b) })",
            ("figure img",),
            set(),
        ),
        ("jQuery('figure img').on('click', '.x', function () { this.src = a })", ("figure img",), set()),
        ("$('figure img').each(function (number, element) { element.src = a })", ("figure img",), set()),
        ("const e=document.querySelector('main img');f(e);function g(e){e.src=x}", (), set()),
        ("let e=document.querySelector('h1 img'),t=new Image;t.src=e.src", (), set()),
        ("let e=document.querySelector('h1 img');var e=new Image;e.src=x", (), set()),
        ("$('figure img').click(function () { open(this.src) }); $('#big').attr('src', x)", ("#big",), set()),
        ("box.getElementsByTagName('img')[0].src = x", ("img",), set()),  # a number within the box
        ("$('p img').forEach((e, t) => " + "e.map((e, t) => t.map((t, e) => " * 50, (), set()),
        ("$('p img').forEach((e, t) => " + "t.map((e, t) => " * 50 + "e.src = x", ("p img",), set()),
    ],
)
def test_selectors_and_numbers_in_the_expression_that_sets_a_source(
    script: str, selectors: tuple[str, ...], numbers: set[int]
) -> None:
    assert selectors_set(script) == selectors
    assert set(numbers_set(script)) == numbers


def test_long_script_is_searched_once_for_all_images() -> None:
    script = f"img.src = '';{'function f(a){return a.b + x[1]}' * 20_000}"
    refs = scan_page(b"<main>" + b"".join(b"<img src=a.jpg id=a%d class='b%d c'>" % (n, n) for n in range(3000))).refs
    assert all(naming_selector(ref, script) is None for ref in refs)  # takes minutes if each image searches the script


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("img", True),
        (".stage img", True),
        ("#none, .stage > img", True),
        ("img:not(.plain)", True),
        ("#none img", False),
        ("img[data-none]", False),
    ],
)
def test_selector_without_a_counterpart_needs_no_tree(selector: str, expected: bool) -> None:
    assert may_select(selector, b'<main class="stage"><img src=a.jpg></main>') is expected
