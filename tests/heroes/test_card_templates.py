"""Layouts and fonts of title cards: the built-in ones, the team's own templates, and what these must not do."""

from __future__ import annotations

import struct
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imageseo.heroes.providers.art.cards.brand_fonts import BrandFonts
from imageseo.heroes.providers.art.cards.faces import brand_face
from imageseo.heroes.providers.art.cards.recipe import LAYOUTS
from imageseo.heroes.providers.art.cards.sandbox import variables
from imageseo.heroes.providers.art.render import pixels
from imageseo.heroes.providers.art.style_names import STYLES
from imageseo.heroes.providers.art.title_card import built_in
from imageseo.heroes.providers.procedural import PROVIDER, Procedural
from imageseo.model.errors import RecipeError
from imageseo.model.hero import Recipe
from imageseo.model.protocols import ProviderContext
from tests.support.extras import needs_packages

PAGE = {"title": "Page", "tags": ["css", "html"], "author": "Ada", "date": "2026-05-01", "section": "Guides"}
HEAD = '<svg xmlns="http://www.w3.org/2000/svg" width="{{ width }}" height="{{ height }}">'
TITLE = "{{ box(title, x=safe.x, width=safe.w, size=60 * unit, weight=800, bottom=safe.bottom) }}"


def provider(project: Path, **context: Any) -> Procedural:
    return PROVIDER.configure(ProviderContext(project=project, cache=project, brand="Acme", **context))


def recipe(own: Procedural, width: int = 320, height: int = 180, **card: Any) -> Recipe:
    options = own.complete({"style": "paper", "card": {"title": "Hello", **card}, "page": PAGE})
    return Recipe(provider="procedural", seed=2, width=width, height=height, options=options)


def draw(project: Path, template: str, **context: Any) -> Any:
    (project / "cards").mkdir(exist_ok=True)
    (project / "cards" / "team.svg.jinja").write_text(template, "utf-8")
    own = provider(project, **context)
    made = recipe(own, layout="team")
    return pixels(made, STYLES, own.project_cards)


class TestRecipe:
    def test_default_layout_leaves_the_recipe_as_it_was(self, tmp_path: Path) -> None:
        card = {"title": "A", "subtitle": "B", "layout": "bottom"}
        options = provider(tmp_path).complete({"card": card, "page": PAGE})
        assert options["card"] == {"title": "A", "subtitle": "B", "brand": "Acme"}

    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_recipe_has_the_texts_that_its_layout_shows(self, tmp_path: Path, layout: str) -> None:
        slots = variables(built_in(layout), layout) & {"title", "subtitle", "section", "tags", "author", "date"}
        assert slots == set(LAYOUTS[layout])

    def test_setting_chooses_the_layout(self, tmp_path: Path) -> None:
        options = provider(tmp_path, card="split").complete({"card": True, "title": "A", "page": PAGE})
        assert options["card"] == {"title": "A", "section": "Guides", "brand": "Acme", "layout": "split"}

    def test_own_template_is_part_of_the_recipe(self, tmp_path: Path) -> None:
        draw(tmp_path, f"{HEAD}{TITLE}</svg>")
        first = recipe(provider(tmp_path), layout="team")
        draw(tmp_path, f"{HEAD}{TITLE} {{{{ tags | join }}}}</svg>")
        second = recipe(provider(tmp_path), layout="team")
        assert first.key != second.key
        assert "tags" not in first.options["card"]
        assert second.options["card"]["tags"] == ["css", "html"]

    @pytest.mark.parametrize(
        ("card", "message", "hint"),
        [
            ({"layout": "spilt"}, "no layout 'spilt'", "did you mean 'split'?"),
            ({"layout": "../x"}, "no layout '../x'", "known: bottom, split, centered"),
            ({"lay": "x"}, "`card.lay`: unknown key", "did you mean 'layout'?"),
            ({"subtitle": ["x"]}, "expected text", ""),
        ],
    )
    def test_faults_are_named(self, tmp_path: Path, card: dict[str, Any], message: str, hint: str) -> None:
        with pytest.raises(RecipeError) as caught:
            recipe(provider(tmp_path), **card)
        assert message in caught.value.message
        assert hint in caught.value.hint

    def test_language_is_recorded_where_it_decides_shapes(self, tmp_path: Path) -> None:
        page = {**PAGE, "language": "ja"}
        plain = provider(tmp_path).complete({"card": {"title": "Hello"}, "page": page})
        kanji = provider(tmp_path).complete({"card": {"title": "直す"}, "page": page})
        assert "language" not in plain["card"]
        assert kanji["card"]["language"] == "ja"


