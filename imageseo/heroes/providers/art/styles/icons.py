"""Style `icons`: a pattern of line icons that the page's tags stand for."""

from __future__ import annotations

from collections.abc import Sequence

from imageseo.heroes.providers.art.calm import NO_TEXT, Calm
from imageseo.heroes.providers.art.color import Lab, Paint, Palette, format_hex
from imageseo.heroes.providers.art.deterministic import Canvas, Dice
from imageseo.heroes.providers.art.icon_paths import ICONS, icons_for
from imageseo.heroes.providers.art.vector import UNIT, box, disc, number, paint_shapes

CONTENT = ("tags",)
_FOCUS = 0.7


def draw(canvas: Canvas, palette: Palette, dice: Dice, calm: Calm = NO_TEXT, tags: Sequence[str] = ()) -> Paint:
    """Draw tiles with icons; without tags that any icon stands for, the seed chooses four."""
    names = icons_for(tags)[:6]
    others = [name for name in ICONS if name not in names]
    while len(names) < 4:
        names.append(others.pop(dice.integer(0, len(others) - 1)))
    rows = dice.integer(3, 4)
    calm = calm.facing(_FOCUS)
    rows = max(2, int(rows * calm.floor / UNIT + 0.5))
    side = calm.floor / rows
    columns = int(canvas.aspect * UNIT / side + 0.999)
    night = palette.night
    ground = palette.deep.at(min(palette.deep.l, palette.dark.l * 0.7), 0.06) if night else palette.pale
    first, second = (palette.dark, palette.light) if night else (palette.light, palette.dark)
    quiet = ground.towards(first, 0.3)
    shapes, last = [], -1
    for row in range(rows):
        for column in range(columns):
            chosen = dice.integer(0, len(names) - 1)
            chosen = (chosen + 1) % len(names) if chosen == last else chosen
            last = chosen
            back = (first, second, quiet, ground)[(0, 0, 1, 1, 2, 3)[dice.integer(0, 5)]]
            x, y = column * side, row * side
            if calm.hits(x + 1.0, y + 1.0, x + side - 1.0, y + side - 1.0):
                continue
            if dice.chance(0.5):
                shapes.append(box(x, y, side + 0.5, side + 0.5, back))
            else:
                shapes += [box(x, y, side + 0.5, side + 0.5, ground), disc(x + side / 2, y + side / 2, side / 2, back)]
            shapes.append(_icon(names[chosen], x + side * 0.27, y + side * 0.27, side * 0.46, _ink(back, palette)))
    paint = paint_shapes(canvas, ground, shapes)
    paint.focus = _FOCUS
    return paint


def _ink(back: Lab, palette: Palette) -> Lab:
    """Return the tone of the palette that differs most from the ground."""
    return max((palette.dark, palette.light, palette.pale, palette.deep), key=lambda lab: abs(lab.l - back.l))


def _icon(name: str, x: float, y: float, size: float, color: Lab) -> str:
    scale = size / 24.0
    return (
        f'<path transform="translate({number(x)} {number(y)}) scale({number(scale)})" d="{ICONS[name][0]}" fill="none" '
        f'stroke="{format_hex(color)}" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"/>'
    )
