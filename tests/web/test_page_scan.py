"""The page scan: images, their regions and links, and the metadata of a page."""

from __future__ import annotations

import pytest

from imageseo.model.image import ImageRef, OptOut, PageRegion, PageScan, SourceTag
from imageseo.web.html.page_scan import UnreadablePage, scan_page
from imageseo.web.html.text_content import text_content

PAGE = '<!doctype html><html lang=en><head><meta charset="utf-8"><title>T</title></head><body>%s</body></html>'


def scan(body: str, **selectors: list[str]) -> PageScan:
    return scan_page((PAGE % body).encode(), **selectors)


def only(body: str, **selectors: list[str]) -> ImageRef:
    (ref,) = scan(body, **selectors).refs
    return ref


def sources(body: str) -> list[str]:
    return [ref.src for ref in scan(body).refs]


@pytest.mark.parametrize(
    "hidden",
    [
        "<!-- <img src=no> -->",
        "<!--><!-- <img src=no> --!>",
        "<script>'<img src=no>'</script>",
        "<script><!-- <script> </script> <img src=no> --></script>",
        "<STYLE><img src=no></style>",
        "<textarea><img src=no></textarea>",
        "<textarea><img src=no></textareas><img src=no></textarea >",
        "<template><img src=no><template></template><img src=no></template>",
        "<noscript><img src=no></noscript>",
        "<iframe><img src=no></iframe>",
        "<svg viewBox='0 0 1 1'><a><svg/><svg></svg><desc><img src=no></desc></a></svg>",
        "<math><mi><img src=no></mi></math>",
        "<xmp><img src=no></xmp>",
        "<p title='<img src=no>'>",
        '<p title="<img src=no>" data-x=\'>"<img src=no>\'>',
        "<![CDATA[ <img src=no> ",
        "<? <img src=no> ",
        "</ <img src=no> ",
        "<imgs src=no><i mg src=no>< img src=no>",
        """<p a="b"c="d>'"><p a ="b>c"><p a= 'x>y'><p title=it's class="<img src=no>">""",
        """<p "x="y><img src=no>"><div\na="<img src=no>"/><p/a="<img src=no>">""",
        "<!-- - -- ---><!-- a --!><style></styles><img src=no></style x>",
        "<script x='<!--'>'<img src=no>'</script ><script type=a><!--<script></script><img src=no></script>",
        "<svg a=b/><svg><foreignObject><img src=no></foreignObject></svg></svg><svg><title><img src=no></title></svg >",
    ],
)
def test_hidden_images_are_not_found(hidden: str) -> None:
    assert sources(hidden + "<img src=yes>") == ["yes"]


@pytest.mark.parametrize(
    ("tag", "src", "alt"),
    [
        ("<img src=a.png alt=x>", "a.png", "x"),
        ("<IMG SRC='a.png' ALT>", "a.png", ""),
        ("<img src=a/>", "a/", None),
        ('<img src="a.png"alt="b"/>', "a.png", "b"),
        ("<img\r\n\tsrc = a.png\r\nalt = 'b>c'\r\n>", "a.png", "b>c"),
        ("<img/src=a.png/alt=b>", "a.png/alt=b", None),
        ('<img @click="go" :class="{a: b > c}" x-on:click.stop=f() src=a.png alt=">">', "a.png", ">"),
        ("<img src=' a.png\n' alt=a&amp;b&lt>", "a.png", "a&b<"),
        ("<img src=a.png?x=1&copy=2&lt=3&amp;y=4 alt=&copy>", "a.png?x=1&copy=2&lt=3&y=4", "©"),
        ("<img src=one src=two alt=''>", "one", ""),
        ("<img =x src=a.png alt==y>", "a.png", "=y"),
        ("<img title=it's src=a.png alt=\"q'\">", "a.png", "q'"),
    ],
)
def test_attributes_are_read_as_in_browsers(tag: str, src: str, alt: str | None) -> None:
    ref = only("<p>" + tag)
    assert (ref.src, ref.get("alt")) == (src, alt)


@pytest.mark.parametrize("odd", ['<p ="x>', '<p a="b"="x>', '<p/="x>', '<a="b>', '<p "x>', "<p a='b'='x>", "<p it's>"])
def test_quotes_open_value_only_after_name(odd: str) -> None:
    assert sources(odd + "<img src=yes><p title='\">'>") == ["yes"]


def test_link_of_image_and_json_ld_scripts_are_found() -> None:
    body = (
        "<a href=1><span>x</span><svg><a/></svg><img src=a></a><a href=2><b>x</a><img src=b>"
        """<script data-x=">" type="application/ld+json">{}</script><script>1</script>"""
        "<SCRIPT TYPE=Application/LD+JSON>[]</SCRIPT>"
    )
    found = scan(body)
    assert [(ref.src, ref.link) for ref in found.refs] == [("a", "1"), ("b", None)]
    assert len(found.json_ld) == 2


