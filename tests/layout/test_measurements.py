"""Measurements of a site: template fingerprints, inheritance by pages, fitted ``sizes``."""

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
from imageseo.layout.themes import known_themes
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


def test_column_with_padding_is_fitted() -> None:
    shown = tuple(float(min(860, width - 32)) for width in WIDTHS)
    assert sizes_for(WIDTHS, shown) == "(min-width: 892px) 860px, calc(100vw - 32px)"


# Other themes have breakpoints between which 13 widths are too few.
FITTED = [
    theme for theme in known_themes() if theme.name.startswith(("material", "mkdocs", "readthedocs", "notmyidea"))
]


@pytest.mark.parametrize("theme", FITTED, ids=lambda theme: theme.name)
def test_sizes_of_known_themes_are_fitted(theme: object) -> None:
    """From 13 widths, at all others, too: the table was measured at 30."""
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
def test_fitted_sizes_are_simple(rule: object, sizes: str) -> None:
    assert callable(rule)
    assert sizes_for(WIDTHS, tuple(round(rule(width) * 2) / 2 for width in WIDTHS)) == sizes


def test_widths_that_do_not_match_are_rejected() -> None:
    with pytest.raises(ValueError, match="2 shown widths"):
        sizes_for(WIDTHS, (1.0, 2.0))
    with pytest.raises(ValueError, match="viewports"):
        sizes_for((800, 400), (1.0, 2.0))


STEPS = (576, 768, 960, 992, 1200, 1220, 1400, 1600)


@st.composite
def layouts(draw: st.DrawFn) -> str:
    """``sizes`` as style sheets cause them: up to three ranges, each a constant, the rest, or a share."""
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
def test_layout_of_rules_is_fitted(layout: str) -> None:
    """At measured viewports to 1 px; between two of them to one step of the ladder."""
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
def test_column_with_maximum_width_is_fitted_everywhere(px: int, gap: int, part: float) -> None:
    def truth(width: int) -> float:
        return min(px, (width - gap) * part)

    assume(WIDTHS[2] + 10 < px / part + gap < WIDTHS[-2])  # three viewports below the maximum, two above
    fitted = sizes_for(WIDTHS, tuple(round(truth(width) * 2) / 2 for width in WIDTHS))
    assert all(abs(at(fitted, width) - truth(width)) <= 1.5 for width in range(WIDTHS[0], WIDTHS[-1], 10))


@settings(max_examples=40)
@given(st.lists(st.integers(1, 2560), min_size=13, max_size=13))
def test_layout_without_rules_is_fitted_approximately(shown: list[int]) -> None:
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
DEFAULTS = {
    "title": "Start", "body": "", "scheme": "default", "nav": "", "items": "<li>a", "toc": "", "id": "start",
    "tags": "", "text": "<h1>Start</h1><p>Words.</p><img src=\"a.jpg\">", "footer": "",
}  # fmt: skip


def page(**others: str) -> bytes:
    return PAGE.format(**(DEFAULTS | others)).encode()


def fingerprint(html: bytes) -> str:
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
def test_content_does_not_change_the_fingerprint(others: dict[str, str]) -> None:
    assert fingerprint(page(**others)) == fingerprint(page())


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
def test_layout_changes_the_fingerprint(others: dict[str, str]) -> None:
    assert fingerprint(page(**others)) != fingerprint(page())


def test_fingerprint_is_readable_and_needs_no_article() -> None:
    assert fingerprint(page()).startswith("article.md-content__inner.md-typeset-")
    assert fingerprint(b"<body class=home><div id=content><h1>a</h1></div>").startswith("body.home-")
    assert fingerprint(b"<p>words").startswith("page-")
    assert fingerprint(b"<div><div></article></main></p><main>") == fingerprint(
        b"<div><div></article></main></p><main>"
    )


@given(st.text(alphabet="<>/ainavrtcledivmsty=\"' -!#", max_size=200))
def test_any_bytes_have_a_fingerprint(text: str) -> None:
    assert fingerprint(text.encode())


def asset(path: str, width: int = 1600, height: int = 900) -> Asset:
    return Asset(
        path=path, sha256=path.encode().hex().ljust(64, "0"), bytes=9, format="jpeg", width=width, height=height
    )


