"""Style `strings`: lines of a landscape one behind the other, each hiding what lies behind it."""

from __future__ import annotations

import numpy as np

from imageseo.heroes.providers.art.calm import NO_TEXT, Calm
from imageseo.heroes.providers.art.color import Paint, Palette, format_hex
from imageseo.heroes.providers.art.deterministic import Canvas, Dice, lines
from imageseo.heroes.providers.art.vector import UNIT, number, paint_shapes, points

_STEPS = 180


def draw(canvas: Canvas, palette: Palette, dice: Dice, calm: Calm = NO_TEXT) -> Paint:
    """Draw 14 to 20 lines that rise where a hill is; their fill runs from the ground to the second brand colour."""
    width = UNIT * canvas.aspect
    count = dice.integer(14, 20)
    center = dice.real(0.6, 0.78) if dice.chance(0.5) else dice.real(0.22, 0.4)
    spread = dice.real(0.16, 0.26)
    scale = 0.9 * calm.brink / UNIT if calm else 1.0
    names = (place.bottom + 70.0 for place in calm.places if place.bottom < 0.5 * UNIT)
    first = max(names, default=240.0 * scale)
    salt = dice.bits()
    end = palette.contrast if palette.flat else None
    ground, crest = (palette.dark, palette.light) if palette.night else (palette.light, palette.dark)
    across = (np.arange(_STEPS + 1, dtype=np.float32) * np.float32(1.0 / _STEPS))[None, :]
    distance = (across - np.float32(center)) * np.float32(1.0 / spread)
    hill = 1.0 / (1.0 + distance * distance)
    hill = hill * hill
    shapes = []
    for row in range(count):
        depth = row / (count - 1.0)
        base = first + (940.0 * scale - first) * depth if calm else 240.0 + 700.0 * depth
        rough = lines(across * np.float32(7.0) + np.float32(1.0 + row * 0.21), salt + row // 3, 4, 0.55)
        gentle = lines(across * np.float32(2.5) + np.float32(3.0 + row * 0.13), salt + 99, 2)
        rise = (rough * np.float32(250.0) * hill + (gentle - 0.5) * np.float32(34.0)) * np.float32(1.15 - 0.4 * depth)
        ys = [base - float(value) * scale for value in rise[0]]
        path = points((width * at / _STEPS, y) for at, y in enumerate(ys))
        tone = ground.towards(crest, min(1.0, max(0.0, (depth - 0.25) * 2.2)))
        if end is not None:
            tone = tone.towards(end, max(0.0, depth - 0.55) * 2.0)
        ink = palette.deep if tone.l > 0.55 else palette.pale
        shapes.append(
            f'<polygon points="0,{number(UNIT + 40)} {path} {number(width)},{number(UNIT + 40)}" '
            f'fill="{format_hex(tone)}"/>'
            f'<polyline points="{path}" fill="none" stroke="{format_hex(ink)}" '
            f'stroke-width="{number(3.0 + 2.0 * depth)}" stroke-linejoin="round"/>'
        )
    paint = paint_shapes(canvas, ground, shapes)
    paint.focus = center
    return paint
