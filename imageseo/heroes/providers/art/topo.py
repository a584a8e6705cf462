"""Style `topo`: a relief seen from above, with contour lines of even width."""

from __future__ import annotations

import numpy as np

from imageseo.heroes.providers.art.color import Paint, Palette, Ramp
from imageseo.heroes.providers.art.deterministic import Canvas, Dice, Field, clip, clouds, step
from imageseo.heroes.providers.art.relief import slopes


def draw(canvas: Canvas, palette: Palette, dice: Dice) -> Paint:
    """Draw elevation tints with light from the upper left, and contour lines with every fifth one stronger."""
    height, focus = _relief(canvas, dice)
    gx, gy = slopes(height, canvas)
    steep = np.sqrt(gx * gx + gy * gy)
    deep, main, second, accent, pale = palette.deep, palette.main, palette.second, palette.accent, palette.pale
    if palette.night:
        ramp = Ramp(
            (0.0, deep.at(0.17, 0.06)),
            (0.35, main.at(0.27, 0.09)),
            (0.62, main.at(0.40, 0.13)),
            (0.80, main.bridge(accent, 0.58)),
            (1.0, accent.at(0.80, 0.15)),
        )
        line = Ramp((0.0, main.at(0.45, 0.1)), (0.5, second.at(0.68, 0.12)), (1.0, pale.at(0.95)))
    else:
        ramp = Ramp(
            (0.0, main.at(0.72, 0.12)),
            (0.28, main.at(0.86, 0.07)),
            (0.55, pale.at(0.955, 0.025)),
            (0.78, accent.at(0.90, 0.075)),
            (1.0, accent.at(0.76, 0.15)),
        )
        line = Ramp((0.0, main.at(0.52, 0.13)), (0.55, main.at(0.60, 0.11)), (1.0, accent.at(0.58, 0.14)))
    bands = 22.0
    level = height * bands
    flat = np.floor(level) * (1.0 / bands)
    paint = Paint(ramp(height + (flat - height) * 0.75))
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
    paint.lay(line(height), stroke)
    paint.focus = focus
    return paint


def _relief(canvas: Canvas, dice: Dice) -> tuple[Field, float]:
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
    cy = dice.real(0.3, 0.62)
    dx, dy = (canvas.x - cx) * 0.8 + wx * 0.35, canvas.y - cy + wy * 0.35
    summit = 1.0 / (1.0 + (dx * dx + dy * dy) * 7.0)
    height = hills * 1.15 + summit * 0.46
    low, high = float(height.min()), float(height.max())
    return clip((height - low) * (0.98 / max(high - low, 0.001)) + 0.01), cx / canvas.aspect
