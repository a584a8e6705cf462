"""Plans of pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseo.config.encoding import QualitySettings
from imageseo.config.settings import Settings
from imageseo.layout.image_widths import ColumnLayout, layout_for
from imageseo.model.hero import Hero
from imageseo.model.image import Asset, ImageRef, PageScan
from imageseo.model.plan import ImagePlan, PagePlan
from imageseo.model.site import Page
from imageseo.pipeline.page_plan import VariantOptions, plan_page
from imageseo.web.html import page_scan

MATERIAL = layout_for("mkdocs-material-9.8.1")
OPTIONS = VariantOptions(widths=Settings().widths, formats=("avif", "webp"), quality=QualitySettings(avif=40))
SIZES: Mapping[str, tuple[int, int]] = {"icon.png": (48, 48), "dot.png": (1, 1), "tall.png": (500, 2000)}


def asset(name: str) -> Asset:
    """Return an asset by its name: ``moving.gif`` is an animation, ``loose.svg`` has no intrinsic size."""
    width, height = SIZES.get(name, (1600, 900))
    return Asset(
        path=name,
        sha256=name,
        bytes=100_000,
        format=name.rsplit(".", 1)[-1],
        width=width,
        height=height,
        frames=9 if name == "moving.gif" else 1,
        natural=name != "loose.svg",
        has_whole_px=name not in ("loose.svg", "drawing.svg"),
    )


def asset_of(ref: ImageRef) -> Asset | None:
    src = ref.src.split("#")[0]
    return None if not src or src.startswith(("http", "data:", "missing")) else asset(src)


def scanned(body: str) -> tuple[str, PageScan]:
    html = f"<!doctype html><html><head><title>x</title></head><body>{body}</body></html>"
    return html, page_scan.scan_page(html.encode())


def plan(body: str, **changes: Any) -> PagePlan:
    options: dict[str, Any] = {
        "hero": None,
        "hero_asset": None,
        "guess": True,
        "layout": MATERIAL,
        "options": OPTIONS,
        "insert": "after-h1",
        **changes,
    }
    path = options.pop("path", "guide/index.html")
    return plan_page(Page(path=path), scanned(body)[1], asset_of=asset_of, **options)


def article(*tags: str, words: str = "") -> str:
    return f"<article><h1>Title</h1><p>{words}</p>{''.join(tags)}</article>"


def added(image: ImagePlan) -> dict[str, str]:
    return dict(image.attributes)


LONG = "word " * 1100  # more than any first screen holds
FAR = f"<p>{LONG}</p>"


def test_plan_of_a_page_with_photos() -> None:
    found = plan(article('<img src="a.jpg" alt="">', FAR, '<img src="b.jpg">'))
    first, second = found.images
    assert found.hero_image == first
    assert first.attributes == (("width", "1600"), ("height", "900"), ("fetchpriority", "high"), ("decoding", "async"))
    assert second.attributes == (("width", "1600"), ("height", "900"), ("loading", "lazy"), ("decoding", "async"))
    assert (first.auto_sizes, second.auto_sizes) == (False, True)
    assert first.sizes == second.sizes == MATERIAL.sizes
    assert [(spec.format, spec.width, spec.height) for spec in first.specs if spec.width > 1000] == [
        ("avif", 1088, 612),
        ("avif", 1440, 810),
        ("webp", 1088, 612),
        ("webp", 1440, 810),
    ]
    assert {(spec.source, spec.format, spec.quality) for spec in first.specs} == {
        ("a.jpg", "avif", 40),
        ("a.jpg", "webp", None),
    }
    assert found.specs == (*first.specs, *second.specs)


def test_without_a_hero_all_that_may_be_in_the_first_screen_is_eager() -> None:
    tags = [FAR, *(f'<img src="{name}.jpg">' for name in "abcdef")]
    for body, expected in (
        (article(*tags), ["lazy"] * 6),
        (article(*tags[1:]), [None, None, None, None, "lazy", "lazy"]),  # 214 px each on phones
    ):
        found = plan(body, guess=False)
        assert found.hero_image is None
        assert [added(image).get("loading") for image in found.images] == expected
        assert not any("fetchpriority" in added(image) for image in found.images)


def test_icons_are_lazy_and_large_images_are_none_whatever_their_name() -> None:
    tags = ('<img src="icon.png">', '<img src="logo.png">', '<img src="a.jpg" alt="A shield" class="photo">')
    found = plan(article(*tags))
    assert [added(image).get("loading") for image in found.images] == ["lazy", None, None]
    assert found.hero_image is found.images[1]


def test_cover_above_the_article_is_eager_and_prevents_a_guess() -> None:
    """It may be as wide as the page: only a browser can measure whether it or an article image is the LCP."""
    body = article('<img src="a.jpg">')
    cover, icon = '<header><img src="cover.jpg"></header>', '<header><img src="icon.png"></header>'
    found = plan(cover + body)
    assert found.hero_image is None
    assert ["loading" in added(image) for image in found.images] == [False, False]
    assert plan(body + cover).hero_image is not None, "below the article it is not the LCP"
    assert "loading" not in added(plan(body + cover).images[1]), "but it may be beside the article"
    assert added(plan(body + '<footer><img src="cover.jpg"></footer>').images[1])["loading"] == "lazy"
    assert plan(icon + body).hero_image is not None
    several = plan('<aside><img src="b.jpg"><img src="c.jpg"><img src="icon.png"></aside>' + body)
    assert ["loading" in added(image) for image in several.images] == [False, False, True, False]
    asked = plan(cover + body, hero=HERO, hero_asset=asset("hero.jpg"))
    assert asked.insert is not None
    assert ["loading" in added(image) for image in asked.images] == [False, False]


HERO = Hero(path="pics/hero.jpg", alt="A tent")


def test_declared_hero_is_inserted_after_the_headline() -> None:
    body = article('<img src="a.jpg">')
    html, scan = scanned(body)
    found = plan(body, hero=HERO, hero_asset=asset("hero.jpg"))
    assert found.insert is not None
    assert html[: found.insert.at].endswith("</h1>")
    assert (found.insert.src, found.insert.urgent, found.insert.sizes) == ("../pics/hero.jpg", True, MATERIAL.sizes)
    assert max(spec.width for spec in found.insert.specs) == 1440
    assert found.hero_image is None
    assert "loading" not in added(found.images[0]), "phones show both"
    assert found.specs[0].source == "hero.jpg"
    before = plan(body, hero=HERO, hero_asset=asset("hero.jpg"), insert="before-h1")
    assert before.insert is not None
    assert html[before.insert.at :].startswith("<h1>")
    assert scan.article is not None


def test_hero_is_first_in_an_article_without_headline() -> None:
    found = plan("<article><p>Hi</p></article>", hero=HERO, hero_asset=asset("hero.jpg"))
    assert found.insert is not None
    assert found.insert.at == scanned("<article>")[0].index("<article>") + len("<article>")


@pytest.mark.parametrize(
    ("inside", "block"),
    [
        ("<div class=inner><section>{}</section></div>", "<p>Text"),
        ("<div> <!-- <p> -->\n{}</div>", "<h2>Part</h2><p>Text</p>"),
        ("{}", '<div class="admonition"><p>Mind</div>'),
        ("{}", "<div hidden><p>Nobody sees it</div>"),
        ("{}", "<nav><ul><li>Home</ul></nav><p>Text"),
        ("{}", "<div><p class=title>A box</div>"),
    ],
)
def test_headline_in_a_banner_puts_the_hero_at_the_start_of_the_text(inside: str, block: str) -> None:
    body = f"<header><h1>Title</h1></header><main><article>{inside.format(block)}</article></main>"
    html, _ = scanned(body)
    found = plan(body, hero=HERO, hero_asset=asset("hero.jpg"))
    assert found.insert is not None
    assert html[found.insert.at :].startswith(block)


@pytest.mark.parametrize(
    ("body", "insert"),
    [
        (article('<img src="a.jpg">'), "none"),
        ("<p>Hi</p><img src=a.jpg>", "after-h1"),
    ],
)
def test_hero_that_is_not_shown_leaves_the_first_two_eager(body: str, insert: str) -> None:
    found = plan(body, hero=HERO, hero_asset=asset("hero.jpg"), insert=insert)
    assert found.insert is None
    assert all("loading" not in added(image) for image in found.images)


def test_hero_shown_by_the_theme_is_not_inserted() -> None:
    body = '<header data-imageseo-hero style="background: url(x)"></header>' + article('<img src="a.jpg">')
    found = plan(body, hero=HERO, hero_asset=asset("hero.jpg"))
    assert found.insert is None
    assert "loading" not in added(found.images[0])
    shown = plan('<header><img data-imageseo-hero src="hero.jpg"></header>' + article('<img src="a.jpg">'), hero=HERO)
    assert shown.hero_image is not None
    assert shown.hero_image.ref.src == "hero.jpg"
    assert added(shown.hero_image)["fetchpriority"] == "high"
    assert shown.hero_image.specs, "a hero has variants wherever it is"
    assert shown.hero_image.sizes == "(min-width: 1600px) 1600px, 100vw", "the article's column is not its own"


def test_hero_shown_by_the_article_is_not_inserted() -> None:
    body = article('<img src="a.jpg">', '<img src="b.jpg">')
    found = plan(body, hero=Hero(path="b.jpg", alt="x"), hero_asset=asset("b.jpg"))
    assert found.insert is None
    assert found.hero_image == found.images[1]
    assert added(found.images[1])["fetchpriority"] == "high"
    assert "loading" not in added(found.images[0])


def test_hero_far_down_is_eager_without_high_priority() -> None:
    found = plan(article(FAR, '<img src="b.jpg">'), hero=Hero(path="b.jpg", alt="x"), hero_asset=asset("b.jpg"))
    assert found.hero_image is not None
    assert not {"loading", "fetchpriority"} & added(found.hero_image).keys()


def test_authors_high_priority_is_the_only_one() -> None:
    body = article('<img src="a.jpg">', FAR, '<img src="b.jpg" fetchpriority="high">')
    found = plan(body)
    assert found.hero_image == found.images[1]
    assert not any("loading" in added(image) for image in found.images)
    inserted = plan(body, hero=HERO, hero_asset=asset("hero.jpg"))
    assert inserted.insert is not None
    assert not inserted.insert.urgent
    assert "loading" not in added(inserted.images[1]), "high and lazy contradict each other"
    assert not any("fetchpriority" in added(image) for image in (*found.images, *inserted.images))


@pytest.mark.parametrize(
    "attribute", ['loading="lazy"', 'loading="LAZY"', 'fetchpriority="low"', 'fetchpriority="auto"']
)
def test_authors_loading_is_kept_even_on_the_hero(attribute: str) -> None:
    hero = Hero(path="a.jpg", alt="x")
    found = plan(article(f'<img src="a.jpg" {attribute}>'), hero=hero, hero_asset=asset("a.jpg"))
    assert found.hero_image is not None
    assert added(found.hero_image) == {"alt": "x", "width": "1600", "height": "900", "decoding": "async"}


@pytest.mark.parametrize(
    ("attributes", "given"),
    [
        ("", {"width": "1600", "height": "900"}),
        ('width="800"', {"height": "450"}),
        ('width="800px"', {"height": "450"}),
        ('height="90"', {}),  # with `height: auto` it has its intrinsic width
        ('width="800" height="100"', {}),
        ('width="50%"', {}),
        ('width="auto"', {}),
        ('width="33.5"', {}),
        ("width", {}),
        ('height="100%"', {}),
        ('style="height: 60px"', {}),
        ('style="width: 300px"', {"width": "1600", "height": "900"}),
        ('style="max-height: 300px"', {"width": "1600", "height": "900"}),
    ],
)
def test_missing_dimensions(attributes: str, given: dict[str, str]) -> None:
    image = plan(article(FAR, f'<img src="a.jpg" {attributes}>')).images[0]
    assert {name: value for name, value in image.attributes if name in ("width", "height")} == given


@pytest.mark.parametrize(
    ("attributes", "auto"),
    [
        ("", True),
        ('loading="lazy"', True),
        ('loading="eager"', False),
        ('style="float: right"', False),
        ('sizes="100vw"', False),
        ('fetchpriority="high"', False),
    ],
)
def test_auto_sizes_only_without_conflicting_attributes(attributes: str, auto: bool) -> None:
    far = "".join(f'<img src="{name}.jpg">' for name in "ab")
    image = plan(article(FAR, far, f'<img src="c.jpg" {attributes}>')).images[-1]
    assert image.ref.src == "c.jpg"
    assert image.auto_sizes is auto


def test_animation_gets_its_size_and_no_variants() -> None:
    found = plan(article(FAR, *('<img src="a.jpg">' for _ in range(2)), '<img src="moving.gif">')).images[-1]
    assert found.attributes == (("width", "1600"), ("height", "900"), ("loading", "lazy"), ("decoding", "async"))
    assert (found.specs, found.auto_sizes) == ((), False)
    moving = VariantOptions(widths=OPTIONS.widths, formats=OPTIONS.formats, quality=QualitySettings(), animated=True)
    converted = plan(article(FAR, '<img src="moving.gif" loading="lazy">'), options=moving).images[0]
    assert converted.specs
    assert not converted.auto_sizes, "sizes are useless with a single candidate"


def test_images_outside_the_article_get_size_and_loading_only() -> None:
    found = plan(f'{article()}<footer><img src="a.jpg"><img src="b.jpg" loading="eager" width="9" height="9"></footer>')
    assert [image.ref.src for image in found.images] == ["a.jpg"]
    assert found.images[0].attributes == (("width", "1600"), ("height", "900"), ("loading", "lazy"))
    assert found.specs == ()


@pytest.mark.parametrize(
    "tag",
    [
        '<img src="drawing.svg">',
        '<img src="a.jpg" data-imageseo="ignore">',
        '<div data-imageseo="ignore"><img src="a.jpg"></div>',
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
        '<img src="https://cdn.test/a.jpg">',
        '<img src="missing.jpg">',
        "<img>",
    ],
)
def test_unsupported_images_are_unchanged(tag: str) -> None:
    assert plan(article(tag)).images == ()
    assert plan(article(FAR, tag)).images == ()


@pytest.mark.parametrize(
    "tag", ['<img src="a.jpg" srcset="b.jpg 2x">', '<picture><source srcset="a.avif"><img src="a.jpg"></picture>']
)
def test_authors_own_candidates_are_unchanged_but_hurried(tag: str) -> None:
    (image,) = plan(article(tag)).images
    assert (image.attributes, image.specs, image.hero) == ((("fetchpriority", "high"),), (), True)
    assert plan(article(FAR, tag)).images == ()


def test_vector_image_of_whole_px_gets_its_size_only() -> None:
    (image,) = plan(article(FAR, '<img src="icon.svg">')).images
    assert (image.attributes, image.specs) == ((("width", "1600"), ("height", "900")), ())


@pytest.mark.parametrize(
    "tag", ['<img src="loose.svg">', '<picture><source srcset="a.avif"><img src="a.svg"></picture>']
)
def test_declared_hero_is_marked_even_if_not_processed(tag: str) -> None:
    src = re.findall(r'src="([^"]*)"', tag)[-1]
    found = plan(article(tag), hero=Hero(path=src, alt="x"), hero_asset=asset(src))
    assert found.hero_image is not None
    assert found.hero_image.attributes == (("alt", "x"), ("fetchpriority", "high"))
    assert found.hero_image.specs == ()


def test_opted_out_hero_is_unchanged() -> None:
    tag = '<img src="a.jpg" data-imageseo="ignore">'
    found = plan(article(tag), hero=Hero(path="a.jpg", alt="x"), hero_asset=asset("a.jpg"))
    assert (found.images, found.insert) == ((), None)


def test_tiny_images_have_no_variants() -> None:
    found = plan(article(FAR, '<img src="dot.png">', '<img src="icon.png">'))
    assert [len(image.specs) for image in found.images] == [0, 2]


def test_tall_images_keep_their_aspect_ratio() -> None:
    image = plan(article(FAR, '<img src="tall.png">')).images[0]
    assert [(spec.width, spec.height) for spec in image.specs if spec.format == "webp"] == [(500, 2000)]


def test_formats_and_widths_are_configurable() -> None:
    none = plan(
        article('<img src="a.jpg">'),
        options=VariantOptions(widths=OPTIONS.widths, formats=(), quality=QualitySettings()),
    )
    assert none.specs == ()
    assert added(none.images[0])["width"] == "1600"
    narrow = plan(
        article('<img src="a.jpg">'),
        options=VariantOptions(widths=(400,), formats=("webp",), quality=QualitySettings()),
    )
    assert [spec.width for spec in narrow.specs] == [400]


ATTRIBUTES = st.dictionaries(
    st.sampled_from(["width", "height", "loading", "fetchpriority", "decoding", "sizes", "style"]),
    st.sampled_from(["", "300", "50%", "lazy", "eager", "high", "low", "auto", "async", "width:50%", "height:9px"]),
)
TAGS = st.builds(
    lambda src, attributes: "<img src={}{}>".format(src, "".join(f' {k}="{v}"' for k, v in attributes.items())),
    st.sampled_from(["a.jpg", "icon.png", "drawing.svg", "moving.gif", "missing.png", "b.jpg#only-dark"]),
    ATTRIBUTES,
)


@given(
    tags=st.lists(st.one_of(TAGS, st.just(FAR), st.just("<h2>x</h2>")), max_size=7),
    hero=st.sampled_from([None, HERO, Hero(path="a.jpg", alt=None)]),
    guess=st.booleans(),
    insert=st.sampled_from(["after-h1", "before-h1", "none"]),
    layout=st.sampled_from([MATERIAL, ColumnLayout()]),
)
def test_plan_invariants_for_any_page(
    tags: list[str], hero: Hero | None, guess: bool, insert: str, layout: ColumnLayout
) -> None:
    found = plan(article(*tags), hero=hero, hero_asset=asset("a.jpg"), guess=guess, insert=insert, layout=layout)
    high = sum((ref.get("fetchpriority") or "").lower() == "high" for ref in found.scan.refs)
    ours = [image for image in found.images if ("fetchpriority", "high") in image.attributes]
    assert len(ours) + (found.insert is not None and found.insert.urgent) <= (0 if high else 1)
    assert sum(image.hero for image in found.images) + (found.insert is not None) <= 1
    for image in found.images:
        assert not {name for name, _ in image.attributes} & {each.name for each in image.ref.attributes}
        final = {**{each.name: (each.value or "").lower() for each in image.ref.attributes}, **added(image)}
        if ("fetchpriority", "high") in image.attributes or image.hero:
            assert ("loading", "lazy") not in image.attributes
        if ("fetchpriority", "high") in image.attributes:
            assert final.get("loading") != "lazy"
        assert not image.auto_sizes or final["loading"] == "lazy"
        assert all(spec.width <= image.asset.width for spec in image.specs)


def test_opted_out_hero_leaves_other_images_eager() -> None:
    hero = Hero(path="a.jpg", alt="A")
    page = article(
        '<img src="a.jpg" data-imageseo="ignore">', '<img src="b.jpg">', '<img src="c.jpg">', FAR, '<img src="d.jpg">'
    )
    found = plan(page, hero=hero, hero_asset=asset("a.jpg"))
    loading = {image.ref.src: dict(image.attributes).get("loading") for image in found.images}
    assert (loading["b.jpg"], loading["d.jpg"]) == (None, "lazy")
