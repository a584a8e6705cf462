"""Styles that show something of a page or the project, and art that leaves a card's texts their place."""

from __future__ import annotations

import io
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imageseo.config.heroes import HeroSettings
from imageseo.heroes.masters.master_check import origin_of
from imageseo.heroes.providers.art.brand_coverage import cover
from imageseo.heroes.providers.art.calm import Calm
from imageseo.heroes.providers.art.code_tokens import read_lines, shorten
from imageseo.heroes.providers.art.color import palette
from imageseo.heroes.providers.art.deterministic import Canvas, Dice
from imageseo.heroes.providers.art.render import pixels
from imageseo.heroes.providers.art.style_names import ALL_STYLES, STYLES
from imageseo.heroes.providers.art.title_card import TitleCard
from imageseo.heroes.providers.procedural import PROVIDER, Procedural
from imageseo.heroes.recipes.request_parser import request
from imageseo.integrations.pages import HeroesFile, with_heroes
from imageseo.model.errors import RecipeError
from imageseo.model.hero import ALGORITHMIC_MEDIA, TRAINED_MEDIA, Recipe
from imageseo.model.protocols import ProviderContext
from imageseo.model.site import Page, PageHints
from imageseo.web.sources.page_texts import html_code, markdown_code, rest_code
from tests.heroes.test_brand_coverage import PALETTES, share
from tests.support import small_sites

COLORS = {"main": "#2563eb", "accent": "#f59e0b"}
CALM = ("chart", "diagram", "facets", "halftone", "icons", "mosaic")
CAPTURE = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"


def photo(**save: Any) -> bytes:
    """Draw a gradient with a disc."""
    x, y = np.meshgrid(np.linspace(0, 1, 320), np.linspace(0, 1, 200))
    grey = np.where((x - 0.7) ** 2 + (y - 0.5) ** 2 < 0.05, 250, 200 * x * (1 - 0.4 * y)).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(grey).convert("RGB").save(out, **{"format": "JPEG", **save})
    return out.getvalue()


def provider(folder: Path, **context: Any) -> Procedural:
    return PROVIDER.configure(ProviderContext(project=folder, cache=folder, **context))


def draw(own: Procedural, seed: int = 1, size: tuple[int, int] = (160, 90), **options: Any) -> NDArray[np.uint8]:
    completed = own.complete(options)
    recipe = Recipe(provider="procedural", seed=seed, width=size[0], height=size[1], options=completed)
    return pixels(recipe, STYLES, own.project_cards)


