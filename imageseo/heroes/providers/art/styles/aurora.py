"""Style `aurora`: curtains of light above a calm horizon."""

from __future__ import annotations

import numpy as np

from imageseo.heroes.providers.art.color import Lab, Paint, Palette, Ramp
from imageseo.heroes.providers.art.deterministic import Canvas, Dice, clip, clouds, lines, step


def draw(canvas: Canvas, palette: Palette, dice: Dice) -> Paint:
    """Return the scene. The sky is dark whatever the brand's lightness."""
    x, y = canvas.x, canvas.y
    deep, second, light, dusk = palette.deep, palette.second, palette.light, palette.dark
    salt = dice.bits()
    shore = dice.real(0.80, 0.86)
    zenith = deep.at(min(0.13, dusk.l * 0.5), 0.045)
    sky = Ramp((0.0, zenith), (0.45, zenith.towards(dusk, 0.3)), (0.8, dusk), (1.0, dusk))
    air = clouds(x * 0.9, y * 1.2, salt, 3) - 0.5
    paint = Paint(sky(y * (1.0 / shore) + air * 0.12))
    _stars(paint, canvas, dice, shore)
    hues = [light, light.bridge(_glowing(second, 0.70), max(light.l - 0.1, 0.5)), _glowing(second, 0.70)]
    if dice.chance(0.5):
        hues = [light, hues[2], hues[1]]
    count = dice.integer(3, 4)
    for number in range(count):
        low, high = light, hues[1 + number % 2]
        _curtain(paint, canvas, dice, salt + 131 * number, number / max(count - 1, 1), low, high)
    _land(paint, canvas, dice, shore, deep)
    return paint


def _glowing(lab: Lab, lightness: float) -> Lab:
    return lab.at(lightness).vivid(0.16)


def _curtain(paint: Paint, canvas: Canvas, dice: Dice, salt: int, order: float, low: Lab, high: Lab) -> None:
    x, y = canvas.x, canvas.y
    offset = lines(x * 0.85 + 1.0, salt, 3, 0.45) - 0.5
    base = dice.real(0.40, 0.50) + order * 0.20 + offset * 0.5
    tilt = dice.real(-0.25, 0.25)
    base = base + (x * (1.0 / canvas.aspect) - 0.5) * tilt
    # Rays: fine noise along x, converging on a point high above.
    lean = (x - canvas.aspect * 0.5) * 0.10
    along = x + (y - base) * lean + 2.0
    zero = np.zeros_like(along)
    rays = clouds(along * 26.0, zero + y * 0.6, salt + 9, 3, 0.55)
    broad = clouds(along * 3.2, zero + y * 0.4, salt + 23, 2)
    strength = step(0.16, 0.62, broad) * (0.45 + 0.85 * rays)
    up = base - y
    curtain_height = 0.20 + 0.22 * lines(x * 1.7 + 5.0, salt + 41, 2)
    rise = clip(up / curtain_height)
    body = step(-0.018, 0.03, up) * (1.0 - rise) * (1.0 - rise) / (1.0 + 2.2 * rise)
    glow = 1.0 / (1.0 + (up * up) * 34.0)
    light = clip((body * strength * 1.7 + glow * glow * 0.24 * step(0.1, 0.8, broad)) * (1.0 - 0.2 * order))
    tint = Ramp((0.0, low), (0.3, low), (0.6, low.bridge(high, (low.l + high.l) * 0.5)), (1.0, high))
    l, a, b = tint(rise)  # noqa: E741 - usual name in OKLab
    paint.l = paint.l + (l - paint.l) * light
    paint.a = paint.a + (a - paint.a) * light
    paint.b = paint.b + (b - paint.b) * light


def _land(paint: Paint, canvas: Canvas, dice: Dice, shore: float, deep: Lab) -> None:
    """Draw hills in silhouette and water that reflects the sky, darker and blurred."""
    row = int(shore * canvas.height)
    salt = dice.bits()
    depth = canvas.height - row
    if depth > 0:
        source = np.clip(row - 1 - (np.arange(depth) * 5) // 2, 0, row - 1)
        for plane in (paint.l, paint.a, paint.b):
            mirrored = plane[source]
            plane[row:] = mirrored
        ripple = clouds(canvas.x * 5.0, canvas.y[row:] * 90.0, salt, 3) - 0.5
        distance = (canvas.y[row:] - shore) * (1.0 / max(1.0 - shore, 0.01))
        region = Paint((paint.l[row:], paint.a[row:], paint.b[row:]))
        region.lay(deep.at(0.16, 0.05), np.float32(0.28) + 0.35 * distance + 0.0 * ripple)
        region.light(ripple * 0.055 * (1.0 - 0.5 * distance))
        paint.l[row:], paint.a[row:], paint.b[row:] = region.l, region.a, region.b
    for number, (lift, tone) in enumerate(((0.085, 0.20), (0.045, 0.12))):
        hill = lines(canvas.x * (1.6 + number) + 3.0, salt + number * 7 + 1, 6, 0.48)
        top = shore - lift * clip(hill * 1.6 - 0.25) - 0.004
        cover = clip((canvas.y - top) * (1.0 / canvas.px) + 0.5) * clip((shore - canvas.y) * (1.0 / canvas.px) + 0.5)
        paint.lay(deep.at(tone, 0.04), cover)


def _stars(paint: Paint, canvas: Canvas, dice: Dice, shore: float) -> None:
    for _ in range(220):
        cx, cy = dice.real(0.0, canvas.aspect), dice.real(0.0, shore)
        size, bright = dice.real(0.0005, 0.0014), dice.real(0.1, 0.7)
        row, column = int(cy * canvas.height), int(cx * canvas.height)
        rows = slice(max(row - 5, 0), min(row + 6, canvas.height))
        columns = slice(max(column - 5, 0), min(column + 6, canvas.width))
        dx, dy = canvas.x[:, columns] - cx, canvas.y[rows] - cy
        glow = (size * size) / (dx * dx + dy * dy + size * size)
        paint.l[rows, columns] += glow * glow * bright
