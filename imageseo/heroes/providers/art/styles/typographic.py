"""Style `typographic`: large letters of the page's title, in the brand's fonts and colours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imageseo.heroes.providers.art.calm import NO_TEXT, Calm
from imageseo.heroes.providers.art.cards.brand_fonts import BrandFonts
from imageseo.heroes.providers.art.cards.recipe import ProjectCards
from imageseo.heroes.providers.art.cards.text import clusters, is_rtl
from imageseo.heroes.providers.art.cards.typeface import SetLine, Typeface
from imageseo.heroes.providers.art.color import Lab, Paint, Palette, format_hex
from imageseo.heroes.providers.art.deterministic import Canvas, Dice
from imageseo.heroes.providers.art.vector import UNIT, box, number, paint_shapes

CONTENT = ("letters",)
OWN = True
_WEIGHT = 800
_NOBODY = ProjectCards()


def draw(
    canvas: Canvas,
    palette: Palette,
    dice: Dice,
    calm: Calm = NO_TEXT,
    letters: Mapping[str, Any] | None = None,
    own: ProjectCards = _NOBODY,
) -> Paint:
    """Draw one of three compositions: initials across two grounds, the words as bands, or rows of the whole text.

    With the text of a card beside it, always initials. They are never mirrored.
    """
    said = letters or {}
    text = str(said.get("text") or "&")
    typeface = BrandFonts(own.fonts, own.project).typeface(_WEIGHT, str(said.get("language", "")), rtl=is_rtl(text))
    text = typeface.prepare(text)[0] or "&"
    first, second = (palette.dark, palette.light) if palette.night else (palette.light, palette.dark)
    width, words = UNIT * canvas.aspect, text.split()
    kind = dice.integer(0, 2)
    if calm or kind == 0 or len(words) < 2:
        shapes = _initials(width, _initials_of(words, dice), typeface, (first, second), palette, dice, calm)
    elif kind == 1:
        shapes = _bands(width, words, typeface, (first, second), palette, dice)
    else:
        shapes = _rows(width, text, typeface, (first, second), palette, dice)
    paint = paint_shapes(canvas, first, shapes)
    paint.focus = 0.2 if calm.rtl else 0.8
    return paint


def _initials_of(words: list[str], dice: Dice) -> str:
    """Return one or two letters; of scripts whose letters join, the first word."""
    spoken = ["".join(each for each in clusters(word) if each[0].isalnum()) for word in words]
    spoken = [word for word in spoken if word] or ["".join(words) or "&"]
    first = clusters(spoken[0])
    if len(spoken) == 1 and len(first) <= 3:
        return spoken[0]
    code = ord(spoken[0][0])
    if code >= 0x2E80:  # Chinese, Japanese, Korean
        return "".join(first[:2])
    if code >= 0x0590 and not 0x10A0 <= code <= 0x1FFF:
        return "".join(first[:6])
    found = first[0] + (clusters(spoken[1])[0] if len(spoken) > 1 and dice.chance(0.5) else "")
    return found.upper() if len(found.upper()) <= 3 else found


def _initials(
    width: float,
    text: str,
    typeface: Typeface,
    colors: tuple[Lab, Lab],
    palette: Palette,
    dice: Dice,
    calm: Calm,
) -> list[str]:
    """Draw letters across the border of two grounds, each part in the colour of the other ground."""
    ground, panel = colors
    left, top, right, bottom = _room(width, calm)
    upright = right - left > 0.8 * (bottom - top)
    share = dice.real(0.42, 0.58)
    if upright:
        border = left + (right - left) * share
        area = (border, 0.0, width - border, bottom) if not calm.rtl else (0.0, 0.0, border, bottom)
    else:
        border = top + (bottom - top) * share
        area = (0.0, border, width, bottom - border) if not calm else (0.0, 0.0, width, border)
    line = typeface.set_line(text)
    tall = max(line.above + line.below, 0.05)
    size = min((bottom - top) * dice.real(0.86, 1.06) / tall, (right - left) * 0.98 / max(line.width, 0.05))
    x = (left + right - line.width * size) * 0.5
    y = (top + bottom + (line.above - line.below) * size) * 0.5
    inks = (palette.contrast, palette.contrast) if palette.flat else (panel, ground)
    shape = line.markup(x, y, size)
    clip = f'<clipPath id="p"><rect {_rect(*area)}/></clipPath>'
    clipped = f'<g clip-path="url(#p)"><g fill="{format_hex(inks[1])}">{shape}</g></g>'
    return [f'<g fill="{format_hex(inks[0])}">{shape}</g>', clip, box(*area, panel), clipped]


def _room(width: float, calm: Calm) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the part of the canvas that has no text."""
    if not calm:
        return 0.0, 0.0, width, UNIT
    if calm.floor < UNIT:
        return 0.0, 0.0, width, calm.floor
    low = [place for place in calm.places if place.bottom >= UNIT]
    if calm.rtl:
        return 0.0, 0.0, max(min((place.left for place in low), default=width), 0.3 * width), UNIT
    return min(max((place.right for place in low), default=0.0), 0.7 * width), 0.0, width, UNIT


def _bands(
    width: float,
    words: list[str],
    typeface: Typeface,
    colors: tuple[Lab, Lab],
    palette: Palette,
    dice: Dice,
) -> list[str]:
    """Draw one band for each of the longest words that the canvas has room for, the word as large as its band."""
    count = min(len(words), max(2, int(UNIT / width * 6.0 + 0.5)), 5)
    longest = sorted(range(len(words)), key=lambda at: (-len(words[at]), at))[:count]
    lines = [typeface.set_line(words[at]) for at in sorted(longest)]
    height, swap = UNIT / count, dice.integer(0, 1)
    shapes = []
    for row, line in enumerate(lines):
        ground, ink = colors if (row + swap) % 2 == 0 else colors[::-1]
        ink = palette.contrast if palette.flat else ink
        shapes.append(box(0.0, row * height, width, height + 0.5, ground))
        size = min(height * 0.84 / max(line.above + line.below, 0.05), width * 0.94 / max(line.width, 0.05))
        x = width * 0.97 - line.width * size if typeface.rtl else width * 0.03
        shapes.append(_set(line, x, (row + 0.5) * height, size, ink))
    return shapes


def _rows(
    width: float,
    text: str,
    typeface: Typeface,
    colors: tuple[Lab, Lab],
    palette: Palette,
    dice: Dice,
) -> list[str]:
    """Draw rows that repeat the text, each begun at another place."""
    count = dice.integer(3, 5)
    height = UNIT / count
    line = typeface.set_line(text)
    size = min(height * 0.74 / max(line.above + line.below, 0.05), 4.0 * width / max(line.width, 0.05))
    pitch = max((line.width + 0.34) * size, 40.0)
    shapes = []
    for row in range(count):
        ground, ink = colors if row % 2 == 0 else colors[::-1]
        ink = palette.contrast if palette.flat else ink
        shapes.append(box(0.0, row * height, width, height + 0.5, ground))
        x = -dice.real(0.0, 1.0) * pitch
        while x < width:
            shapes.append(_set(line, x, (row + 0.5) * height, size, ink))
            x += pitch
    return shapes


def _set(line: SetLine, x: float, middle: float, size: float, ink: Lab) -> str:
    """Draw a line whose ink is centred on a height."""
    y = middle + (line.above - line.below) * size * 0.5
    return f'<g fill="{format_hex(ink)}">{line.markup(x, y, size)}</g>'


def _rect(x: float, y: float, width: float, height: float) -> str:
    return f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
