"""Style `halftone`: a grid of dots whose sizes show a slow wave."""

from __future__ import annotations

import numpy as np

from imageseo.heroes.providers.art.calm import NO_TEXT, Calm
from imageseo.heroes.providers.art.color import Paint, Palette
from imageseo.heroes.providers.art.deterministic import Canvas, Dice, clip, clouds
from imageseo.heroes.providers.art.vector import UNIT, disc, paint_shapes


def draw(canvas: Canvas, palette: Palette, dice: Dice, calm: Calm = NO_TEXT) -> Paint:
    """Draw dots in a turned grid; the largest ones have a third colour."""
    width = UNIT * canvas.aspect
    pitch = dice.real(38.0, 58.0)
    # A turn by a Pythagorean triple: sine and cosine are exact.
    cosine, sine = ((0.8, 0.6), (0.6, 0.8), (12 / 13, 5 / 13))[dice.integer(0, 2)]
    focus = dice.real(0.62, 0.85) if dice.chance(0.5) else dice.real(0.15, 0.38)
    calm = calm.facing(focus)
    salt = dice.bits()
    ground, dots = (palette.dark, palette.light) if palette.night else (palette.light, palette.dark)
    end, full = (palette.contrast, 0.45) if palette.flat else (palette.pale if palette.night else palette.deep, 0.74)
    reach = int((width + UNIT) / pitch) + 2
    places = []
    for row in range(-reach, reach):
        for column in range(-reach, reach):
            x = (column + 0.5 * (row % 2)) * pitch * cosine - row * pitch * 0.866 * sine
            y = (column + 0.5 * (row % 2)) * pitch * sine + row * pitch * 0.866 * cosine
            if -pitch < x < width + pitch and -pitch < y < UNIT + pitch:
                places.append((x, y))
    xs = np.array([[x / UNIT + 1.0 for x, _ in places]], dtype=np.float32)
    ys = np.array([[y / UNIT + 1.0 for _, y in places]], dtype=np.float32)
    away = (xs - np.float32(1.0 + focus * canvas.aspect)) * np.float32(0.9)
    value = clouds(xs * np.float32(1.3), ys * np.float32(1.3), salt, 2, 0.4) * 1.25 - 0.25 * away * away
    sizes = clip(value)
    shapes = []
    for (x, y), size in zip(places, sizes[0], strict=True):
        radius = pitch * (0.54 if palette.flat else 0.5) * float(size) * (1.0 - calm.near(x, y))
        if radius > 1.2:
            color = dots if size < full else dots.towards(end, min(1.0, (float(size) - full) * 5.0))
            shapes.append(disc(x, y, radius, color))
    paint = paint_shapes(canvas, ground, shapes)
    paint.focus = focus
    return paint