def test_presentation_role_has_no_effect() -> None:
    body = "<div%s><article><h1>x</h1><img src=a></div></article><li%s><p%s><div><img src=b></div>"
    assert [ref.region for ref in scan(body % ("", "", "")).refs] == [
        ref.region for ref in scan(body % ((" role=presentation",) * 3)).refs
    ]


def test_unterminated_tag_is_read_fast() -> None:
    """With two ways to match each attribute, the time would be exponential in their number."""
    assert text_content("x <b" + ' a="b"' * 60) == "x <b" + ' a="b"' * 60


def test_spans_are_in_bytes_and_columns_in_characters() -> None:
    html = "<p>ä\r\n€🙂 <img src=ü.png alt=x>".encode()
    (ref,) = scan_page(html).refs
    assert html[ref.span.start : ref.span.end].decode() == "<img src=ü.png alt=x>"
    src = ref.attributes[0]
    assert html[src.span.start : src.span.end].decode() == "src=ü.png"
    assert (ref.src, ref.line, ref.column) == ("ü.png", 2, 4)


def test_unterminated_tags_and_quotes_end_page() -> None:
    assert sources("<img src=a><img src=b title='oops><img src=c>") == ["a"]
    assert sources("<img src=a><!-- <img src=b>") == ["a"]
    assert sources("<svg><img src=a>") == ["a"], "an <svg> that never ends hides nothing: browsers break out of it"


MATERIAL = """<header class="md-header"><a class="md-logo"><img src=logo></a></header>
<main class="md-main"><div class="md-sidebar md-sidebar--primary"><nav class="md-nav"><img src=drawer></nav></div>
<div class=md-content><article class="md-content__inner"><h1>Title<a class="headerlink" href=#t>¶</a></h1>
<header><img src=byline></header><p>One two</p><h2>Part</h2><p><a href="big.png"><img src=pic></a></p>
<aside><img src=author></aside></article></div></main><footer><img src=foot></footer>"""


def test_material_navigation_in_main_is_chrome() -> None:
    found = scan(MATERIAL)
    zones = {ref.src: ref.region for ref in found.refs}
    article = {name for name, zone in zones.items() if zone is PageRegion.ARTICLE}
    assert article == {"byline", "pic"}
    picture = next(ref for ref in found.refs if ref.src == "pic")
    assert (picture.link, picture.heading, picture.headings_before) == ("big.png", "Part", 1)
    assert picture.text_before == len("Title One two Part")
    assert found.h1_text == "Title"


@pytest.mark.parametrize(
    ("body", "zone"),
    [
        ("<div><img></div>", PageRegion.ARTICLE),
        ("<nav><img></nav>", PageRegion.CHROME),
        ("<div role=navigation><img></div>", PageRegion.CHROME),
        ("<div class='bs-sidebar affix'><img></div>", PageRegion.CHROME),
        ("<div class=has-sidebar><img></div>", PageRegion.ARTICLE),
        ("<div class=sidebar><div></div></div><img>", PageRegion.ARTICLE),
        ("<header><img></header>", PageRegion.CHROME),
        ("<div role=main><header><img></header></div>", PageRegion.ARTICLE),
        ("<main><footer><img></footer></main>", PageRegion.CHROME),
        ("<article><footer><img></footer></article>", PageRegion.ARTICLE),
        ("<img><article></article>", PageRegion.CHROME),
        ("<div class=widget><main><img></main></div>", PageRegion.ARTICLE),
        ("<article><img class=logo></article>", PageRegion.CHROME),
        ("<ul><li class=logo>x<li><img></ul>", PageRegion.ARTICLE),
        ("<p class=widget>x<div><img></div>", PageRegion.ARTICLE),
        ("<article><p>unclosed<div>x</article><img>", PageRegion.CHROME),
    ],
)
def test_zones(body: str, zone: PageRegion) -> None:
    assert only(body.replace("<img", "<img src=x")).region is zone


def test_link_lasts_until_its_end_tag_or_next_link() -> None:
    body = (
        "<nav><a href=n>text <span class=x>in</span> span</a><a class=logo href=home><img src=a></a></nav>"
        "<p><a href=one>text</a><img src=b><a href=two><div><img src=c></div><a href='3&amp;4'><b>x</b><img src=d></a>"
        "<a href=five>never closed<p><img src=e></p><a data-imageseo-hero href=six>six</a><img src=f>"
    )
    found = scan(body)
    assert [ref.link for ref in found.refs] == ["home", None, "two", "3&4", "five", None]
    assert found.hero_slot is not None


