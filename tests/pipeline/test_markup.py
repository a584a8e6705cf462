"""Edits of a page plan."""

from __future__ import annotations

import re
from dataclasses import replace

from imageseo.model.hero import Hero
from imageseo.model.image import Asset, ImageRef, PageScan, Variant, VariantSpec
from imageseo.model.plan import HeroInsert, ImagePlan, Label, PagePlan
from imageseo.pipeline.markup import page_edits
from imageseo.web.html.edits import apply, strip
from imageseo.web.html.page_scan import scan_page

HEAD = "<!doctype html><html><head><title>T</title></head><body>"
ASSET = Asset(path="img/my pic.jpg", sha256="ab" * 32, bytes=9, format="jpeg", width=1600, height=900)
SPECS = tuple(
    VariantSpec(source=ASSET.sha256, format=kind, width=width, height=width * 9 // 16, quality=50)
    for kind in ("avif", "webp")
    for width in (640, 320)
)
VARIANTS = {spec: Variant(spec=spec, sha256=f"{spec.width:x}" * 20, bytes=5) for spec in SPECS}
ADDED = (("width", "1600"), ("height", "900"), ("loading", "lazy"), ("decoding", "async"))


def image(ref: ImageRef, **changes: object) -> ImagePlan:
    values: dict[str, object] = {"asset": ASSET, "specs": SPECS, "sizes": "100vw", "attributes": ADDED, **changes}
    return ImagePlan(ref=ref, **values)  # type: ignore[arg-type]


def built(html: str, *, json_ld: str | None = None, codec: str = "utf-8", **changes: object) -> str:
    page = html.encode(codec)
    scan = scan_page(page)
    plan = PagePlan(scan=scan, images=tuple(image(ref, **changes) for ref in scan.refs))
    after = apply(page, page_edits(plan, VARIANTS, json_ld=json_ld))
    assert strip(after) == page
    return after.decode(codec)


def body_of(html: str) -> str:
    return html.partition("<body>")[2]


def test_picture_wraps_the_authors_tag_unchanged() -> None:
    html = body_of(built(HEAD + "<p><IMG src=\"../img/my%20pic.jpg?v=1#x\"  Alt='a' />"))
    name = "../img/my%20pic-{w}w.{h}.{kind}"
    srcset = {
        kind: ", ".join(f"{name.format(w=w, h=(f'{w:x}' * 20)[:8], kind=kind)} {w}w" for w in (320, 640))
        for kind in ("avif", "webp")
    }
    assert html == (
        "<p><picture data-imageseo>"
        f'<source type="image/avif" srcset="{srcset["avif"]}" sizes="100vw">'
        f'<source type="image/webp" srcset="{srcset["webp"]}" sizes="100vw">'
        '<IMG src="../img/my%20pic.jpg?v=1#x"  Alt=\'a\' width="1600" height="900" loading="lazy" decoding="async"'
        ' data-imageseo="width height loading decoding" /></picture>'
    )


def test_attributes_are_inserted_outside_of_values() -> None:
    assert "<img src=foo/ width=" in built(HEAD + "<img src=foo/>", specs=())
    assert '"decoding" ' not in built(HEAD + "<img src=foo alt= >", specs=())
    scan = scan_page(built(HEAD + "<img src=foo alt= >", specs=()).encode())
    assert (scan.refs[0].get("alt"), scan.refs[0].get("width")) == ("", "1600")
    scan = scan_page(built(HEAD + "<img/src='foo'alt>", specs=()).encode())
    assert (scan.refs[0].get("alt"), scan.refs[0].get("height")) == ("", "900")


def test_failed_variants_are_not_listed() -> None:
    page = (HEAD + "<img src=my.jpg>").encode()
    scan = scan_page(page)
    plan = PagePlan(scan=scan, images=(image(scan.refs[0], attributes=()),))
    only_webp = {spec: variant for spec, variant in VARIANTS.items() if spec.format == "webp" and spec.width == 320}
    after = apply(page, page_edits(plan, only_webp, json_ld=None)).decode()
    assert after.count("<source") == after.count("webp 320w") == 1
    assert page_edits(plan, {}, json_ld=None) == ()


def test_hero_is_marked_without_other_attributes() -> None:
    assert ' data-imageseo="hero">' in built(HEAD + "<img src=a>", specs=(), attributes=(), hero=True)


def test_auto_sizes_are_on_image_and_sources() -> None:
    html = body_of(built(HEAD + "<img src='a b.jpg,'>", auto_sizes=True))
    assert 'srcset="a%20b.jpg%2C 1600w" sizes="auto, 100vw" style=' in html
    assert html.count('sizes="auto, 100vw"') == 3
    assert 'style="contain-intrinsic-size:1600px 900px"' in html
    assert 'data-imageseo="width height loading decoding srcset sizes style"' in html
    assert "auto" not in body_of(built(HEAD + "<img src=a>", specs=(), auto_sizes=True)), "no sources, nothing to size"


def test_known_width_only_last_source_has_auto_sizes() -> None:
    html = body_of(built(HEAD + "<img src=a.jpg>", auto_sizes=True, known_width=True))
    assert re.findall(r'<source type="image/(\w+)"[^>]* sizes="([^"]*)"', html) == [
        ("avif", "100vw"),
        ("webp", "auto, 100vw"),
    ]
    assert re.search(r'<img[^>]* sizes="auto, 100vw"', html)


def test_auto_sizes_need_both_attributes_in_px() -> None:
    page = HEAD + '<img src=a width="80%">'
    assert "auto," not in body_of(built(page, auto_sizes=True, attributes=(("loading", "lazy"),)))
    assert "auto," in body_of(built(page.replace("%", ""), auto_sizes=True, attributes=(("height", "45"),)))


def test_width_of_chrome_images_is_left_to_the_theme() -> None:
    html = body_of(built(HEAD + "<nav><img src=a><img src=b></nav>", specs=(), attributes=ADDED[:1]))
    assert html.count('data-imageseo="width chrome"') == 2
    html = body_of(built(HEAD + "<nav><img src=b width=9></nav>", specs=(), attributes=ADDED[1:2]))
    assert 'data-imageseo="height"' in html


def test_authors_srcset_gets_attributes_only_and_ignored_images_nothing() -> None:
    assert "picture data-imageseo" not in body_of(built(HEAD + "<img src=a srcset='b 2x'>"))
    page = HEAD + "<p data-imageseo=ignore><img src=a></p><img src=b data-imageseo=mine>"
    assert built(page) == page


def test_folders_are_escaped_for_srcset() -> None:
    html = built(HEAD + '<img src="https://cdn.example/a b/ü&amp;1/my pic.jpg">', specs=SPECS[:1])
    assert 'srcset="https://cdn.example/a%20b/ü&amp;1/my%20pic-640w.' in html


def test_markup_is_in_the_pages_charset() -> None:
    page = HEAD.replace("<title>", "<meta charset=windows-1251><title>") + '<img src="картинки/\u2116.jpg">'
    html = built(page, codec="cp1251", specs=SPECS[:1])
    assert 'srcset="картинки/my%20pic' in html


def test_style_and_json_ld_are_at_the_end_of_head() -> None:
    html = built(HEAD + "<img src=a>", json_ld='{"a":1}')
    head = html.partition("</head>")[0]
    assert head.endswith('</style><script type="application/ld+json" data-imageseo>{"a":1}</script>')
    assert built(HEAD + "x", json_ld="{}").count("<style") == 0


def insert(scan: PageScan, at: int, caption: str | None = None, alt: str | None = "A & B") -> HeroInsert:
    hero = Hero(path="img/my pic.jpg", alt=alt, caption=caption)
    return HeroInsert(at=at, hero=hero, asset=ASSET, src="../img/my%20pic.jpg", specs=SPECS, sizes="100vw")


def test_inserted_hero_has_high_priority_only_if_urgent() -> None:
    page = (HEAD + "<h1>H</h1>").encode()
    scan = scan_page(page)
    assert scan.h1 is not None
    for urgent, count in ((True, 1), (False, 0)):
        plan = PagePlan(scan=scan, insert=replace(insert(scan, scan.h1.end), urgent=urgent))
        assert apply(page, page_edits(plan, VARIANTS)).count(b'fetchpriority="high"') == count


def test_inserted_hero_is_between_its_neighbours() -> None:
    page = (HEAD + "<img src=before><h1>H</h1><img src=after>").encode()
    scan = scan_page(page)
    assert scan.h1 is not None
    for at, order in (
        (scan.h1.start, ["</picture>", "<figure", "<h1>"]),
        (scan.h1.end, ["</h1>", "<figure", "</figure>", "<picture"]),
    ):
        plan = PagePlan(scan=scan, images=tuple(map(image, scan.refs)), insert=insert(scan, at, caption="<C>"))
        after = apply(page, page_edits(plan, VARIANTS, json_ld="{}"))
        assert strip(after) == page
        text = body_of(after.decode())
        places = [text.index(order[0])]
        for piece in order[1:]:
            places.append(text.index(piece, places[-1]))
        assert places == sorted(places)
        found = scan_page(after)
        hero = next(ref for ref in found.refs if ref.is_marked_hero)
        assert (hero.get("alt"), hero.get("fetchpriority"), hero.get("loading")) == ("A & B", "high", None)
        assert (hero.caption, hero.is_processed, len(hero.sources)) == ("<C>", True, 2)
        assert [ref.src for ref in found.refs if not ref.is_marked_hero] == ["before", "after"]


def test_hero_without_alt_gets_no_alt() -> None:
    page = (HEAD + "<h1>H</h1>").encode()
    scan = scan_page(page)
    plan = PagePlan(scan=scan, insert=insert(scan, len(page), alt=None))
    after = apply(page, page_edits(plan, {}, json_ld=None)).decode()
    assert "alt=" not in after
    assert "<picture" not in body_of(after)
    assert "<figcaption" not in after


def test_labelled_hero_has_both_labels_with_their_language() -> None:
    page = (HEAD + "<h1>H</h1>").encode()
    scan = scan_page(page)
    label = Label(caption="C & D", overlay="<O>", language="en")
    plan = PagePlan(scan=scan, insert=replace(insert(scan, len(page), caption="Said"), label=label))
    after = apply(page, page_edits(plan, VARIANTS, json_ld=None)).decode()
    assert strip(after.encode()) == page
    html = body_of(after)
    assert '<figure data-imageseo="hero-figure"><span data-imageseo="hero-frame"><picture data-imageseo>' in html
    assert '</picture><span data-imageseo="ai-overlay" lang="en">&lt;O&gt;</span></span><figcaption>Said · ' in html
    assert html.endswith('<span data-imageseo="ai-label" lang="en">C &amp; D</span></figcaption></figure>')
    assert after.count("<style data-imageseo>") == after.count("</style>") == 1
    plain = PagePlan(scan=scan, insert=replace(insert(scan, len(page)), label=replace(label, overlay=None)))
    assert b"hero-frame" not in apply(page, page_edits(plain, VARIANTS, json_ld=None))


def test_head_and_first_image_at_the_same_byte() -> None:
    html = built("<title>T</title><img src=a>", json_ld="{}")
    assert html.startswith("<title>T</title><style data-imageseo>")
    assert "</script><picture data-imageseo><source" in html
