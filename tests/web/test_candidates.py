"""The candidate selected for a viewport is the one that Chromium selects."""

from __future__ import annotations

import html
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from imageseo.layout.themes import known_themes
from imageseo.model.finding import DESKTOP, GATING, MOBILE, REPORTED, Viewport
from imageseo.model.image import Attribute, ImageRef, PageRegion, SourceTag, Span
from imageseo.web.css.media_queries import matches
from imageseo.web.srcset.candidates import Candidate, choose, chosen_url, chosen_url_of, parse_srcset, source_size
from imageseo.web.srcset.sizes import SourceSize, parse_sizes

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]

LADDER = ", ".join(f"{width} {width}w" for width in (320, 480, 640, 720, 960, 1280, 1600, 1920))
SIZES = (
    None,
    "",
    "100vw",
    "50vw",
    *(theme.sizes for theme in known_themes()),
    "(max-width: 600px) 100vw, 50vw",
    "(min-width: 600px) and (max-width: 1000px) 400px, 100vw",
    "(min-width: 1000px) or (max-width: 400px) 250px, 450px",
    "not (min-width: 800px) 300px, 600px",
    "(not (min-width: 800px)) and (min-width: 400px) 300px, 600px",
    "(min-width: 300px) and (max-width: 2000px) or (min-width: 1px) 200px, 700px",
    "(width >= 800px) 500px, 80vw",
    "(400px <= width < 900px) 333px, 700px",
    "(900px > width > 400px) 333px, 700px",
    "(600px<=width) 333px, 700px",
    "(width = 600px) 333px, 700px",
    "(width > = 800px) 500px, 80vw",
    "(min-width: 40em) 30rem, 90vw",
    "(orientation: portrait) 300px, 600px",
    "(orientation) 444px, 600px",
    "(min-aspect-ratio: 3/2) 500px, 200px",
    "(aspect-ratio > 1) 500px, 200px",
    "(min-resolution: 2dppx) 500px, 200px",
    "(resolution >= 144dpi) 500px, 200px",
    "(-webkit-min-device-pixel-ratio: 2) 500px, 200px",
    "(prefers-color-scheme: dark) 500px, 200px",
    "(prefers-color-scheme: light) 500px, 200px",
    "(prefers-reduced-motion: reduce) 500px, 200px",
    "(max-height: 850px) 500px, 200px",
    "(color) 500px, 200px",
    "(color: 8) 500px, 200px",
    "screen and (min-width: 600px) 300px, 500px",
    "screen 300px, 500px",
    "(foo: bar) 100px, 222px",
    "not (foo: bar) 100px, 222px",
    "(foo: bar) or (min-width: 1px) 300px, 500px",
    "((min-width: 1px)) 300px, 500px",
    "(min-width:600PX) 700PX, 300px",
    "(MIN-WIDTH:600px) 700px, 300px",
    "(min-width: calc(500px + 100px)) 700px, 300px",
    "calc(100vw - 32px)",
    "calc(100vw - 4000px)",
    "calc((100vw - 32px) * 0.5)",
    "calc(100vw / 3 + 10px)",
    "calc(100vw-32px)",
    "calc(100vw * 20px), 300px",
    "calc(50%), 300px",
    "min(500px, 100vw - 32px)",
    "max(300px, 30vw)",
    "clamp(200px, 40vw, 700px)",
    "clamp(200px, 40vw), 500px",
    "min(500px, calc(100vw - 32px), 60vw)",
    "garbage, 300px",
    ", 300px",
    "300px, ",
    "300",
    "0",
    "0px",
    "-5px, 40vw",
    "50%, 30vw",
    "10vw 20vw",
    "100px (min-width: 1px), 321px",
    "auto, 300px",
    "auto",
    "/* c */ 333px",
    "(min-width: 1px) /* c */ 333px",
    "12cm",
    "90mm",
    "4in",
    "300pt",
    "20pc",
    "400q",
    "10vh",
    "50vmin",
    "50vmax",
    "50svw",
    "20ch, 300px",
    "20furlong, 300px",
    "5e2px",
    "(min-width: 1px 300px, 500px",
    "300px; 500px",
)
SRCSETS = (
    LADDER,
    "a 300w",
    "a 300w, b 301w",
    "b 900w, a 300w",
    "a 300w, b 300w, c 900w",
    "a 1x, b 1.5x, c 2x, d 3x",
    "a, b 2x",
    "a 2x",
    "a",
    "",
    "a 100w 2x, b 300w",
    "a 100w 100w, b 300w",
    "a 0w, b 200w",
    "a -1x, b 2x",
    "a 0x, b 2x",
    "a 300w, b 2x",
    "a 1.5, b 2x",
    "a .5x, b +2x, c 3x",
    "a 1.x, b 2.5e0x",
    "a 300w 200h, b 600w 400h",
    "a 300h, b 600w",
    "a,b 200w, c 900w",
    "a ,, b 2x",
    "a 1x b 2x",
    "a 1x (1, 2), b 2x",
    "a(1,2).png 1x, b 2x",
    "  a  300w ,\n\tb  900w  ",
    "a 300W, b 900w",
    "a 300.5w, b 900w",
)
SCREENS = tuple(
    Viewport(name="any", width=width, height=height, dpr=dpr)
    for width, height, dpr in (
        *((320, 568, 1.0), (600, 900, 1.0), (1219, 900, 1.0), (1220, 900, 1.0), (2000, 1200, 1.0)),
        *((1000, 700, 0.8), (1536, 730, 1.25), (960, 700, 1.5), (1024, 1366, 2.0), (412, 915, 2.625)),
    )
)
MEDIA = (
    "", "all", "screen", "print", "not print", "not screen", "only screen and (min-width: 800px)",
    "print, (min-width: 500px)", "(max-width: 599px)", "not all and (min-width: 800px)", "not (min-width: 800px)",
    "screen and (min-width: 500px) and (max-width: 1300px)", "tv, (min-width: 5000px)", "(min-width: 800px) garbage",
    "speech and (min-width: 1px), screen and (orientation: landscape)", "(prefers-color-scheme: dark)",
    "screen and (min-width: 500px) or (max-width: 1300px)", "and (min-width: 1px)", "(min-width: 60em)",
    "only print", "screen and", "((min-width: 400px) and (max-width: 900px)) or (min-width: 1500px)",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def current_urls(browser: Browser, viewport: Viewport, tags: list[str]) -> list[str]:
    """``currentSrc`` of every image, without the host; nothing is downloaded, so that no cache has an effect."""
    size = {"width": viewport.width, "height": viewport.height}
    page = browser.new_page(viewport=size, device_scale_factor=viewport.dpr)  # type: ignore[arg-type]
    page.route("**/*", lambda route: route.abort())
    page.set_content(f'<!doctype html><base href="http://site.test/"><body>{"".join(tags)}')
    found = page.evaluate("[...document.images].map(image => decodeURI(image.currentSrc))")
    page.close()
    return [str(url).removeprefix("http://site.test/") for url in found]


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [*GATING, *REPORTED, *SCREENS], ids=lambda v: f"{v.width}x{v.height}@{v.dpr}")
def test_selection_agrees_with_chromium(browser: Browser, viewport: Viewport) -> None:
    tags: list[str] = []
    selected: list[str] = []
    questions: list[tuple[str, ...]] = []
    # Each sizes with candidates 20 px apart reveals the exact slot; each srcset is tested in three slots.
    fine = ", ".join(f"{width} {width}w" for width in range(20, 6000, 20))
    for srcset, sizes in [
        *((fine, sizes) for sizes in SIZES),
        *((LADDER, sizes) for sizes in SIZES[:12]),
        *((srcset, sizes) for srcset in SRCSETS for sizes in (None, "300px", "30vw")),
    ]:
        attribute = "" if sizes is None else f' sizes="{html.escape(sizes)}"'
        tags.append(f'<img src="src" srcset="{html.escape(srcset)}"{attribute}>')
        selected.append(chosen_url((), "src", viewport, srcset=srcset, sizes=sizes, lazy=False))
        questions.append(("sizes", srcset[:40], str(sizes)))
    for media in MEDIA:
        tags.append(f'<picture><source media="{html.escape(media)}" srcset="yes"><img src="no"></picture>')
        selected.append(chosen_url((SourceTag(type=None, srcset="yes", sizes=None, media=media),), "no", viewport))
        questions.append(("media", media))
    expected = current_urls(browser, viewport, tags)
    wrong = [
        (*question, f"chromium: {chromium}", f"imageseo: {own}")
        for question, chromium, own in zip(questions, expected, selected, strict=True)
        if chromium != own
    ]
    assert not wrong


