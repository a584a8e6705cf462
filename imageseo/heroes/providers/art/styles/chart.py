"""Style `chart`: columns, or areas with a line, on a quiet grid."""

from __future__ import annotations

import numpy as np

from imageseo.heroes.providers.art.calm import NO_TEXT, Calm
from imageseo.heroes.providers.art.color import Lab, Paint, Palette
from imageseo.heroes.providers.art.deterministic import Canvas, Dice, lines
from imageseo.heroes.providers.art.vector import UNIT, area, box, disc, number, outline, paint_shapes, points

_FOCUS = 0.72


def draw(canvas: Canvas, palette: Palette, dice: Dice, calm: Calm = NO_TEXT) -> Paint:
    """Draw a chart of nothing: its values come from the seed."""
    width = UNIT * canvas.aspect
    ground = palette.deep.at(min(palette.deep.l, palette.dark.l * 0.7), 0.06) if palette.night else palette.pale
    ground = palette.contrast if palette.flat else ground
    first, second = (palette.light, palette.dark) if palette.night else (palette.dark, palette.light)
    grid = ground.towards(palette.pale if palette.night else palette.deep, 0.12)
    calm = calm.facing(_FOCUS)
    floor = calm.floor
    shapes = [] if calm else [box(0.0, y, width, 2.5, grid) for y in (200.0, 360.0, 520.0, 680.0, 840.0)]
    stands = dice.chance(0.55)
    if stands:
        shapes += _columns(width, first, second, dice, calm)
    else:
        shapes += _areas(width, first, second, palette.pale if palette.night else palette.deep, dice, floor)
    paint = paint_shapes(canvas, ground, shapes)
    if not stands:
        calm.settle(paint, canvas, ground)
    paint.focus = _FOCUS
    return paint


def _columns(width: float, first: Lab, second: Lab, dice: Dice, calm: Calm) -> list[str]:
    """Return columns in two parts that grow to the right; beside or above the texts of a card."""
    count, room, start, floor = dice.integer(9, 13), 0.68, 0.0, UNIT
    if calm:  # fewer columns have to show both colours
        start = max((place.right for place in calm.places if place.bottom >= UNIT), default=0.0)
        start, floor = (0.0, calm.brink) if start > 0.64 * width else (start + 10.0, UNIT)
        count, room = max(4, int(count * (width - start) / width)), 0.84
    pitch = (width - start) / count
    shapes = []
    for column in range(count):
        share = column / (count - 1.0)
        height = 150.0 + 560.0 * share * share + dice.real(-60.0, 120.0)
        part = height * dice.real(0.3, 0.55)
        if calm:
            height = (560.0 + 0.42 * height) * floor / UNIT
            part = height * 0.5
        x, thick = start + (column + 0.5 - room * 0.5) * pitch, pitch * room
        below = 40.0 if floor == UNIT else 0.0
        shapes.append(box(x, floor - height, thick, height + below, first, 14.0))
        shapes.append(box(x, floor - part, thick, part + below, second))
    return shapes


def _areas(width: float, first: Lab, second: Lab, mark: Lab, dice: Dice, floor: float) -> list[str]:
    """Return two areas and a line with its last point marked, above a floor."""
    scale = floor / UNIT
    salt, steps = dice.bits(), 90
    across = (np.arange(steps + 1, dtype=np.float32) * np.float32(1.0 / steps))[None, :]
    shapes = []
    for layer, (color, base, gain) in enumerate(((second, 560.0, 300.0), (first, 820.0, 260.0))):
        noise = lines(across * np.float32(4.0 + layer) + np.float32(1.0), salt + layer, 4, 0.45)[0]
        ys = [(base - gain * at / steps - 260.0 * (float(value) - 0.5)) * scale for at, value in enumerate(noise)]
        path = points((width * at / steps, y) for at, y in enumerate(ys))
        shapes.append(area(f"M0,{number(floor)} L{path.replace(' ', ' L')} L{number(width)},{number(floor)} Z", color))
    noise = lines(across * np.float32(6.0) + np.float32(9.0), salt + 7, 4, 0.5)[0]
    ys = [(470.0 - 250.0 * at / steps - 240.0 * (float(value) - 0.5)) * scale for at, value in enumerate(noise)]
    path = points((width * 0.94 * at / steps, y) for at, y in enumerate(ys))
    shapes.append(outline(f"M{path.replace(' ', ' L')}", mark, 9.0))
    return [*shapes, disc(width * 0.94, ys[-1], 20.0, mark)]
