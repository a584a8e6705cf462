"""Style `ridges`: layers of mountains, a sun in the haze, a forest on the nearest slope."""

from __future__ import annotations

import numpy as np

from imageseo.heroes.providers.art.calm import NO_TEXT, Calm
from imageseo.heroes.providers.art.color import Lab, Paint, Palette, Ramp
from imageseo.heroes.providers.art.deterministic import Canvas, Dice, Field, clip, clouds, lines, plane, step

_DEPTH = 6


def draw(canvas: Canvas, palette: Palette, dice: Dice, calm: Calm = NO_TEXT) -> Paint:
    """Draw the scene as OKLab planes."""
    x, y = canvas.x, canvas.y
    salt = dice.bits()
    sun_x = canvas.aspect * (dice.real(0.22, 0.36) if dice.chance(0.5) else dice.real(0.64, 0.78))
    horizon = dice.real(0.5, 0.6)
    foot = min(0.86, calm.brink * 0.001)  # texts stand on the nearest slope
    horizon = min(horizon, max(foot - 0.2, 0.3))
    sun_y = horizon - dice.real(0.1, 0.24)
    radius = dice.real(0.055, 0.085)
    top, middle, haze, disc, near = _colors(palette)

    sky = Ramp((0.0, top), (0.4, middle), (0.74, haze), (1.0, haze))
    veil = clouds(x * 1.3, y * 4.0 + x * 0.35, salt + 7, 4) - 0.5
    paint = Paint(sky(y * (1.0 / (horizon + 0.06)) + veil * 0.10))
    # Warm light around the setting sun.
    dx, dy = x - sun_x, y - sun_y
    distance = np.sqrt(dx * dx + dy * dy)
    if palette.night:
        _stars(paint, canvas, dice, horizon)
    halo = disc.bridge(haze, 0.74) if palette.night else disc
    for reach, strength in ((0.62, 0.34), (0.26, 0.38), (0.12, 0.30)):
        glow = 1.0 / (1.0 + (distance * (1.0 / reach)) * (distance * (1.0 / reach)) * 3.0)
        paint.lay(halo, glow * glow * strength)
    paint.lay(disc, clip((radius - distance) * (1.0 / canvas.px) + 0.5))
    # Thin clouds cross the sun's lower half, so that it appears behind them.
    streaks = step(0.56, 0.80, clouds(x * 1.1, y * 9.0, salt + 11, 4)) * step(0.18, 0.0, np.abs(dy - 0.02))
    paint.lay(middle.towards(haze, 0.6), streaks * 0.55)

    for layer in range(_DEPTH):
        depth = layer / (_DEPTH - 1.0)
        _mountain(paint, canvas, salt + layer * 977, depth, (horizon, foot), sun_x, haze, disc, near)
    _forest(paint, canvas, dice, near[-1], left=sun_x > canvas.aspect * 0.5)
    paint.focus = sun_x / canvas.aspect
    return paint


def _colors(palette: Palette) -> tuple[Lab, Lab, Lab, Lab, tuple[Lab, Lab, Lab]]:
    """Return top and middle of the sky, its haze, the disc, and three tones of the land, from far to near."""
    deep, pale, haze, land = palette.deep, palette.pale, palette.light, palette.dark
    shade = deep.at(min(land.l * 0.45, deep.l), 0.06)
    far = land.bridge(haze, (land.l + haze.l) * 0.5).towards(land, 0.35)
    disc = haze.at(min(haze.l + 0.22, 0.98), 0.09) if haze.l < 0.93 else land.at(0.80, 0.16)
    if palette.night:
        top = deep.at(min(0.17, haze.l * 0.4), 0.06)
        return top, top.bridge(haze, (top.l + haze.l) * 0.5), haze, disc, (far, land, shade)
    top = haze.towards(pale, 0.75) if haze.l < 0.75 else palette.main.at(0.82, 0.09)
    return top, top.towards(haze, 0.5), haze, disc, (far, land, shade)


