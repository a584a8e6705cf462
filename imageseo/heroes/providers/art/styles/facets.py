"""Style `facets`: folded triangles, lit from one side."""

from __future__ import annotations

from imageseo.heroes.providers.art.calm import NO_TEXT, Calm
from imageseo.heroes.providers.art.color import Lab, Paint, Palette, format_hex
from imageseo.heroes.providers.art.deterministic import Canvas, Dice, total
from imageseo.heroes.providers.art.vector import UNIT, paint_shapes, points

Point = tuple[float, float, float]


def draw(canvas: Canvas, palette: Palette, dice: Dice, calm: Calm = NO_TEXT) -> Paint:
    """Draw a grid of shifted points as a folded sheet; tones run from one brand colour to the other."""
    width = UNIT * canvas.aspect
    rows = dice.integer(4, 6)
    step = UNIT / rows
    columns = int(width / step) + 2
    peak_x, peak_y = width * (dice.real(0.6, 0.85) if dice.chance(0.5) else dice.real(0.15, 0.4)), dice.real(250, 750)
    calm = calm.facing(peak_x / width)
    grid: list[list[Point]] = []
    for row in range(-1, rows + 2):
        shift = 0.5 * step if row % 2 else 0.0
        line = []
        for column in range(-1, columns + 1):
            x = column * step + shift + dice.real(-0.3, 0.3) * step
            y = row * step + dice.real(-0.3, 0.3) * step
            line.append((x, y, dice.real(0.0, 1.0)))
        grid.append(line)
    reach = 1.0 / (0.8 * (width + UNIT))
    shapes = []
    for upper, lower, odd in zip(grid, grid[1:], [row % 2 for row in range(-1, rows + 1)], strict=False):
        for column in range(len(upper) - 1):
            a, b, c, d = upper[column], upper[column + 1], lower[column], lower[column + 1]
            for corners in ((a, b, d), (a, c, d)) if odd else ((a, b, c), (b, c, d)):
                x, y = (total(corner[axis] for corner in corners) / 3.0 for axis in (0, 1))
                far = (abs(x - peak_x) + abs(y - peak_y)) * reach
                quiet = calm.near(x, y)
                far += (1.0 - far) * quiet
                tone = _tone(palette, min(far, 1.0)).lit(_slope(corners) * 0.09 * (1.0 - 0.8 * quiet))
                color = format_hex(tone)
                shapes.append(
                    f'<polygon points="{points((px, py) for px, py, _ in corners)}" fill="{color}" stroke="{color}" '
                    'stroke-width="1.2" stroke-linejoin="round"/>'
                )
    paint = paint_shapes(canvas, palette.dark, shapes)
    paint.focus = peak_x / width
    return paint


def _tone(palette: Palette, far: float) -> Lab:
    end = palette.contrast if palette.flat else palette.deep if palette.night else palette.pale
    first, second = (palette.light, palette.dark) if palette.night else (palette.dark, palette.light)
    middle = first.bridge(second, (first.l + second.l) * 0.5)
    for low, high, start, stop in ((first, first, 0.0, 0.16), (first, middle, 0.16, 0.3), (middle, second, 0.3, 0.42)):
        if far < stop:
            return low.towards(high, (far - start) / (stop - start))
    return second if far < 0.58 else second.towards(end, (far - 0.58) / 0.42)


def _slope(corners: tuple[Point, ...]) -> float:
    """Return how much a triangle faces the light at the upper left, about -1 to 1."""
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = corners
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    if -1.0 < area < 1.0:
        return 0.0
    gx = ((bz - az) * (cy - ay) - (cz - az) * (by - ay)) / area
    gy = ((cz - az) * (bx - ax) - (bz - az) * (cx - ax)) / area
    return max(-1.0, min(1.0, (gx + gy) * 130.0))
