"""Procedural heroes: equal bytes everywhere, brand colours, options checked, and nothing heavy loaded in vain."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imageseo.heroes.providers.art.color import Lab, Ramp, parse, to_hex
from imageseo.heroes.providers.art.deterministic import encode, root
from imageseo.heroes.providers.art.render import pixels
from imageseo.heroes.providers.procedural import PROVIDER, STYLES
from imageseo.model.errors import RecipeError, SettingsError
from imageseo.model.hero import ALGORITHMIC_MEDIA, Recipe
from imageseo.model.protocols import ProviderContext

ROOT = Path(__file__).parents[2]
VIVID = ("#ff006e", "#8338ec", "#3a86ff", "#ffbe0b")
PASTEL = ("#fde2e4", "#cddafd", "#bee1e6")

# Of 160x90 px. They change only together with `Procedural.version`: look at the pictures before you change them.
KNOWN = {
    "ridges 1": "e94f4350f91e053afa36bfa92c9f485d",
    "ridges vivid": "e88ee03ffa603ae12b5d17f120a27cc4",
    "paper 1": "7e277d8b020922ce6c5c7228ca681510",
    "paper vivid": "0ed8c0955d3432f5e706bb8fc8bce086",
    "aurora 1": "500e49d6084ee677b8cb5e7f64a231c0",
    "aurora vivid": "cbec3c24cbb574fef320383693c548e4",
    "topo 1": "a437fb0df86af2bd5edb18c0e809a6ed",
    "topo vivid": "ef47b536b32b851a129246aa9818bfec",
    "mosaic 1": "e986bd34d34e206113f8f10e3927dfc6",
    "mosaic vivid": "240c4264919227c1548f8a090d748408",
    "topo pastel card": "5cd1a4c448023f512d7a36241a89eaf7",
}


def recipe(style: str = "auto", seed: int = 1, *, width: int = 160, height: int = 90, **options: Any) -> Recipe:
    completed = PROVIDER.complete({"style": style, **options})
    return Recipe(provider="procedural", seed=seed, width=width, height=height, options=completed)


def drawn(style: str = "auto", seed: int = 1, **options: Any) -> NDArray[np.uint8]:
    return pixels(recipe(style, seed, **options), STYLES)


def digest(picture: NDArray[np.uint8]) -> str:
    return hashlib.sha256(picture.tobytes()).hexdigest()[:32]


def digests() -> dict[str, str]:
    """What KNOWN holds; also run in processes with other CPU features."""
    found = {}
    for style in STYLES:
        found[f"{style} 1"] = digest(drawn(style, 1))
        found[f"{style} vivid"] = digest(drawn(style, 2**63 + 5, colors=VIVID))
    found["topo pastel card"] = digest(drawn("topo", 4711, colors=PASTEL, card={"title": "Größe", "subtitle": "Λόγος"}))
    return found


class TestDeterminism:
    def test_pixels_are_the_known_ones(self) -> None:
        assert digests() == KNOWN

    @pytest.mark.parametrize("keep", [0, 1])
    def test_cpu_features_change_nothing(self, keep: int) -> None:
        """numpy picks its loops by the CPU; without the newer instructions the pixels must be the same."""
        name = "numpy._core._multiarray_umath" if np.__version__ >= "2" else "numpy.core._multiarray_umath"
        umath: Any = import_module(name)
        here = [feature for feature in umath.__cpu_dispatch__ if umath.__cpu_features__[feature]]
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "import json; from tests.heroes import test_procedural as t; print(json.dumps(t.digests()))",
            ],
            env={**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(here[keep:])},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(done.stdout) == KNOWN

    def test_only_exact_arithmetic_is_used(self) -> None:
        """Functions whose last bit depends on the machine, and sums whose order does."""
        inexact = {"sin", "cos", "tan", "exp", "exp2", "log", "log2", "log10", "power", "float_power", "cbrt", "hypot"}
        inexact |= {"arctan", "arctan2", "dot", "matmul", "einsum", "sum", "mean", "random", "interp", "linalg", "fft"}
        for path in sorted((ROOT / "imageseo" / "heroes" / "art").glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Attribute):
                    assert node.attr not in inexact, f"{path.name}:{node.lineno}"
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
                    assert isinstance(node.left, ast.Constant | ast.Call), f"{path.name}:{node.lineno}: a power"
                assert not isinstance(node, ast.MatMult)

    def test_files_are_the_same_each_time_and_hold_their_recipe(self) -> None:
        asked = recipe("paper", 3)
        first, second = (next(PROVIDER.produce([asked])) for _ in range(2))
        assert first == second
        assert first.digital_source_type == ALGORITHMIC_MEDIA
        with Image.open(io.BytesIO(first.png)) as image:
            assert (image.format, image.mode, image.size) == ("PNG", "RGB", (160, 90))
            assert image.text["imageseo"] == asked.canonical  # type: ignore[attr-defined]
            assert digest(np.asarray(image)) == digest(drawn("paper", 3))


class TestPictures:
    def test_seeds_and_styles_and_colours_all_count(self) -> None:
        pictures = [digest(drawn(style, seed)) for style in STYLES for seed in (1, 2, 2**32 + 1)]
        pictures += [digest(drawn(style, 1, colors=VIVID)) for style in STYLES]
        assert len(set(pictures)) == len(pictures)

    def test_the_seed_picks_a_style_and_all_get_their_turn(self) -> None:
        picked = set()
        for seed in range(24):
            automatic = digest(drawn(seed=seed, width=64, height=64))
            (style,) = [each for each in STYLES if digest(drawn(each, seed, width=64, height=64)) == automatic]
            picked.add(style)
        assert picked == set(STYLES)

    @pytest.mark.parametrize("style", STYLES)
    @pytest.mark.parametrize(("width", "height"), [(64, 64), (64, 400), (1000, 64), (97, 131)])
    def test_any_shape(self, style: str, width: int, height: int) -> None:
        picture = drawn(style, 5, width=width, height=height)
        assert picture.shape == (height, width, 3)
        assert picture.std() > 8

    @pytest.mark.parametrize("style", STYLES)
    @pytest.mark.parametrize(
        "colors", [VIVID, PASTEL, ("#000", "#fff"), ("#777777", "#777777"), ("#14532d", "#e7e5d8")]
    )
    def test_every_brand_gives_a_picture_with_contrast(self, style: str, colors: tuple[str, ...]) -> None:
        for seed in (1, 2, 3):
            grey = np.asarray(Image.fromarray(drawn(style, seed, colors=colors)).convert("L")).astype(float)
            low, high = np.percentile(grey, [2, 98])
            assert high - low > 40, f"{style} {seed} is flat"

    @pytest.mark.parametrize("style", STYLES)
    def test_a_green_brand_is_green_and_a_grey_one_grey(self, style: str) -> None:
        green = drawn(style, 2, colors=("#052e16", "#16a34a")).reshape(-1, 3).astype(float).mean(axis=0)
        assert green[1] > green[0]
        assert green[1] > green[2]
        grey = drawn(style, 2, colors=("#222222", "#dddddd")).astype(int)
        assert np.abs(grey.max(axis=2) - grey.min(axis=2)).max() <= 2

    def test_gradients_are_dithered(self) -> None:
        """In a sky that changes from row to row alone, each row would be one colour without noise: bands."""
        sky = drawn("ridges", 1, width=640, height=360)[20:60, :200]
        runs = [np.diff(np.flatnonzero(np.diff(row.astype(int))), prepend=0).max(initial=0) for row in sky[:, :, 2]]
        assert max(runs) < 60

    def test_too_large_is_refused_before_memory_is_spent(self) -> None:
        with pytest.raises(RecipeError, match="8192x8192"):
            next(PROVIDER.produce([recipe(width=8192, height=8192)]))


class TestOptions:
    def test_defaults_come_from_the_brand_and_enter_the_recipe(self) -> None:
        branded = PROVIDER.configure(
            ProviderContext(project=Path(), cache=Path(), colors=("#ABC", "#123456"), brand="Acme")
        )
        assert branded.complete({}) == {"style": "auto", "colors": ["#aabbcc", "#123456"]}
        assert branded.complete({"card": "Hi"})["card"] == {"title": "Hi", "brand": "Acme"}
        assert PROVIDER.complete({"colors": "#000, #fff"})["colors"] == ["#000000", "#ffffff"]

    def test_it_has_no_options_of_its_own(self) -> None:
        with pytest.raises(SettingsError, match=r"providers\.procedural\.styl"):
            PROVIDER.configure(ProviderContext(project=Path(), cache=Path(), options={"styl": 1}))

    def test_completing_twice_changes_nothing(self) -> None:
        once = PROVIDER.complete({"card": {"title": "T", "subtitle": "S"}, "prompt": "x", "style": "topo"})
        again = {**once, "card": {key: text for key, text in once["card"].items() if key != "brand"}}
        assert PROVIDER.complete(again) == once
        json.dumps(once, allow_nan=False)

    @pytest.mark.parametrize(
        ("options", "card"),
        [
            ({"card": True, "title": "Page"}, {"title": "Page"}),
            ({"card": True, "title": "Page", "subtitle": "More"}, {"title": "Page", "subtitle": "More"}),
            ({"card": {"title": "Own"}, "title": "Page"}, {"title": "Own"}),
            ({"card": {"subtitle": "Own"}, "title": "Page"}, {"title": "Page", "subtitle": "Own"}),
            ({"card": {"title": 2026}}, {"title": "2026"}),
            ({"card": "  two\n lines "}, {"title": "two lines"}),
            ({"card": False, "title": "Page"}, None),
            ({"title": "Page"}, None),
        ],
    )
    def test_cards(self, options: dict[str, Any], card: dict[str, str] | None) -> None:
        assert PROVIDER.complete(options).get("card") == card

    @pytest.mark.parametrize(
        ("options", "named", "hint"),
        [
            ({"styl": "topo"}, "'styl'", "'style'"),
            ({"style": "ridge"}, "'ridge'", "'ridges'"),
            ({"style": ["x"]}, "style", "known"),
            ({"colors": ["#000"]}, "colors", "#0b1f3a"),
            ({"colors": ["red", "#000"]}, "'red'", "#rrggbb"),
            ({"colors": 7}, "colors", "#0b1f3a"),
            ({"card": True}, "no title", "card: {title"),
            ({"card": {"titel": "x"}}, "card.titel", "'title'"),
            ({"card": 3}, "card", ""),
            ({"card": {"title": ["x"]}}, "title", ""),
            ({"prompt": {"a": 1}}, "prompt", ""),
        ],
    )
    def test_faults_name_the_key(self, options: dict[str, Any], named: str, hint: str) -> None:
        with pytest.raises(RecipeError) as caught:
            PROVIDER.complete(options)
        assert named in caught.value.message
        assert hint in caught.value.hint

    def test_a_prompt_is_kept_ignored_and_said_to_be(self) -> None:
        with_prompt, without = recipe("topo", 1, prompt="a tent"), recipe("topo", 1)
        assert with_prompt.options["prompt"] == "a tent"
        assert digest(pixels(with_prompt, STYLES)) == digest(pixels(without, STYLES))
        assert next(PROVIDER.produce([with_prompt])).notes == PROVIDER.notes(with_prompt)
        assert "prompt was ignored" in PROVIDER.notes(with_prompt)[0]
        assert PROVIDER.notes(without) == ()

    def test_completing_loads_no_drawing_library(self) -> None:
        code = (
            "import sys; from imageseo.heroes.providers.procedural import PROVIDER\n"
            "PROVIDER.complete({'card': 'Title', 'prompt': 'x'})\n"
            "print(sorted({'numpy', 'PIL', 'fontTools', 'resvg_py', 'jinja2'} & set(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout == "[]\n"


class TestColour:
    def test_roots(self) -> None:
        for value in (1e-9, 0.2, 1.0, 7.5):
            for degree in (2, 3, 5, 12):
                assert root(value, degree) == pytest.approx(value ** (1 / degree), rel=1e-12)

    def test_hex_comes_back(self) -> None:
        for value in range(0, 0x1000, 37):
            colour = "#" + "".join(digit * 2 for digit in f"{value:03x}")
            assert to_hex(parse(colour)) == colour

    def test_known_oklab_values(self) -> None:
        red = parse("#ff0000")
        assert (red.l, red.a, red.b) == pytest.approx((0.6279554, 0.2248631, 0.1258463), abs=1e-6)

    def test_light_is_encoded_as_srgb(self) -> None:
        linear = np.linspace(0, 1, 4001, dtype=np.float32)
        true = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear.astype(np.float64) ** (1 / 2.4) - 0.055)
        assert np.abs(encode(linear) - true * 255).max() < 0.02

    def test_bridges_keep_their_strength(self) -> None:
        blue, amber = parse("#2563eb"), parse("#f59e0b")
        assert blue.towards(amber, 0.5).chroma < 0.06
        assert blue.bridge(amber, 0.6).chroma > 0.13
        assert blue.bridge(amber, 0.6).a > 0

    def test_out_of_gamut_colours_keep_their_hue(self) -> None:
        wild = Lab(0.5, 0.4, -0.3).inside()
        assert wild.a / wild.b == pytest.approx(0.4 / -0.3)
        assert parse(to_hex(wild)).l == pytest.approx(0.5, abs=0.01)

    def test_ramps_reach_their_stops_without_steps(self) -> None:
        ramp = Ramp((0.0, Lab(0.1, 0.0, 0.0)), (0.5, Lab(0.9, 0.1, 0.0)), (1.0, Lab(0.2, 0.0, 0.1)))
        l, _, b = ramp(np.linspace(-0.5, 1.5, 3001, dtype=np.float32)[None, :])  # noqa: E741 - the field's letter
        assert float(l[0, 0]) == pytest.approx(0.1, abs=0.05)
        assert float(b[0, -1]) == pytest.approx(0.1, abs=0.01)
        assert np.abs(np.diff(l)).max() < 0.003
