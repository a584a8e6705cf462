"""Procedural heroes: equal bytes everywhere, brand colours, checked options, and no unneeded imports."""

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

from imageseo.heroes.providers.art.color import Lab, Ramp, format_hex, parse_hex
from imageseo.heroes.providers.art.deterministic import encode, root
from imageseo.heroes.providers.art.render import pixels
from imageseo.heroes.providers.art.style_names import STYLES
from imageseo.heroes.providers.procedural import PROVIDER
from imageseo.model.errors import RecipeError, SettingsError
from imageseo.model.hero import ALGORITHMIC_MEDIA, Recipe
from imageseo.model.protocols import ProviderContext

ROOT = Path(__file__).parents[2]
VIVID = ("#ff006e", "#8338ec", "#3a86ff", "#ffbe0b")
DRAWN = (*STYLES, "code", "typographic")
PASTEL = ("#fde2e4", "#cddafd", "#bee1e6")

# Digests of 160x90 px. They change only together with `Procedural.version`: look at the images before changing them.
KNOWN = {
    "aurora 1": "8f71b6bb3121d972ca1c77c28116b04d",
    "aurora vivid": "7d50abdfb266ea92454876c2ecf5af5f",
    "chart 1": "3cfbd98083daec6144ed186a52b76dd3",
    "chart vivid": "93a26c212334411f5762fdf3f14f30dd",
    "code 1": "3dfac3a2ac21a8f25230e6c5a6e0cdf6",
    "code vivid": "b4625e5521cf4b50d011cd5513e54471",
    "diagram 1": "6307568c4a4aa7cf813645678b17cd0f",
    "diagram vivid": "54d281d03b5065af3bc7b6d361067824",
    "facets 1": "6f9a0ecff7db25886c165f9252d77e46",
    "facets vivid": "80cead07868ab4721f8ab6286ebdbae8",
    "halftone 1": "40849a7681befc60f817b5e5a1fa5d5a",
    "halftone vivid": "83d69210a18d539be5039d4be41afb3d",
    "icons 1": "9cb77ee3dda11e7aac972fd3eb6358dd",
    "icons vivid": "61e23b0aec90b01797da4b3520ebd5af",
    "mosaic 1": "04c7040e953e3a4a3909693ac24c4862",
    "mosaic vivid": "3de4d069b0f51ef2b98a9963d1088f5b",
    "orbits 1": "710e5f551adc70f5f56b79615a340574",
    "orbits vivid": "e00e52a56a9454df6d7d7e9ae020aefa",
    "paper 1": "35196a2a09584e80a12f3fe7f444a99d",
    "paper vivid": "5b61d96627529dccdd3971962c31db42",
    "ridges 1": "b80b6a81c7b5745cb4c0189624591ac1",
    "ridges vivid": "79423860b82fd1636dbbf9d31acec2a7",
    "strings 1": "15ecfb161ecc3465ce4d16ceda36fb1f",
    "strings vivid": "4f318b249fc4af03407baac08ba15056",
    "topo 1": "b33c4260c26372e32213db6ea25de234",
    "topo vivid": "39550debee540bdcac327c2bfe10208a",
    "typographic 1": "4433bb7a212a7883d56bbf8f6ecc0168",
    "typographic vivid": "8710436f16b328a16f08a687e809a54a",
    "topo pastel card": "d5d96c1803a5796aeb62515fa5debabe",
}


def recipe(style: str = "auto", seed: int = 1, *, width: int = 160, height: int = 90, **options: Any) -> Recipe:
    completed = PROVIDER.complete({"style": style, **options})
    return Recipe(provider="procedural", seed=seed, width=width, height=height, options=completed)


def draw(style: str = "auto", seed: int = 1, **options: Any) -> NDArray[np.uint8]:
    return pixels(recipe(style, seed, **options), STYLES)


def digest(picture: NDArray[np.uint8]) -> str:
    return hashlib.sha256(picture.tobytes()).hexdigest()[:32]


def known_digests() -> dict[str, str]:
    """Return the digests of KNOWN; also run in processes with other CPU features."""
    found = {}
    for style in DRAWN:
        found[f"{style} 1"] = digest(draw(style, 1))
        found[f"{style} vivid"] = digest(draw(style, 2**63 + 5, colors=VIVID))
    found["topo pastel card"] = digest(draw("topo", 4711, colors=PASTEL, card={"title": "Größe", "subtitle": "Λόγος"}))
    return found


