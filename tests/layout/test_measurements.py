"""What a browser saw of a site: how pages are told to be laid out alike, what a page inherits, ``sizes`` that fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from imageseo.layout.measurements import (
    WIDTHS,
    CurrentPage,
    LeadImage,
    Name,
    SiteMeasurements,
    TrustedLayout,
    image_names,
    in_view,
    lead,
    sizes_for,
    slots,
    template_fingerprint,
)
from imageseo.layout.themes import THEMES
from imageseo.model.finding import Viewport
from imageseo.model.hero import Hero
from imageseo.model.image import Asset, ImageRef, PageScan, Variant, VariantSpec
from imageseo.model.layout import Lcp, PageLayout, ShownImage, SiteLayout, Template
from imageseo.model.plan import HeroInsert, ImagePlan, PagePlan
from imageseo.pipeline.markup import page_edits
from imageseo.web.html.edits import apply, strip
from imageseo.web.html.page_scan import scan_page
from imageseo.web.srcset.sizes import source_size

RUNGS = (320, 480, 640, 720, 960, 1280, 1600, 1920, 2560, 3840)


def at(sizes: str, width: int) -> float:
    return source_size(sizes, Viewport(name="x", width=width, height=900, dpr=1))


def rung(width: float) -> int:
    return next((index for index, each in enumerate(RUNGS) if each >= width), len(RUNGS))


# Fitted sizes


def test_what_the_facts_measured() -> None:
    shown = tuple(float(min(860, width - 32)) for width in WIDTHS)
    assert sizes_for(WIDTHS, shown) == "(min-width: 892px) 860px, calc(100vw - 32px)"


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_known_themes_are_found_again(theme: object) -> None:
    """From 13 widths, at every other one: the table was measured at 30."""
    sizes = getattr(theme, "sizes")  # noqa: B009
    fitted = sizes_for(WIDTHS, tuple(round(at(sizes, width) * 2) / 2 for width in WIDTHS))
    assert len(fitted) <= len(sizes) + 2
    assert all(abs(at(fitted, width) - at(sizes, width)) <= 1 for width in WIDTHS)
    between = range(WIDTHS[0], WIDTHS[-1] + 1, 2)
    assert sum(abs(at(fitted, width) - at(sizes, width)) > 1 for width in between) <= 20
    assert all(abs(rung(at(fitted, width)) - rung(at(sizes, width))) <= 1 for width in between)


@pytest.mark.parametrize(
    ("rule", "sizes"),
    [
        (lambda width: 300.0, "300px"),
        (lambda width: float(width), "100vw"),
        (lambda width: width - 32.0, "calc(100vw - 32px)"),
        (lambda width: width / 2, "50vw"),
        (lambda width: min(300.0, width / 2 - 16), "(min-width: 632px) 300px, calc(50vw - 16px)"),
        (lambda width: 0.0 if width < 1000 else 240.0, "240px"),
        (lambda width: 0.0, ""),
        (lambda width: 358.5 if width < 960 else 688.4, "(min-width: 960px) 688px, 358px"),
    ],
)
def test_what_people_would_write(rule: object, sizes: str) -> None:
    assert callable(rule)
    assert sizes_for(WIDTHS, tuple(round(rule(width) * 2) / 2 for width in WIDTHS)) == sizes


def test_widths_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match="2 shown widths"):
        sizes_for(WIDTHS, (1.0, 2.0))
    with pytest.raises(ValueError, match="viewports"):
        sizes_for((800, 400), (1.0, 2.0))


STEPS = (576, 768, 960, 992, 1200, 1220, 1400, 1600)


@st.composite
def layouts(draw: st.DrawFn) -> str:
    """``sizes`` as style sheets lead to them: up to three steps, each of some px, of the rest, or of a part."""
    steps = sorted(draw(st.sets(st.sampled_from(STEPS), max_size=2)))
    entries = []
    for _ in range(len(steps) + 1):
        px, gap, part = draw(st.integers(150, 1300)), draw(st.integers(0, 280)), draw(st.sampled_from((25, 33.33, 50)))
        kinds = (f"{px}px", f"calc(100vw - {gap}px)", f"{part}vw", f"min({px}px, 100vw - {gap}px)")
        entries.append(draw(st.sampled_from(kinds)))
    conditions = [f"(min-width: {step}px) " for step in reversed(steps)] + [""]
    return ", ".join(f"{condition}{length}" for condition, length in zip(conditions, entries, strict=True))


@settings(max_examples=40)
@given(layouts())
def test_any_layout_of_rules_is_met(layout: str) -> None:
    """At every viewport that was measured within 1 px; between two of them within a step of what holds there."""
    truth = {width: at(layout, width) for width in {*range(WIDTHS[0], WIDTHS[-1], 10), *WIDTHS}}
    fitted = sizes_for(WIDTHS, tuple(round(truth[width] * 2) / 2 for width in WIDTHS))
    assert len(fitted.split(", (")) <= 6
    assert [width for width in WIDTHS if abs(at(fitted, width) - truth[width]) > 1] == []
    for left, right in pairwise(WIDTHS):
        between = [width for width in truth if left <= width <= right]
        around = [rung(truth[width]) for width in between]
        assert all(min(around) - 1 <= rung(at(fitted, width)) <= max(around) + 1 for width in between)


@settings(max_examples=40)
@given(st.integers(200, 1500), st.integers(0, 200), st.sampled_from((1, 0.5, 0.25)))
def test_a_column_that_grows_until_it_is_full_is_met_everywhere(px: int, gap: int, part: float) -> None:
    def truth(width: int) -> float:
        return min(px, (width - gap) * part)

    assume(WIDTHS[2] + 10 < px / part + gap < WIDTHS[-2])  # seen thrice while it grows, and twice when it is full
    fitted = sizes_for(WIDTHS, tuple(round(truth(width) * 2) / 2 for width in WIDTHS))
    assert all(abs(at(fitted, width) - truth(width)) <= 1.5 for width in range(WIDTHS[0], WIDTHS[-1], 10))


@settings(max_examples=40)
@given(st.lists(st.integers(1, 2560), min_size=13, max_size=13))
def test_a_layout_without_rules_is_met_roughly(shown: list[int]) -> None:
    fitted = sizes_for(WIDTHS, tuple(map(float, shown)))
    assert len(fitted) < 600
    assert all(at(fitted, width) <= 1.1 * px + 1 for width, px in zip(WIDTHS, shown, strict=True))
    assert all(at(fitted, width) >= 0.9 * px - 1 for width, px in zip(WIDTHS, shown, strict=True))


# Templates

PAGE = """<!doctype html><html lang="en" class="no-js"><head><title>{title}</title></head>
<body dir="ltr" class="{body}" data-md-color-scheme="{scheme}"><header class="md-header"><a href="x" class="logo">
<img src="logo.png"></a></header>
<div class="md-container"><nav class="md-tabs"><ul><li class="md-tabs__item--active"><a>x</a></ul></nav>
<main class="md-main"><div class="md-main__inner md-grid">
<div class="md-sidebar md-sidebar--primary"{nav}><nav class="md-nav"><ul>{items}</ul></nav></div>
<div class="md-sidebar md-sidebar--secondary"{toc}></div>
<div class="md-content"><article id="{id}" class="md-content__inner md-typeset {tags}">{text}</article></div>
</div></main><footer><div class="{footer}">x</div></footer></div></body></html>"""
SAID = {
    "title": "Start", "body": "", "scheme": "default", "nav": "", "items": "<li>a", "toc": "", "id": "start",
    "tags": "", "text": "<h1>Start</h1><p>Words.</p><img src=\"a.jpg\">", "footer": "",
}  # fmt: skip


def page(**others: str) -> bytes:
    return PAGE.format(**(SAID | others)).encode()


def named(html: bytes) -> str:
    return template_fingerprint(html, scan_page(html))


@pytest.mark.parametrize(
    "others",
    [
        {"title": "Another", "text": "<h1>Another</h1><div class='grid cards'><aside>x</aside></div>" * 9},
        {"items": '<li class="active"><nav class="md-nav"><div class="side">b</div></nav>' * 20},
        {"id": "post-17", "tags": "post-17 tag-boats category-sea"},
        {"body": "page-id-12345 js"},
        {"scheme": "slate"},
        {"text": "<!-- </article> --><h1>a</h1>"},
        {"text": "<h1>a</h1><style>.x{color:red}</style>"},
        {"footer": "sidebar"},
    ],
)
def test_what_a_page_is_about_is_no_layout(others: dict[str, str]) -> None:
    assert named(page(**others)) == named(page())


@pytest.mark.parametrize(
    "others",
    [
        {"nav": " hidden"},
        {"toc": " hidden"},
        {"toc": ' style="display: none"'},
        {"tags": "wide"},
        {"body": "layout-landing"},
        {"text": "<h1>a</h1><style>.md-grid{max-width:none}</style>"},
        {"text": "<h1>a</h1></article><article><h1>b</h1>"},
    ],
)
def test_what_moves_an_article_is(others: dict[str, str]) -> None:
    assert named(page(**others)) != named(page())


def test_a_template_is_readable_and_needs_no_article() -> None:
    assert named(page()).startswith("article.md-content__inner.md-typeset-")
    assert named(b"<body class=home><div id=content><h1>a</h1></div>").startswith("body.home-")
    assert named(b"<p>words").startswith("page-")
    assert named(b"<div><div></article></main></p><main>") == named(b"<div><div></article></main></p><main>")


@given(st.text(alphabet="<>/ainavrtcledivmsty=\"' -!#", max_size=200))
def test_any_bytes_have_a_template(text: str) -> None:
    assert named(text.encode())


def asset(path: str, width: int = 1600, height: int = 900) -> Asset:
    return Asset(
        path=path, sha256=path.encode().hex().ljust(64, "0"), bytes=9, format="jpeg", width=width, height=height
    )


def test_our_own_edits_are_no_layout() -> None:
    """With a hero in a figure, pictures, styles and JSON-LD, however the scan was come by."""
    author = page(text="<h1>a</h1><p>Words.</p><img src=a.jpg><img src=b.jpg>")
    scan = scan_page(author)
    spec = VariantSpec(source="ab" * 32, format="avif", width=320, height=180)
    variants = {spec: Variant(spec=spec, sha256="cd" * 32, bytes=5)}
    images = tuple(
        ImagePlan(ref=ref, asset=asset("a.jpg"), specs=(spec,), sizes="100vw", attributes=(("loading", "lazy"),))
        for ref in scan.refs
    )
    assert scan.h1 is not None
    insert = HeroInsert(
        at=scan.h1.end,
        hero=Hero(path="h.jpg", alt="A"),
        asset=asset("h.jpg"),
        src="h.jpg",
        specs=(spec,),
        sizes="100vw",
    )
    plan = PagePlan(scan=scan, images=images, insert=insert)
    built = apply(author, page_edits(plan, variants, json_ld="{}"))
    assert built != author
    assert strip(built) == author
    assert named(built) == named(author) == template_fingerprint(built, scan)


# Pages

HTML = b"""<!doctype html><html><body><header><img src="logo.png"></header><main><article><h1>One</h1>
<img src="a.jpg"><p>Words.</p><img src="b.jpg" width="200"><img src="a.jpg"><img src="small.png" style="width:50%">
<img src="https://elsewhere.example/x.png"></article></main></body></html>"""
ASSETS = {
    "logo.png": asset("logo.png", 64, 64),
    "a.jpg": asset("a.jpg"),
    "b.jpg": asset("b.jpg", 500, 300),
    "small.png": asset("small.png", 300, 200),
    "banner.jpg": asset("banner.jpg"),
}
COLUMN = tuple(min(688.0, width - 32.0) for width in WIDTHS)
SCAN = scan_page(HTML)
KIND = template_fingerprint(HTML, SCAN)


def asset_of(ref: ImageRef) -> Asset | None:
    return ASSETS.get(ref.src)


def measured(name: str, images: Sequence[ShownImage], lcp: Mapping[str, Lcp] | None = None) -> PageLayout:
    return PageLayout(page=name, template=KIND, images=tuple(images), lcp=lcp or {})


def survey(*pages: PageLayout) -> SiteMeasurements:
    kinds = {KIND: Template(id=KIND, column=COLUMN, pages=len(pages))}
    return SiteMeasurements(SiteLayout(widths=WIDTHS, pages={each.page: each for each in pages}, templates=kinds))


def seen(src: str, px: float, nth: int = 0, **tops: float) -> ShownImage:
    return ShownImage(src=src, nth=nth, widths=(px,) * len(WIDTHS), tops=tops)


OWN = [
    seen("logo.png", 48, mobile=10, desktop=10),
    seen("a.jpg", 688, mobile=300, desktop=300),
    seen("b.jpg", 200, mobile=900, desktop=800),
    seen("a.jpg", 400, nth=1, mobile=2000, desktop=2000),
    seen("small.png", 150, mobile=3000),
    seen("https://elsewhere.example/x.png", 90),
]
LEAD = {"mobile": Lcp(kind="image", src="a.jpg"), "desktop": Lcp(kind="image", src="a.jpg")}


def names_of(scan: PageScan) -> list[Name]:
    return image_names(ref.src for ref in scan.refs)


def held(
    known: SiteMeasurements, scan: PageScan = SCAN, name: str = "one.html", inserted: str | None = None
) -> TrustedLayout:
    return known.held(CurrentPage(name, KIND, scan.refs, names_of(scan), asset_of, dict), inserted=inserted)


def test_images_are_told_apart_by_their_file_and_their_turn() -> None:
    assert names_of(SCAN) == [
        ("logo.png", 0), ("a.jpg", 0), ("b.jpg", 0), ("a.jpg", 1), ("small.png", 0),
        ("https://elsewhere.example/x.png", 0),
    ]  # fmt: skip


def test_a_page_is_what_was_measured_of_it() -> None:
    own = measured("one.html", OWN, LEAD)
    found = held(survey(own))
    assert found == TrustedLayout(own)
    names = dict(zip((ref.span for ref in SCAN.refs), names_of(SCAN), strict=True))
    shown = slots(own, WIDTHS, names)
    assert [(shown[ref.span].width, shown[ref.span].in_view) for ref in SCAN.refs] == [
        (48, True), (688, True), (200, True), (400, False), (150, False), (90, None),
    ]  # fmt: skip
    assert {each.sizes for each in shown.values()} == {"48px", "688px", "200px", "400px", "150px", "90px"}


def test_a_page_that_lost_an_image_is_measured_no_more() -> None:
    gone = held(survey(measured("one.html", [*OWN, seen("old.jpg", 600)], LEAD)))
    assert gone.drift == "old.jpg stood on it then"
    assert gone.layout is not None
    assert gone.layout.inherited
    assert not gone.layout.lcp


def test_a_hero_that_the_build_puts_there_is_not_lost() -> None:
    own = measured("one.html", [*OWN, seen("banner.jpg", 600)], LEAD)
    assert held(survey(own), inserted="banner.jpg") == TrustedLayout(own)
    assert held(survey(own)).drift == "banner.jpg stood on it then"
    assert slots(own, WIDTHS, {}, inserted="banner.jpg")[None].sizes == "600px"


def test_a_page_of_another_layout_is_measured_no_more() -> None:
    own = measured("one.html", OWN, LEAD)
    found = survey(own).held(CurrentPage("one.html", "other", SCAN.refs, names_of(SCAN), asset_of, dict))
    assert found == TrustedLayout(None, "it is laid out differently now")


def test_beside_a_new_image_the_widths_hold_and_the_lcp_is_open() -> None:
    own = measured("one.html", OWN[1:], LEAD)
    found = held(survey(own))
    assert found.drift is None
    assert found.layout == measured("one.html", OWN[1:])


def test_a_new_page_inherits_the_column() -> None:
    """A picture never wider than its file, or than its author wrote; a logo as wide as on the other pages."""
    found = held(survey(measured("other.html", [OWN[0]])), name="new.html").layout
    assert found is not None
    assert found.inherited
    widths = {(image.src, image.nth): image.widths for image in found.images}
    assert widths == {
        ("logo.png", 0): (48.0,) * 13,
        ("a.jpg", 0): COLUMN,
        ("a.jpg", 1): COLUMN,
        ("b.jpg", 0): tuple(min(200.0, column) for column in COLUMN),
        ("small.png", 0): tuple(min(300.0, column / 2) for column in COLUMN),
    }
    assert held(survey(), name="new.html").layout is not None
    assert survey().held(CurrentPage("new.html", "other", SCAN.refs, names_of(SCAN), asset_of, dict)) == TrustedLayout(
        None
    )


def test_an_image_that_pages_show_differently_is_not_told_by_them() -> None:
    pages = [measured("x.html", [seen("a.jpg", 100)]), measured("y.html", [seen("a.jpg", 688)])]
    found = held(survey(*pages), name="new.html").layout
    assert found is not None
    assert next(image.widths for image in found.images if image.src == "a.jpg") == COLUMN


def test_a_logo_is_told_by_its_turn() -> None:
    """The header's by the headers', the drawer's by the drawers'; each where it stands highest."""
    twice = scan_page(
        b'<header><img src="logo.png"></header><nav><img src="logo.png"></nav><main><article></article></main>'
    )
    pages = [
        measured(name, [seen("logo.png", 24, mobile=top), seen("logo.png", 48, nth=1, mobile=900)])
        for name, top in (("x.html", 12), ("y.html", 9))
    ]
    found = held(survey(*pages), twice, "new.html").layout
    assert found is not None
    assert [(each.nth, each.widths[0], each.tops) for each in found.images] == [
        (0, 24, {"mobile": 9}),
        (1, 48, {"mobile": 900}),
    ]


def test_the_lcp_is_inherited_where_all_agree() -> None:
    def told(*lcps: Lcp, scan: PageScan = SCAN) -> Mapping[str, Lcp]:
        pages = [measured(f"{index}.html", [], {"mobile": lcp}) for index, lcp in enumerate(lcps)]
        found = held(survey(*pages), scan, "new.html").layout
        assert found is not None
        return found.lcp

    text, image = Lcp(kind="text", height=90), Lcp(kind="image", src="a.jpg", width=688, bytes=9)
    assert told(image, image, image) == {"mobile": Lcp(kind="image", src="a.jpg")}
    assert told(image, image) == {}
    assert told(image, image, text) == {}
    assert told(text, text, text) == {}  # this page has images near its top
    words = scan_page(
        b"<body><main><article><h1>One</h1>" + b"<p>words</p>" * 1000 + b'<img src="a.jpg"></article></main>'
    )
    assert told(text, text, text, scan=words) == {"mobile": Lcp(kind="text")}
    cover = scan_page(b'<header><img src="cover.jpg"></header>' + b"<main><article><h1>One</h1>words</article></main>")
    assert told(text, text, text, scan=cover) == {}, "the theme shows a picture that the others do not have"
    assert told(text, text, Lcp(kind="background"), scan=words) == {}
    assert told(text, text, image, scan=words) == {}
    assert told(text, text, Lcp(kind="image", src="other.jpg"), scan=words) == {"mobile": Lcp(kind="text")}


@pytest.mark.parametrize(
    ("mobile", "desktop", "expected"),
    [
        ("a.jpg", "a.jpg", LeadImage(("a.jpg", 0))),
        ("a.jpg", "b.jpg", LeadImage(("a.jpg", 0))),
        ("a.jpg", "text", LeadImage(("a.jpg", 0))),
        ("text", "a.jpg", LeadImage(("a.jpg", 0))),  # a phone shows it in its first screen
        ("text", "b.jpg", LeadImage(None)),  # and this one 900 px down
        ("text", "text", LeadImage(None)),
        ("video", "background", LeadImage(None)),
        ("none", "none", None),
        ("none", "text", LeadImage(None)),
        ("text", None, None),
        (None, "a.jpg", None),
    ],
)
def test_the_image_to_hurry(mobile: str | None, desktop: str | None, expected: LeadImage | None) -> None:
    def lcp(name: str) -> Lcp:
        if name.endswith(".jpg"):
            return Lcp(kind="image", src=name)
        return Lcp(kind=name)  # type: ignore[arg-type]

    told = {"mobile": mobile, "desktop": desktop}
    own = measured("one.html", OWN, {name: lcp(kind) for name, kind in told.items() if kind is not None})
    assert lead(own) == expected


def test_in_view_is_what_any_screen_shows_first() -> None:
    assert in_view(seen("a.jpg", 9, mobile=823, desktop=940, phone=844, tablet=1180)) is False
    assert in_view(seen("a.jpg", 9, mobile=823, desktop=940, phone=844, tablet=1179)) is True
    assert in_view(seen("a.jpg", 9)) is None
