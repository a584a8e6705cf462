"""Draw a recipe: palette, style, title card, 8-bit pixels, PNG."""

from __future__ import annotations

import io
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from imageseo.heroes.providers.art.brand_coverage import cover
from imageseo.heroes.providers.art.cards.recipe import ProjectCards
from imageseo.heroes.providers.art.cards.text import is_rtl
from imageseo.heroes.providers.art.color import palette
from imageseo.heroes.providers.art.deterministic import Canvas, Dice, flatten
from imageseo.heroes.providers.art.style_names import DARK_STYLES
from imageseo.model.hero import Recipe

if TYPE_CHECKING:
    from imageseo.heroes.providers.art.title_card import TitleCard


def draw(recipe: Recipe, styles: tuple[str, ...], own: ProjectCards = ProjectCards()) -> bytes:  # noqa: B008
    """Return the PNG of a recipe; its `imageseo` text chunk holds the recipe. Raises RecipeError for a card."""
    info = PngInfo()
    info.add_text("imageseo", recipe.canonical)
    out = io.BytesIO()
    Image.fromarray(pixels(recipe, styles, own)).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def draw_over(image: bytes, recipe: Recipe, own: ProjectCards) -> bytes:
    """Return the PNG of a card over an image, cut and scaled to the recipe's size. Raises RecipeError.

    ``recipe.options``: ``card``, ``colors``, ``mode`` and ``focal``, as in a recipe with a drawn image.
    """
    from imageseo.heroes.providers.art.cover_image import fit_image, is_dark
    from imageseo.heroes.providers.art.title_card import TitleCard

    canvas, options = Canvas(recipe.width, recipe.height), recipe.options
    paint = fit_image(image, canvas, tuple(options.get("focal") or (0.5, 0.5)))
    written = options["colors"]
    mode = options.get("mode", "auto")
    if mode not in ("light", "dark"):
        mode = "dark" if is_dark(paint) else "light"
    colors = palette(written if isinstance(written, Mapping) else tuple(written), Dice(0, "palette"), mode)
    out = io.BytesIO()
    Image.fromarray(TitleCard(canvas, options["card"], own).draw(paint, colors, 0)).save(out, "PNG")
    return out.getvalue()


def card_notes(recipe: Recipe, own: ProjectCards) -> tuple[str, ...]:
    """Return what a card cannot show of its texts."""
    from imageseo.heroes.providers.art.title_card import TitleCard

    return TitleCard(Canvas(recipe.width, recipe.height), recipe.options["card"], own).notes


def style_of(recipe: Recipe, styles: tuple[str, ...]) -> str:
    """Return the recipe's style, or the one that its seed selects; a new style changes the choice of few seeds."""
    written = str(recipe.options["style"])
    if written != "auto":
        return written
    fitting = [name for name in styles if name not in DARK_STYLES or recipe.options.get("mode") != "light"]
    return max(fitting, key=lambda name: Dice(recipe.seed, f"style {name}").bits())


def pixels(recipe: Recipe, styles: tuple[str, ...], own: ProjectCards = ProjectCards()) -> NDArray[np.uint8]:  # noqa: B008
    """Draw a recipe as (height, width, 3) in sRGB."""
    options = recipe.options
    style = style_of(recipe, styles)
    canvas = Canvas(recipe.width, recipe.height)
    written = options["colors"]
    colors = palette(
        written if isinstance(written, Mapping) else tuple(written),
        Dice(recipe.seed, "palette"),
        options.get("mode", "auto"),
    )
    style_module: Any = import_module(f"imageseo.heroes.providers.art.styles.{style}")
    content = {key: options[key] for key in getattr(style_module, "CONTENT", ()) if key in options}
    if getattr(style_module, "OWN", False):
        content["own"] = own
    card = options.get("card")
    title_card: TitleCard | None = None
    if card is not None:
        from imageseo.heroes.providers.art.title_card import TitleCard as Drawer

        title_card = Drawer(canvas, card, own)
        if hasattr(style_module, "NO_TEXT"):
            content["calm"] = title_card.calm(colors)
    paint = style_module.draw(canvas, colors, Dice(recipe.seed, style), **content)
    if card is not None and (paint.focus > 0.5) == is_rtl(card["title"]):
        paint = paint.mirrored()  # the text is on the left, or on the right if it is read from there
    cover(paint, colors.brand)
    if title_card is None:
        return flatten(paint.l, paint.a, paint.b, recipe.seed & 0xFFFFFFFF)
    return title_card.draw(paint, colors, recipe.seed & 0xFFFFFFFF)
