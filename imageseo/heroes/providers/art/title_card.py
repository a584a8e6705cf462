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

from imageseo.heroes.providers.art.color import Lab, Paint, Palette, luminance, to_hex
from imageseo.heroes.providers.art.deterministic import Canvas, Field, clip, fade
from imageseo.heroes.providers.art.typography import face, fit, settable
from imageseo.model.errors import RecipeError

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
    upper: bool = False


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
        width = room * 0.6 if canvas.aspect > 1.2 else room
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
            lines.append(Line(text, margin, y, below[0], 500, 0.0))
            y -= below[0] * 1.35
        if below[1]:
            y -= size * 0.24 + 10.0 * scale
        for text in reversed(rows):
            lines.append(Line(text, margin - size * 0.045, y, size, 800, _TRACKING * size))
            y -= size * 1.12
        marks: list[Box] = []
        if "brand" in texts:
            small_size = 30.0 * scale
            brand = fit(texts["brand"], 600, width=room - 70.0 * scale, sizes=(18.0 * scale, small_size), lines=1)
            if brand is not None:
                top = margin + small_size * 0.72
                mark = Box(margin, top - small_size * 0.43, 36.0 * scale, 7.0 * scale)
                marks.append(mark)
                lines.append(Line(brand[1][0], margin + 52.0 * scale, top, brand[0], 600, 0.0, True))
        lines.reverse()
        return cls(canvas, tuple(lines), tuple(marks), tuple(_box(line) for line in lines))

    def scrim(self, paint: Paint, palette: Palette) -> tuple[Ink, ...]:
        """Shade the art behind the texts until every point of it gives them their contrast; an ink for each line.

        Brand and title choose for themselves between dark ink and white, whichever needs less scrim.
        """
        dark, light = palette.deep.at(0.15, 0.05), palette.pale.at(0.985, 0.012)
        white = Ink(to_hex(light), to_hex(palette.accent.at(0.80, 0.16)))
        black = Ink(to_hex(dark), to_hex(palette.main.at(0.50, 0.17)))
        inks: dict[bool, Ink] = {}
        for upper in (True, False):
            boxes = tuple(box for line, box in zip(self.lines, self.boxes, strict=True) if line.upper == upper)
            if not boxes:
                continue
            mask = self._mask(boxes, upper=upper)
            trials = [(white, dark, luminance(light)), (black, light, luminance(dark))]
            found = [(_needed(paint, mask, veil, boxes, ink_light), ink, veil) for ink, veil, ink_light in trials]
            strength, ink, veil = min(found, key=lambda trial: trial[0])
            paint.lay(veil, mask * strength)
            inks[upper] = ink
        return tuple(inks[line.upper] for line in self.lines)

    def _mask(self, boxes: tuple[Box, ...], *, upper: bool) -> Field:
        """1 behind the boxes, easing out to the right and towards the picture's middle."""
        canvas = self.canvas
        right = max(box.x + box.w for box in boxes) * canvas.px
        across = fade(clip(1.0 - (canvas.x - right) * (1.0 / 0.7)))
        if upper:
            bottom = max(box.y + box.h for box in boxes) * canvas.px
            return across * fade(clip(1.0 - (canvas.y - bottom) * (1.0 / 0.3)))
        top = min(box.y for box in boxes) * canvas.px
        return across * fade(clip(1.0 - (top - canvas.y) * (1.0 / 0.42)))

    def over(self, pixels: NDArray[np.uint8], inks: tuple[Ink, ...]) -> NDArray[np.uint8]:
        """The text composed over 8-bit pixels."""
        import resvg_py

        svg = _template().render(
            width=self.canvas.width,
            height=self.canvas.height,
            lines=list(zip(self.lines, inks, strict=True)),
            marks=[(mark, inks[0]) for mark in self.marks],
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

    text = (files("imageseo.heroes.providers.art") / "title_card.svg.jinja").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(text)


def _box(line: Line) -> Box:
    font = face(line.weight)
    width = font.width(line.text) * line.size + line.spacing * len(line.text)
    return Box(line.x, line.y - line.size * font.cap_height * 1.15, width, line.size * (font.cap_height * 1.15 + 0.24))


def _window(paint: Paint, box: Box) -> tuple[slice, slice]:
    height, width = paint.l.shape
    top, left = max(int(box.y), 0), max(int(box.x), 0)
    return slice(top, min(int(box.y + box.h) + 1, height)), slice(left, min(int(box.x + box.w) + 1, width))


def _needed(paint: Paint, mask: Field, veil: Lab, boxes: tuple[Box, ...], ink: float) -> float:
    """The least strength of a scrim that gives an ink of this luminance its contrast."""
    for step in range(25):
        strength = step / 24.0
        windows = [_window(paint, box) for box in boxes]
        if all(_contrast(_veiled(paint, mask, veil, window, strength), ink) >= _CONTRAST for window in windows):
            return strength
    return 1.0


def _veiled(
    paint: Paint, mask: Field, veil: Lab, window: tuple[slice, slice], strength: float
) -> tuple[Field, Field, Field]:
    part = Paint((paint.l[window], paint.a[window], paint.b[window]))
    part.lay(veil, mask[window] * strength)
    return part.l, part.a, part.b


def _contrast(planes: tuple[Field, Field, Field], ink: float) -> float:
    """The worst contrast ratio of an ink of this luminance with any point."""
    background = light(planes)
    extremes = float(background.max()), float(background.min())
    return min((max(ink, y) + 0.05) / (min(ink, y) + 0.05) for y in extremes)


def light(planes: tuple[Field, Field, Field]) -> Field:
    """Relative luminance (WCAG's Y) of OKLab planes."""
    l, a, b = planes  # noqa: E741 - the field's own letter
    l_ = l + 0.3963377774 * a + 0.2158037573 * b
    m_ = l - 0.1055613458 * a - 0.0638541728 * b
    s_ = l - 0.0894841775 * a - 1.2914855480 * b
    return clip(l_ * l_ * l_ * -0.0407745 + m_ * m_ * m_ * 1.1124922 - s_ * s_ * s_ * 0.0717176)