class TestOwnTemplates:
    def test_all_slots_shapes_picture_and_logo_are_drawn(self, tmp_path: Path) -> None:
        Image.new("RGB", (8, 8), "#00ff00").save(tmp_path / "logo.png")
        template = (
            f'{HEAD}<rect width="100%" height="50%" fill="#ffffff"/>'
            '<image href="{{ picture }}" x="0" y="0" width="80" height="45"/>'
            '<image href="{{ logo }}" x="300" y="0" width="20" height="20"/>'
            '{% set line = box(section ~ " · " ~ author ~ " · " ~ date, x=100, width=180, size=12, top=20) %}'
            "{{ line }}{{ box(tags, x=100, width=200, size=12, under=line, gap=4) }}"
            f'<rect x="0" y="88" width="9" height="2" fill="{{{{ line.accent }}}}"/>{TITLE}</svg>'
        )
        out = draw(tmp_path, template, logo="logo.png")
        assert out[10, 310].tolist() == [0, 255, 0]
        assert out[60, 200].tolist() == [255, 255, 255]
        art = draw(tmp_path, f"{HEAD}{TITLE}</svg>")
        assert np.abs(out[5:40, 5:75].astype(int) - art[20:160:4, 20:300:4].astype(int)).mean() < 30
        assert (out[15:60, 100:280] < 90).any()  # dark ink on the white panel

    def test_text_on_a_middle_tone_gets_a_plate_or_an_ink_that_shows(self, tmp_path: Path) -> None:
        for tone in ("#777777", "#808080", "#6a6a6a"):
            panel = f'<rect width="100%" height="100%" fill="{tone}" fill-opacity="0.97"/>'
            out = draw(tmp_path, f"{HEAD}{panel}{TITLE}</svg>").astype(int)
            assert out.max() - out.min() > 60

    @pytest.mark.parametrize(
        ("body", "message", "line"),
        [
            ('<image href="http://127.0.0.1:9/x.png"/>', "loads 'http://127.0.0.1:9/x.png'", 2),
            ('<image href="file:///etc/passwd"/>', "loads 'file:///etc/passwd'", 2),
            ('<image href="secret.png"/>', "loads 'secret.png'", 2),
            ('<image href="data:image/svg+xml;base64,PHN2Zy8+"/>', "loads 'data:image/svg+xml", 2),
            ('<rect fill="url(http://evil/x#y)"/>', "loads 'http://evil/x#y'", 2),
            ('<style>@import "x.css";</style>', "loads '@import", 2),
            ("{% include 'bottom.svg.jinja' %}", "includes another file", None),
            ("{% for a in range(999999999) %}x{% endfor %}", "a loop over 999999999 numbers", 2),
            (
                "{% for a in range(9000) %}{% for b in range(9000) %}{% endfor %}{% endfor %}",
                "more than 20000 steps",
                2,
            ),
            ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "", 2),
            ("{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}", "", 2),
            ("{{ 'x' * 999999999 }}", "`*` is for numbers", 2),
            ("{{ '%0999999999d' % 1 }}", "`%` formats no text", 2),
            ("{{ 'x'.ljust(999999999) }}", "unsafe", 2),
            ("{{ 'x' | center(999999999) }}", "No filter named 'center'", 2),
            (
                "{% set a = 'xxxxxxxxxxxxxxxxxxxx' %}" + "{% set a = a ~ a ~ a ~ a %}" * 12,
                "more than 4000000 characters",
                2,
            ),
            ("{{ ''.__class__.__mro__ }}", "unsafe", 2),
            ("{{ titel }}", "'titel' is undefined", 2),
            ("{% if %}", "Expected an expression", 2),
            ('<text x="5" y="50" font-family="Nope">{{ title }}</text>', "<text> is not drawn", 2),
            ("<g><text><tspan>New</tspan></text></g>", "<text> is not drawn", 2),
            ("<g>", "no valid SVG", None),
            ('<use id="a" href="#a"/>', "more than 20000 elements", None),
            ('<g id="a">' + "<g/>" * 20 + "</g>" + "".join(
                f'<g id="{chr(98 + n)}">' + f'<use href="#{chr(97 + n)}"/>' * 20 + "</g>" for n in range(6)
            ), "more than 20000 elements", None),
            ("{{ box(title, x=0, width=10, size='big') }}", "", 2),
        ],
    )  # fmt: skip
    def test_faulty_templates_are_refused_with_their_line(
        self, tmp_path: Path, body: str, message: str, line: int | None
    ) -> None:
        with pytest.raises(RecipeError) as caught:
            draw(tmp_path, f"{HEAD}\n{body}\n{TITLE}</svg>")
        assert "cards/team.svg.jinja" in caught.value.message
        assert message in caught.value.message
        assert line is None or f"line {line}" in caught.value.message
        assert caught.value.hint

    @pytest.mark.parametrize(
        ("template", "message"),
        [
            ("Hello", "expected `<svg …>`, found 'Hello'"),
            ("", "expected `<svg …>`"),
            ("<html>{{ title }}</html>", "expected `<svg …>`"),
            ("<svg width='1'>{{ title }}</svg>", "it yields <svg> and no SVG"),
            ('<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x "y">]><svg>&x;</svg>', "a document type is not allowed"),
        ],
    )
    def test_what_is_no_svg_is_refused(self, tmp_path: Path, template: str, message: str) -> None:
        with pytest.raises(RecipeError) as caught:
            draw(tmp_path, template)
        assert message in caught.value.message

    def test_title_is_escaped_once(self, tmp_path: Path) -> None:
        template = f'{HEAD}<desc>{{{{ title }}}}</desc><g id="{{{{ title }}}}"/>{TITLE}</svg>'
        (tmp_path / "cards").mkdir()
        (tmp_path / "cards" / "team.svg.jinja").write_text(template, "utf-8")
        own = provider(tmp_path)
        made = recipe(own, layout="team")
        made = Recipe(
            provider="procedural",
            seed=2,
            width=320,
            height=180,
            options={**made.options, "card": {**made.options["card"], "title": 'A & B <i>"x" </svg>'}},
        )
        assert pixels(made, STYLES, own.project_cards).shape == (180, 320, 3)

    def test_template_of_a_pin_that_is_gone_is_named(self, tmp_path: Path) -> None:
        draw(tmp_path, f"{HEAD}{TITLE}</svg>")
        made = recipe(provider(tmp_path), layout="team")
        (tmp_path / "cards" / "team.svg.jinja").unlink()
        with pytest.raises(RecipeError, match=r"cards/team\.svg\.jinja does not exist"):
            next(provider(tmp_path).produce([made]))

    @pytest.mark.parametrize(("file", "message"), [("logo.svg", "no PNG"), ("missing.png", "cannot be read")])
    def test_faulty_logo_is_named(self, tmp_path: Path, file: str, message: str) -> None:
        with pytest.raises(RecipeError, match=message):
            draw(tmp_path, f'{HEAD}<image href="{{{{ logo }}}}"/>{TITLE}</svg>', logo=file)


