"""Properties of all pages, generated or built by real themes, compared with other HTML parsers."""

from __future__ import annotations

import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest
import turbohtml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from imageseo.model.hero import Hero
from imageseo.model.image import Asset, ImageRef, PageRegion, Variant, VariantSpec
from imageseo.model.plan import FULL_MARKUP, HeroInsert, ImagePlan, MarkupChoice, MarkupForm, PagePlan
from imageseo.pipeline.markup import page_edits
from imageseo.web.html.edits import apply, strip
from imageseo.web.html.page_scan import scan_page

ASSET = Asset(path="x/a.jpg", sha256="ab" * 32, bytes=9, format="jpeg", width=1600, height=900)
SPECS = tuple(
    VariantSpec(source=ASSET.sha256, format=kind, width=width, height=width, quality=50)
    for kind in ("avif", "webp")
    for width in (320, 640)
)
VARIANTS = {spec: Variant(spec=spec, sha256=f"{spec.width:x}" * 20, bytes=5) for spec in SPECS}
ADDED = (("width", "1600"), ("height", "900"), ("loading", "lazy"), ("decoding", "async"))
HIDDEN = frozenset({"template", "noscript", "svg", "math", "iframe"})


def plan_image(ref: ImageRef, index: int) -> ImagePlan:
    return ImagePlan(
        ref=ref,
        asset=ASSET,
        specs=SPECS if ref.opt_out is None and ref.region is PageRegion.ARTICLE else (),
        sizes="(min-width: 60em) 688px, 100vw",
        attributes=tuple((name, value) for name, value in ADDED if ref.get(name) is None),
        auto_sizes=index % 2 == 1 and ref.get("style") is None and ref.get("sizes") is None,
        hero=index == 0,
        choice=FULL_MARKUP if ref.unwrappable is None else MarkupChoice(form=MarkupForm.IMG),
    )


def build(page: bytes) -> bytes:
    """Process a page as a build does, with all features enabled."""
    author = strip(page)
    scan = scan_page(author)
    hero = Hero(path="x/a.jpg", alt='"A" & <B>', caption="C")
    insert = None
    if not scan.refs and scan.h1 is not None:
        insert = HeroInsert(at=scan.h1.end, hero=hero, asset=ASSET, src="x/a.jpg", specs=SPECS, sizes="100vw")
    images = tuple(plan_image(ref, index) for index, ref in enumerate(scan.refs))
    return apply(author, page_edits(PagePlan(scan=scan, images=images, insert=insert), VARIANTS, json_ld='{"a":1}'))


def check(page: bytes) -> None:
    built = build(page)
    assert strip(built) == page
    assert build(built) == built
    before, after = scan_page(page).refs, [ref for ref in scan_page(built).refs if ref.src != "x/a.jpg"]
    assert [ref.src for ref in before if ref.src != "x/a.jpg"] == [ref.src for ref in after]
    for old, new in zip(before, after, strict=False):
        assert {item[:2] for item in old.attributes} <= {item[:2] for item in new.attributes}


def dom_sources(page: bytes) -> list[str]:
    """Return the images that a full HTML parser finds, in document order."""
    images = turbohtml.parse(page.decode("latin-1")).select("img")
    count = [image for image in images if not HIDDEN & {getattr(above, "tag", "") for above in image.ancestors}]
    return [str(image.attrs.get("src") or "") for image in count]


def rewriter_sources(page: bytes) -> list[str]:
    """Return the images that a streaming rewriter finds: raw values, including hidden images."""
    pytest.importorskip("lolhtml", reason="python-lolhtml has no wheel for this system")
    import lolhtml

    found: list[str] = []

    class Images:
        def element(self, element: lolhtml.Element) -> None:
            found.append(unescape(element.get_attribute("src") or ""))

    rewriter = lolhtml.HTMLRewriter(lambda chunk: None)
    rewriter.on("img", Images())
    rewriter.write(page)
    rewriter.end()
    return found


def scanned_sources(page: bytes) -> list[str]:
    return [(ref.get("src") or "").encode(scan_page(page).charset).decode("latin-1") for ref in scan_page(page).refs]