def test_first_decodable_source_is_selected_as_in_chromium(browser: Browser) -> None:
    pictures: list[tuple[list[SourceTag], str | None]] = []
    for types in (
        *(("image/avif", "image/webp"), ("image/jxl", "image/webp"), ("image/unknown", "text/html")),
        *(("IMAGE/AVIF", None), ("image/avif; codecs=av01", None), ("", "image/webp"), ("image/jpg", None)),
    ):
        tags = [
            SourceTag(
                type=kind, srcset=f"s{i}-3 300w, s{i}-9 900w", sizes="(min-width: 900px) 800px, 250px", media=None
            )
            for i, kind in enumerate(types)
        ]
        pictures.append((tags, None))
    pictures.append(([SourceTag(type=None, srcset="", sizes=None, media=None)], None))
    pictures.append(([SourceTag(type=None, srcset="bad 1w 1w", sizes=None, media=None)], "own 300w, own2 900w"))
    pictures.append(([SourceTag(type=None, srcset="wide", sizes=None, media="(min-width: 900px)")], "own 1x, own2 2x"))
    for viewport in (*GATING, *REPORTED):
        markup = [
            "<picture>"
            + "".join(
                "<source"
                + (f' type="{each.type}"' if each.type is not None else "")
                + (f' media="{each.media}"' if each.media is not None else "")
                + (f' sizes="{each.sizes}"' if each.sizes is not None else "")
                + f' srcset="{each.srcset}">'
                for each in tags
            )
            + '<img src="src"'
            + (f' srcset="{srcset}"' if srcset else "")
            + "></picture>"
            for tags, srcset in pictures
        ]
        selected = [chosen_url(tags, "src", viewport, srcset=srcset) for tags, srcset in pictures]
        assert selected == current_urls(browser, viewport, markup)


