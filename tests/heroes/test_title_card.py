"""Title cards: text fits, is legible, and cannot inject markup."""

from __future__ import annotations

import io
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import resvg_py
from numpy.typing import NDArray
from PIL import Image

from imageseo.config.heroes import HeroSettings
from imageseo.heroes.lock.lock import Lock
from imageseo.heroes.providers.art.brand_coverage import cover
from imageseo.heroes.providers.art.cards.card_svg import Ink, Line
from imageseo.heroes.providers.art.cards.fitting import fit
from imageseo.heroes.providers.art.cards.typeface import Typeface
from imageseo.heroes.providers.art.color import Paint, palette
from imageseo.heroes.providers.art.deterministic import Canvas, Dice, flatten
from imageseo.heroes.providers.art.render import pixels
from imageseo.heroes.providers.art.style_names import STYLES
from imageseo.heroes.providers.art.title_card import Area, TitleCard
from imageseo.heroes.providers.procedural import PROVIDER, Procedural
from imageseo.heroes.recipes.request_parser import request
from imageseo.integrations.directory import pages
from imageseo.integrations.front_matter_file import headline
from imageseo.model.hero import Pin, Recipe
from imageseo.model.protocols import ProviderContext
from imageseo.model.site import Page, PageHints

MARK = Area(48, 52.0, 18, 4)
WHITE = {group: Ink("#ffffff", "#ffffff") for group in ("text", "name")}
LAYOUTS = ("bottom", "split", "centered")
TITLES = (
    "Caching",
    "How we cut our Largest Contentful Paint from four seconds to under one, and what broke on the way",
    "Использование кэша",
    "你好，世界：用静态网站生成器",
    "العربية 2024: دليل ABC!",
    "x" * 120,
)
BRANDS: dict[str, Any] = {
    "white": ("#ffffff", "#fefefe"),
    "black": ("#000000", "#000000"),
    "roles": {"main": "#ec0000", "ground": "#ffffff", "ink": "#333333"},
    "default": ("#0b1f3a", "#2563eb", "#f59e0b"),
    "vivid": ("#ff006e", "#8338ec", "#3a86ff", "#ffbe0b"),
    "pastel": ("#fde2e4", "#cddafd", "#bee1e6"),
    "mono": ("#222222", "#eeeeee"),
    "middle": ("#777777", "#808080"),
}
LONG = "How we cut our Largest Contentful Paint from four seconds to under one, and what broke on the way"


def branded(name: str) -> Procedural:
    return PROVIDER.configure(ProviderContext(project=Path(), cache=Path(), colors=BRANDS["default"], brand=name))


def draw(card: Any, style: str = "paper", seed: int = 2, width: int = 480, height: int = 270) -> NDArray[np.uint8]:
    options = branded("Acme Docs").complete({"style": style, "card": card})
    recipe = Recipe(provider="procedural", seed=seed, width=width, height=height, options=options)
    return pixels(recipe, STYLES)


