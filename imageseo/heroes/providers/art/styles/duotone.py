"""Style `duotone`: a photograph of the project in two colours of the brand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from imageseo.heroes.providers.art.calm import NO_TEXT, Calm
from imageseo.heroes.providers.art.cards.recipe import ProjectCards
from imageseo.heroes.providers.art.color import Lab, Paint, Palette, Ramp
from imageseo.heroes.providers.art.deterministic import Canvas, Dice, Field, clip

CONTENT = ("image",)
OWN = True
_LEVELS = 2048
_FULL = 0.13  # of the pixels have each of the two colours; the promise is 8 %
_NOBODY = ProjectCards()


def draw(
    canvas: Canvas,
    palette: Palette,
    dice: Dice,
    calm: Calm = NO_TEXT,
    image: Mapping[str, Any] | None = None,
    own: ProjectCards = _NOBODY,
) -> Paint:
    """Map the photograph's shadows to the darker brand colour and its lights to the lighter one.

    It is cut around the point ``focal`` and never mirrored. Raises RecipeError for an image that cannot be read.
    """
    from imageseo.heroes.providers.art.cover_image import fit_image
    from imageseo.heroes.providers.art.photo import read_photo

    said = image or {}
    focal = tuple(said.get("focal") or (0.5, 0.5))
    tone = fit_image(read_photo(own.project, str(said.get("file", ""))), canvas, focal).l
    paint = Paint(_ramp(palette)(_stretched(tone)))
    paint.focus = 0.2 if calm.rtl else 0.8
    return paint


def _ramp(palette: Palette) -> Ramp:
    dark, light = palette.dark, palette.light
    if not palette.flat:
        return Ramp((0.0, dark), (0.12, dark), (0.88, light), (1.0, light))
    end = palette.contrast  # the two are too alike to show anything: a third tone takes the shadows or the lights
    low, high = (end, light) if end.l < dark.l else (dark, end)
    middle: Lab = dark if end.l < dark.l else light
    return Ramp((0.0, low), (0.1, low), (0.4, middle), (0.6, middle), (0.9, high), (1.0, high))


def _stretched(tone: Field) -> Field:
    """Return lightness over 0..1 such that the darkest and the lightest parts have a full share of the image.

    Half of the way to even shares: flat images get contrast, and those with much contrast keep their look.
    """
    steps = (clip(tone) * np.float32(_LEVELS - 1)).astype(np.int32)
    shares = np.cumsum(np.bincount(steps.ravel(), minlength=_LEVELS)) * (1.0 / tone.size)
    low = int(np.searchsorted(shares, _FULL))
    high = max(int(np.searchsorted(shares, 1.0 - _FULL)), low + 1)
    linear = clip((np.arange(_LEVELS, dtype=np.float32) - float(low)) * (1.0 / (high - low)))
    even = clip((shares.astype(np.float32) - _FULL) * (1.0 / (1.0 - 2.0 * _FULL)))
    table = (linear + even) * np.float32(0.5)
    out: Field = table[steps].astype(np.float32)
    return out
