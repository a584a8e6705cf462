"""Title cards: text set over the art, with as much scrim as its contrast needs and no more."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imageseo.errors import RecipeError
from imageseo.heroes.art.colour import Paint, Palette, luminance, to_hex
from imageseo.heroes.art.exact import Canvas, Field, clip, fade
from imageseo.heroes.art.type import face, fit, settable

# WCAG 2.2 AA asks 4.5:1 of small text. The scrim is measured on the art before dithering, hence the margin.
_CONTRAST = 4.9
_TRACKING = -0.022


class Line(NamedTuple):
    """One line of text: baseline at ``x``, ``y`` in px."""

    text: str
    x: float
    y: float
    size: float
    weight: int
    spacing: float
    opacity: float


class Box(NamedTuple):
    x: float
    y: float
    w: float
    h: float


class Ink(NamedTuple):
    """Colours of the text and of the small mark, as ``#rrggbb``."""

    text: str
    accent: str


@dataclass(frozen=True)
class Layout:
    """A card's lines and marks on a canvas; ``boxes``: where text stands, in px."""

    canvas: Canvas
    lines: tuple[Line, ...]
    marks: tuple[Box, ...]
    boxes: tuple[Box, ...]

    @classmethod
    def of(cls, canvas: Canvas, card: dict[str, str]) -> Layout:
        """Set the texts. Raises RecipeError for glyphs that the font lacks and for a title that never fits."""
        texts = {key: settable(key, text) for key, text in card.items()}
        scale = min(canvas.height / 900.0, canvas.width / 1200.0)
        margin = 96.0 * scale
        room = canvas.width - 2.0 * margin
        width = room * 0.74 if canvas.aspect > 1.2 else room
        title = fit(texts["title"], 800, width=width, sizes=(46.0 * scale, 104.0 * scale), lines=3, spacing=_TRACKING)
        if title is None:
            raise RecipeError(
                f"`card.title`: {len(texts['title'])} characters do not fit {canvas.width}x{canvas.height} px",
                hint="give the card a shorter one: `card: {title: …}`",
            )
        size, rows = title
        below: tuple[float, list[str]] = (0.0, [])
        if "subtitle" in texts:
            small = fit(texts["subtitle"], 500, width=width, sizes=(26.0 * scale, 36.0 * scale), lines=2)
            if small is None:
                raise RecipeError(
                    f"`card.subtitle`: {len(texts['subtitle'])} characters do not fit",
                    hint="give the card a shorter one: `card: {subtitle: …}`",
                )
            below = small
        lines: list[Line] = []
        y = canvas.height - margin
        for text in reversed(below[1]):
            lines.append(Line(text, margin, y, below[0], 500, 0.0, 0.92))
            y -= below[0] * 1.35
        if below[1]:
            y -= 14.0 * scale + below[0] * 0.1
        for text in reversed(rows):
            lines.append(Line(text, margin - size * 0.045, y, size, 800, _TRACKING * size, 1.0))
            y -= size * 1.12
        marks: list[Box] = []
        if "brand" in texts:
            small_size = 30.0 * scale
            brand = fit(texts["brand"], 600, width=room - 70.0 * scale, sizes=(18.0 * scale, small_size), lines=1)
            if brand is not None:
                top = margin + small_size * 0.72
                mark = Box(margin, top - small_size * 0.43, 36.0 * scale, 7.0 * scale)
                marks.append(mark)
                lines.append(Line(brand[1][0], margin + 52.0 * scale, top, brand[0], 600, 0.0, 1.0))
        lines.reverse()
        return cls(canvas, tuple(lines), tuple(marks), tuple(_box(line) for line in lines))

    def scrim(self, paint: Paint, palette: Palette) -> Ink:
        """Shade the art behind the text until every point of it gives the text its contrast; the ink to write with."""
        dark = palette.deep.at(0.13, 0.045)
        light = palette.pale.at(0.985, 0.012)
        # Ink is white over dark art and dark over light art, whichever needs less scrim.
        around = [float(plane) for plane in _sample(paint, self.boxes)]
        pale_ink = palette.night or sum(around) / len(around) < 0.62
        ink, veil = (light, dark) if pale_ink else (dark, light)
        target = luminance(ink)
        mask = self._mask()
        for step in range(1, 13):
            strength = 0.22 + 0.065 * (step - 1)
            trial = Paint((paint.l, paint.a, paint.b))
            trial.lay(veil, mask * strength)
            if all(_contrast(trial, box, target) >= _CONTRAST for box in self.boxes) or step == 12:
                paint.l, paint.a, paint.b = trial.l, trial.a, trial.b
                break
        accent = palette.accent.at(0.80, 0.16) if pale_ink else palette.main.at(0.50, 0.17)
        return Ink(to_hex(ink), to_hex(accent))

    def _mask(self) -> Field:
        """1 behind the text, easing out around it; one soft shape for the title, one for the brand."""
        canvas = self.canvas
        total: Field | None = None
        px = float(canvas.height)
        groups = [box for box in self.boxes if box.y > px * 0.3], [box for box in self.boxes if box.y <= px * 0.3]
        for group in filter(None, groups):
            left, top = min(box.x for box in group) / px, min(box.y for box in group) / px
            right, bottom = max(box.x + box.w for box in group) / px, max(box.y + box.h for box in group) / px
            reach = 0.34 if len(group) > 1 or bottom > 0.6 else 0.2
            dx = np.maximum(np.maximum(left - canvas.x, canvas.x - right), np.float32(0.0))
            dy = np.maximum(np.maximum(top - canvas.y, canvas.y - bottom), np.float32(0.0))
            shape = fade(clip(1.0 - np.sqrt(dx * dx + dy * dy) * (1.0 / reach)))
            total = shape if total is None else 1.0 - (1.0 - total) * (1.0 - shape)
        assert total is not None
        return total

    def over(self, pixels: NDArray[np.uint8], ink: Ink) -> NDArray[np.uint8]:
        """The text composed over 8-bit pixels."""
        import resvg_py

        svg = _template().render(
            width=self.canvas.width,
            height=self.canvas.height,
            lines=self.lines,
            marks=self.marks,
            ink=ink.text,
            accent=ink.accent,
        )
        drawn = resvg_py.svg_to_bytes(
            svg_string=svg, skip_system_fonts=True, font_files=[face(weight).path for weight in (500, 600, 800)]
        )
        with Image.open(io.BytesIO(bytes(drawn))) as overlay:
            base = Image.fromarray(pixels).convert("RGBA")
            base.alpha_composite(overlay.convert("RGBA"))
        return np.asarray(base.convert("RGB"))


