"""Style `code`: a window with the beginning of the page's first code block, or with lines that only look like code."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from imageseo.heroes.providers.art.calm import NO_TEXT, Calm
from imageseo.heroes.providers.art.code_tokens import KINDS, read_lines
from imageseo.heroes.providers.art.color import Lab, Paint, Palette, format_hex
from imageseo.heroes.providers.art.deterministic import Canvas, Dice
from imageseo.heroes.providers.art.vector import UNIT, box, disc, paint_shapes, points

CONTENT = ("code",)
_INDENT = 4


class _Window(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float


def draw(
    canvas: Canvas, palette: Palette, dice: Dice, calm: Calm = NO_TEXT, code: Mapping[str, Any] | None = None
) -> Paint:
    """Draw the window over two grounds in the brand's colours. It is never mirrored."""
    width = UNIT * canvas.aspect
    first, second = (palette.dark, palette.light) if palette.night else (palette.light, palette.dark)
    paper = palette.deep.at(min(palette.deep.l, 0.2), 0.05) if palette.night else palette.pale.at(0.975, 0.012)
    window = _place(width, calm)
    shapes = [_second_ground(width, window, second, dice, calm)]
    shadow = palette.deep.at(0.12, 0.03)
    left, top, right, bottom = window
    shapes.append(box(left + 14.0, top + 18.0, right - left, bottom - top, shadow, 30.0))
    shapes.append(box(left, top, right - left, bottom - top, paper, 30.0))
    line = paper.towards(palette.pale if palette.night else palette.deep, 0.12)
    shapes.append(box(left, top + 84.0, right - left, 3.0, line))
    lights = (first, second, palette.second)
    shapes += [disc(left + 52.0 + 46.0 * at, top + 43.0, 14.0, light) for at, light in enumerate(lights)]
    inks = _inks(palette, paper)
    inside = _Window(left + 48.0, top + 128.0, right - 36.0, bottom - 40.0)
    if code and str(code.get("text", "")).strip():
        shapes += _lines(inside, code, inks)
    else:
        shapes += _bars(inside, inks, dice)
    paint = paint_shapes(canvas, first, shapes)
    paint.focus = 0.2 if calm.rtl else 0.8
    return paint


def _place(width: float, calm: Calm) -> _Window:
    """Return the window; beside the text of a card it is cut off by the edge of the canvas."""
    if not calm:
        aside = max(90.0, (width - 1560.0) * 0.5)
        return _Window(aside, 110.0, width - aside, UNIT - 110.0)
    if calm.brink < UNIT and (calm.floor < UNIT or width < 1300.0):
        names = max((place.bottom for place in calm.places if place.bottom < calm.brink), default=70.0)
        return _Window(70.0, min(names + 10.0, calm.brink * 0.5), width - 70.0, calm.brink - 10.0)
    low = [place for place in calm.places if place.bottom >= UNIT]
    if calm.rtl:
        return _Window(40.0, 190.0, max(min((place.left for place in low), default=width) - 20.0, 0.28 * width), 810.0)
    return _Window(
        min(max((place.right for place in low), default=0.0) + 20.0, 0.72 * width), 190.0, width + 60.0, 810.0
    )


def _second_ground(width: float, window: _Window, color: Lab, dice: Dice, calm: Calm) -> str:
    """Return the part of the ground in the second colour, with a slanting edge."""
    slant = dice.real(60.0, 160.0) * (1.0 if dice.chance(0.5) else -1.0)
    if calm and window.bottom <= calm.brink:
        edge = max(window.bottom - 40.0, 200.0)
        corners = [(0.0, 0.0), (width, 0.0), (width, edge - abs(slant)), (0.0, edge)]
    elif calm:
        start, far = (window.right + 20.0, 0.0) if calm.rtl else (window.left - 20.0, width)
        slant *= 0.4
        corners = [(start + slant, 0.0), (far, 0.0), (far, UNIT), (start - slant, UNIT)]
    else:
        edge = UNIT * dice.real(0.45, 0.6)
        corners = [(0.0, edge + slant), (width, edge - slant), (width, UNIT), (0.0, UNIT)]
    return f'<polygon points="{points(corners)}" fill="{format_hex(color)}"/>'


def _inks(palette: Palette, paper: Lab) -> dict[str, Lab]:
    """Return a colour that shows on the paper for each kind of token."""
    plain = palette.pale.at(0.93, 0.02) if palette.night else palette.deep.at(0.24, 0.04)
    wished = (plain, palette.main, palette.accent, plain.towards(paper, 0.5), palette.second)
    level = 0.78 if palette.night else 0.48
    return {
        kind: ink if at in (0, 3) else ink.at(level, 0.17)
        for at, (kind, ink) in enumerate(zip(KINDS, wished, strict=True))
    }


def _lines(inside: _Window, code: Mapping[str, Any], inks: dict[str, Lab]) -> list[str]:
    """Set the code in as many lines as there is room for; what is longer than the window is cut off."""
    from imageseo.heroes.providers.art.cards.faces import code_face
    from imageseo.heroes.providers.art.cards.typeface import Typeface

    face = code_face(500)
    typeface = Typeface(500, brand=(face,) if face is not None else ())
    cell = typeface.width("0")
    lines = read_lines(str(code.get("language", "")), str(code["text"]))
    longest = max((sum(len(text) for _, text in line) for line in lines), default=1)
    high, wide = inside.bottom - inside.top, inside.right - inside.left
    # Small blocks are set large, long ones are cut off rather than set too small to be read.
    size = min(high / 6.5 / 1.5, max(wide / (cell * max(longest, 12)), high / 13.0 / 1.5, 30.0))
    pitch = size * 1.5
    shapes = []
    for row, line in enumerate(lines[: max(1, int(high / pitch))]):
        x, y = inside.left, inside.top + (row + 0.78) * pitch
        for kind, text in line:
            room = int((inside.right - x) / (cell * size))
            shown = text[: max(room, 0)] if face is not None else text
            if not shown or x >= inside.right:
                break
            if shown.strip():
                prepared = typeface.prepare(shown)[0]
                lead = (len(shown) - len(shown.lstrip())) * cell * size
                markup = typeface.set_line(prepared).markup(x + lead, y, size)
                shapes.append(f'<g fill="{format_hex(inks[kind])}">{markup}</g>')
            x += (typeface.width(shown) if shown.strip() and face is None else cell * len(shown)) * size
    return shapes


def _bars(inside: _Window, inks: dict[str, Lab], dice: Dice) -> list[str]:
    """Draw lines of rounded bars with indents like those of a program."""
    rows = max(3, min(11, int((inside.bottom - inside.top) / 62.0)))
    pitch = (inside.bottom - inside.top) / rows
    thick = min(pitch * 0.42, 30.0)
    wide = inside.right - inside.left
    unit = max(wide / 44.0, 6.0)
    depths = [0]
    for _ in range(rows - 1):
        depths.append(max(0, min(3, depths[-1] + dice.integer(-1, 1))))
    shapes = []
    for row, (depth, following) in enumerate(pairwise([*depths, 0])):
        x = inside.left + depth * _INDENT * unit * 0.75
        y = inside.top + row * pitch + (pitch - thick) * 0.5
        for place in range(dice.integer(2, 5) if following >= depth else dice.integer(1, 3)):
            length = dice.real(2.0, 9.0) * unit
            if x + length > inside.right:
                break
            kind = KINDS[1] if place == 0 and dice.chance(0.6) else KINDS[dice.integer(0, len(KINDS) - 1)]
            shapes.append(box(x, y, length, thick, inks[kind], thick * 0.5))
            x += length + unit
    return shapes
