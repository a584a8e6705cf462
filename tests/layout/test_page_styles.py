"""What style sheets mean for the images of a page: which edits they would turn into a change."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from imageseo.layout.image_style import ImageStyle
from imageseo.layout.page_styles import SiteStyles
from imageseo.web.html.page_scan import scan_page

NONE = ImageStyle()
PLAIN = '<p><img src="a.jpg" alt=""></p>'


def styles(
    body: str, css: str = "", *, files: Mapping[str, str] | None = None, head: str = "", page: str = "index.html"
) -> dict[str, ImageStyle]:
    """What the sheets mean, by the ``src`` of the images."""
    given = {name: text.encode() for name, text in (files or {}).items()}
    html = f"<!doctype html><html><head>{head}<style>{css}</style></head><body>{body}</body></html>".encode()
    scan = scan_page(html)
    found = SiteStyles(given.get).of_page(page, html, scan)
    return {ref.src: found[ref.span] for ref in scan.refs if ref.span in found}


def style(body: str, css: str = "", **more: object) -> ImageStyle:
    return styles(body, css, **more).get("a.jpg", NONE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("css", "body"),
    [
        ("img + em{display:block}", '<p><img src="a.jpg"><em>caption</em></p>'),
        ("img ~ small{display:block}", '<p><img src="a.jpg"> by <b>me</b> <small>x</small></p>'),
        ("figure > img{width:100%}", '<figure><img src="a.jpg"></figure>'),
        (".wide > *{max-width:none} .wide > *{margin:0 -2em}", '<div class="wide"><img src="a.jpg"></div>'),
        (".stack > * + *{margin-top:1em}", '<div class="stack"><p>x</p><img src="a.jpg"></div>'),
        ("p > img:only-child{display:block}", PLAIN),
        ("p > :not(picture){margin:3px}", PLAIN),
        ("p > :is(img, video){margin:3px}", PLAIN),
        ("p > :where(img){margin:3px}", PLAIN),
        ("p:has(> img){margin:0}", PLAIN),
        ("p:has(> a > img){margin:0}", '<p><a href="x"><img src="a.jpg"></a></p>'),
        ("a:hover > img{opacity:.8}", '<a href="x"><img src="a.jpg"></a>'),
        ("img:first-of-type{float:left}", '<p><img src="a.jpg"> and <img src="b.jpg"></p>'),
        ("img:nth-of-type(2){float:left}", '<p><img src="b.jpg"> and <img src="a.jpg"></p>'),
        ("img:last-child{margin:0 1em}", '<p><img src="a.jpg"> and <img src="b.jpg"></p>'),
        ("td > :first-child{margin-top:0} img{margin:1em 0}", '<table><tr><td><img src="a.jpg"></td></tr></table>'),
        (".a{& > img{margin:3px}}", '<div class="a"><img src="a.jpg"></div>'),
        (".a{> img{margin:3px}}", '<div class="a"><img src="a.jpg"></div>'),
        ("@layer x{figure > img{width:50%}}", '<figure><img src="a.jpg"></figure>'),
        ("@media (max-width: 500px){figure > img{width:50%}}", '<figure><img src="a.jpg"></figure>'),
        ("@container (width > 3em){figure > img{width:50%}}", '<figure><img src="a.jpg"></figure>'),
        ("img + p::before{content:'x'}", '<div><img src="a.jpg"><p>x</p></div>'),
        ("picture img{width:50%}", PLAIN),
        ("p > img:some-new-thing{margin:1px}", PLAIN),
        (".frame > a > *{border:3px solid}", '<div class="frame"><a href="x"><img src="a.jpg"></a></div>'),
    ],
)
def test_selector_that_a_wrapper_would_change_is_told(css: str, body: str) -> None:
    assert style(body, css).wrapper


@pytest.mark.parametrize(
    ("css", "body"),
    [
        ("img + em{display:block}", '<p><img src="a.jpg"> no caption</p><p><em>x</em></p>'),
        ("figure > img{width:100%}", PLAIN),
        ("figure > img{width:100%}", '<figure><a href="x"><img src="a.jpg"></a></figure>'),
        ("figure img{width:100%}", '<figure><img src="a.jpg"></figure>'),
        (".stack > * + *{margin-top:1em}", '<div class="stack"><img src="a.jpg"><p>x</p></div>'),
        ("* + *{margin-top:0}", PLAIN),
        ("p:has(img){margin:0}", PLAIN),
        ("p img:only-child{margin-top:0}", PLAIN),  # it has no margin anyway
        ("td > :first-child{margin-top:0}", '<table><tr><td><img src="a.jpg"></td></tr></table>'),
        (".tip > :last-child{margin-bottom:0}", '<div class="tip"><p>x</p><img src="a.jpg"></div>'),
        ("p > *{color:red;font-size:2em}", PLAIN),
        ("@media print{figure > img{width:50%}}", '<figure><img src="a.jpg"></figure>'),
        ("figure > img{max-width:100%} img{max-width:100%}", '<figure><img src="a.jpg"></figure>'),
        ("p > *::selection{color:red}", PLAIN),
        (".gallery > img{width:50%}", f"{PLAIN}<style>.gallery{{}}</style><!-- gallery -->"),
        ("picture{max-width:100%}", PLAIN),
        ("img:first-of-type{float:left}", PLAIN),
        ("nav > ul > li > img{width:1em}", '<ul><li><img src="a.jpg"></li></ul>'),
    ],
)
def test_selector_that_a_wrapper_does_not_change_is_not_told(css: str, body: str) -> None:
    assert style(body, css) == NONE


@pytest.mark.parametrize(
    ("css", "important"),
    [
        ("img,picture{max-width:100%;display:block}", False),
        ("img,picture,video,canvas,svg{display:block}", False),
        (".card picture{display:inline-block}", False),
        (".card > *{display:flex}", False),
        ("picture{display:block!important}", True),
        ("@media (min-width:800px){picture{display:block}}", False),
    ],
)
def test_box_for_picture_is_told(css: str, important: bool) -> None:
    found = style('<div class="card"><img src="a.jpg"></div>', css)
    assert found.picture
    assert found.picture_important is important


@pytest.mark.parametrize("css", ["picture{display:contents}", "picture{float:left}", ".other picture{display:block}"])
def test_picture_without_a_box_is_not_told(css: str) -> None:
    assert style(PLAIN, css) == NONE


@pytest.mark.parametrize(
    "css",
    [
        "img{height:150px}",
        "img{max-height:70vh}",
        "img{max-height:100%}",
        "img{max-width:100%;height:auto;max-height:20rem}",
        "img{max-block-size:9em}",
        "img{block-size:9em}",
        "img{min-height:300px}",
        "p img{height:var(--tall)}",
        "@media (max-width:500px){img{height:100px}}",
        "@media (min-width:600px){img{width:100%}} img{height:100px}",
        "*{box-sizing:border-box}img{border:1px solid #ccc}",
        "html{box-sizing:border-box}*,:after{box-sizing:inherit}img{padding:4px}",
        "img{box-sizing:border-box;border-bottom:2px solid}",
        "img{box-sizing:border-box;border-style:solid}",
        "img{box-sizing:border-box;padding-inline:1em}",
        "@layer b{img{max-height:9em}}",
    ],
)
def test_size_that_attributes_would_change_is_told(css: str) -> None:
    assert style(PLAIN, css).natural_size


@pytest.mark.parametrize(
    "css",
    [
        "img{max-width:100%;height:auto}",
        "img{max-width:100%}",
        "img,video{max-width:100%;height:auto}*{box-sizing:border-box;border:0 solid;padding:0;margin:0}",
        "img{width:100%;height:300px;object-fit:cover}",
        "img{width:auto;height:100px}",
        "img{height:150px} p > img, p img{width:50%}",
        "img{border:1px solid}",
        "*{box-sizing:border-box}img{border:0;padding:0px}",
        "*{box-sizing:border-box}img{border:none;border-color:red;border-radius:4px}",
        "img{height:150px} img{height:auto}",
        "img{max-height:9em} p img{max-height:none}",
        "@media print{img{height:3px}}",
        "img{aspect-ratio:16/9;object-fit:cover}",
        "img{inline-size:9em;block-size:9em}",
        "@layer a{img{width:50px}} img{height:9px}",
    ],
)
def test_size_that_attributes_keep_is_not_told(css: str) -> None:
    assert style(PLAIN, css).natural_size is None


@pytest.mark.parametrize("own", ["height:100px", "max-height: 3em", "height:5em !important;max-width:100%"])
def test_height_in_the_style_of_the_image_is_told(own: str) -> None:
    assert style(f'<p><img src="a.jpg" style="{own}"></p>').natural_size
    assert style(f'<p><img src="a.jpg" style="{own};width:50%"></p>').natural_size is None


@pytest.mark.parametrize(
    ("css", "name"),
    [
        ("img[style]{border:1px solid}", "style"),
        ("img:not([width]){border:1px solid}", "width"),
        ("img[height]{margin:1em}", "height"),
        ("img[loading=lazy]{opacity:0}", "loading"),
        ("img:not([loading]){opacity:.5}", "loading"),
        ("img[srcset]{filter:blur(3px)}", "srcset"),
        ("p img:not([srcset]){margin:1px}", "srcset"),
        ("[sizes^=auto]{contain:size}", "sizes"),
        ("img[decoding=async]{opacity:.5}", "decoding"),
        ("p > img[width]:first-child{margin:3px}", "width"),
        ("img:is([width],[height]){margin:3px}", "width"),
    ],
)
def test_selector_by_an_attribute_is_told(css: str, name: str) -> None:
    assert name in style(PLAIN, css).attributes


@pytest.mark.parametrize(
    "css",
    [
        "img[height]{height:auto}",
        "img[loading=eager]{opacity:0}",
        "img[style*='float: left']{margin:0 1em 1em 0}",
        "img[width='100%']{margin:0}",
        "a[style]{color:red}",
        "img[align]{margin:1em}",
        ".x img[width]{margin:1em}",
    ],
)
def test_attribute_without_effect_is_not_told(css: str) -> None:
    assert style(PLAIN, css).attributes == {}


def test_sheets_are_followed_as_browsers_do() -> None:
    files = {
        "css/site.css": "@import 'parts/media.css' screen; @import url(gone.css);",
        "css/parts/media.css": "img{height:9em}",
        "print.css": "figure > img{width:1px}",
    }
    head = (
        '<link rel="stylesheet" href="../css/site.css?v=3"><link rel=stylesheet href=../print.css media=print>'
        '<link rel="alternate stylesheet" href="../print.css"><link rel=stylesheet href="https://cdn.example/x.css">'
    )
    assert style(PLAIN, head=head, files=files, page="a/b.html").natural_size == "img"
    html = f"<!doctype html><head>{head}</head>{PLAIN}".encode()
    sheets = SiteStyles(lambda path: files.get(path, "").encode() or None)
    assert sheets.sheets_of("a/b.html", html, scan_page(html)) == (
        "css/site.css",
        "css/parts/media.css",
        "css/gone.css",
        "print.css",
    )


@pytest.mark.parametrize(
    "link",
    [
        "<link rel=preload as=style href=x.css onload=\"this.rel='stylesheet'\">",
        "<link rel=stylesheet href=x.css media=print onload=\"this.media='all'\">",
        "<link rel=STYLESHEET href=x.css media='screen and (min-width: 1px)'>",
        '<base href="/sub/"><link rel=stylesheet href=../x.css>',
    ],
)
def test_sheets_that_a_page_applies_count(link: str) -> None:
    assert style(PLAIN, head=link, files={"x.css": "img{height:9em}"}).natural_size == "img"


@pytest.mark.parametrize(
    "link",
    [
        "<noscript><link rel=stylesheet href=x.css></noscript>",
        "<link rel=stylesheet href=x.css disabled>",
        "<link rel=preload as=style href=x.css>",
        "<link rel=stylesheet/less type=text/less href=x.css>",
        "<style data-imageseo>img{height:9em}</style>",
    ],
)
def test_sheets_that_a_page_does_not_apply_do_not_count(link: str) -> None:
    assert style(PLAIN, head=link, files={"x.css": "img{height:9em}"}) == NONE


def test_each_image_is_judged_on_its_own() -> None:
    body = '<figure><img src="a.jpg"></figure><noscript><img src="n.jpg"></noscript><p><img src="b.jpg"></p>'
    assert styles(body, "figure > img{width:100%}").keys() == {"a.jpg"}


@pytest.mark.parametrize("css", ["}}}img{", "img{height", "@media{", "img{height:" + "(" * 99, "@import", "@layer;a{}"])
def test_broken_sheet_is_no_fault(css: str) -> None:
    style(PLAIN, css)


@pytest.mark.parametrize(
    ("css", "body"),
    [
        (".off{display:none}", '<div class="box off"><p><img src="a.jpg"></p></div>'),
        ("img.off{display:none}", '<p><img class="off" src="a.jpg"></p>'),
        ("#off{visibility:hidden}", '<section id="off"><p><img src="a.jpg"></p></section>'),
        (
            ".slides > .slide:not(.active){display:none}",
            '<div class=slides><div class=slide><img src="a.jpg"></div></div>',
        ),
        ('img[src$="#dark"]{display:none}', '<p><img src="x.jpg#dark"><img src="a.jpg"></p>'),
        ("@media screen{.off{display:none!important}} .off{display:block}", '<div class="off"><img src="a.jpg"></div>'),
    ],
)
def test_image_that_a_sheet_hides_is_told(css: str, body: str) -> None:
    found = styles(body, css)
    assert [each.hidden is not None for each in found.values()] == [True]


@pytest.mark.parametrize(
    ("css", "body"),
    [
        (".off{display:none}", '<div class="off"><p>x</p></div><p><img src="a.jpg"></p>'),
        (".off{display:none} div.off{display:block}", '<div class="off"><img src="a.jpg"></div>'),
        ("@media (max-width:600px){.off{display:none}}", '<div class="off"><img src="a.jpg"></div>'),
        ("@media print{.off{display:none}}", '<div class="off"><img src="a.jpg"></div>'),
        (".off{display:none} @media (min-width:700px){.off{display:grid}}", '<div class="off"><img src="a.jpg"></div>'),
        (".off:hover{display:none}", '<div class="off"><img src="a.jpg"></div>'),
        (".no-js .off{display:none}", '<div class="no-js"><div class="off"><img src="a.jpg"></div></div>'),
        (".off{visibility:hidden} .off img{visibility:visible}", '<div class="off"><img src="a.jpg"></div>'),
        (".off::before{display:none}", '<div class="off"><img src="a.jpg"></div>'),
    ],
)
def test_image_that_may_show_is_not_told_as_hidden(css: str, body: str) -> None:
    assert style(body, css).hidden is None


COLUMN = "display:flex;flex-direction:column"


@pytest.mark.parametrize(
    ("box", "own"),
    [
        (COLUMN, ""),
        ("display:flex;flex-flow:column wrap", "max-width:100%;height:auto"),
        (f"{COLUMN};align-items:center", "align-self:stretch"),
        (f"{COLUMN};align-items:center;height:300px", "flex:1"),
        ("display:flex;height:300px", ""),
        ("display:inline-flex;min-height:300px", "max-width:100%"),
        ("display:grid;place-items:stretch", ""),
        ("display:grid;justify-items:stretch", "max-width:100%"),
        ("display:grid", "justify-self:stretch"),
        (f"@media (max-width:500px){{.c{{{COLUMN}}}}}", ""),
        (f"@supports (display:flex){{.c{{{COLUMN}}}}}", ""),
    ],
)
def test_item_that_attributes_would_change_is_told(box: str, own: str) -> None:
    css = f"{box if box.startswith('@') else f'.c{{{box}}}'} .c img{{{own}}}"
    assert style('<div class="c box"><img src="a.jpg"></div>', css).stretched == ".c"
    if not box.startswith("@"):
        assert style(f'<div style="{box}"><img src="a.jpg" style="{own}"></div>').stretched


@pytest.mark.parametrize(
    ("css", "body"),
    [
        ("", '<img src="a.jpg" width="90" height="60">'),
        ("img{width:50%}", '<img src="a.jpg">'),
        ("img{width:auto;height:auto}", '<img src="a.jpg">'),
        ("", '<img src="a.jpg" style="width:9em">'),
        (".c{align-items:center}", '<img src="a.jpg">'),
        (".c{place-items:start}", '<img src="a.jpg">'),
        ("img{align-self:flex-start}", '<img src="a.jpg">'),
        ("img{margin:0 auto}", '<img src="a.jpg">'),
        ("img{position:absolute}", '<img src="a.jpg">'),
        (".c{flex-direction:row}", '<img src="a.jpg">'),
        (".c{display:grid}", '<img src="a.jpg">'),
        ("div.c{display:block}", '<img src="a.jpg">'),
        ("", '<a href="x"><img src="a.jpg"></a>'),
        ("", '<p>Words <svg><path d="M1"/></svg> <img src="a.jpg"></p>'),
    ],
)
def test_item_that_attributes_keep_is_not_told(css: str, body: str) -> None:
    found = style(f'<div class="c">{body}</div>', f".c{{{COLUMN}}}{css}")
    assert found.stretched is None


@pytest.mark.parametrize(
    ("css", "contained"),
    [
        ("", True),
        (".c{align-items:center}", True),
        (".c{flex-wrap:wrap}", True),
        ("img{max-width:100%}", True),
        ("img{width:100%}", True),
        ("img{flex:0 0 200px}", True),
        ("img{flex:none}", False),
        ("img{flex:1;min-width:0}", False),
        ("img{width:9em}", False),
        (".c{display:grid}", False),
        (".c{flex-direction:column;align-items:center}", False),
        (".c{display:block}", False),
    ],
)
def test_item_that_size_containment_would_shrink_is_told(css: str, contained: bool) -> None:
    found = style('<div class="c"><img src="a.jpg"></div>', f".c{{display:flex}}{css}")
    assert (found.contained, found.stretched) == (".c" if contained else None, None)


def test_items_outside_the_article_are_not_told() -> None:
    body = f'<header style="{COLUMN}"><img src="l.png"></header><main style="{COLUMN}"><img src="a.jpg"></main>'
    assert styles(body).keys() == {"a.jpg"}


LAYERS = (
    "@layer base{img{max-width:100%;height:auto}}"
    "@layer utilities{.w-8{width:2rem}.h-8{height:2rem}.w-full{width:100%}.h-auto{height:auto}.hover:hover{height:3px}"
    ".max-h-9{max-height:9rem}@media (width < 600px){.small{block-size:3rem}}}"
)


@pytest.mark.parametrize(
    ("body", "more", "layered"),
    [
        ('<img class="w-8 h-8" src="a.jpg">', "", ".h-8"),
        ('<img class="h-8" src="a.jpg">', "", ".h-8"),
        ('<img class="w-full h-8" src="a.jpg">', "", ".h-8"),
        ('<img class="hover" src="a.jpg">', "", ".hover:hover"),
        ('<img class="small" src="a.jpg">', "", ".small"),
        ('<img class="w-full max-h-9" src="a.jpg">', "", None),
        ('<div style="display:flex;flex-direction:column"><img src="a.jpg"></div>', "", None),
        ('<img class="w-8" src="a.jpg">', "", None),
        ('<img class="w-full h-auto" src="a.jpg">', "", None),
        ('<img class="h-8" src="a.jpg">', "img{height:auto}", None),
        ('<img class="h-8" style="height:1em" src="a.jpg">', "", None),
        ('<header><img class="w-8" src="a.jpg"></header><main>x</main>', "", ".w-8"),
        ('<footer><img class="h-8" src="a.jpg"></footer><main>x</main>', "", ".h-8"),
        ('<img class="w-8" src="a.jpg">', "@media (width < 600px){img{width:auto;max-height:9em}}", None),
    ],
)
def test_size_that_a_layer_sets_is_told(body: str, more: str, layered: str | None) -> None:
    assert style(body, LAYERS + more).layered == layered


def test_size_of_a_layer_that_wins_is_not_told() -> None:
    body = '<img class="h-8" src="a.jpg">'
    assert style(body, "@layer a{.h-8{height:2rem!important}}").layered is None
    assert style(body, ".h-8{height:2rem}").layered is None
    assert style(body, "@import 'x.css' layer(a);", files={"x.css": ".h-8{height:2rem}"}).layered == ".h-8"
    assert style(body, "@layer a{.h-8{max-height:2rem}} .h-8{width:auto}").layered is None


@pytest.mark.parametrize(
    ("css", "told"),
    [
        (".card{border-radius:20px}.card img{border-radius:inherit}", True),
        ("img{height:inherit}", True),
        ("img{width:inherit}", True),
        ("img{border:inherit}", True),
        ("img:hover{opacity:inherit}", True),
        (".card > a img{height:inherit}", False),
        ("*{box-sizing:inherit}", False),
        (".card *{box-sizing:inherit}", False),
        ("img{visibility:inherit;font:inherit;color:inherit}", False),
        ("img{--x:inherit;border-radius:unset}", False),
    ],
)
def test_what_an_image_takes_from_the_element_around_it_is_told(css: str, told: bool) -> None:
    assert bool(style('<div class="card"><img src="a.jpg"></div>', css).wrapper) is told


def test_style_attribute_that_inherits_is_told() -> None:
    assert style('<p><img src="a.jpg" style="height:inherit"></p>').wrapper == "style=height"
    assert style('<p><img src="a.jpg" style="color:inherit"></p>').wrapper is None


@pytest.mark.parametrize(
    ("css", "body"),
    [
        (".c{display:flex}.k{display:contents}", '<div class="c"><a class="k"><img src="a.jpg"></a></div>'),
        (
            ".c{display:flex}.k{display:contents}",
            '<div class="c"><a class="k"><b class="k"><img src="a.jpg"></b></a></div>',
        ),
        (".c{display:flex}", '<div class="c"><a style="display:contents"><img src="a.jpg"></a></div>'),
        (".c{display:block flex}", '<div class="c"><img src="a.jpg"></div>'),
        (".c{display:flex  block}", '<div class="c"><img src="a.jpg"></div>'),
        (".c{display:inline flex}", '<div class="c"><img src="a.jpg"></div>'),
        (".c{display:-webkit-flex}", '<div class="c"><img src="a.jpg"></div>'),
        ("", '<div style="display:block flex;height:9em"><img src="a.jpg"></div>'),
    ],
)
def test_items_of_a_container_with_another_display_are_told(css: str, body: str) -> None:
    assert style(body, f"{css}.c{{height:9em}}").stretched
    assert not style(body, f"{css}.c{{height:9em;display:block}}".replace("flex", "flow")).stretched or not css


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('<div class="[&>p]:m-0 row"><img src="a.jpg"></div>', True),
        ('<div data-x="a > b" class="row"><img src="a.jpg"></div>', True),
        ('<div x-data="{a: b => c}" class=row><img src="a.jpg"></div>', True),
        ("<div title='<b>' class=row><img src=\"a.jpg\"></div>", True),
        ('<div class=row><!-- <p>old</p><div> --><img src="a.jpg"></div>', True),
        ('<div class=row><p title="a > b">x</p><!-- </div> --><br><img src="a.jpg"></div>', True),
        ('<div class=row title="x > y"><b><img src="a.jpg"></b></div>', False),
        ('<div title="<div class=row>"><img src="a.jpg"></div><i class=row></i>', False),
    ],
)
def test_parent_is_found_whatever_its_attributes_and_comments_are(body: str, told: bool) -> None:
    assert bool(style(body, ".row>img{width:50%}").wrapper) is told


@pytest.mark.parametrize(
    ("css", "body"),
    [
        (".größe>img{height:100px}", '<div class="größe"><img src="a.jpg"></div>'),
        (".größe>img{height:100px}", '<div class="gr&ouml;&szlig;e"><img src="a.jpg"></div>'),
        (r".\[\&\>img\]\:h-20{height:9em}", '<p><img class="[&amp;&gt;img]:h-20" src="a.jpg"></p>'),
        (r".\[\&\>img\]\:h-20>img{height:9em}", '<p class="[&amp;&gt;img]:h-20"><img src="a.jpg"></p>'),
        (r".a\&b img{height:9em}", '<div class="a&amp;b"><p><img src="a.jpg"></p></div>'),
    ],
)
def test_names_that_a_page_writes_in_another_way_are_found(css: str, body: str) -> None:
    assert style(body, css).natural_size


@pytest.mark.parametrize(
    "css",
    ["/* :( */" * 40, "a{b:'(((['}" * 20, "a{b:url(x(y)}" * 40, r"a\({b:c}" * 40, "/*" + "{" * 99],
)
def test_brackets_that_open_nothing_hide_no_rules(css: str) -> None:
    assert style(PLAIN, "img{height:9em}" + css).natural_size == "img"


@pytest.mark.parametrize("css", ["(" * 40, "a{b:" + "[" * 40, "my-url(" * 40, "{" * 40])
def test_sheet_that_is_not_read_makes_its_images_unknown(css: str) -> None:
    found = style(PLAIN, "img{height:9em}" + css)
    assert found.wrapper
    assert found.layered
    assert styles(PLAIN, head="<link rel=stylesheet href=x.css>", files={"x.css": css})["a.jpg"] == found


@pytest.mark.parametrize(
    ("css", "told"),
    [
        (".g>:nth-child(1 of .x,img){height:100px}", True),
        (".g>:nth-child(1 of .x){height:100px}", True),
        (".g>.icon:nth-child(1 of .x){width:100px}", True),
        (".icon+p:nth-child(1 of .x){margin:1px}", True),
        (".g>p:nth-child(1 of .x){width:100px}", False),
        (".g .other:nth-child(1 of .x){width:100px}", False),
        (".g>a::part(foo){margin:1px}", False),
    ],
)
def test_selector_that_the_library_cannot_parse_is_told_where_it_may_be_about_an_image(css: str, told: bool) -> None:
    body = '<div class="g"><img class="icon" src="a.jpg"><p>x</p></div>'
    assert bool(style(body, css).wrapper) is told
