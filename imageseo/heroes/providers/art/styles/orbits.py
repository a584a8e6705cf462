"""Style `orbits`: rings around a centre beside the image's middle, with discs on them."""

from __future__ import annotations

from imageseo.heroes.providers.art.calm import NO_TEXT, Calm
from imageseo.heroes.providers.art.color import Paint, Palette
from imageseo.heroes.providers.art.deterministic import Canvas, Dice, root
from imageseo.heroes.providers.art.vector import UNIT, disc, paint_shapes


def draw(canvas: Canvas, palette: Palette, dice: Dice, calm: Calm = NO_TEXT) -> Paint:
    """Draw nested discs in tones between the brand's colours, a bright body, and moons."""
    width = UNIT * canvas.aspect
    focus = dice.real(0.62, 0.8) if dice.chance(0.5) else dice.real(0.2, 0.38)
    x, y = width * focus, dice.real(420.0, 620.0)
    calm = calm.facing(focus)
    x, y, limit = _beside(x, y, width, calm)
    outer, inner = (palette.dark, palette.light) if palette.night else (palette.light, palette.dark)
    ground = palette.deep.at(min(palette.deep.l, palette.dark.l * 0.6), 0.06) if palette.night else palette.pale
    ground = palette.contrast if palette.flat else ground
    count = dice.integer(5, 7)
    largest = dice.real(900.0, 1150.0)
    gap = largest / (count + 0.6)
    shapes = []
    radii = [largest - gap * ring for ring in range(count - 1)]
    radii.append(min(max(gap * 1.6, 290.0), limit))  # the brand's second colour needs a tenth of the image
    for ring, radius in enumerate(radii):
        share = ring / (count - 1.0)
        tone = ground.towards(outer, min(0.2 + share * 1.5, 1.0)) if ring < count - 1 else inner
        shapes.append(disc(x, y, radius, tone))
    shapes.append(disc(x, y, gap * dice.real(0.5, 0.8), inner.lit(0.18 if palette.night else -0.12)))
    for radius in radii[:-1]:
        for _ in range(dice.integer(1, 2)):
            dx, dy = _direction(dice)
            size = gap * dice.real(0.07, 0.26)
            color = (inner, palette.second, palette.pale if palette.night else palette.deep)[dice.integer(0, 2)]
            moon_x, moon_y = x + dx * radius, y + dy * radius
            if calm.near(moon_x, moon_y) < 0.3:
                shapes.append(disc(moon_x, moon_y, size, color))
    paint = paint_shapes(canvas, ground, shapes)
    paint.focus = focus
    return paint


def _beside(x: float, y: float, width: float, calm: Calm) -> tuple[float, float, float]:
    """Return a centre beside or above the texts, and the radius that a body has room for there."""
    if calm.floor < UNIT:
        return x, calm.floor * 0.52, calm.floor * 0.44
    for place in calm.places:
        if place.bottom >= UNIT and place.left <= 0.0:
            x = min(max(x, place.right + 240.0), width - 60.0)
        elif place.bottom >= UNIT and place.right >= width:
            x = max(min(x, place.left - 240.0), 60.0)
    return x, y, UNIT


def _direction(dice: Dice) -> tuple[float, float]:
    """Return a direction of length 1."""
    while True:
        x, y = dice.real(-1.0, 1.0), dice.real(-1.0, 1.0)
        length = x * x + y * y
        if 0.05 < length <= 1.0:
            scale = 1.0 / root(length, 2)
            return x * scale, y * scale