class TestDuotone:
    def test_photograph_in_two_brand_colours(self, tmp_path: Path) -> None:
        (tmp_path / "photo.jpg").write_bytes(photo())
        own = provider(tmp_path)
        for colors in (*PALETTES[:6], PALETTES[9]):
            picture = draw(own, style="duotone", image="photo.jpg", colors=colors)
            for color in palette(colors, Dice(1, "palette")).brand:
                wanted = "#" + "".join(f"{value:02x}" for value in _srgb(color))
                assert share(picture, wanted) >= 0.08, colors
        assert (draw(own, style="duotone", image="photo.jpg") != draw(own, style="aurora", mode="dark")).any()

    def test_recipe_names_file_and_hash(self, tmp_path: Path) -> None:
        small_sites.write(tmp_path, {"docs/a/photo.jpg": photo(), "docs/b.jpg": photo(quality=20)})
        own, page = provider(tmp_path), {"page": {"folder": "docs/a"}}
        first = own.complete({"style": "duotone", "image": "photo.jpg", **page})
        assert first["image"]["file"] == "docs/a/photo.jpg"
        assert own.complete(first) == first
        assert own.complete({"style": "duotone", "image": "../b.jpg", **page})["image"]["file"] == "docs/b.jpg"
        (tmp_path / "docs/a/photo.jpg").write_bytes(photo(quality=20))
        assert own.complete({"style": "duotone", "image": "photo.jpg", **page}) != first

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({}, "needs a photograph"),
            ({"image": "none.jpg"}, "none.jpg is no file of the project"),
            ({"image": "../outside.jpg"}, "is no file of the project"),
            ({"image": "/etc/passwd"}, "is no file of the project"),
            ({"image": "broken.jpg"}, "`image`: broken.jpg"),
            ({"image": "drawing.svg"}, "no photograph but SVG"),
            ({"image": {"file": "photo.jpg", "focal": [2, 0]}}, "`image.focal`"),
            ({"image": {"fil": "photo.jpg"}}, "`image.fil`: unknown key"),
            ({"image": ["photo.jpg"]}, "expected the path of an image"),
        ],
    )
    def test_faults(self, tmp_path: Path, options: Mapping[str, Any], message: str) -> None:
        svg = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>'
        files: Mapping[str, str | bytes] = {"p/photo.jpg": photo(), "p/broken.jpg": b"no image", "p/drawing.svg": svg}
        small_sites.write(tmp_path, {**files, "outside.jpg": photo()})
        with pytest.raises(RecipeError) as caught:
            provider(tmp_path / "p").complete({"style": "duotone", **options})
        assert message in str(caught.value)

    def test_origin_is_that_of_the_photograph(self, tmp_path: Path) -> None:
        xmp = (
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<rdf:Description xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
            'Iptc4xmpExt:DigitalSourceType="{}"/></rdf:RDF></x:xmpmeta>'
        )
        for name, source in (("ai", TRAINED_MEDIA), ("camera", CAPTURE)):
            (tmp_path / f"{name}.jpg").write_bytes(photo(xmp=xmp.format(source).encode()))
        (tmp_path / "plain.jpg").write_bytes(photo())
        own = provider(tmp_path)
        anyhow: Any = own
        found = {}
        for name in ("ai", "camera", "plain"):
            options = own.complete({"style": "duotone", "image": f"{name}.jpg"})
            recipe = Recipe(provider="procedural", seed=1, width=64, height=64, options=options)
            found[name] = origin_of(anyhow, recipe)[0].rpartition("/")[2]
            assert next(own.produce([recipe])).digital_source_type.rpartition("/")[2] == found[name]
        assert found == {"ai": "trainedAlgorithmicMedia", "camera": "algorithmicallyEnhanced", "plain": ""}
        other = Recipe(provider="procedural", seed=1, width=64, height=64, options=own.complete({"style": "topo"}))
        assert origin_of(anyhow, other)[0] == ALGORITHMIC_MEDIA

    @pytest.mark.parametrize("key", ["image", "src", "file"])
    def test_front_matter_names_the_photograph(self, tmp_path: Path, key: str) -> None:
        (tmp_path / "photo.jpg").write_bytes(photo())
        own = provider(tmp_path)
        page = Page(path="a/index.html", hints=PageHints(meta={"hero": {"style": "duotone", key: "photo.jpg"}}))
        found = request(page, settings=HeroSettings(), complete=lambda _, options: own.complete(options))
        assert found is not None
        assert found.recipe is not None
        assert found.recipe.options["image"]["file"] == "photo.jpg"


def _srgb(color: Any) -> tuple[int, ...]:
    from imageseo.heroes.providers.art.color import format_hex

    text = format_hex(color)
    return tuple(int(text[at : at + 2], 16) for at in (1, 3, 5))


class TestLetters:
    @pytest.mark.parametrize(
        "said", ["A", "", "Größe zählt", "العربية في السحابة", "你好，世界", "🚀 !!", "हिन्दी", "i", "x" * 200, "½ → 3"]
    )
    def test_every_text_is_drawn_with_both_colours(self, tmp_path: Path, said: str) -> None:
        own = provider(tmp_path, colors=COLORS)
        for seed, size in ((1, (160, 90)), (2, (90, 160)), (3, (200, 40))):
            for card in (False, {"title": "T"}):
                picture = draw(own, seed, size, style="typographic", letters=said, card=card)
                assert share(picture, "#2563eb") >= 0.08, (said, seed)
                assert share(picture, "#f59e0b") >= 0.08, (said, seed)

    def test_text_is_the_headline(self, tmp_path: Path) -> None:
        own = provider(tmp_path, brand="Acme")
        page = {"headline": "Das Wort", "title": "Titel", "language": "de"}
        assert own.complete({"style": "typographic", "page": page})["letters"] == {"text": "Das Wort"}
        assert own.complete({"style": "typographic"})["letters"] == {"text": "Acme"}
        said = own.complete({"style": "typographic", "letters": "Größe", "page": page})
        assert said["letters"] == {"text": "Größe", "language": "de"}
        assert own.complete({**said, "page": page}) == said
        with pytest.raises(RecipeError, match="`letters`: the style 'topo' does not show them"):
            own.complete({"style": "topo", "letters": "A"})