def test_edits_of_imageseo_do_not_change_the_fingerprint() -> None:
    """With an inserted hero, <picture> elements, styles and JSON-LD, and a scan from before or after."""
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
    assert fingerprint(built) == fingerprint(author) == template_fingerprint(built, scan)


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
TEMPLATE = template_fingerprint(HTML, SCAN)


def asset_of(ref: ImageRef) -> Asset | None:
    return ASSETS.get(ref.src)


def measured(name: str, images: Sequence[ShownImage], lcp: Mapping[str, Lcp] | None = None) -> PageLayout:
    return PageLayout(page=name, template=TEMPLATE, images=tuple(images), lcp=lcp or {})


def measurements(*pages: PageLayout) -> SiteMeasurements:
    templates = {TEMPLATE: Template(id=TEMPLATE, column=COLUMN, pages=len(pages))}
    return SiteMeasurements(SiteLayout(widths=WIDTHS, pages={each.page: each for each in pages}, templates=templates))


def shown_image(src: str, px: float, nth: int = 0, **tops: float) -> ShownImage:
    return ShownImage(src=src, nth=nth, widths=(px,) * len(WIDTHS), tops=tops)


OWN = [
    shown_image("logo.png", 48, mobile=10, desktop=10),
    shown_image("a.jpg", 688, mobile=300, desktop=300),
    shown_image("b.jpg", 200, mobile=900, desktop=800),
    shown_image("a.jpg", 400, nth=1, mobile=2000, desktop=2000),
    shown_image("small.png", 150, mobile=3000),
    shown_image("https://elsewhere.example/x.png", 90),
]
LEAD = {"mobile": Lcp(kind="image", src="a.jpg"), "desktop": Lcp(kind="image", src="a.jpg")}


def names_of(scan: PageScan) -> list[Name]:
    return image_names(ref.src for ref in scan.refs)


def trusted(
    site: SiteMeasurements, scan: PageScan = SCAN, name: str = "one.html", inserted: str | None = None
) -> TrustedLayout:
    return site.held(CurrentPage(name, TEMPLATE, scan.refs, names_of(scan), asset_of, dict), inserted=inserted)


def test_image_names_are_file_and_index() -> None:
    assert names_of(SCAN) == [
        ("logo.png", 0), ("a.jpg", 0), ("b.jpg", 0), ("a.jpg", 1), ("small.png", 0),
        ("https://elsewhere.example/x.png", 0),
    ]  # fmt: skip


def test_measured_page_has_its_own_layout() -> None:
    own = measured("one.html", OWN, LEAD)
    found = trusted(measurements(own))
    assert found == TrustedLayout(own)
    names = dict(zip((ref.span for ref in SCAN.refs), names_of(SCAN), strict=True))
    shown = slots(own, WIDTHS, names)
    assert [(shown[ref.span].width, shown[ref.span].in_view) for ref in SCAN.refs] == [
        (48, True), (688, True), (200, True), (400, False), (150, False), (90, None),
    ]  # fmt: skip
    assert {each.sizes for each in shown.values()} == {"48px", "688px", "200px", "400px", "150px", "90px"}


def test_page_with_a_missing_image_is_not_measured() -> None:
    drifted = trusted(measurements(measured("one.html", [*OWN, shown_image("old.jpg", 600)], LEAD)))
    assert drifted.drift == "old.jpg is missing"
    assert drifted.layout is not None
    assert drifted.layout.inherited
    assert not drifted.layout.lcp


def test_inserted_hero_is_not_missing() -> None:
    own = measured("one.html", [*OWN, shown_image("banner.jpg", 600)], LEAD)
    assert trusted(measurements(own), inserted="banner.jpg") == TrustedLayout(own)
    assert trusted(measurements(own)).drift == "banner.jpg is missing"
    assert slots(own, WIDTHS, {}, inserted="banner.jpg")[None].sizes == "600px"


def test_page_with_another_template_is_not_measured() -> None:
    own = measured("one.html", OWN, LEAD)
    found = measurements(own).held(CurrentPage("one.html", "other", SCAN.refs, names_of(SCAN), asset_of, dict))
    assert found == TrustedLayout(None, "its template has changed")


def test_page_with_a_new_image_keeps_widths_but_not_the_lcp() -> None:
    own = measured("one.html", OWN[1:], LEAD)
    found = trusted(measurements(own))
    assert found.drift is None
    assert found.layout == measured("one.html", OWN[1:])