def luminance(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Relative luminance as defined by WCAG 2.2."""
    value = rgb.astype(np.float64) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    result: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return result


def rasterized(line: Line, canvas: Canvas) -> NDArray[np.uint8]:
    """Return how much of each pixel a line covers, 0 to 255."""
    size = f'width="{canvas.width}" height="{canvas.height}"'
    paths = line.content.markup(line.x, line.y, line.size)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><g fill="#fff">{paths}</g></svg>'
    with Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)))) as image:
        return np.asarray(image.convert("RGBA"))[..., 3]


def grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask and the two pixels around it."""
    out = mask.copy()
    for axis in (0, 1):
        for shift in (-2, -1, 1, 2):
            out |= np.roll(mask, shift, axis)
    return out


class TestContrast:
    @pytest.mark.slow
    @pytest.mark.parametrize("style", STYLES)
    def test_text_shows_on_every_layout_and_palette(self, style: str) -> None:
        """Measured on the pixels of letters, and of what is around them."""
        for number, (layout, title) in enumerate(zip(LAYOUTS * 2, TITLES, strict=True)):
            seed = number + 7 * STYLES.index(style)
            brand = BRANDS[sorted(BRANDS)[seed % len(BRANDS)]]
            canvas = Canvas(*((480, 270), (360, 360), (300, 375))[seed % 3])
            colors = palette(brand, Dice(seed, "palette"))
            module = import_module(f"imageseo.heroes.providers.art.styles.{style}")
            paint = module.draw(canvas, colors, Dice(seed, style))
            cover(paint, colors.brand)
            texts = {"title": title, "subtitle": "A guide, 2024", "brand": "Acme", "section": "News", "layout": layout}
            card = TitleCard(canvas, texts)
            drawn = luminance(card.draw(paint, colors, seed))
            behind = luminance(card.draw_text(flatten(paint.l, paint.a, paint.b, seed), {}))
            for line in card.lines:
                x, y, width, height = line.area
                assert min(x, y) >= 0, line.text
                assert x + width <= canvas.width, line.text
                assert y + height <= canvas.height, line.text
                cover_of = rasterized(line, canvas)
                text = float(np.median(drawn[cover_of >= min(250, int(cover_of.max()))]))
                around = behind[grown(cover_of > 20)]
                worst = min((max(text, y) + 0.05) / (min(text, y) + 0.05) for y in (around.min(), around.max()))
                assert worst >= 4.5, f"{style} {layout} {brand} {line.text}: {worst:.2f}"

    def test_art_away_from_the_text_is_unchanged(self) -> None:
        plain = draw(False, style="aurora")
        card = draw({"title": "Short"}, style="aurora")
        right = (slice(60, 200), slice(440, 480))
        mirrored = plain[:, ::-1]
        same = min(np.abs(card[right].astype(int) - other[right].astype(int)).mean() for other in (plain, mirrored))
        assert same < 1.5


class TestSetting:
    def test_text_stays_inside_its_boxes(self) -> None:
        canvas = Canvas(800, 450)
        layout = TitleCard(canvas, {"title": "Jagged, quick type: ÅÉ (fits)", "subtitle": "gjpqy", "brand": "Qj"})
        grey = np.full((450, 800, 3), 128, dtype=np.uint8)
        changed = np.argwhere((layout.draw_text(grey, WHITE) != grey).any(axis=2))
        allowed = np.zeros((450, 800), dtype=bool)
        for box in (*layout.boxes, MARK):
            allowed[int(box.y) - 2 : int(box.y + box.h) + 3, int(box.x) - 2 : int(box.x + box.w) + 3] = True
        assert len(changed) > 2000
        assert all(allowed[y, x] for y, x in changed)
        assert changed[:, 1].min() > 40
        assert changed[:, 0].max() < 430

    def test_every_line_is_drawn(self) -> None:
        canvas = Canvas(800, 450)
        layout = TitleCard(canvas, {"title": LONG, "subtitle": "Under the title", "brand": "Acme"})
        grey = np.full((450, 800, 3), 128, dtype=np.uint8)
        out = layout.draw_text(grey, WHITE)
        for box in layout.boxes:
            assert (out[int(box.y) : int(box.y + box.h), int(box.x) : int(box.x + box.w)] > 200).any()
            left = int(box.x) - 3
            columns = np.flatnonzero((out[int(box.y) : int(box.y + box.h), left:] != 128).any(axis=(0, 2)))
            assert columns.max() - columns.min() == pytest.approx(box.w, rel=0.06, abs=4)

    def test_short_titles_are_large_and_long_ones_wrap(self) -> None:
        canvas = Canvas(1600, 900)
        short = TitleCard(canvas, {"title": "Caching"}).lines
        long = TitleCard(canvas, {"title": LONG}).lines
        assert len(short) == 1
        assert len(long) == 3
        assert short[0].size > long[0].size >= 46
        assert " ".join(line.text for line in long) == LONG

    def test_lines_are_balanced(self) -> None:
        bold = Typeface(800)
        text = "Getting started with responsive images now"
        widths = [bold.width(line) for line in fit(text, bold, width=900, sizes=(46, 104), lines=3).lines]
        assert min(widths) > max(widths) * 0.45

    def test_long_word_shrinks_before_it_is_hyphenated(self) -> None:
        bold = Typeface(800)
        word = "Donaudampfschifffahrtsgesellschaft"
        assert fit(word, bold, width=950, sizes=(46, 104), lines=3).lines == (word,)
        broken = fit(word * 2, bold, width=950, sizes=(46, 104), lines=3)
        assert broken.lines[0].endswith("-")
        assert "".join(line.removesuffix("-") for line in broken.lines) == word * 2
        assert all(bold.width(line) * broken.size <= 950 for line in broken.lines)

    @pytest.mark.slow
    @pytest.mark.parametrize(("width", "height"), [(64, 64), (400, 1200), (1200, 300)])
    def test_card_fits_any_shape(self, width: int, height: int) -> None:
        plain = draw(False, width=width, height=height)
        assert (draw({"title": "Hello"}, width=width, height=height) != plain).any()

    def test_too_long_title_ends_in_an_ellipsis_and_a_note(self) -> None:
        layout = TitleCard(Canvas(800, 450), {"title": "word " * 80})
        assert len(layout.lines) == 3
        assert layout.lines[-1].text.endswith("word…")
        assert layout.notes == ("`card.title` is too long for the card and ends in an ellipsis: write a shorter one",)

    def test_markup_in_a_title_is_escaped(self) -> None:
        markup = '</text><rect width="9999" height="9999" fill="red"/><text>&amp;'
        canvas = Canvas(800, 450)
        layout = TitleCard(canvas, {"title": markup})
        grey = np.full((450, 800, 3), 128, dtype=np.uint8)
        out = layout.draw_text(grey, WHITE)
        assert (out[:60] == 128).all()
        assert (out[:, :, 0] == out[:, :, 1]).all()


class TestGlyphs:
    @pytest.mark.parametrize("title", ["Größe, Ære & ½ “quoted” — fine", "Привет, мир", "Καλημέρα", "cafe\u0301"])
    def test_scripts_of_the_brand_font_lose_nothing(self, title: str) -> None:
        assert TitleCard(Canvas(480, 270), {"title": title}).notes == ()

    def test_notes_of_a_recipe_come_from_its_card(self) -> None:
        options = branded("Acme").complete({"card": {"title": "word " * 80}, "prompt": "a tree"})
        notes = PROVIDER.notes(Recipe(provider="procedural", seed=1, width=320, height=180, options=options))
        assert [note.split()[0] for note in notes] == ["the", "`card.title`"]

    def test_brand_without_a_glyph_is_named(self) -> None:
        layout = TitleCard(Canvas(480, 270), {"title": "Title", "brand": "Acme \U000f0000"})
        assert layout.notes == ()  # for private use: no reader could know its shape
        assert {line.text for line in layout.lines} == {"Acme", "Title"}


class TestTitle:
    """Which text of a page a card shows."""

    @staticmethod
    def title(**hints: Any) -> str:
        page = Page(path="a/index.html", hints=PageHints(meta={"hero": {"style": "paper", "card": True}}, **hints))
        found = request(page, settings=HeroSettings(), complete=lambda name, options: PROVIDER.complete(options))
        assert found is not None
        assert found.recipe is not None
        return str(found.recipe.options["card"]["title"])

    @pytest.mark.parametrize(
        ("written", "shown"),
        [
            ("Use `imageseo` *now*", "Use imageseo now"),
            ("A &amp; B", "A & B"),
            ("The <em>big</em> <code>x</code>", "The big x"),
            ("2 * 3 * 4", "2 * 3 * 4"),
            ("snake_case_name", "snake_case_name"),
            ("a < b", "a < b"),
            ("[Link](x.md) here", "Link here"),
            ("__init__ and **bold**", "init and bold"),
        ],
    )
    def test_title_is_shown_without_markup(self, written: str, shown: str) -> None:
        assert self.title(title=written) == shown

    def test_headline_goes_before_the_title(self) -> None:
        assert self.title(title="Home – Acme", headline="Welcome") == "Welcome"
        assert self.title(title="Home", headline=None) == "Home"

    def test_headline_of_markdown_is_read_where_a_hero_is_declared(self) -> None:
        text = "---\nhero: {style: paper}\n---\n```\n# no\n```\n\n# The `x` *headline* # {#id}\n"
        assert headline({"hero": {}}, text, ("hero", "image")) == "The x headline"
        assert headline({"hero_style": "paper"}, "Setext\n===\n", ("hero",)) == "Setext"
        assert headline({"title": "x"}, text, ("hero", "image")) is None

    def test_headline_of_a_built_page_is_read_where_a_hero_is_declared(self, tmp_path: Path) -> None:
        head = "<title>Home – Acme</title><meta name='imageseo:hero' content='{\"style\": \"paper\"}'>"
        (tmp_path / "a.html").write_text(f"<html><head>{head}</head><body><h1 id=x>Hi <b>&amp;</b> bye</h1>")
        (tmp_path / "b.html").write_text("<title>Other</title><h1>Not read</h1>")
        first, second = pages(tmp_path, keys=["hero"])
        assert (first.hints.title, first.hints.headline) == ("Home – Acme", "Hi & bye")
        assert second.hints.headline is None

    def test_pin_with_the_former_title_stays_valid(self) -> None:
        def recipe_with(title: str) -> Recipe:
            options = PROVIDER.complete({"card": {"title": title}})
            return Recipe(provider="procedural", seed=3, width=160, height=90, options=options)

        pinned = recipe_with("Home – Acme")
        pin = Pin(
            page="a/index.html",
            recipe=pinned,
            recipe_hash=pinned.key,
            file="a.png",
            file_sha256="sha256:0",
            pixels_sha256="sha256:0",
            digital_source_type="",
            width=160,
            height=90,
        )
        now = replace(recipe_with("Welcome"), former_title="Home – Acme")
        assert Lock((pin,)).with_pinned_seed(now, "a/index.html", {"card"}).key == pinned.key
        other = replace(recipe_with("Welcome"), former_title="Start – Acme")
        assert Lock((pin,)).with_pinned_seed(other, "a/index.html", {"card"}).key == other.key


def test_scrim_is_stronger_over_restless_art() -> None:
    """Dark squares on black: white text has contrast everywhere, but the pattern would disturb reading."""
    canvas = Canvas(480, 270)
    card = TitleCard(canvas, {"title": LONG})
    colors = palette(BRANDS["default"], Dice(1, "palette"))
    left = []
    for other in (0.10, 0.36):
        squares = (np.indices((270, 480)) // 6).sum(axis=0) % 2
        lightness = np.where(squares == 1, np.float32(other), np.float32(0.02)).astype(np.float32)
        zero = np.zeros_like(lightness)
        paint = Paint((lightness, zero, zero))
        card.scrim(paint, colors)
        box = card.boxes[-1]
        behind = paint.l[int(box.y) : int(box.y + box.h), int(box.x) : int(box.x + box.w)]
        left.append(float(behind.max() - behind.min()))
    assert left[0] == pytest.approx(0.08, abs=0.001), "calm art needs no scrim for its white text"
    assert 0.2 < left[1] <= 0.301, "the range of lightness behind the text is reduced to what does not disturb"