class TestCode:
    def test_window_shows_the_block(self, tmp_path: Path) -> None:
        own = provider(tmp_path, colors=COLORS)
        page = {"code": {"language": "python", "text": "def f(x):\n    return x  # so\n"}}
        shown = draw(own, style="code", page=page)
        assert (shown != draw(own, style="code")).any()
        assert (draw(own, style="code") == draw(own, style="code")).all()
        completed = own.complete({"style": "code", "page": page})
        assert completed["code"] == {"language": "python", "text": "def f(x):\n    return x  # so"}
        assert own.complete(completed) == completed
        assert own.complete({"style": "code", "code": "x = 1"})["code"] == {"text": "x = 1"}
        assert "code" not in own.complete({"style": "code", "code": " \n"})
        for text in ("x" * 5000, "\t" * 50 + "y", "你好 = 'שלום'", "a\x00b\x1b[0m", "\n" * 400 + "z"):
            assert draw(own, style="code", code={"text": text, "language": "nope"}).std() > 8

    def test_pieces(self) -> None:
        assert read_lines("python", "def f():\n    return 'a'  # b")[0][0] == ("keyword", "def")
        kinds = [kind for kind, _ in read_lines("python", "def f():\n    return 'a'  # b")[1]]
        assert {"keyword", "literal", "comment"} <= set(kinds)
        assert read_lines("no-such-language", "a\nb") == [[("plain", "a")], [("plain", "b")]]
        assert shorten("\n\n    a\r\n      b\n\n") == "a\n  b"

    @pytest.mark.parametrize(
        ("read", "text", "code"),
        [
            (markdown_code, "# A\n\n```python title='x'\nx = 1\n```\n\n```js\n```\n", ("python", "x = 1")),
            (markdown_code, "~~~ {.rust .numberLines}\nfn\n~~~", ("rust", "fn")),
            (markdown_code, "```{code-block} yaml\na: 1\n```", ("yaml", "a: 1")),
            (markdown_code, "````\n```\nx\n```\n````", ("", "```\nx\n```")),
            (markdown_code, "Inline ``` no ``` block", None),
            (
                rest_code,
                "T\n=\n\n.. code-block:: c\n   :linenos:\n\n   x = 1\n\n     y\n\nText",
                ("c", "x = 1\n\n  y"),
            ),
            (rest_code, ".. sourcecode::\n\n   a", ("", "a")),
            (rest_code, "no code", None),
            (html_code, '<pre><code class="language-js">a &lt; <b>1</b></code></pre>', ("js", "a < 1")),
            (
                html_code,
                '<div class="highlight-c notranslate"><div class="highlight"><pre>x</pre>',
                ("c", "x"),
            ),
            (html_code, '<div class="language-toml highlight"><pre><span></span><code>x</code></pre>', ("toml", "x")),
            (html_code, '<pre class="chroma"><code class="x" data-lang="go">x</code></pre>', ("go", "x")),
            (html_code, "<pre></pre>", None),
            (html_code, "<p>", None),
        ],
    )
    def test_first_block_of_a_page(self, read: Any, text: str, code: tuple[str, str] | None) -> None:
        assert read(text) == code


