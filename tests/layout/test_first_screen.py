"""What is in the first screen of a page: hero, the image to hurry, images that must not be lazy."""

from __future__ import annotations

import pytest

from imageseo.layout import first_screen
from imageseo.layout.fit_sizes import MeasuredSlot
from imageseo.layout.image_widths import ColumnLayout, layout_for
from imageseo.model.image import Asset, ImageRef, PageScan, Span
from imageseo.web.html import page_scan

MATERIAL = layout_for("mkdocs-material-9.8.1")
SIZES = {"wide.png": (1600, 900), "tall.png": (1200, 1600), "strip.png": (1500, 160), "small.png": (180, 120)}


def asset_of(ref: ImageRef) -> Asset | None:
    name = ref.src.rpartition("/")[2]
    if name.startswith("missing") or not name:
        return None
    width, height = SIZES.get(name, (1600, 900))
    return Asset(path=name, sha256=name, bytes=90_000, format="png", width=width, height=height)


def scanned(body: str) -> PageScan:
    return page_scan.scan_page(f"<html><head></head><body>{body}</body></html>".encode())


def decided(
    body: str, layout: ColumnLayout = MATERIAL, *, guess: bool = True
) -> tuple[str | None, str | None, set[str]]:
    """Return the ``src`` of the hero, of the image to hurry, and of those that must not be lazy."""
    scan = scanned(body)
    hero = first_screen.find_hero(scan, asset_of, layout, guess=guess)
    found = first_screen.decide(scan, asset_of, layout, hero=hero)
    names = {ref.span: ref.src for ref in scan.refs}
    urgent = names[found.prioritized] if found.prioritized is not None else None
    return (hero.src if hero else None, urgent, {names[span] for span in found.eager})


def article(*parts: str) -> str:
    return f"<article><h1>Title</h1><p>A few words.</p>{''.join(parts)}</article>"


def text(characters: int) -> str:
    return f"<p>{'word ' * (characters // 5)}</p>"


HIDDEN = [
    ("<details><summary>Old</summary>", "</details>"),
    ("<dialog>", "</dialog>"),
    ("<div hidden>", "</div>"),
    ("<div popover>", "</div>"),
    ('<div style="display:none">', "</div>"),
    ('<div class="tab-content"><div class="tab-pane">', "</div></div>"),
    (
        '<div class="tabbed-set"><input><input checked><div class="tabbed-content"><div class="tabbed-block">',
        "</div>" * 3,
    ),
    ('<ul class="slides"><li class="slide" aria-hidden="true">', "</li></ul>"),
]


@pytest.mark.parametrize(("before", "after"), HIDDEN)
def test_hidden_image_is_no_hero_and_lazy_and_the_visible_one_is_hurried(before: str, after: str) -> None:
    body = article(before, '<img src="hidden.png">', after, '<img src="seen.png">')
    assert decided(body) == ("seen.png", "seen.png", {"seen.png"})


@pytest.mark.parametrize(("before", "after"), HIDDEN)
def test_hidden_image_is_no_rival_and_no_cover(before: str, after: str) -> None:
    tall = f'{before}<img src="tall.png">{after}'
    assert decided(article('<img src="seen.png">', tall))[:2] == ("seen.png", "seen.png")
    assert decided(f"<header>{tall}</header>{article('<img src=seen.png>')}")[:2] == ("seen.png", "seen.png")


def test_hidden_image_that_its_author_hurries_stays_the_only_one() -> None:
    body = article('<details><img src="hidden.png" fetchpriority="high"></details>', '<img src="seen.png">')
    assert decided(body) == ("seen.png", None, {"hidden.png", "seen.png"})


@pytest.mark.parametrize("before", ["<div aria-hidden=true>", "<div inert>", "<div x-show=open>"])
def test_image_that_may_be_hidden_is_neither_hurried_nor_lazy(before: str) -> None:
    assert decided(article(f'{before}<img src="a.png"></div>')) == (None, None, {"a.png"})


def test_hidden_text_takes_no_room() -> None:
    closed = f"<details><summary>More</summary>{text(6000)}</details>"
    assert decided(article(closed, '<img src="a.png">')) == ("a.png", "a.png", {"a.png"})
    assert decided(article(closed.replace("<details>", "<details open>"), '<img src="a.png">')) == (None, None, set())


@pytest.mark.parametrize(
    "body",
    [
        article('<img src="wide.png">', text(60), '<img src="tall.png">'),  # the taller one is the LCP on phones
        article('<img src="tall.png" width="250">', text(60), '<img src="b.png">'),
        article('<img src="strip.png">', '<img src="b.png" width="260">', '<img src="c.png" width="240">'),
    ],
)
def test_different_winners_are_all_eager_and_none_is_hurried(body: str) -> None:
    hero, urgent, eager = decided(body)
    assert (hero, urgent) == (None, None)
    assert eager == {ref.src for ref in scanned(body).refs}


@pytest.mark.parametrize(
    "body",
    [
        article('<img src="wide.png">', '<img src="b.png">', '<img src="small.png">'),
        article(text(400), '<img src="wide.png">', text(400), '<img src="tall.png">'),
        article('<img src="small.png">', '<img src="wide.png">'),
        article('<img src="wide.png" alt="a shield, a button, and a logo on a wall">'),
        article('<img src="b.png" class="avatar">', '<img src="wide.png">'),
        article('<h2>Part</h2><img src="wide.png">', text(2000), '<h2>Part</h2><img src="tall.png">'),
    ],
)
def test_largest_image_of_the_first_screen_is_hurried(body: str) -> None:
    hero, urgent, eager = decided(body)
    assert (hero, urgent) == ("wide.png", "wide.png")
    assert "wide.png" in eager


