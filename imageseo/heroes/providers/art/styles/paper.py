"""Style `paper`: sheets of coloured paper, cut and stacked, with soft shadows."""

from __future__ import annotations

import numpy as np

from imageseo.heroes.providers.art.calm import NO_TEXT, Calm
from imageseo.heroes.providers.art.color import Paint, Palette, Ramp
from imageseo.heroes.providers.art.deterministic import (
    Canvas,
    Dice,
    Field,
    clip,
    clouds,
    hash_noise,
    lines,
    step,
    total,
)
from imageseo.heroes.providers.art.relief import slopes

_PLENTY = 0.15  # the share of the image that a brand colour's sheets should show


def draw(canvas: Canvas, palette: Palette, dice: Dice, calm: Calm = NO_TEXT) -> Paint:
    """Draw nested cut-outs around a light, or waves across the image, depending on the seed."""
    sheets, focus = _hollow(canvas, dice, calm) if dice.chance(0.6) else _waves(canvas, dice, calm)
    count = len(sheets)
    ramp = _colors(palette, dice, _visible(sheets, canvas))
    light_x, light_y = (dice.real(-0.6, 0.6), dice.real(0.7, 1.0))
    salt = dice.bits()

    x, y = canvas.x, canvas.y
    zeros = np.zeros((canvas.height, canvas.width), dtype=np.float32)
    background_noise = clouds(x * 0.8, y * 0.8, salt, 2) - 0.5
    paint = Paint(ramp(zeros + 0.04 + background_noise * 0.05))
    for number, inside in enumerate(sheets, 1):
        depth = number / count
        lift = 0.012 + 0.016 * depth
        shadow_distance = _shifted(inside, canvas, light_x * lift, -light_y * lift)
        # Two shadows: a narrow dark one at the edge, and a wide faint one.
        paint.shade(
            step(-0.012 - 0.5 * lift, 0.006, shadow_distance) * 0.17 + step(-0.045 - lift, 0.01, shadow_distance) * 0.11
        )
        sheet = Paint(ramp(zeros + depth))
        sheen = clouds(x * 1.4 + 5.0 * number, y * 1.4, salt + number, 2) - 0.5
        edge = step(0.006, 0.0, inside) * step(-0.4, 0.6, _facing(inside, canvas, light_x, light_y))
        sheet.light(sheen * 0.045 + edge * 0.035 - step(0.0, 0.5, inside) * 0.02)
        paint.lay((sheet.l, sheet.a, sheet.b), clip(inside * (1.0 / canvas.px) + 0.5))
    fiber = _fiber(canvas, salt)
    paint.light(fiber * 0.011)
    paint.focus = focus
    return paint


def _colors(palette: Palette, dice: Dice, shares: list[float]) -> Ramp:
    """Return the colours from the farthest sheet to the nearest; both brand colours get sheets enough to be seen."""
    far, near = palette.light, palette.dark
    if not palette.night and dice.chance(0.4):
        far, near = near, far
    end = palette.deep.at(min(0.21, near.l * 0.5), 0.065) if palette.night else palette.pale.at(0.965, 0.02)
    first = _enough(shares, 0)
    begin = min(first + 2, len(shares) - 1) if total(shares[first + 2 :]) >= _PLENTY else first + 1
    last = _enough(shares, begin)
    count = len(shares) - 1.0
    stops = [(0.0, far), (first / count, far), (begin / count, near), (last / count, near)]
    if begin - first > 1:
        stops.insert(2, ((first + begin) * 0.5 / count, far.bridge(near, (far.l + near.l) * 0.5)))
    return Ramp(*stops, *([(1.0, end)] if last < count else []))


def _enough(shares: list[float], start: int) -> int:
    """Return the last of the sheets from ``start`` on that together have a share that is plenty."""
    total = 0.0
    for number in range(start, len(shares)):
        total += shares[number]
        if total >= _PLENTY:
            return number
    return len(shares) - 1


def _visible(sheets: list[Field], canvas: Canvas) -> list[float]:
    """Return the share of the image that each sheet shows, the background first."""
    free = np.ones((canvas.height, canvas.width), dtype=np.bool_)
    shares = []
    for inside in reversed(sheets):
        shares.append(np.count_nonzero(free & (inside > 0.0)) / free.size)
        free &= inside <= 0.0
    return [np.count_nonzero(free) / free.size, *reversed(shares)]