def test_new_page_inherits_the_column() -> None:
    """An image is not wider than its file or the author's width; a logo is as wide as on other pages."""
    found = trusted(measurements(measured("other.html", [OWN[0]])), name="new.html").layout
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
    assert trusted(measurements(), name="new.html").layout is not None
    assert measurements().held(
        CurrentPage("new.html", "other", SCAN.refs, names_of(SCAN), asset_of, dict)
    ) == TrustedLayout(None)


def test_image_with_different_widths_is_not_inherited() -> None:
    pages = [measured("x.html", [shown_image("a.jpg", 100)]), measured("y.html", [shown_image("a.jpg", 688)])]
    found = trusted(measurements(*pages), name="new.html").layout
    assert found is not None
    assert next(image.widths for image in found.images if image.src == "a.jpg") == COLUMN


def test_repeated_logo_is_inherited_by_index() -> None:
    """The logos of header and drawer are separate; each has its smallest ``top``."""
    twice = scan_page(
        b'<header><img src="logo.png"></header><nav><img src="logo.png"></nav><main><article></article></main>'
    )
    pages = [
        measured(name, [shown_image("logo.png", 24, mobile=top), shown_image("logo.png", 48, nth=1, mobile=900)])
        for name, top in (("x.html", 12), ("y.html", 9))
    ]
    found = trusted(measurements(*pages), twice, "new.html").layout
    assert found is not None
    assert [(each.nth, each.widths[0], each.tops) for each in found.images] == [
        (0, 24, {"mobile": 9}),
        (1, 48, {"mobile": 900}),
    ]


def test_lcp_is_inherited_if_all_pages_agree() -> None:
    def inherited_lcp(*lcps: Lcp, scan: PageScan = SCAN) -> Mapping[str, Lcp]:
        pages = [measured(f"{index}.html", [], {"mobile": lcp}) for index, lcp in enumerate(lcps)]
        found = trusted(measurements(*pages), scan, "new.html").layout
        assert found is not None
        return found.lcp

    text, image = Lcp(kind="text", height=90), Lcp(kind="image", src="a.jpg", width=688, bytes=9)
    assert inherited_lcp(image, image, image) == {"mobile": Lcp(kind="image", src="a.jpg")}
    assert inherited_lcp(image, image) == {}
    assert inherited_lcp(image, image, text) == {}
    assert inherited_lcp(text, text, text) == {}  # this page has images near its top
    words = scan_page(
        b"<body><main><article><h1>One</h1>" + b"<p>words</p>" * 1000 + b'<img src="a.jpg"></article></main>'
    )
    assert inherited_lcp(text, text, text, scan=words) == {"mobile": Lcp(kind="text")}
    cover = scan_page(b'<header><img src="cover.jpg"></header>' + b"<main><article><h1>One</h1>words</article></main>")
    assert inherited_lcp(text, text, text, scan=cover) == {}, (
        "the theme shows an image that the measured pages do not have"
    )
    assert inherited_lcp(text, text, Lcp(kind="background"), scan=words) == {}
    assert inherited_lcp(text, text, image, scan=words) == {}
    assert inherited_lcp(text, text, Lcp(kind="image", src="other.jpg"), scan=words) == {"mobile": Lcp(kind="text")}


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
def test_lead_image_by_lcp_on_mobile_and_desktop(
    mobile: str | None, desktop: str | None, expected: LeadImage | None
) -> None:
    def lcp(name: str) -> Lcp:
        if name.endswith(".jpg"):
            return Lcp(kind="image", src=name)
        return Lcp(kind=name)  # type: ignore[arg-type]

    kinds = {"mobile": mobile, "desktop": desktop}
    own = measured("one.html", OWN, {name: lcp(kind) for name, kind in kinds.items() if kind is not None})
    assert lead(own) == expected


def test_image_in_the_first_screen_of_any_viewport_is_in_view() -> None:
    assert in_view(shown_image("a.jpg", 9, mobile=823, desktop=940, phone=844, tablet=1180)) is False
    assert in_view(shown_image("a.jpg", 9, mobile=823, desktop=940, phone=844, tablet=1179)) is True
    assert in_view(shown_image("a.jpg", 9)) is None