class TestFonts:
    @needs_packages("manimgx_fonts")
    def test_files_of_the_brand_come_first_at_their_weight(self, tmp_path: Path) -> None:
        folder = find_spec("manimgx_fonts")
        assert folder is not None
        font = Path((folder.submodule_search_locations or [""])[0]) / "NotoSans[wght].ttf"
        (tmp_path / "Own.ttf").write_bytes(font.read_bytes())
        own = BrandFonts(("Own.ttf",), tmp_path)
        thin, bold = own.typeface(300), own.typeface(800)
        assert thin.main.path == str(tmp_path / "Own.ttf")
        assert thin.width("Hello") < bold.width("Hello")
        assert own.digests[0].startswith("Own.ttf ")
        made = recipe(provider(tmp_path, fonts=("Own.ttf",)))
        assert made.options["card"]["fonts"] == own.digests
        assert pixels(made, STYLES, provider(tmp_path, fonts=("Own.ttf",)).project_cards).shape == (180, 320, 3)

    def test_files_of_one_family_are_its_weights(self, tmp_path: Path) -> None:
        folder = Path(brand_face(800).path).parent
        names = ("Manrope-Light.ttf", "Manrope-Medium.ttf", "Manrope-ExtraBold.ttf")
        for name in names:
            (tmp_path / name).write_bytes((folder / name).read_bytes())
        own = BrandFonts(names, tmp_path)
        assert [Path(own.typeface(weight).main.path).name for weight in (300, 500, 800)] == list(names)
        assert BrandFonts(("font-manrope",), tmp_path).typeface(800).main.path.endswith("_wght.ttf")

    @pytest.mark.parametrize(
        ("name", "data", "message"),
        [
            ("none.ttf", None, "none.ttf does not exist"),
            ("broken.ttf", b"not a font" * 99, "broken.ttf cannot be used: it is no font"),
            ("empty.otf", b"", "empty.otf cannot be used"),
            ("font.woff2", b"wOF2", "font.woff2 is a compressed font"),
            ("no-such-package", None, "no file of a font and no installed package"),
            ("__main__", None, "no file of a font and no installed package"),
            ("jinja2", None, "a package without a font file"),
        ],
    )
    def test_faulty_fonts_are_named(self, tmp_path: Path, name: str, data: bytes | None, message: str) -> None:
        if data is not None:
            (tmp_path / name).write_bytes(data)
        with pytest.raises(RecipeError) as caught:
            recipe(provider(tmp_path, fonts=(name,)))
        assert message in caught.value.message
        assert "brand.fonts" in caught.value.message
        assert caught.value.hint

    def test_large_font_is_refused_unread(self, tmp_path: Path) -> None:
        with (tmp_path / "big.ttf").open("wb") as file:
            file.truncate(30 * 1024 * 1024)
        with pytest.raises(RecipeError, match=r"big\.ttf has 30 MiB"):
            recipe(provider(tmp_path, fonts=("big.ttf",)))

    def test_font_without_characters_is_refused(self, tmp_path: Path) -> None:
        """A font file whose table of characters has another name."""
        source = Path(brand_face(800).path).read_bytes()
        count = struct.unpack(">H", source[4:6])[0]
        directory = source[12 : 12 + 16 * count].replace(b"cmap", b"cmax")
        (tmp_path / "nocmap.ttf").write_bytes(source[:12] + directory + source[12 + 16 * count :])
        with pytest.raises(RecipeError, match=r"nocmap\.ttf cannot be used: it has no table of characters"):
            recipe(provider(tmp_path, fonts=("nocmap.ttf",)))


def test_template_of_the_manual_is_drawn(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "site_example" / "docs" / "how-to" / "heroes.md").read_text("utf-8")
    template = page.partition('title="cards/team.svg.jinja"\n')[2].partition("\n```")[0]
    Image.new("RGB", (8, 8), "#00ff00").save(tmp_path / "logo.png")
    out = draw(tmp_path, template, logo="logo.png")
    assert out[25, 25].tolist() == [0, 255, 0]