def _hollow(canvas: Canvas, dice: Dice, calm: Calm) -> tuple[list[Field], float]:
    """Return sheets with a hole, the nearest with the widest, as signed distances to the edge, positive on paper."""
    salt = dice.bits()
    cx = canvas.aspect * (dice.real(0.3, 0.42) if dice.chance(0.5) else dice.real(0.58, 0.7))
    cy = dice.real(0.42, 0.58)
    scale = calm.brink * 0.001  # the hole is above the texts, which stand on the nearest sheet
    cy *= scale if scale == 1.0 else scale * 0.9
    horizontal_stretch = dice.real(1.35, 1.75)
    count = dice.integer(6, 8)
    sheets = []
    common_x = clouds(canvas.x * 1.1 + 5.0, canvas.y * 1.1, salt + 71, 2, 0.35) - 0.5
    common_y = clouds(canvas.x * 1.1 + 1.0, canvas.y * 1.1 + 3.0, salt + 73, 2, 0.35) - 0.5
    for number in range(count):
        t = number / (count - 1.0)
        own_x = clouds(canvas.x * 1.4 + 9.0, canvas.y * 1.4 + 1.0, salt + number * 3, 2, 0.35) - 0.5
        own_y = clouds(canvas.x * 1.6 + 3.0, canvas.y * 1.6 + 7.0, salt + number * 5, 2, 0.35) - 0.5
        # Sheets share most of their outline but differ enough to overlap in places.
        warp_x, warp_y = common_x * 0.5 + own_x * 0.62, common_y * 0.5 + own_y * 0.62
        dx = (canvas.x - cx) * (1.0 / horizontal_stretch) + warp_x * 0.46
        dy = canvas.y - cy + warp_y * 0.46
        radius = (0.13 + 0.55 * t * (0.62 + 0.38 * t)) * scale
        sheets.append(_distance(np.sqrt(dx * dx + dy * dy) - radius, canvas))
    return sheets, cx / canvas.aspect


def _waves(canvas: Canvas, dice: Dice, calm: Calm) -> tuple[list[Field], float]:
    """Return sheets whose upper edges are long waves; the nearest is the lowest."""
    salt = dice.bits()
    count = dice.integer(6, 8)
    tilt = dice.real(-0.22, 0.22)
    first = dice.real(0.2, 0.3)
    last = min(0.90, calm.brink * 0.001 - 0.08)
    sheets = []
    for number in range(count):
        t = number / (count - 1.0)
        wave = lines(canvas.x * (1.5 + 0.2 * t) + 2.0, salt + number * 17, 2, 0.3) - 0.5
        swell = (canvas.x * (1.0 / canvas.aspect) - 0.5) * tilt * (1.0 if number % 2 else -0.7)
        edge = first + (last - first) * t + wave * (0.42 - 0.14 * t) + swell
        sheets.append(_distance(canvas.y - edge, canvas))
    return sheets, 0.5


def _distance(value: Field, canvas: Canvas) -> Field:
    """Estimate signed distance from a field, so that edges and shadows have even widths."""
    gx, gy = slopes(value, canvas)
    return value / np.maximum(np.sqrt(gx * gx + gy * gy), np.float32(0.5))


def _facing(inside: Field, canvas: Canvas, x: float, y: float) -> Field:
    gx, gy = slopes(inside, canvas)
    return gy * y - gx * x


def _shifted(value: Field, canvas: Canvas, dx: float, dy: float) -> Field:
    """Return the field shifted by (dx, dy); beyond the edge, border values are repeated."""
    columns = np.clip(np.arange(canvas.width) + int(dx * canvas.height), 0, canvas.width - 1)
    rows = np.clip(np.arange(canvas.height) + int(dy * canvas.height), 0, canvas.height - 1)
    out: Field = value[rows][:, columns]
    return out


def _fiber(canvas: Canvas, salt: int) -> Field:
    rows = np.arange(canvas.height, dtype=np.uint32)[:, None]
    columns = np.arange(canvas.width, dtype=np.uint32)[None, :]
    fine = hash_noise(columns >> np.uint32(1), rows >> np.uint32(1), salt) - 0.5
    return fine * 0.5 + (clouds(canvas.x * 150.0, canvas.y * 150.0, salt + 3, 1) - 0.5)