def test_lowest_sufficient_density_is_selected() -> None:
    pair = parse_srcset("large 900w, small 400w")
    small, large = pair[1], pair[0]
    assert [choose(pair, 400, dpr) for dpr in (0.5, 1.0, 1.01, 3.0)] == [small, small, large, large]


def test_no_candidates_select_fallback() -> None:
    assert choose((), 400, 1.0) is None
    assert chosen_url((), "only.jpg", MOBILE) == "only.jpg"
    assert chosen_url((), "", MOBILE) == ""


def test_zero_width_slot_selects_first_candidate() -> None:
    assert choose(parse_srcset("first 900w, second 300w"), 0, 2.0) == Candidate("first", 900)


def test_url_of_image_reference_uses_its_srcset_and_sources() -> None:
    ref = ImageRef(
        span=Span(0, 1),
        insert_at=0,
        attributes=(
            Attribute("src", "a.jpg", Span(0, 0)),
            Attribute("srcset", "b.jpg 412w, c.jpg 824w", Span(0, 0)),
            Attribute("sizes", "206px", Span(0, 0)),
        ),
        line=1,
        column=1,
        region=PageRegion.ARTICLE,
        sources=(SourceTag(type="image/webp", srcset="d.webp", sizes=None, media="(min-width: 1000px)"),),
    )
    assert chosen_url_of(ref, MOBILE) == "b.jpg"
    assert chosen_url_of(ref, DESKTOP) == "d.webp"
    assert chosen_url_of(ref, DESKTOP, mimes=("image/png",)) == "b.jpg"


def test_sizes_are_parsed_into_entries() -> None:
    assert parse_sizes("auto, (min-width: 9px) calc(1px + 2px), 50%, 3vw, 4px") == (
        SourceSize("(min-width: 9px)", "calc(1px + 2px)"),
        SourceSize("", "3vw"),
    )
    assert source_size("auto, 200px", MOBILE) == 200
    assert source_size("auto, 200px", MOBILE, lazy=False) == MOBILE.width
    assert source_size(None, MOBILE) == MOBILE.width


def test_missing_media_matches_and_unknown_does_not() -> None:
    assert matches(None, MOBILE)
    assert not matches("(unknown: 1)", MOBILE)