def test_link_ends_at_next_link() -> None:
    found = scan("<a href=one>never closed <a href=two>two</a><img src=a><a class=logo>x <a href=3>3</a><img src=b>")
    assert [(ref.link, ref.region) for ref in found.refs] == [(None, PageRegion.ARTICLE)] * 2


@pytest.mark.parametrize(
    "between",
    [
        """<script>document.write("</a>")</script>""",
        "<!-- </a> <a href=other> -->",
        "<svg><a href=other></a></svg>",
        "<template><svg></svg><a href=other>x</a></template>",
        """<b title="x > </a>"><i title='</a>'>""",
        "<abbr></abbr><b title=</a>>",
        "<textarea></a></textarea><span data-a='\"' data-b=\"'\">",
    ],
)
def test_hidden_end_tag_does_not_end_link(between: str) -> None:
    assert only(f"<a href=one>{between}<img src=a>").link == "one"


@pytest.mark.parametrize(
    "before",
    [
        """<b title="x > <nav>">""",
        """<b title='x > "<nav>'>""",
        """<b title = "<nav>">""",
        """<b title=\n'>\n<nav>\n'>""",
        """<b title="1 > 0" <nav>""",
        "<b title=<nav>",
        "<b <nav>",
        "<!x <nav>",
        "<?x '<nav ?>",
        "</ <nav>",
        """<b title="</article>" data-x='</article>'>""",
    ],
)
def test_tag_in_attribute_value_is_ignored(before: str) -> None:
    body = f"<article><h1>Title</h1>{before}<img src=a></article>"
    assert [(ref.src, ref.region) for ref in scan(body).refs] == [("a", PageRegion.ARTICLE)]


@pytest.mark.parametrize(
    "before", ['He said "', "It's '", 'a = "', "x='", "1 < 2 > '", """<b title="a" x='b'>="</b>'""", '<b x=">=">= "']
)
def test_quotes_in_text_hide_nothing(before: str) -> None:
    assert [ref.region for ref in scan(f"<article>{before}<nav><img src=a></nav><img src=b></article>").refs] == [
        PageRegion.CHROME,
        PageRegion.ARTICLE,
    ]


def test_include_and_exclude() -> None:
    body = '<header class=hero><img src=a></header><article><div id=map data-x="1,2"><img src=b></div></article>'
    first, second = scan(body, include=[".hero"], exclude=['img.none, [data-x="1,2"]']).refs
    assert (first.region, first.opt_out) == (PageRegion.ARTICLE, None)
    assert (second.region, second.opt_out) == (PageRegion.ARTICLE, OptOut.IGNORED)
    assert {ref.opt_out for ref in scan(body, exclude=["article"]).refs} == {None, OptOut.IGNORED}
    assert [ref.opt_out for ref in scan(body, exclude=["DIV#map"]).refs] == [None, OptOut.IGNORED]
    assert [ref.opt_out for ref in scan(body, exclude=["[src^='a']", "#nope"]).refs] == [OptOut.IGNORED, None]


@pytest.mark.parametrize("selector", ["a:hover", "", "a,", ".1x", "[x=", "p +", "a::before"])
def test_unsupported_selector_is_named_in_error(selector: str) -> None:
    with pytest.raises(ValueError, match="selector") as caught:
        scan("<img>", exclude=[selector])
    assert repr(selector) in str(caught.value)


def test_opt_outs_and_markers_are_read() -> None:
    body = (
        '<picture><source type=image/webp srcset="a.webp 1x" media=print><img src=a></picture>'
        "<img src=b srcset='b2 2x'><div data-imageseo=ignore><img src=c></div><img src=d data-imageseo=' Ignore '>"
        '<picture data-imageseo><source srcset="e 1w" sizes=9px><img src=e data-imageseo="width hero"></picture>'
        "<img src=f>"
    )
    refs = scan(body).refs
    kept = [OptOut.PICTURE, OptOut.SRCSET, OptOut.IGNORED, OptOut.IGNORED, None, None]
    assert [ref.opt_out for ref in refs] == kept
    assert refs[0].sources[0] == SourceTag("image/webp", "a.webp 1x", None, "print", None, None)
    assert [ref.is_processed for ref in refs] == [False] * 4 + [True, False]
    assert (refs[4].is_marked_hero, refs[4].sources[0].sizes) == (True, "9px")


def test_suppressions_are_read() -> None:
    body = (
        "<!-- imageseo-disable img-missing: made later -->"
        '<div data-imageseo-disable="alt-missing: outer; lcp-lazy">'
        '<img src=a data-imageseo-disable="alt-missing: inner; x">'
        "</div><img src=b>"
    )
    found = scan(body)
    assert found.disabled == (("img-missing", "made later"),)
    assert dict(found.refs[0].disabled) == {"alt-missing": "inner", "x": "", "lcp-lazy": ""}
    assert found.refs[1].disabled == ()


