"""Style `mosaic`: tiles with arcs and leaves, dense on one side and sparse on the other."""

from __future__ import annotations

import numpy as np

from imageseo.heroes.providers.art.calm import NO_TEXT, Calm
from imageseo.heroes.providers.art.color import Lab, Paint, Palette
from imageseo.heroes.providers.art.deterministic import Canvas, Dice, Field, clip, step

_SHAPES = ("quarter", "quarter", "quarter", "leaf", "leaf", "half", "rings", "rings", "disc", "corner", "plain")


def draw(canvas: Canvas, palette: Palette, dice: Dice, calm: Calm = NO_TEXT) -> Paint:
    """Draw square tiles on whole pixels; edges inside tiles are smooth, edges between them are sharp."""
    rows = dice.integer(4, 5)
    side = canvas.height / rows
    columns = int(canvas.aspect * rows + 0.999)
    ground, tones, accent = _colors(palette)
    sparse_left = dice.chance(0.5)
    focus = 0.8 if sparse_left else 0.2
    calm = calm.facing(focus)
    flat = np.zeros((canvas.height, canvas.width), dtype=np.float32)
    paint = Paint((flat + ground.l, flat + ground.a, flat + ground.b))
    # A slight gradient keeps the sparse side from looking empty.
    paint.light((step(0.0, canvas.aspect, canvas.x) - 0.5) * (0.05 if sparse_left else -0.05) + 0.0 * canvas.y)
    for row in range(rows):
        for column in range(columns):
            far = (column + 0.5) / columns
            density = far if sparse_left else 1.0 - far
            if not dice.chance(min(1.0, max(0.0, (density - 0.22) * 2.6))):
                dice.bits()
                continue
            # Counted from the dense side, so that a partial column is on the sparse side.
            shift = canvas.width - int(columns * side + 0.5) if sparse_left else 0
            start, end = (int(edge * side + 0.5) + shift for edge in (column, column + 1))
            window = (
                slice(int(row * side + 0.5), int((row + 1) * side + 0.5)),
                slice(max(start, 0), min(end, canvas.width)),
            )
            if window[1].stop > window[1].start and not _lies_below(window, canvas, calm):
                _tile(paint, window, int(side + 0.5), dice, density, ground, tones, accent)
    paint.focus = focus
    return paint


def _lies_below(window: tuple[slice, slice], canvas: Canvas, calm: Calm) -> bool:
    scale = 1000.0 * canvas.px
    top, bottom, left, right = (edge * scale for each in window for edge in (each.start + 1, each.stop - 1))
    return calm.hits(left, top, right, bottom)


def _colors(palette: Palette) -> tuple[Lab, tuple[Lab, ...], Lab]:
    deep, main, second, pale = palette.deep, palette.main, palette.second, palette.pale
    if palette.night:
        tones = (
            main.at(0.30, 0.10),
            main.at(0.42, 0.14),
            palette.dark,
            palette.light,
            main.at(0.82, 0.07),
            pale.at(0.94),
        )
        return deep.at(0.19, 0.06), tones, second.at(0.66, 0.13)
    tones = (
        main.at(0.90, 0.04),
        main.at(0.80, 0.09),
        palette.light,
        palette.dark,
        main.at(0.42, 0.13),
        deep.at(0.27, 0.07),
    )
    return pale.at(0.965, 0.015), tones, second.at(0.72, 0.13)


def _tile(
    paint: Paint,
    window: tuple[slice, slice],
    side: int,
    dice: Dice,
    density: float,
    ground: Lab,
    tones: tuple[Lab, ...],
    accent: Lab,
) -> None:
    # Soft tones near the sparse side, strong ones where the pattern is dense.
    reach = 2.0 + 4.0 * min(1.0, max(0.0, (density - 0.25) * 1.7))
    first = min(int(dice.real(0.0, reach)), len(tones) - 1)
    second = (first + dice.integer(2, 3)) % len(tones)
    back, front = tones[first], tones[second]
    if dice.chance(0.16):
        front = accent
    elif dice.chance(0.22):
        back = ground
    shape = _SHAPES[dice.integer(0, len(_SHAPES) - 1)]
    rotation = dice.integer(0, 3)
    height, width = window[0].stop - window[0].start, window[1].stop - window[1].start
    v = ((np.arange(height, dtype=np.float32) + 0.5) * (1.0 / side))[:, None].astype(np.float32)
    u = ((np.arange(width, dtype=np.float32) + 0.5) * (1.0 / side))[None, :].astype(np.float32)
    if rotation & 1:
        u = 1.0 - u
    if rotation & 2:
        v = 1.0 - v
    region = Paint((paint.l[window], paint.a[window], paint.b[window]))
    full = np.ones((height, width), dtype=np.float32)
    region.lay(back, full)
    for number, cover in enumerate(_covers(shape, u, v, float(side))):
        region.lay(front if number % 2 == 0 else back, cover * full)
    paint.l[window], paint.a[window], paint.b[window] = region.l, region.a, region.b


def _covers(shape: str, u: Field, v: Field, side: float) -> list[Field]:
    """Return the coverage of the front colour, then of the back colour, and so on in alternation."""

    def disc(cx: float, cy: float, radius: float) -> Field:
        du, dv = u - cx, v - cy
        return clip((radius - np.sqrt(du * du + dv * dv)) * side + 0.5)

    if shape == "quarter":
        return [disc(0.0, 0.0, 1.0)]
    if shape == "leaf":
        return [disc(0.0, 0.0, 1.0) * disc(1.0, 1.0, 1.0)]
    if shape == "half":
        return [disc(0.0, 0.5, 0.5)]
    if shape == "rings":
        return [disc(0.0, 0.0, radius) for radius in (1.0, 0.75, 0.5, 0.25)]
    if shape == "disc":
        return [disc(0.5, 0.5, 0.32)]
    if shape == "corner":
        return [clip((1.0 - u - v) * side * 0.7071 + 0.5)]
    return []