VALUES = st.sampled_from(
    ["a.png", "b c.png", "ü.png", "a>b", "<img src=no>", "'", "x=1&amp;y=2", "", "{a: 1}", "é/я.jpg", "</script>", "/"]
)
NAMES = st.sampled_from(
    ["alt", "@click", ":class", "x-on:click.stop", "data-x", "ALT", "title", "width", "style", "sizes", "loading", "=a"]
)


@st.composite
def attribute(draw: st.DrawFn, name: str | None = None) -> str:
    name = name or draw(NAMES)
    value = draw(VALUES)
    equals = draw(st.sampled_from(["=", " = ", "=\r\n"]))
    form = draw(st.integers(0, 3))
    if form == 0 and '"' not in value:
        return f'{name}{equals}"{value}"'
    if form == 1 and "'" not in value:
        return f"{name}{equals}'{value}'"
    if form == 2 and value and not set(value) & set("\"'<>` \t\r\n="):
        return f"{name}{equals}{value}"
    return name if form == 3 else f'{name}="{value}"'


@st.composite
def image(draw: st.DrawFn) -> str:
    tag = draw(st.sampled_from(["img", "IMG", "iMg"]))
    parts = draw(st.lists(attribute(), max_size=3))
    parts.insert(draw(st.integers(0, len(parts))), draw(attribute("src")))
    glue = draw(st.sampled_from([" ", "\r\n", "/", "\t "]))
    end = draw(st.sampled_from([">", "/>", " />", " >", "\n/>"]))
    return f"<{tag} " + glue.join(parts).replace("//", "/ /") + end


TEXT = st.sampled_from(
    ["text", "a < b", "&lt;img&gt;", "&copy;", "ü€", "\r\n", "x > y", '"', "'", "<3", "</", "<", "<>", "</>"]
)
HIDDEN_THINGS = st.sampled_from(
    [
        "<!-- <img src=no> -->",
        "<!--><p>",
        "<!--->x-->",
        "<!-- a --!>",
        "<script>if (a < b) '<img src=no>'</script>",
        '<script><!-- <script>"</script>" --></script>',
        "<style>a > b { content: '<img>' }</style>",
        "<textarea><img src=no></textarea>",
        "<svg viewBox='0 0 1 1'><path d='M0 0'/><title>a &lt; b</title></svg>",
        "<template><img src=no></template>",
        "<svg/>",
        "<p title='<img src=no>' data-y=\"'>\">",
        "<?php <b> ?>",
        "<![CDATA[ x ]]>",
        "<a href=x/>",
        "<picture><source srcset='a 1x'><img src=kept></picture>",
        "<div data-imageseo=ignore><img src=ignored></div>",
        "<h1>Title</h1>",
        "<h2>Part",
        "</h2>",
        "<main>",
        "</main>",
        "<nav>",
        "</nav>",
        "<figure>",
        "<figcaption>c</figcaption></figure>",
    ]
)
PAGES = st.builds(
    lambda head, parts: head + "".join(parts),
    st.sampled_from(
        [
            "",
            "<!DOCTYPE html><html><head><title>x</title></head><body>",
            "<!doctype html><meta charset=utf-8><title>x</title>",
            "<HTML><HEAD><META CHARSET=utf-8><BODY CLASS='a>b'>\r\n",
        ]
    ),
    st.lists(st.one_of(image(), TEXT, HIDDEN_THINGS), max_size=12),
)


@settings(max_examples=300, deadline=None)
@given(PAGES)
@example("<title>x</title><img src=a><img src=b>")
@example("<img src=a/><h1>x</h1><img src=b alt=>")
@example("<img src=a alt=")
def test_edited_pages_can_be_stripped(page: str) -> None:
    check(page.encode())


@settings(max_examples=300, deadline=None)
@given(PAGES)
def test_scanned_images_agree_with_html_parser(page: str) -> None:
    html = page.encode()
    assert sorted(scanned_sources(html)) == sorted(dom_sources(html))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(image(), TEXT), max_size=10), st.sampled_from(["cp1251", "cp932"]))
