"""What is drawn: charts, a street map, and a relief with a program around it."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from functools import partial

from tests.bench.screenshots.scene import Scene, document, embedded, words

COLOURS = ("#4e79a7", "#f28e2b", "#e15759", "#76b7b2", "#59a14f", "#edc948", "#b07aa1", "#9c755f")
Point = tuple[float, float]


def _walk(chance: random.Random, count: int, width: float, height: float) -> list[Point]:
    level, found = 0.5, []
    for number in range(count):
        level = min(0.95, max(0.05, level + chance.uniform(-0.09, 0.09)))
        found.append((number * width / (count - 1), height * (1 - level)))
    return found


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _framed(inner: str, title: str, *, dark: bool, width: int = 620, height: int = 300) -> str:
    line, ink = ("#33404e", "#aab6c4") if dark else ("#e3e6ea", "#57606a")
    grid = "".join(
        f'<path d="M40 {y}H{width - 8}" stroke="{line}"/><text x="34" y="{y + 4}" text-anchor="end">{100 - y * 100 // height}</text>'
        for y in range(36, height - 20, 44)
    )
    ticks = "".join(
        f'<text x="{x}" y="{height - 6}">{2014 + n}</text>' for n, x in enumerate(range(46, width - 30, 78))
    )
    return (
        f'<svg viewBox="0 0 {width} {height}" width="100%" font-size="11" fill="{ink}"><text x="40" y="18" font-size="14" '
        f'font-weight="bold">{title}</text>{grid}{ticks}<g transform="translate(42 30)">{inner}</g></svg>'
    )


def sparkline(seed: int, *, dark: bool) -> str:
    points = _walk(random.Random(seed), 24, 90, 30)
    return f'<svg width="90" height="32"><path d="{_path(points)}" fill="none" stroke="{COLOURS[seed % 8]}" stroke-width="1.5"/></svg>'


def line_chart(seed: int, *, dark: bool) -> str:
    chance = random.Random(seed)
    lines = "".join(
        f'<path d="{_path(_walk(chance, 90, 560, 240))}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
        f'<circle cx="{20 + n * 110}" cy="4" r="5" fill="{colour}"/><text x="{30 + n * 110}" y="8">{words(chance, 1)}</text>'
        for n, colour in enumerate(COLOURS[:5])
    )
    return _framed(lines, words(chance, 3), dark=dark)


def area_chart(seed: int, *, dark: bool) -> str:
    chance = random.Random(seed)
    shades, areas = [], []
    for number, colour in enumerate(COLOURS[:4]):
        points = [(x, min(240.0, y * 0.6 + number * 42)) for x, y in _walk(chance, 60, 560, 240)]
        shades.append(
            f'<linearGradient id="g{seed}{number}" x2="0" y2="1"><stop stop-color="{colour}" stop-opacity=".75"/>'
            f'<stop offset="1" stop-color="{colour}" stop-opacity=".05"/></linearGradient>'
        )
        areas.append(f'<path d="{_path(points)}L560 240L0 240Z" fill="url(#g{seed}{number})" stroke="{colour}"/>')
    return _framed(f"<defs>{''.join(shades)}</defs>{''.join(areas)}", words(chance, 3), dark=dark)


def bar_chart(seed: int, *, dark: bool) -> str:
    chance = random.Random(seed)
    bars = ""
    for group in range(9):
        for number in range(3):
            height = chance.uniform(20, 235)
            bars += f'<rect x="{group * 62 + number * 17 + 6}" y="{240 - height:.1f}" width="15" height="{height:.1f}" fill="{COLOURS[number]}"/>'
    return _framed(bars, words(chance, 3), dark=dark)


def scatter(seed: int, *, dark: bool) -> str:
    chance = random.Random(seed)
    dots = "".join(
        f'<circle cx="{chance.gauss(280, 110):.1f}" cy="{chance.gauss(120, 45):.1f}" r="{chance.uniform(2, 9):.1f}" '
        f'fill="{chance.choice(COLOURS)}" fill-opacity=".6" stroke="{"#fff" if dark else "#333"}" stroke-width=".5"/>'
        for _ in range(190)
    )
    return _framed(dots, words(chance, 3), dark=dark)


def heat(seed: int, *, dark: bool) -> str:
    cells = "".join(
        f'<rect x="{x * 14}" y="{y * 14}" width="13" height="13" fill="hsl({240 - 200 * level:.0f} 70% {25 + 45 * level:.0f}%)"/>'
        for x in range(40)
        for y in range(17)
        for level in [0.5 + 0.5 * math.sin(x / 5 + seed) * math.cos(y / 4 + x / 11)]
    )
    return _framed(cells, words(random.Random(seed), 3), dark=dark)


def pie(seed: int, *, dark: bool) -> str:
    chance = random.Random(seed)
    angle, slices = 0.0, ""
    for colour in COLOURS:
        turn = min(math.tau - angle, chance.uniform(0.4, 1.2)) if colour != COLOURS[-1] else math.tau - angle
        (x1, y1), (x2, y2) = ((280 + 118 * math.sin(a), 122 - 118 * math.cos(a)) for a in (angle, angle + turn))
        slices += f'<path d="M280 122L{x1:.1f} {y1:.1f}A118 118 0 {int(turn > math.pi)} 1 {x2:.1f} {y2:.1f}Z" fill="{colour}" stroke="#fff"/>'
        middle = angle + turn / 2
        slices += f'<text x="{280 + 150 * math.sin(middle):.0f}" y="{124 - 136 * math.cos(middle):.0f}">{words(chance, 1)} {turn / 0.0628:.0f} %</text>'
        angle += turn
    return _framed(slices, words(chance, 3), dark=dark)


def charts(*, dark: bool) -> str:
    kinds = (line_chart, area_chart, bar_chart, scatter, heat, pie)
    panels = "".join(f"<figure>{kind(n + 20 * dark, dark=dark)}</figure>" for n, kind in enumerate(kinds))
    css = (
        "body{padding:16px}main{display:grid;grid-template-columns:repeat(2,1fr);gap:14px}figure{margin:0;padding:10px;"
        "background:var(--panel);border:1px solid var(--line);border-radius:6px}h1{font-size:19px;margin:0 0 12px}"
    )
    return document(f"<h1>{words(random.Random(4), 4)}</h1><main>{panels}</main>", css, dark=dark)


def street_map() -> str:
    """Streets, a river, parks, houses and names."""
    chance = random.Random("streets")
    parts = ['<rect width="1024" height="700" fill="#f2efe9"/>']
    river = [(x, 420 + 90 * math.sin(x / 170) + 25 * math.sin(x / 61)) for x in range(-20, 1060, 12)]
    for _ in range(16):
        x, y, size = chance.uniform(0, 1000), chance.uniform(0, 680), chance.uniform(30, 90)
        corners = [(x + size * chance.uniform(0.6, 1.2) * math.cos(a), y + size * chance.uniform(0.5, 1) * math.sin(a)) for a in
                   (0, 0.9, 1.8, 2.8, 3.8, 4.9)]  # fmt: skip
        parts.append(f'<path d="{_path(corners)}Z" fill="#c8e6b0"/>')
    for _ in range(520):
        x, y = chance.uniform(0, 1010), chance.uniform(0, 690)
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{chance.uniform(6, 20):.1f}" height="{chance.uniform(5, 15):.1f}" '
            f'fill="#d9d0c9" stroke="#c4b9ae" stroke-width=".5" transform="rotate({chance.uniform(-25, 25):.0f} {x:.0f} {y:.0f})"/>'
        )
    parts.append(f'<path d="{_path(river)}" fill="none" stroke="#aad3df" stroke-width="46"/>')
    streets = []
    for number in range(46):
        if number % 2:
            x, lean = chance.uniform(-50, 1050), chance.uniform(-160, 160)
            line = f"M{x:.0f} -10C{x + lean:.0f} 200 {x - lean:.0f} 480 {x + lean / 2:.0f} 710"
        else:
            y, lean = chance.uniform(-40, 730), chance.uniform(-90, 90)
            line = f"M-10 {y:.0f}C300 {y + lean:.0f} 700 {y - lean:.0f} 1034 {y + lean / 3:.0f}"
        streets.append(
            (
                line,
                chance.choice(
                    (
                        (4, "#fff", "#cfcac4"),
                        (4, "#fff", "#cfcac4"),
                        (8, "#fcd6a4", "#d8a560"),
                        (11, "#e892a2", "#b95a70"),
                    )
                ),
            )
        )
    streets.sort(key=lambda street: street[1][0])
    parts += [
        f'<path d="{line}" fill="none" stroke="{edge}" stroke-width="{width + 2}"/>'
        for line, (width, _, edge) in streets
    ]
    for number, (line, (width, colour, _)) in enumerate(streets):
        parts.append(f'<path id="s{number}" d="{line}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        parts.append(
            f'<text font-size="9.5" fill="#333" stroke="#fff" stroke-width="2" paint-order="stroke" dy="3"><textPath href="#s{number}" '
            f'startOffset="{chance.randint(15, 70)}%">{words(chance, 1)} Street</textPath></text>'
        )
    for _ in range(34):
        x, y = chance.uniform(20, 960), chance.uniform(20, 680)
        parts.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4" fill="{chance.choice(COLOURS)}" stroke="#fff"/>'
                     f'<text x="{x + 7:.0f}" y="{y + 4:.0f}" font-size="10" stroke="#fff" stroke-width="2" paint-order="stroke">{words(chance, 2)}</text>')  # fmt: skip
    css = (
        "svg{position:absolute}aside{position:absolute;left:14px;top:14px;width:270px;background:#fff;border-radius:8px;box-shadow:0 2px 8px #0005;"
        "padding:12px}nav{position:absolute;right:14px;bottom:14px;background:#fff;border-radius:6px;padding:4px 10px;font-size:20px;box-shadow:0 1px 4px #0006}"
    )
    steps = "".join(f"<li>{words(chance, 4)} <small>{chance.randint(40, 900)} m</small>" for _ in range(7))
    body = (
        f'<svg width="1024" height="700">{"".join(parts)}</svg><aside><b>{words(chance, 2)}</b><ol style="padding-left:20px">{steps}</ol></aside>'
        "<nav>＋ −</nav>"
    )
    return document(body, css)


def relief() -> str:
    """A map of pixels, as photographs are, with a drawn layer and a program around it."""
    chance = random.Random("relief")
    base = embedded("relief", 1280, (0.43, 0.12, 0.67, 0.42))
    tracks = "".join(
        f'<path d="{_path([(x, y + offset) for x, y in _walk(chance, 70, 960, 500)])}" fill="none" stroke="{colour}" stroke-width="3"/>'
        for offset, colour in ((60, "#d7191c"), (150, "#2b83ba"))
    )
    pins = "".join(
        f'<g transform="translate({chance.randint(40, 940)} {chance.randint(60, 740)})"><circle r="7" fill="#fff" stroke="#222"/><text x="11" y="4" '
        f'stroke="#fff" stroke-width="3" paint-order="stroke">{words(chance, 1)}</text></g>' for _ in range(26)
    )  # fmt: skip
    rows = "".join(f"<tr><td>{words(chance, 2)}<td>{chance.randint(-40, 4_000):,} m" for _ in range(22))
    css = (
        "body{display:grid;grid-template-columns:1fr 300px}main{overflow:hidden;position:relative}main>*{position:absolute;left:0;top:0}"
        "aside{background:var(--panel);border-left:1px solid var(--line);padding:12px}td{padding:3px 6px;border-bottom:1px solid var(--line)}"
    )
    body = (
        f'<main><img src="{base}" style="height:800px"><svg width="980" height="800" font-size="12">{tracks}{pins}</svg></main>'
        f"<aside><b>{words(chance, 3)}</b>{sparkline(3, dark=False)}<table>{rows}</table></aside>"
    )
    return document(body, css)


SCENES = (
    Scene(name="09-map-streets", width=1024, height=700, density=2, html=street_map),
    Scene(name="10-map-relief", width=1280, height=800, html=relief),
    Scene(name="11-charts-light", width=1400, height=1060, html=partial(charts, dark=False)),
    Scene(name="12-charts-dark", width=1300, height=1000, density=2, dark=True, html=partial(charts, dark=True)),
)