@pytest.mark.parametrize(
    "body",
    [
        article(text(1500), '<img src="wide.png">'),  # text is the LCP
        article('<table><tr><td><img src="wide.png"></td><td><img src="b.png"></td></tr></table>'),
        article('<div class="grid cards"><img src="wide.png"><img src="b.png"></div>'),
        article('<img src="small.png">', text(900)),
        article('<img src="https://cdn.test/missing.jpg">', '<img src="wide.png">'),
        article('<img src="wide.png#only-light">', '<img src="b.png#only-dark">'),
    ],
)
def test_nobody_is_hurried_without_certainty(body: str) -> None:
    hero, urgent, eager = decided(body)
    assert (hero, urgent) == (None, None)
    assert {ref.src for ref in scanned(body).refs if asset_of(ref)} <= eager


@pytest.mark.parametrize(
    ("outside", "eager"),
    [
        ("<header><img src='{}'></header>", True),
        ("<header><div class=widget><img src='{}' alt=Shield></div></header>", True),
        ("<nav><a href=/><img src='{}'></a></nav>", True),
        ("<aside><img src='{}'></aside>", True),
        ("<div class=sidebar><img src='{}' width=40></div>", False),
        ("<footer><img src='{}'></footer>", False),
    ],
)
@pytest.mark.parametrize("where", ["{outside}{article}", "{article}{outside}"])
def test_images_beside_the_article_are_eager_except_icons_and_those_of_the_footer(
    where: str, outside: str, eager: bool
) -> None:
    body = where.format(outside=outside.format("out.png"), article=article(text(6000)))
    assert ("out.png" in decided(body)[2]) is eager


def test_images_are_lazy_below_every_first_screen_and_eager_above() -> None:
    many = [f'<h2>Part</h2><img src="{number}.png">' for number in range(12)]
    eager = decided(article(*many), guess=False)[2]
    assert {"0.png", "1.png", "2.png"} <= eager  # a phone of 412×823 px shows three
    assert not eager & {f"{number}.png" for number in range(5, 12)}
    assert decided(article(text(6000), *many))[2] == set()


def test_gallery_is_not_eager_as_a_whole() -> None:
    many = "".join(f'<img src="{number}.png" width="150">' for number in range(60))
    larger = '<img src="wide.png" width="400">'
    eager = decided(article(f'<div class="gallery">{many}{larger}</div>'))[2]
    assert eager == {*(f"{number}.png" for number in range(8)), "wide.png"}  # the last may be the LCP


def test_cover_is_hurried_only_if_its_author_says_how_wide_it_is() -> None:
    cover = '<header><img src="cover.png" srcset="cover.png 1600w"{}></header>'
    body = article('<img src="a.png">')
    assert decided(cover.format(' sizes="100vw"') + body)[:2] == ("cover.png", "cover.png")
    assert decided(cover.format(' sizes="150px"') + body)[:2] == ("a.png", "a.png")
    for sizes in ("", ' sizes="330px"', ' sizes="(min-width: 800px) 150px, 100vw"'):
        assert decided(cover.format(sizes) + body)[:2] == (None, None)


def test_authors_words_come_first() -> None:
    marked = article('<img src="a.png" fetchpriority="high">', '<img src="b.png" data-imageseo="hero">')
    assert decided(marked)[:2] == ("b.png", None)
    assert decided(article('<img src="a.png">', '<img src="b.png" fetchpriority="high">'))[:2] == ("b.png", None)
    assert decided(article('<img src="a.png" loading="lazy">'))[:2] == (None, None)
    assert decided(article('<img src="a.png" fetchpriority="low">'))[:2] == (None, None)


def measured(body: str, lead: str | None, in_view: set[str]) -> ColumnLayout:
    refs = scanned(body).refs
    slots: dict[Span | None, MeasuredSlot] = {
        ref.span: MeasuredSlot(width=600, sizes="600px", in_view=ref.src in in_view) for ref in refs
    }
    return ColumnLayout(
        content_width=688, slots=slots, lead=next((ref.span for ref in refs if ref.src == lead), None), lead_known=True
    )


def test_measurement_decides() -> None:
    body = article('<img src="a.png">', '<img src="b.png">', text(6000), '<img src="c.png">')
    assert decided(body, measured(body, "b.png", {"a.png", "b.png"})) == ("b.png", "b.png", {"a.png", "b.png"})
    assert decided(body, measured(body, "c.png", {"c.png"})) == ("c.png", "c.png", {"c.png"})
    assert decided(body, measured(body, None, {"a.png"})) == (None, None, {"a.png"})


def test_of_several_marked_or_hurried_images_the_measured_one_is_the_hero() -> None:
    for attribute in ('data-imageseo="hero"', 'fetchpriority="high"'):
        body = article(*(f'<img src="{name}.png" {attribute}>' for name in "abc"))
        assert decided(body, measured(body, "b.png", {"a.png", "b.png"}))[0] == "b.png"
        assert decided(body)[0] == "a.png"
