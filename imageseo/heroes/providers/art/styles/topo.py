"""Style `topo`: a relief seen from above, with contour lines of even width."""

from __future__ import annotations

import numpy as np

from imageseo.heroes.providers.art.brand_coverage import cover
from imageseo.heroes.providers.art.calm import NO_TEXT, Calm
from imageseo.heroes.providers.art.color import Paint, Palette, Ramp
from imageseo.heroes.providers.art.deterministic import Canvas, Dice, Field, clip, clouds, step
from imageseo.heroes.providers.art.relief import slopes


def draw(canvas: Canvas, palette: Palette, dice: Dice, calm: Calm = NO_TEXT) -> Paint:
    """Draw elevation tints with light from the upper left, and contour lines with every fifth one stronger."""
    height, focus = _relief(canvas, dice, calm.brink * 0.001)
    gx, gy = slopes(height, canvas)
    steep = np.sqrt(gx * gx + gy * gy)
    light, dark = palette.light, palette.dark
    shade = palette.deep.at(min(0.17, dark.l * 0.5), 0.06)
    if palette.night:
        stops = ((0.0, shade), (0.2, dark.towards(shade, 0.4)), (0.36, dark), (0.62, dark))
        ramp = Ramp(*stops, (0.73, dark.bridge(light, (dark.l + light.l) * 0.5)), (0.83, light), (1.0, light))
        near = dark.at(min(dark.l + 0.2, 0.97))
        line = Ramp((0.0, dark), (0.3, near), (0.65, near), (0.75, light), (0.9, light.at(light.l * 0.8)))
    else:
        low, high = (dark, light) if dark.l < 0.6 else (light, dark)
        depth = low.at(low.l * 0.72) if low.l > 0.7 else low  # without it a pale brand's relief would be flat
        stops = ((0.0, depth), (0.08, low), (0.24, low), (0.4, low.towards(palette.pale, 0.6)))
        ramp = Ramp(*stops, (0.58, palette.pale), (0.7, high.towards(palette.pale, 0.5)), (0.8, high), (1.0, high))
        line = Ramp((0.0, low.towards(palette.deep, 0.45)), (0.55, dark), (1.0, high.towards(palette.deep, 0.4)))
    bands = 22.0
    level = height * bands
    flat = np.floor(level) * (1.0 / bands)
    ranked = _ranked(height + (flat - height) * 0.75)
    paint = Paint(ramp(ranked))
    paint.light(clip((gx + gy) * -0.05, -0.05, 0.05))
    # Each step has a narrow shadow downhill, like a stacked relief.
    level_fraction = level - np.floor(level)
    per_px = np.maximum(steep * (bands * canvas.px), np.float32(1e-4))
    paint.light(step(9.0, 0.0, (1.0 - level_fraction) / per_px) * -0.022)

    line_distance = np.minimum(level_fraction, 1.0 - level_fraction) / per_px  # px to the nearest line
    index = np.floor(level + 0.5)
    major = index - np.floor(index * 0.2) * 5.0 < 0.5
    width = np.where(major, np.float32(1.25), np.float32(0.55)) * (canvas.height / 900.0)
    # Lines fade where they are too dense or the ground is flat.
    line_opacity = step(0.45, 0.16, per_px) * step(0.0012, 0.006, per_px)
    stroke = clip(width - line_distance + 0.5) * line_opacity * np.where(major, np.float32(0.85), np.float32(0.5))
    if calm:
        stroke = stroke * (1.0 - 0.9 * calm.facing(focus).mask(canvas))
    cover(paint, palette.brand)  # before the lines, which would be drawn to the colour of their ground
    paint.lay(line(ranked), stroke)
    paint.focus = focus
    return paint


def _ranked(height: Field) -> Field:
    """Return for each height the share of the image that lies below it, so that a ramp's stops are shares."""
    steps = (clip(height) * np.float32(2047.0)).astype(np.int32)
    counts = np.cumsum(np.bincount(steps.ravel(), minlength=2048))
    shares = (counts / float(height.size)).astype(np.float32)
    below = np.concatenate([np.zeros(1, dtype=np.float32), shares])
    fraction = clip(height) * np.float32(2047.0) - steps.astype(np.float32)
    out: Field = below[steps] + (shares[steps] - below[steps]) * fraction
    return out


def _relief(canvas: Canvas, dice: Dice, brink: float) -> tuple[Field, float]:
    """Return the heights and the focus. ``brink``: where texts begin; the summit is above them."""
    salt = dice.bits()
    scale = dice.real(0.95, 1.35)
    rotation = dice.real(0.3, 0.6)
    x, y = (
        canvas.x * scale + canvas.y * rotation + 4.0,
        canvas.y * scale - canvas.x * rotation + canvas.aspect * rotation + 4.0,
    )
    warp = 0.55
    wx = clouds(x, y, salt, 2) - 0.5
    wy = clouds(x + 7.3, y + 2.9, salt + 77, 2) - 0.5
    hills = clouds(x + wx * warp + 0.0 * y, y + wy * warp + 0.0 * x, salt + 191, 4, 0.42)
    # A single summit off the centre is the focus.
    cx = canvas.aspect * (dice.real(0.2, 0.36) if dice.chance(0.5) else dice.real(0.64, 0.8))
    cy = dice.real(0.3, 0.62) * (1.0 if brink == 1.0 else 0.55)
    dx, dy = (canvas.x - cx) * 0.8 + wx * 0.35, canvas.y - cy + wy * 0.35
    summit = 1.0 / (1.0 + (dx * dx + dy * dy) * 7.0)
    height = hills * 1.15 + summit * 0.46
    low, high = float(height.min()), float(height.max())
    return clip((height - low) * (0.98 / max(high - low, 0.001)) + 0.01), cx / canvas.aspect