@cache
def _template():  # type: ignore[no-untyped-def]
    from jinja2 import Environment, StrictUndefined

    text = (files("imageseo.heroes.art") / "card.svg.jinja").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(text)


def _box(line: Line) -> Box:
    font = face(line.weight)
    width = font.width(line.text) * line.size + line.spacing * len(line.text)
    return Box(line.x, line.y - line.size * font.cap_height * 1.15, width, line.size * (font.cap_height * 1.15 + 0.24))


def _window(paint: Paint, box: Box) -> tuple[slice, slice]:
    height, width = paint.l.shape
    top, left = max(int(box.y), 0), max(int(box.x), 0)
    return slice(top, min(int(box.y + box.h) + 1, height)), slice(left, min(int(box.x + box.w) + 1, width))


def _sample(paint: Paint, boxes: tuple[Box, ...]) -> list[float]:
    return [float(value) for box in boxes for value in paint.l[_window(paint, box)][::16, ::16].ravel()]


def _contrast(paint: Paint, box: Box, ink: float) -> float:
    """The worst contrast ratio of an ink of this luminance with the art in a box."""
    window = _window(paint, box)
    part = paint.l[window], paint.a[window], paint.b[window]
    lightest, darkest = float(light(part).max()), float(light(part).min())
    return min((max(ink, y) + 0.05) / (min(ink, y) + 0.05) for y in (lightest, darkest))


def light(planes: tuple[Field, Field, Field]) -> Field:
    """Relative luminance (WCAG's Y) of OKLab planes."""
    l, a, b = planes  # noqa: E741 - the field's own letter
    l_ = l + 0.3963377774 * a + 0.2158037573 * b
    m_ = l - 0.1055613458 * a - 0.0638541728 * b
    s_ = l - 0.0894841775 * a - 1.2914855480 * b
    return clip(l_ * l_ * l_ * -0.0407745 + m_ * m_ * m_ * 1.1124922 - s_ * s_ * s_ * 0.0717176)