def test_other_charsets_are_kept_exactly(parts: list[str], codec: str) -> None:
    label = {"cp1251": "windows-1251", "cp932": "shift_jis"}[codec]
    check(f"<meta charset={label}>{''.join(parts)}ソ表Привет".encode(codec, "xmlcharrefreplace"))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 3))
def test_any_bytes_can_be_edited_and_stripped(junk: bytes, images: int) -> None:
    page = b"<title>x</title>" + b"<img src=a>".join([junk.replace(b"\0", b"<")] * (images + 1))
    if b"charset" not in page.lower():
        assert strip(build(page)) == page


POST = """Title: One
Date: 2026-01-01
hero: x

# One

Words before ![alpha](images/a.png){ width=300 } and **more** <img src="images/b.png" @click="a > b" :class='{x: 1}'>.

<figure markdown="1">

![beta](images/c.png)

<figcaption>A < B</figcaption></figure>

```html
<img src="never.png">
```

| a | b |
|---|---|
| ![d](images/d.png) | x |
"""


def run(*command: str) -> None:
    subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True, timeout=120)


THEMES = ["material", "material-minified", "readthedocs", "mkdocs", "simple", "notmyidea"]


@pytest.fixture(scope="module", params=THEMES)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Return the pages of a small site built with a real theme."""
    folder, theme = tmp_path_factory.mktemp("site"), str(request.param)
    source, output = folder / "docs", folder / "out"
    source.mkdir()
    (source / "index.md").write_text(POST, encoding="utf-8")
    (source / "two.md").write_text(POST.replace("One", "Zwölf €"), encoding="utf-8")
    if theme in ("simple", "notmyidea"):
        (folder / "conf.py").write_text(f"THEME={theme!r}\nSITENAME='S'\nTIMEZONE='UTC'\nDEFAULT_LANG='en'\n")
        (source / "index.md").rename(source / "one.md")
        for name in ("one", "two"):
            path = source / f"{name}.md"
            path.write_text(path.read_text("utf-8").replace("Title: One", f"Title: {name}"), encoding="utf-8")
        run("pelican", str(source), "-o", str(output), "-s", str(folder / "conf.py"))
    else:
        plugins = "[search, minify: {minify_html: true}]" if theme.endswith("minified") else "[search]"
        config = (
            f"site_name: S\ntheme: {{name: {theme.split('-')[0]}}}\nplugins: {plugins}\n"
            "markdown_extensions: [attr_list, md_in_html, tables]\n"
        )
        (folder / "mkdocs.yml").write_text(config, encoding="utf-8")
        run("mkdocs", "build", "-q", "-f", str(folder / "mkdocs.yml"), "-d", str(output))
    pages = [path.read_bytes() for path in sorted(Path(output).rglob("*.html"))]
    assert len(pages) >= 3
    return pages


def minify(page: bytes) -> bytes:
    """Return the page after aggressive minification: no optional quotes and tags, CRLF."""
    import minify_html

    return minify_html.minify(page.decode(), minify_css=False, minify_js=False).replace("\n", "\r\n").encode()


def test_pages_of_real_themes_can_be_edited_and_stripped(site: list[bytes]) -> None:
    count = 0
    for page in site:
        for variant in (page, minify(page), page.replace(b"\n", b"\r\n"), page.replace(b"<img ", b"<IMG ")):
            check(variant)
            assert scanned_sources(variant) == dom_sources(variant) == rewriter_sources(variant)
            count += len(scan_page(variant).refs)
    assert count > 20


def test_article_images_of_real_themes_are_detected(site: list[bytes]) -> None:
    for page in site:
        scan = scan_page(page)
        for ref in scan.refs:
            own = ref.src.rpartition("/")[2] in ("a.png", "b.png", "c.png", "d.png")
            # notmyidea shows its newest article in an <aside>, as an <article>
            assert (ref.region is PageRegion.ARTICLE) == own, ref
        assert scan.head_end is not None
        # notmyidea writes a description with quotes into its head, which ends there
        ends = (b"</head>", b"<body", b". A &lt; B", b". A < B")
        assert page[scan.head_end :].lstrip().startswith(ends)