def test_caption_before_or_after_image_is_found() -> None:
    body = (
        "<figure><img src=a><figcaption>On <b>A</b></figcaption></figure>"
        "<figure><figcaption>B</figcaption><img></figure><img>"
    )
    assert [ref.caption for ref in scan(body).refs] == ["On A", "B", None]


def test_page_metadata_is_read() -> None:
    html = (
        b'<!doctype html><html lang="de"><head><meta charset=utf-8><title> A &amp;\n B</title>'
        b'<base href="/x/"><link rel="canonical" href="https://h/p/"><link rel=preload as=image href=h.jpg>'
        b'<meta property="og:Title" content="First"><meta name="og:title" content="Second">'
        b'<script type="application/ld+json; charset=utf-8">{"a": "</p>"}</script><script>1</script></head>'
        b"<body><div data-imageseo-hero></div><main><h1>One</h1></main></body></html>"
    )
    found = scan_page(html)
    assert (found.title, found.language, found.base_href) == ("A & B", "de", "/x/")
    assert (found.canonical, found.meta_content("og:title")) == ("https://h/p/", "First")
    assert [html[span.start : span.end] for span in found.json_ld] == [b'{"a": "</p>"}']
    assert [html[span.start : span.end] for span in found.preload_images] == [b"<link rel=preload as=image href=h.jpg>"]
    assert found.hero_slot is not None
    assert html[found.hero_slot.start : found.hero_slot.end] == b"<div data-imageseo-hero>"
    assert found.h1 is not None
    assert html[found.h1.start : found.h1.end] == b"<h1>One</h1>"
    assert found.article is not None
    assert html[found.article.start : found.article.end] == b"<h1>One</h1>"
    assert found.head_end is not None
    assert html[found.head_end :].startswith(b"</head>")


@pytest.mark.parametrize(
    ("html", "rest"),
    [
        (b"<title>x</title><meta name=a content=b> <p>hi", b" <p>hi"),
        (b"<!doctype html><html><head><link rel=x><style>p{}</style><body class=a><p>", b"<body class=a><p>"),
        (b"<script>1</script>text", b"text"),
    ],
)
def test_head_end_of_minified_page(html: bytes, rest: bytes) -> None:
    assert html[scan_page(html).head_end :] == rest


def test_a_fragment_has_no_head() -> None:
    assert scan_page(b"<p>x<img src=a>").head_end is None


@pytest.mark.parametrize(
    ("html", "codec", "alt"),
    [
        ('<meta charset=windows-1251><img alt="Привет">'.encode("cp1251"), "cp1251", "Привет"),
        (
            '<meta http-equiv=Content-Type content="text/html; charset=Shift_JIS"><img alt="ソ表">'.encode("cp932"),
            "cp932",
            "ソ表",
        ),
        ('<img alt="é">'.encode("cp1252"), "cp1252", "é"),
        ('<img alt="é">'.encode(), "utf-8", "é"),
        ('<meta charset=utf-16><img alt="é">'.encode(), "utf-8", "é"),
        ('\ufeff<meta charset=windows-1251><img alt="é">'.encode(), "utf-8", "é"),
        ('<meta charset=no-such><img alt="é">'.encode(), "utf-8", "é"),
    ],
)
def test_charsets(html: bytes, codec: str, alt: str) -> None:
    found = scan_page(html)
    assert (found.charset, found.refs[0].get("alt")) == (codec, alt)


@pytest.mark.parametrize(
    "html",
    [
        "<img src=a>".encode("utf-16"),
        "<img src=a>".encode("utf-16-le"),
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00",
        b"<meta charset=iso-2022-jp><img>",
        b"<meta charset=hz-gb-2312><img>",
    ],
)
def test_unreadable_bytes_are_rejected(html: bytes) -> None:
    with pytest.raises(UnreadablePage):
        scan_page(html)


def test_empty_and_plain_text_have_no_images() -> None:
    assert scan_page(b"").refs == scan_page(b"google-site-verification: x.html").refs == ()


def test_late_h1_below_page_title_is_ignored() -> None:
    """As in attila for Pelican: the title is in the page header, and articles have h1 headlines of their own."""
    head = "<body><header><h1>Title</h1></header><main><article>"
    late = scan_page(f"{head}<p>{'word ' * 60}</p><h1>Headline</h1></article></main>".encode())
    assert late.h1 is None
    near = scan_page(f"{head}<p>1 May, by A</p><h1>Headline</h1></article></main>".encode())
    assert near.h1 is not None
    alone = scan_page(f"<body><main><article><p>{'word ' * 60}</p><h1>Headline</h1></article></main>".encode())
    assert alone.h1 is not None