class TestDeterminism:
    def test_pixels_have_the_known_digests(self) -> None:
        assert known_digests() == KNOWN

    @pytest.mark.slow
    @pytest.mark.parametrize("keep", [0, 1])
    def test_pixels_do_not_depend_on_cpu_features(self, keep: int) -> None:
        """numpy selects its loops by CPU; without the newer instructions the pixels must be the same."""
        name = "numpy._core._multiarray_umath" if np.__version__ >= "2" else "numpy.core._multiarray_umath"
        umath: Any = import_module(name)
        available = [feature for feature in umath.__cpu_dispatch__ if umath.__cpu_features__[feature]]
        result = subprocess.run(
            [
                sys.executable,
                "-c",
                "import json; from tests.heroes import test_procedural as t; print(json.dumps(t.known_digests()))",
            ],
            env={**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(available[keep:])},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(result.stdout) == KNOWN

    def test_only_exact_arithmetic_is_used(self) -> None:
        """Forbidden: functions whose last bit depends on the machine, and sums that depend on the order."""
        inexact = {"sin", "cos", "tan", "exp", "exp2", "log", "log2", "log10", "power", "float_power", "cbrt", "hypot"}
        inexact |= {"arctan", "arctan2", "dot", "matmul", "einsum", "sum", "mean", "random", "interp", "linalg", "fft"}
        for path in sorted((ROOT / "imageseo" / "heroes" / "providers" / "art").glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Attribute):
                    assert node.attr not in inexact, f"{path.name}:{node.lineno}"
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
                    assert isinstance(node.left, ast.Constant | ast.Call), f"{path.name}:{node.lineno}: a power"
                assert not isinstance(node, ast.MatMult)

    def test_files_are_reproducible_and_contain_their_recipe(self) -> None:
        example_recipe = recipe("paper", 3)
        first, second = (next(PROVIDER.produce([example_recipe])) for _ in range(2))
        assert first == second
        assert first.digital_source_type == ALGORITHMIC_MEDIA
        with Image.open(io.BytesIO(first.png)) as image:
            assert (image.format, image.mode, image.size) == ("PNG", "RGB", (160, 90))
            assert image.text["imageseo"] == example_recipe.canonical  # type: ignore[attr-defined]
            assert digest(np.asarray(image)) == digest(draw("paper", 3))


class TestPictures:
    @pytest.mark.slow
    def test_image_depends_on_seed_style_and_colours(self) -> None:
        pictures = [digest(draw(style, seed)) for style in DRAWN for seed in (1, 2, 2**32 + 1)]
        pictures += [digest(draw(style, 1, colors=VIVID)) for style in STYLES]
        assert len(set(pictures)) == len(pictures)

    @pytest.mark.slow
    def test_seed_selects_among_all_styles(self) -> None:
        styles_seen = set()
        for seed in range(24):
            automatic = digest(draw(seed=seed, width=64, height=64))
            (style,) = [each for each in STYLES if digest(draw(each, seed, width=64, height=64)) == automatic]
            styles_seen.add(style)
        assert styles_seen == set(STYLES)

    @pytest.mark.parametrize("style", DRAWN)
    @pytest.mark.parametrize(("width", "height"), [(64, 64), (64, 400), (1000, 64), (97, 131)])
    def test_style_draws_any_shape(self, style: str, width: int, height: int) -> None:
        picture = draw(style, 5, width=width, height=height)
        assert picture.shape == (height, width, 3)
        assert picture.std() > 8

    @pytest.mark.parametrize("style", DRAWN)
    @pytest.mark.parametrize(
        "colors", [VIVID, PASTEL, ("#000", "#fff"), ("#777777", "#777777"), ("#14532d", "#e7e5d8")]
    )
    def test_every_brand_gives_enough_contrast(self, style: str, colors: tuple[str, ...]) -> None:
        for seed in (1, 2, 3):
            grey = np.asarray(Image.fromarray(draw(style, seed, colors=colors)).convert("L")).astype(float)
            low, high = np.percentile(grey, [2, 98])
            assert high - low > 40, f"{style} {seed} is flat"

    @pytest.mark.parametrize("style", DRAWN)
    def test_image_keeps_the_hue_of_the_brand(self, style: str) -> None:
        green = draw(style, 2, colors=("#052e16", "#16a34a")).reshape(-1, 3).astype(float).mean(axis=0)
        assert green[1] > green[0]
        assert green[1] > green[2]
        grey = draw(style, 2, colors=("#222222", "#dddddd")).astype(int)
        assert np.abs(grey.max(axis=2) - grey.min(axis=2)).max() <= 2

    def test_gradients_are_dithered(self) -> None:
        """In a sky that changes only from row to row, each row would be one colour without noise: banding."""
        sky = draw("ridges", 1, width=640, height=360)[20:60, :200]
        runs = [np.diff(np.flatnonzero(np.diff(row.astype(int))), prepend=0).max(initial=0) for row in sky[:, :, 2]]
        assert max(runs) < 60

    def test_too_large_size_is_refused(self) -> None:
        with pytest.raises(RecipeError, match="8192x8192"):
            next(PROVIDER.produce([recipe(width=8192, height=8192)]))


class TestOptions:
    def test_defaults_come_from_the_brand(self) -> None:
        branded = PROVIDER.configure(
            ProviderContext(project=Path(), cache=Path(), colors=("#ABC", "#123456"), brand="Acme")
        )
        assert branded.complete({}) == {"style": "auto", "colors": ["#aabbcc", "#123456"]}
        assert branded.complete({"card": "Hi"})["card"] == {"title": "Hi", "brand": "Acme"}
        assert PROVIDER.complete({"colors": "#000, #fff"})["colors"] == ["#000000", "#ffffff"]

    def test_settings_are_refused(self) -> None:
        with pytest.raises(SettingsError, match=r"providers\.procedural\.styl"):
            PROVIDER.configure(ProviderContext(project=Path(), cache=Path(), options={"styl": 1}))

    def test_completing_twice_changes_nothing(self) -> None:
        completed = PROVIDER.complete({"card": {"title": "T", "subtitle": "S"}, "prompt": "x", "style": "topo"})
        second_options = {**completed, "card": {key: text for key, text in completed["card"].items() if key != "brand"}}
        assert PROVIDER.complete(second_options) == completed
        json.dumps(completed, allow_nan=False)

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
    def test_card_texts_are_completed(self, options: dict[str, Any], card: dict[str, str] | None) -> None:
        assert PROVIDER.complete(options).get("card") == card

    @pytest.mark.parametrize(
        ("options", "part", "hint"),
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
    def test_fault_names_the_key(self, options: dict[str, Any], part: str, hint: str) -> None:
        with pytest.raises(RecipeError) as caught:
            PROVIDER.complete(options)
        assert part in caught.value.message
        assert hint in caught.value.hint

    def test_prompt_is_recorded_but_ignored_with_a_note(self) -> None:
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
            "print(sorted({'numpy', 'PIL', 'uharfbuzz', 'resvg_py', 'jinja2'} & set(sys.modules)))"
        )
        result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert result.stdout == "[]\n"


class TestColour:
    def test_root_is_exact(self) -> None:
        for value in (1e-9, 0.2, 1.0, 7.5):
            for degree in (2, 3, 5, 12):
                assert root(value, degree) == pytest.approx(value ** (1 / degree), rel=1e-12)

    def test_hex_colour_survives_a_round_trip(self) -> None:
        for value in range(0, 0x1000, 37):
            colour = "#" + "".join(digit * 2 for digit in f"{value:03x}")
            assert format_hex(parse_hex(colour)) == colour

    def test_red_has_known_oklab_values(self) -> None:
        red = parse_hex("#ff0000")
        assert (red.l, red.a, red.b) == pytest.approx((0.6279554, 0.2248631, 0.1258463), abs=1e-6)

    def test_linear_light_is_encoded_as_srgb(self) -> None:
        linear = np.linspace(0, 1, 4001, dtype=np.float32)
        expected = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear.astype(np.float64) ** (1 / 2.4) - 0.055)
        assert np.abs(encode(linear) - expected * 255).max() < 0.02

    def test_bridge_keeps_chroma(self) -> None:
        blue, amber = parse_hex("#2563eb"), parse_hex("#f59e0b")
        assert blue.towards(amber, 0.5).chroma < 0.06
        assert blue.bridge(amber, 0.6).chroma > 0.13
        assert blue.bridge(amber, 0.6).a > 0

    def test_clipped_colour_keeps_its_hue(self) -> None:
        out_of_gamut = Lab(0.5, 0.4, -0.3).clip_to_srgb()
        assert out_of_gamut.a / out_of_gamut.b == pytest.approx(0.4 / -0.3)
        assert parse_hex(format_hex(out_of_gamut)).l == pytest.approx(0.5, abs=0.01)

    def test_ramp_reaches_its_stops_smoothly(self) -> None:
        ramp = Ramp((0.0, Lab(0.1, 0.0, 0.0)), (0.5, Lab(0.9, 0.1, 0.0)), (1.0, Lab(0.2, 0.0, 0.1)))
        l, _, b = ramp(np.linspace(-0.5, 1.5, 3001, dtype=np.float32)[None, :])  # noqa: E741 - usual name in OKLab
        assert float(l[0, 0]) == pytest.approx(0.1, abs=0.05)
        assert float(b[0, -1]) == pytest.approx(0.1, abs=0.01)
        assert np.abs(np.diff(l)).max() < 0.003