def _mountain(
    paint: Paint,
    canvas: Canvas,
    salt: int,
    depth: float,
    between: tuple[float, float],
    sun_x: float,
    haze: Lab,
    disc: Lab,
    near: tuple[Lab, Lab, Lab],
) -> None:
    (horizon, foot), x, y = between, canvas.x, canvas.y
    # Distant layers are jagged and high, near ones are broad hills.
    coarse = lines(x * (1.15 + 0.35 * depth) + 3.0, salt, 2)
    peaks = 1.0 - np.abs(lines(x * (2.4 - 0.9 * depth) + 1.0, salt + 31, 6, 0.47) * 2.0 - 1.0)
    rough = lines(x * 9.0, salt + 67, 5, 0.55) - 0.5
    height = 0.16 * (coarse - 0.5) + (0.26 - 0.15 * depth) * (peaks - 0.62) + (0.022 - 0.008 * depth) * rough
    edge = horizon + 0.02 + (foot - horizon) * depth * (0.45 + 0.55 * depth) - height * (1.0 - 0.25 * depth)
    slope = np.empty_like(edge)
    slope[:, 1:-1] = (edge[:, 2:] - edge[:, :-2]) * (0.5 / canvas.px)
    slope[:, 0], slope[:, -1] = slope[:, 1], slope[:, -2]
    first = max(int(float(edge.min()) * canvas.height) - 2, 0)
    if first >= canvas.height:
        return
    y = y[first:]
    below = y - edge
    cover = clip(below / (canvas.px * np.sqrt(1.0 + slope * slope)) + 0.5)
    body = Ramp((0.0, near[0].towards(haze, 0.5)), (0.35, near[0]), (0.5, near[1]), (0.72, near[1]), (1.0, near[2]))
    # Mist at the foot; slopes near the sun take its colour.
    sunward = 1.0 / (1.0 + (x - sun_x) * (x - sun_x) * 2.6)
    mist = step(0.0, 0.34, below) * (0.72 - 0.62 * depth)
    sunlight = sunward * (0.34 * (1.0 - depth) * (1.0 - depth) + 0.03)
    grain = clouds(x * 7.0 + y * 3.0, y * 16.0, salt + 5, 3) - 0.5
    # Gullies run down and outwards from the crest; the side that faces the sun is lighter.
    spread = min(10 * canvas.height // 900 + 1, (canvas.width - 1) // 2)
    smooth = np.empty_like(edge)
    smooth[:, spread:-spread] = (edge[:, 2 * spread :] - edge[:, : -2 * spread]) * (0.5 / (spread * canvas.px))
    smooth[:, :spread], smooth[:, -spread:] = smooth[:, spread : spread + 1], smooth[:, -spread - 1 : -spread]
    run = x * 9.0 + clip(smooth, -0.7, 0.7) * clip(below, -0.1, 0.5) * 6.0 + 5.0
    gully = 1.0 - np.abs(plane(run, clip(below, 0.0, 2.0) * 9.0, salt + 17) * 2.0 - 1.0)
    facing = clip(smooth * _sign(x - sun_x) * 0.6, -0.5, 0.5) * step(0.1, 0.0, below) + (gully - 0.5) * 0.8
    planes = body(clip(depth + grain * 0.05 - mist * 0.5) + 0.0 * y)
    region = Paint((paint.l[first:], paint.a[first:], paint.b[first:]))
    shade = Paint(planes)
    shade.lay(haze, mist * 0.8)
    shade.lay(disc.towards(haze, 0.5), sunlight * step(0.30, 0.0, below))
    shade.light(facing * (0.05 * (1.0 - 0.75 * depth)) * step(0.20, 0.0, below) + grain * 0.02)
    region.lay((shade.l, shade.a, shade.b), cover)
    paint.l[first:], paint.a[first:], paint.b[first:] = region.l, region.a, region.b


def _sign(value: Field) -> Field:
    return clip(value * 4.0, -1.0, 1.0)


def _stars(paint: Paint, canvas: Canvas, dice: Dice, horizon: float) -> None:
    for _ in range(150):
        cx, cy = dice.real(0.0, canvas.aspect), dice.real(0.0, horizon)
        size = dice.real(0.0006, 0.0017)
        bright = dice.real(0.15, 0.75) * (1.0 - cy / horizon)
        box = _box(canvas, cx, cy, 0.006)
        if box is None:
            continue
        rows, columns = box
        dx, dy = canvas.x[:, columns] - cx, canvas.y[rows] - cy
        glow = (size * size) / (dx * dx + dy * dy + size * size)
        paint.l[rows, columns] += glow * glow * bright


def _box(canvas: Canvas, cx: float, cy: float, reach: float) -> tuple[slice, slice] | None:
    top, bottom = int((cy - reach) * canvas.height), int((cy + reach) * canvas.height) + 1
    left, right = int((cx - reach) * canvas.height), int((cx + reach) * canvas.height) + 1
    top, left = max(top, 0), max(left, 0)
    bottom, right = min(bottom, canvas.height), min(right, canvas.width)
    return (slice(top, bottom), slice(left, right)) if bottom > top and right > left else None


def _forest(paint: Paint, canvas: Canvas, dice: Dice, color: Lab, *, left: bool) -> None:
    """Draw groups of conifers along the lower edge, tallest opposite the sun for balance."""
    salt = dice.bits()
    ground_x = canvas.x
    ground = 0.955 - 0.05 * lines(ground_x * 1.2 + 2.0, salt, 3)
    count = int(95 * canvas.aspect / 1.78)
    dark = color.at(color.l * 0.82)
    for _ in range(count):
        cx = dice.real(-0.02, canvas.aspect + 0.02)
        away = cx / canvas.aspect
        framing = (1.0 - away if left else away) * (1.0 - away if left else away)
        tree_height = (0.045 + 0.20 * framing * framing * framing) * dice.real(0.6, 1.15)
        column = min(max(int(cx * canvas.height), 0), canvas.width - 1)
        foot = float(ground[0, column]) + 0.012
        _tree(paint, canvas, dice, cx, foot, tree_height, dark)
    cover = clip((canvas.y - ground) * (1.0 / canvas.px) + 0.5)
    paint.lay(dark, cover)


def _tree(paint: Paint, canvas: Canvas, dice: Dice, cx: float, foot: float, tree_height: float, color: Lab) -> None:
    tiers, lean, salt = dice.integer(6, 10), dice.real(-0.02, 0.02), dice.bits()
    top = foot - tree_height
    rows = slice(max(int(top * canvas.height), 0), min(int(foot * canvas.height) + 2, canvas.height))
    half_width = tree_height * 0.24
    columns = slice(
        max(int((cx - half_width) * canvas.height), 0), min(int((cx + half_width) * canvas.height) + 2, canvas.width)
    )
    if rows.stop <= rows.start or columns.stop <= columns.start:
        return
    down = (canvas.y[rows] - top) * (1.0 / tree_height)
    across = np.abs(canvas.x[:, columns] - cx - lean * tree_height * down)
    tier = down * float(tiers)
    saw = tier - np.floor(tier)
    ragged = lines(np.abs(down) * 40.0, salt, 2) * 0.3 + 0.85
    half = clip(down, 0.0, 1.0) * tree_height * 0.205 * (0.5 + 0.5 * saw) * ragged + tree_height * 0.004
    cover = clip((half - across) * (1.0 / canvas.px) + 0.5) * (down > 0.0)
    for target, value in ((paint.l, color.l), (paint.a, color.a), (paint.b, color.b)):
        target[rows, columns] += (value - target[rows, columns]) * cover
