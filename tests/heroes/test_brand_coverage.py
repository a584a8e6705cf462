"""The brand's own colours are in its images: main and accent cover a share of every drawn picture."""

from __future__ import annotations

import colorsys
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from imageseo.heroes.providers.art.color import format_hex, palette
from imageseo.heroes.providers.art.deterministic import Dice
from imageseo.heroes.providers.art.icon_paths import icons_for
from imageseo.heroes.providers.art.render import pixels, style_of
from imageseo.heroes.providers.art.style_names import STYLES
from imageseo.heroes.providers.procedural import PROVIDER
from imageseo.model.errors import RecipeError
from imageseo.model.hero import Recipe
from imageseo.model.protocols import ProviderContext

PALETTES = (
    ("#ec0000", "#ffffff", "#222222"),
    ("#39ff14", "#ff00e5", "#0d0221"),
    ("#00f0ff", "#fcee0a", "#ff003c"),
    ("#003d3d", "#006666", "#008080", "#339999", "#66b2b2", "#b2d8d8"),
    ("#0b1f3a", "#2563eb", "#f59e0b"),
    ("#ff006e", "#8338ec", "#3a86ff", "#ffbe0b"),
    ("#fde2e4", "#cddafd", "#bee1e6"),
    ("#14532d", "#e7e5d8"),
    ("#000000", "#ffffff"),
    ("#777777", "#777777"),
    ("#fff200", "#f7941d"),
    ("#0a2342", "#c9a227", "#f4f1de"),
    *(
        tuple(
            f"#{round(r * 255):02x}{round(g * 255):02x}{round(b * 255):02x}"
            for r, g, b in (
                colorsys.hls_to_rgb(hue / 18, 0.25 + 0.05 * (hue % 9), 0.9),
                colorsys.hls_to_rgb((hue / 18 + 0.1 * (1 + hue % 5)) % 1, 0.75 - 0.06 * (hue % 8), 0.7),
            )
        )
        for hue in range(18)
    ),
)
assert len(PALETTES) == 30
DRAWN = (*STYLES, "code", "typographic")
"""All styles that need no file."""


def draw(
    style: str, seed: int, colors: object, width: int = 128, height: int = 72, **more: object
) -> NDArray[np.uint8]:
    options = PROVIDER.complete({"style": style, "colors": colors, **more})
    return pixels(Recipe(provider="procedural", seed=seed, width=width, height=height, options=options), STYLES)


def share(picture: NDArray[np.uint8], color: str) -> float:
    """Return the share of pixels whose CIEDE2000 difference to a colour is at most 3."""
    wanted = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)], dtype=np.uint8)
    near = picture[(np.abs(picture.astype(int) - wanted) < 40).all(axis=-1)]  # others are farther away than 3 for sure
    lab = rgb2lab(near)
    distances = deltaE_ciede2000(lab, np.broadcast_to(rgb2lab(wanted), lab.shape))  # type: ignore[no-untyped-call]
    return float((distances <= 3).sum() / picture[..., 0].size)


def check(style: str, colors: tuple[str, ...], seeds: range) -> None:
    for seed in seeds:
        brand = palette(colors, Dice(seed, "palette")).brand
        assert len(brand) == len({*colors} & {format_hex(color) for color in brand}), "exactly as written"
        picture = draw(style, seed, colors)
        for color in brand:
            found = share(picture, format_hex(color))
            assert found >= 0.08, f"{style}, seed {seed}, {colors}: {format_hex(color)} on {found:.1%}"


@pytest.mark.parametrize("style", DRAWN)
def test_main_and_accent_are_on_every_picture(style: str) -> None:
    for number, colors in enumerate(PALETTES[:8]):
        check(style, colors, range(number % 3, number % 3 + 1))


@pytest.mark.slow
@pytest.mark.parametrize("style", DRAWN)
def test_main_and_accent_are_on_pictures_of_all_palettes(style: str) -> None:
    """Two seeds for each palette, 840 pictures in all; with IMAGESEO_TEST_SEEDS=20 they are 8,400."""
    for colors in PALETTES:
        check(style, colors, range(1, int(os.environ.get("IMAGESEO_TEST_SEEDS", "2")) + 1))


