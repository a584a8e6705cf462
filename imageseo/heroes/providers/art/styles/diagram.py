"""Style `diagram`: boxes and circles on a grid, joined by lines with round corners."""

from __future__ import annotations

from itertools import pairwise

from imageseo.heroes.providers.art.calm import NO_TEXT, Calm
from imageseo.heroes.providers.art.color import Lab, Paint, Palette
from imageseo.heroes.providers.art.deterministic import Canvas, Dice
from imageseo.heroes.providers.art.vector import UNIT, box, disc, outline, paint_shapes, points

_FOCUS = 0.6


def draw(canvas: Canvas, palette: Palette, dice: Dice, calm: Calm = NO_TEXT) -> Paint:
    """Draw a flow from left to right: each node leads to one or two of the next column."""
    width = UNIT * canvas.aspect
    ground, first = (palette.dark, palette.light) if palette.night else (palette.light, palette.dark)
    end = palette.deep if ground.l > 0.55 else palette.pale
    line, dot = ground.towards(end, 0.7), ground.towards(end, 0.2)
    pitch = 62.5
    calm = calm.facing(_FOCUS)
    places = [(x * pitch, y * pitch) for y in range(1, 16) for x in range(1, int(width / pitch) + 1)]
    shapes = [disc(x, y, 3.2, dot) for x, y in places if calm.near(x, y) < 0.5]
    columns = max(2, int(width / 400.0))
    nodes: list[list[tuple[float, float, float]]] = []
    for column in range(columns):
        count = dice.integer(2, 3) if column else dice.integer(1, 2)
        x = width * (column + 0.5) / columns
        top, bottom = calm.gap(x - 140.0, x + 140.0)
        room = bottom - top
        count = min(count, int(room / 270.0))
        heights = [top + room * (row + 0.5) / count + dice.real(-40.0, 40.0) * room / UNIT for row in range(count)]
        nodes.append([(x, y, dice.real(104.0, 140.0)) for y in heights])
    for left, right in pairwise([column for column in nodes if column]):
        for place, (x, y, size) in enumerate(left):
            targets = {place % len(right), dice.integer(0, len(right) - 1)}
            for target in sorted(targets):
                tx, ty, tsize = right[target]
                shapes.append(outline(_bend(x + size, y, tx - tsize, ty), line, 7.0))
                shapes.append(disc(tx - tsize - 4.0, ty, 13.0, line))
    for order, (x, y, size) in enumerate(node for each in nodes for node in each):
        shapes += _node(x, y, size, end if order % 4 == 3 else first, ground, dice)
    paint = paint_shapes(canvas, ground, shapes)
    paint.focus = _FOCUS
    return paint


def _bend(x: float, y: float, tx: float, ty: float) -> str:
    """Return a line that leaves and arrives horizontally."""
    middle = (x + tx) * 0.5
    return f"M{points([(x, y)])} C{points([(middle, y), (middle, ty), (tx, ty)])}"


def _node(x: float, y: float, size: float, color: Lab, ground: Lab, dice: Dice) -> list[str]:
    """Return a node and the bars in it that stand for a text."""
    kind = dice.integer(0, 2)
    text = ground if abs(ground.l - color.l) > 0.25 else color.lit(0.4 if color.l < 0.5 else -0.4)
    if kind == 0:
        return [disc(x, y, size, color), disc(x, y, size * 0.4, text)]
    shapes = [box(x - size, y - size * 0.78, size * 2.0, size * 1.56, color, 22.0 if kind == 1 else size * 0.78)]
    for row in range(dice.integer(2, 3)):
        length = size * dice.real(0.6, 1.2)
        shapes.append(box(x - size * 0.62, y - size * 0.38 + row * size * 0.36, length, size * 0.14, text, size * 0.07))
    return shapes