def test_heroes_of_heroes_toml_show_headline_and_code(tmp_path: Path) -> None:
    built = "<title>A – Acme</title><h1>The <code>h1</code></h1><pre><code class='language-go'>x</code></pre>"
    source = "---\ntitle: Nav\n# no: heading\n---\n\n# The *real* one\n\n```toml\na = 1\n```\n"
    rest = "Title\n=====\n\n.. code:: sh\n\n   ls\n"
    files = {"site/a/index.html": built, "docs/b.md": source, "docs/c.rst": rest}
    small_sites.write(tmp_path, files)
    toml = '["/a/"]\ncard = true\n["/b/"]\nstyle = "code"\ncard = "x"\n["/c/"]\nstyle = "code"\n["/d/"]\nseed = 1\n'
    (tmp_path / "heroes.toml").write_text(toml, "utf-8")
    pages = [
        Page(path="a/index.html", hints=PageHints(title="A – Acme")),
        Page(path="b/index.html", hints=PageHints(title="Nav", source=Path("docs/b.md"))),
        Page(path="c/index.html", hints=PageHints(title="Title", source=Path("docs/c.rst"))),
        Page(path="d/index.html", hints=PageHints(title="D")),
        Page(path="gone/index.html", hints=PageHints(meta={"hero": {"style": "code"}}, source=Path("docs/gone.md"))),
    ]
    heroes = HeroesFile.read(tmp_path)
    found = [page.hints for page in with_heroes(pages, heroes, ("hero",), root=tmp_path / "site")]
    assert [each.headline for each in found] == ["The h1", "The real one", None, None, None]
    assert [each.code for each in found] == [None, ("toml", "a = 1"), ("sh", "ls"), None, None]
    asked = request(
        Page(path="a/index.html", hints=found[0]),
        settings=HeroSettings(),
        complete=lambda _, options: PROVIDER.complete(options),
    )
    assert asked is not None
    assert asked.recipe is not None
    assert asked.recipe.options["card"] == {"title": "The h1"}
    assert asked.recipe.former_title == "A – Acme", "cards that were pinned with the title stay valid"


@pytest.mark.parametrize("style", [*CALM, "strings", "typographic"])
def test_art_is_calm_where_texts_lie(style: str, subtests: Any) -> None:
    """Most of what is behind the title has one tone; without a card it has not."""
    module = import_module(f"imageseo.heroes.providers.art.styles.{style}")
    for width, height in ((382, 200), (200, 200)):
        for night in ("light", "dark"):
            canvas, colors = Canvas(width, height), palette(COLORS, Dice(1, "palette"), night)
            card = TitleCard(canvas, {"title": "Die Zukunft der Arbeit"})
            calm = card.calm(colors)
            paint = module.draw(canvas, colors, Dice(5, style), calm=calm)
            paint = paint.mirrored() if calm.is_mirrored(paint.focus) else paint
            cover(paint, colors.brand)
            box = card.boxes[0]
            behind = paint.l[int(box.y) : int(box.y + box.h) + 1, int(box.x) : int(box.x + box.w) + 1]
            with subtests.test(f"{width} {night}"):
                low, high = np.percentile(behind, [4, 96])
                assert high - low < 0.1


def test_places_of_texts() -> None:
    canvas = Canvas(400, 200)
    calm = Calm.around([(10.0, 150.0, 150.0, 40.0)], canvas, rtl=False)
    (place,) = calm.places
    assert (place.left, place.bottom) == (0.0, 1000.0)
    assert calm.facing(0.8) is calm
    assert calm.facing(0.2).places[0].right == 2000.0
    assert calm.floor == 1000.0
    assert calm.brink == place.top
    assert calm.near(100.0, 900.0) == 1.0
    assert calm.near(1900.0, 100.0) == 0.0
    assert not Calm()
    over_all = Calm.around([(10.0, 150.0, 380.0, 40.0)], canvas, rtl=False)
    assert over_all.floor == over_all.brink < 750


def test_shapes_of_a_layout_hide_the_art_below_them() -> None:
    colors = palette(COLORS, Dice(1, "palette"))
    for layout, places in (("split", 0), ("centered", 0), ("bottom", 1)):
        card = TitleCard(Canvas(380, 200), {"title": "A title", "layout": layout})
        assert len(card.calm(colors).places) == places, layout


def test_styles_with_content_are_for_recipes_that_name_them() -> None:
    assert set(ALL_STYLES) - set(STYLES) == {"code", "duotone", "typographic"}
    with pytest.raises(RecipeError, match="unknown style 'duoton'"):
        PROVIDER.complete({"style": "duoton"})