@pytest.mark.parametrize("style", DRAWN)
def test_named_roles_are_kept(style: str) -> None:
    roles = {"ground": "#fffdf5", "main": "#7a003c", "accent": "#00b3a4", "ink": "#2b0a1a"}
    for seed in (1, 2, 3):
        picture = draw(style, seed, roles)
        assert share(picture, "#7a003c") >= 0.08
        assert share(picture, "#00b3a4") >= 0.08


@pytest.mark.parametrize("style", [style for style in DRAWN if style != "aurora"])
def test_mode_decides_between_light_and_dark(style: str) -> None:
    colors = {"main": "#1e3a8a", "accent": "#fcd34d"}
    for seed in range(4):
        light, dark = (rgb2lab(draw(style, seed, colors, mode=mode))[..., 0] for mode in ("light", "dark"))
        assert light.mean() > dark.mean() or style in ("halftone", "typographic"), f"{style} {seed}"
        assert (light != dark).mean() > 0.5


def test_a_style_that_is_always_dark_is_none_of_the_light_ones() -> None:
    with pytest.raises(RecipeError, match="`mode`: aurora is always dark"):
        PROVIDER.complete({"style": "aurora", "mode": "light"})
    brand = PROVIDER.configure(ProviderContext(project=Path(), cache=Path(), mode="light"))
    assert "mode" not in brand.complete({"style": "aurora"}), "the author of a page may want one all the same"
    options = brand.complete({})
    recipes = [Recipe(provider="procedural", seed=seed, width=64, height=64, options=options) for seed in range(200)]
    assert {style_of(recipe, STYLES) for recipe in recipes} == set(STYLES) - {"aurora"}


def test_colours_change_with_the_accent_only_where_it_is_named() -> None:
    assert (draw("mosaic", 1, {"main": "#7a003c", "accent": "#00b3a4"}) != draw("mosaic", 1, {"main": "#7a003c"})).any()


def test_auto_is_not_recorded() -> None:
    """Recipes that were pinned before there were modes keep their keys."""
    assert "mode" not in PROVIDER.complete({})
    assert "mode" not in PROVIDER.complete({"mode": "auto"})
    assert PROVIDER.complete({"mode": "dark"})["mode"] == "dark"


def test_settings_are_the_default() -> None:
    provider = PROVIDER.configure(
        ProviderContext(project=Path(), cache=Path(), colors={"main": "#123456"}, mode="light")
    )
    assert provider.complete({})["colors"] == {"main": "#123456"}
    assert provider.complete({})["mode"] == "light"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"colors": {"mian": "#123"}}, "`colors.mian`: unknown role"),
        ({"colors": {"accent": "#123"}}, "`colors`: the role `main` is missing"),
        ({"colors": {"main": "red"}}, "`colors`: 'red' is not a colour"),
        ({"mode": "bright"}, "`mode`: expected auto, light, dark, both, found 'bright'"),
    ],
)
def test_faults_are_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError) as error:
        PROVIDER.complete(options)
    assert message in str(error.value)


def test_tags_choose_icons() -> None:
    assert icons_for(["Datenbank", "Python 3", "unknown"]) == ["data", "code"]
    assert icons_for(["cloud-hosting", "plugins", "security"]) == ["cloud", "layers", "lock"]
    assert icons_for(["a", "to", "the"]) == []
    page = {"page": {"title": "T", "tags": ["cloud", "mail"]}}
    assert PROVIDER.complete({"style": "icons", **page})["tags"] == ["cloud", "mail"]
    assert PROVIDER.complete({"style": "icons", "tags": "map, lock", **page})["tags"] == ["map", "lock"]
    assert "tags" not in PROVIDER.complete({"style": "mosaic", **page}), "other styles do not depend on the page"
    first, second = (draw("icons", 1, PALETTES[4], tags=tags) for tags in (["cloud", "mail"], ["lock", "map"]))
    assert (first != second).any()
    with pytest.raises(RecipeError, match="`tags`: the style 'mosaic' does not show them"):
        PROVIDER.complete({"style": "mosaic", "tags": ["x"]})
