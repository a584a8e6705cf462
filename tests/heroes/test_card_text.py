"""Text of title cards: every script, character and length gives a card; measured on the pixels."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from numpy.typing import NDArray

from imageseo.heroes.providers.art.cards import breaks, faces
from imageseo.heroes.providers.art.cards.bidi import ordered
from imageseo.heroes.providers.art.cards.card_svg import Ink
from imageseo.heroes.providers.art.cards.fitting import fit
from imageseo.heroes.providers.art.cards.text import clean, clusters
from imageseo.heroes.providers.art.cards.typeface import Typeface
from imageseo.heroes.providers.art.deterministic import Canvas
from imageseo.heroes.providers.art.title_card import TitleCard
from tests.support.extras import needs_packages

needs_fonts = needs_packages("manimgx_fonts", "manimgx_fonts_cjk")

SCRIPTS = {
    "Arabic": "الإمارات العربية المتحدة",
    "Hebrew": "שלום עולם",
    "Hindi": "हिन्दी में क्षत्रिय",
    "Bengali": "বাংলা ভাষার নাম",
    "Tamil": "தமிழ் மொழி",
    "Thai": "ภาษาไทยที่นี่",
    "Khmer": "ភាសាខ្មែរ",
    "Chinese": "你好，世界",
    "Japanese": "日本語のタイトル（その１）",
    "Korean": "한국어 제목",
    "Georgian": "ქართული",
    "Armenian": "Հայերեն",
    "Amharic": "አማርኛ",
    "emoji": "Fast 🚀 👩‍💻 🇩🇪 👍🏽",
    "symbols": "A ★ ✓ ♥ B",
}


def build(title: str, width: int = 800, height: int = 450, **card: str) -> TitleCard:
    return TitleCard(Canvas(width, height), {"title": title, **card})


def ink(layout: TitleCard) -> NDArray[np.bool_]:
    grey = np.full((layout.canvas.height, layout.canvas.width, 3), 128, dtype=np.uint8)
    white = {group: Ink("#ffffff", "none") for group in ("text", "name")}
    found: NDArray[np.bool_] = (layout.draw_text(grey, white) != grey).any(axis=2)
    return found


def assert_inside(layout: TitleCard) -> None:
    """Each line's ink is as wide as measured, and all ink is in the lines' boxes and away from the edges."""
    inked = ink(layout)
    allowed = np.zeros_like(inked)
    for box in layout.boxes:
        area = (slice(int(box.y) - 1, int(box.y + box.h) + 2), slice(int(box.x) - 4, int(box.x + box.w) + 5))
        allowed[area] = True
        columns = np.flatnonzero(inked[area].any(axis=0))
        assert columns.size > 0
        assert box.w * 0.85 - 10 < columns[-1] - columns[0] < box.w + 8  # a Chinese full stop has half its width empty
    assert not (inked & ~allowed).any()
    assert not inked[:8].any()
    assert not inked[-8:].any()
    assert not inked[:, :8].any()
    assert not inked[:, -8:].any()


@needs_fonts
@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_is_drawn_without_a_box(script: str) -> None:
    title = SCRIPTS[script]
    layout = build(title, subtitle="A guide (2024)")
    assert layout.notes == ()
    for line in layout.lines:
        assert all(placed.glyph.number != 0 for placed in line.content.glyphs)  # 0 is the box of a missing glyph
    assert_inside(layout)


@needs_fonts
def test_scripts_are_shaped() -> None:
    """Letters join, marks attach, and what is written before a consonant moves there."""
    bold = Typeface(800)
    assert (
        len({glyph.glyph.number for glyph in bold.set_line("ععع").glyphs} - {bold.set_line("ع").glyphs[0].glyph.number})
        == 3
    )
    assert len(bold.set_line("क्षत्रि").glyphs) < len("क्षत्रि")
    thai = bold.set_line("ที่").glyphs
    assert len({round(glyph.glyph.x, 2) for glyph in thai}) < len(thai) or bold.width("ที่") == bold.width("ท")
    assert len(bold.set_line("👩‍💻").glyphs) == len(bold.set_line("🇩🇪").glyphs) == 1


@needs_fonts
def test_brand_font_stays_for_the_rest() -> None:
    runs = [run for run in Typeface(800).runs("Font ★ 你好 font") if run.text != " "]
    assert [run.text.strip() for run in runs] == ["Font", "★", "你好", "font"]
    assert runs[0].face is runs[3].face is Typeface(800).main


@needs_fonts
def test_chinese_characters_follow_the_language() -> None:
    shapes = {language: Typeface(800, language).set_line("骨直") for language in ("ja", "zh-Hans", "zh-TW", "ko")}
    assert len({line.markup(0, 0, 10) for line in shapes.values()}) >= 3


@pytest.mark.parametrize(
    ("title", "shown", "named"),
    [
        ("你好，世界", "NiHao,ShiJie", "你 (U+4F60)"),
        ("Fast 🚀 builds", "Fast builds", "🚀 (U+1F680)"),
        ("مرحبا", "mrhb", "م (U+0645)"),
        ("🚀🎉", "Rocket Party popper", "🚀 (U+1F680)"),
        ("Ａ①", "A1", "Ａ (U+FF21)"),
    ],
)
def test_without_other_fonts_text_is_replaced_and_named(
    monkeypatch: pytest.MonkeyPatch, title: str, shown: str, named: str
) -> None:
    monkeypatch.setattr(faces, "package_folder", lambda package: None)
    layout = build(title)
    assert " ".join(line.text for line in layout.lines) == shown
    notes = " ".join(layout.notes)
    assert named in notes
    assert "[fonts]" in notes


def test_list_of_missing_glyphs_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "package_folder", lambda package: None)
    assert "and 12 more" in build("".join(chr(0x4E00 + n) for n in range(20))).notes[0]


@pytest.mark.parametrize(
    "title",
    [
        "x" * 120,
        "漢" * 60,
        "word " * 80,
        "a",
        "…",
        "-",
        "\u202e",
        "a\u200db\u0000c\x1b[31m\ud800",
        "\u0301" * 30,
        "👨‍👩‍👧‍👦" * 40,
        "ที่" * 80,
        "العربية " * 40,
        "W" * 500,
        "\u00ad" * 9,
        "100 % " * 50,
        "Donaudampfschifffahrts\u00adgesellschafts\u00adkapitän" * 3,
    ],
)
@pytest.mark.parametrize("size", [(800, 450), (120, 400)])
def test_no_title_ends_a_build(title: str, size: tuple[int, int]) -> None:
    layout = build(title, *size, subtitle=title, brand=title)
    for line, box in zip(layout.lines, layout.boxes, strict=True):
        assert line.x >= 0
        assert line.x + line.content.width * line.size <= layout.canvas.width
        assert box.y >= -1
    ink(layout)


class TestBreaks:
    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            ("Save 50 % now", "50 %"),
            ("A → B", "A →"),
            ("under 10 km away", "10 km"),
            ("Wait … what", "Wait …"),
            ("see § 5 there", "§ 5"),
            ("« bonjour »", "« bonjour »"),
            ("Quoi ?", "Quoi ?"),
            ("1 600 px", "600 px"),
            ("20 °C", "20 °C"),
        ],
    )
    def test_what_belongs_together_stays_together(self, text: str, kept: str) -> None:
        assert any(kept in piece.text.replace("\u00a0", " ") for piece in breaks.pieces(text))

    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            ("日本語、です", ["日", "本", "語、", "で", "す"]),
            ("（例）ー", ["（例）ー"]),
            ("server-side code", ["server-", "side", "code"]),
            ("A-Z", ["A-Z"]),
            ("한국어 제목", ["한국어", "제목"]),
            ("Daten\u00adschutz", ["Daten", "schutz"]),
            ("v1.2", ["v1.2"]),
        ],
    )
    def test_lines_end_where_unicode_allows(self, text: str, parts: list[str]) -> None:
        assert [piece.text for piece in breaks.pieces(text)] == parts

    def test_soft_hyphen_shows_at_the_end_of_a_line(self) -> None:
        bold = Typeface(800)
        fitted = fit("Datenschutz\u00adgrundverordnung", bold, width=400, sizes=(46, 60), lines=3)
        assert fitted.lines == ("Datenschutz-", "grundverordnung")
        whole = fit("Daten\u00adschutz", bold, width=900, sizes=(46, 60), lines=3)
        assert whole.lines == ("Datenschutz",)

    def test_thai_vowels_stay_with_their_consonant(self) -> None:
        head, rest = breaks.cut("เมืองไทยและเรา", lambda text: len(text) <= 7, "")
        assert head + rest == "เมืองไทยและเรา"
        assert head[-1] not in "เแโใไ"

    @needs_packages("pyphen")
    def test_words_are_hyphenated_by_their_language(self) -> None:
        word = "Donaudampfschifffahrtsgesellschaft"
        assert breaks.cut(word, lambda text: len(text) <= 20, "de")[0] in (
            "Donaudampfschiff-",
            "Donaudampfschifffahrts-",
        )


class TestDirection:
    @pytest.mark.parametrize(
        ("text", "rtl", "parts"),
        [
            ("abc", False, ["abc"]),
            ("العربية 2024 ABC", True, ["ABC", " ", "2024", "العربية "]),
            ("abc שלום def", False, ["abc ", "שלום", " def"]),
            ("שלום!", True, ["שלום!"]),
            ("(שלום) 50%", True, ["50%", "(שלום) "]),
            ("1. שלום", True, [". שלום", "1"]),
        ],
    )
    def test_parts_are_in_the_order_of_the_line(self, text: str, rtl: bool, parts: list[str]) -> None:
        assert [part for part, _ in ordered(text, rtl=rtl)] == parts

    @needs_fonts
    def test_titles_from_right_to_left_stand_on_the_right(self) -> None:
        layout = build("العربية 2024 ABC", brand="Acme")
        assert all(box.x + box.w == pytest.approx(752 if box.w > 90 else 725, abs=40) for box in layout.boxes)
        columns = np.flatnonzero(ink(layout).any(axis=0))
        assert columns[0] > 300


def test_text_is_composed_and_without_controls() -> None:
    assert clean("a\u0301\tb\nc\u0007\u200e\u2028d  e") == "á b c d e"
    assert clean("x\u00a0%") == "x\u00a0%"
    assert clusters("e\u0301👩‍💻🇩🇪🇫🇷") == ["e\u0301", "👩‍💻", "🇩🇪", "🇫🇷"]
    assert unicodedata.is_normalized("NFC", clean("cafe\u0301"))


@pytest.mark.slow
@needs_packages("babel")
def test_a_thousand_titles_of_all_languages_are_drawn() -> None:
    from babel import Locale, localedata

    languages = [name for name in localedata.locale_identifiers() if "_" not in name]
    layouts = ("bottom", "split", "centered")
    count = 0
    for language in languages:
        locale = Locale.parse(language)
        names = [*locale.territories.values()]
        for title in (*names[:3], ", ".join(names[:9])):
            card = {"title": title, "language": language, "layout": layouts[count % 3]}
            layout = TitleCard(Canvas(320, 180), card)
            for line in layout.lines:
                assert all(placed.glyph.number for placed in line.content.glyphs), title
                x, y, width, height = line.area
                assert min(x, y) >= 0, title
                assert (x + width <= 320.01, y + height <= 180.01) == (True, True), title
            if count % 25 == 0:
                ink(layout)
            count += 1
    assert count > 1000
