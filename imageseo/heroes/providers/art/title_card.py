"""Title cards: text over the art, with the least scrim that gives enough contrast."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image

from imageseo.heroes.providers.art.cards.faces import has_fallback_fonts
from imageseo.heroes.providers.art.cards.fitting import fit
from imageseo.heroes.providers.art.cards.text import Replaced, is_rtl, name
from imageseo.heroes.providers.art.cards.typeface import SetLine, Typeface
from imageseo.heroes.providers.art.color import Lab, Paint, Palette, format_hex, luminance
from imageseo.heroes.providers.art.deterministic import Canvas, Field, clip, fade
from imageseo.model.extras import install_command

# WCAG 2.2 AA requires 4.5:1 for small text. The scrim is measured before dithering, hence the margin.
_CONTRAST = 4.9
_TRACKING = -0.022
_ON_PHONES = 1.35  # a brand's name has 12 CSS px then on a card that is 358 CSS px wide


class Line(NamedTuple):
    """One line of text: its left edge and baseline at ``x``, ``y`` in px."""

    content: SetLine
    text: str
    x: float
    y: float
    size: float
    upper: bool = False


class Box(NamedTuple):
    x: float
    y: float
    w: float
    h: float


class Ink(NamedTuple):
    """Colours of the text and of the brand's mark, as ``#rrggbb``."""

    text: str
    accent: str


@dataclass(frozen=True)
class Layout:
    """A card's lines and marks on a canvas; ``boxes``: areas of text, in px. ``notes``: what a text lost, and why."""

    canvas: Canvas
    lines: tuple[Line, ...]
    marks: tuple[Box, ...]
    boxes: tuple[Box, ...]
    rtl: bool = False
    notes: tuple[str, ...] = ()

    @classmethod
    def build(cls, canvas: Canvas, card: dict[str, str]) -> Layout:
        """Lay out the texts: each one fits its box, whatever its length and its characters."""
        rtl = is_rtl(card["title"])
        setter = _Setter(canvas, card.get("language", ""), rtl=rtl)
        scale = min(canvas.height / 900.0, canvas.width / 1200.0)
        margin = 96.0 * scale
        scale *= _ON_PHONES if card.get("size") == "phone" else 1.0
        available_width = canvas.width - 2.0 * margin
        width = available_width * 0.6 if canvas.aspect > 1.2 else available_width
        title = setter.fit("title", card["title"], 800, width, (46.0 * scale, 104.0 * scale), 3, _TRACKING)
        lines: list[Line] = []
        y = canvas.height - margin
        if "subtitle" in card:
            subtitle = setter.fit("subtitle", card["subtitle"], 500, width, (26.0 * scale, 36.0 * scale), 2)
            y = setter.stack(lines, subtitle, y, margin, rtl=rtl)
            y -= title.size * 0.24 + 10.0 * scale if subtitle.lines else 0.0
        setter.stack(lines, title, y, margin - title.size * 0.045, rtl=rtl)
        marks: list[Box] = []
        if "brand" in card:
            small = 30.0 * scale
            brand = setter.fit("brand", card["brand"], 600, available_width - 70.0 * scale, (18.0 * scale, small), 1)
            if brand.lines:
                top = margin + small * 0.72
                mark = Box(margin, top - small * 0.43, 36.0 * scale, 7.0 * scale)
                marks.append(mark._replace(x=canvas.width - margin - mark.w) if rtl else mark)
                setter.stack(lines, brand, top, margin + 52.0 * scale, rtl=rtl, upper=True)
        lines.reverse()
        return cls(canvas, tuple(lines), tuple(marks), tuple(map(_box, lines)), rtl, tuple(setter.notes))

    def scrim(self, paint: Paint, palette: Palette) -> tuple[Ink, ...]:
        """Shade the art behind the texts until the contrast suffices at every point; return an ink for each line.

        Dark ink or white is chosen separately for brand and title, whichever needs less scrim.
        """
        dark_color, light_color = palette.deep.at(0.15, 0.05), palette.pale.at(0.985, 0.012)
        light_text, dark_text = _text_colors(palette, light_color, dark_color)
        white = Ink(format_hex(light_text), format_hex(palette.accent.at(0.80, 0.16)))
        black = Ink(format_hex(dark_text), format_hex(palette.main.at(0.50, 0.17)))
        inks: dict[bool, Ink] = {}
        for upper in (True, False):
            boxes = tuple(box for line, box in zip(self.lines, self.boxes, strict=True) if line.upper == upper)
            if not boxes:
                continue
            mask = self._mask(boxes, upper=upper)
            inks_tried = [(white, dark_color, luminance(light_text)), (black, light_color, luminance(dark_text))]
            found = [
                (_required_strength(paint, mask, veil, boxes, ink_light), ink, veil)
                for ink, veil, ink_light in inks_tried
            ]
            strength, ink, veil = min(found, key=lambda trial: trial[0])
            paint.lay(veil, mask * strength)
            inks[upper] = ink
        return tuple(inks[line.upper] for line in self.lines)

    def _mask(self, boxes: tuple[Box, ...], *, upper: bool) -> Field:
        """Return 1 behind the boxes, easing out to the right and towards the middle of the image."""
        canvas = self.canvas
        if self.rtl:
            left = min(box.x for box in boxes) * canvas.px
            across = fade(clip(1.0 - (left - canvas.x) * (1.0 / 0.7)))
        else:
            right = max(box.x + box.w for box in boxes) * canvas.px
            across = fade(clip(1.0 - (canvas.x - right) * (1.0 / 0.7)))
        if upper:
            bottom = max(box.y + box.h for box in boxes) * canvas.px
            return across * fade(clip(1.0 - (canvas.y - bottom) * (1.0 / 0.3)))
        top = min(box.y for box in boxes) * canvas.px
        return across * fade(clip(1.0 - (top - canvas.y) * (1.0 / 0.42)))

    def draw_text(self, pixels: NDArray[np.uint8], inks: tuple[Ink, ...]) -> NDArray[np.uint8]:
        """Draw the text over 8-bit pixels."""
        import resvg_py

        svg = _template().render(
            width=self.canvas.width,
            height=self.canvas.height,
            lines=[
                (Markup(line.content.markup(line.x, line.y, line.size)), ink)
                for line, ink in zip(self.lines, inks, strict=True)
            ],
            marks=[(mark, inks[0]) for mark in self.marks],
        )
        overlay = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)
        base = Image.fromarray(pixels).convert("RGBA")
        with Image.open(io.BytesIO(bytes(overlay))) as text:
            base.alpha_composite(text.convert("RGBA"))
        return np.asarray(base.convert("RGB"))


def _text_colors(palette: Palette, light: Lab, dark: Lab) -> tuple[Lab, Lab]:
    """Return the light and the dark colour of texts: the brand's ink where the opposite scrim gives it contrast."""
    ink = palette.ink
    if ink is None:
        return light, dark
    scrim = dark if ink.l > 0.6 else light
    bright, dim = max(luminance(ink), luminance(scrim)), min(luminance(ink), luminance(scrim))
    if (bright + 0.05) / (dim + 0.05) < _CONTRAST:
        return light, dark
    return (ink, dark) if ink.l > 0.6 else (light, ink)


@cache
def _template():  # type: ignore[no-untyped-def]
    from jinja2 import Environment, StrictUndefined

    text = (files("imageseo.heroes.providers.art") / "title_card.svg.jinja").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(text)


class _Setter:
    """Sets the texts of one card, and notes what could not be kept of them."""

    def __init__(self, canvas: Canvas, language: str, *, rtl: bool) -> None:
        self._canvas = canvas
        self._typefaces = {weight: Typeface(weight, language, rtl=rtl) for weight in (500, 600, 800)}
        self.notes: list[str] = []

    def fit(
        self,
        key: str,
        text: str,
        weight: int,
        width: float,
        sizes: tuple[float, float],
        lines: int,
        tracking: float = 0.0,
    ) -> _Text:
        typeface = self._typefaces[weight]
        prepared, replaced = typeface.prepare(text)
        name = "brand.name" if key == "brand" else f"card.{key}"
        if replaced is not None:
            self.notes.append(_replaced_note(name, replaced))
        fitted = fit(prepared, typeface, width=width, sizes=sizes, lines=lines, spacing=tracking)
        if fitted.shortened:
            self.notes.append(f"`{name}` is too long for the card and ends in an ellipsis: write a shorter one")
        return _Text(typeface, fitted.size, fitted.lines, tracking)

    def stack(
        self, lines: list[Line], text: _Text, y: float, margin: float, *, rtl: bool, upper: bool = False
    ) -> float:
        """Add a text's lines from the last one upwards, and return the next baseline above them."""
        size = text.size
        height = 1.12 if text.tracking else 1.35
        height = max([height, *map(text.typeface.line_height, text.lines)])
        for row in reversed(text.lines):
            content = text.typeface.set_line(row, text.tracking)
            x = self._canvas.width - margin - content.width * size if rtl else margin
            lines.append(Line(content, row, x, y, size, upper))
            y -= size * height
        return y


class _Text(NamedTuple):
    typeface: Typeface
    size: float
    lines: tuple[str, ...]
    tracking: float


def _replaced_note(key: str, replaced: Replaced) -> str:
    listed = ", ".join(map(name, replaced.characters[:8]))
    more = f" and {len(replaced.characters) - 8} more" if len(replaced.characters) > 8 else ""
    shown = f"shown as {replaced.shown!r}" if replaced.shown else "left out"
    advice = "" if has_fallback_fonts() else f"; for other scripts and emoji: {install_command('fonts')}"
    return f"`{key}`: no font has {listed}{more}: {shown}{advice}"


def _box(line: Line) -> Box:
    size, content = line.size, line.content
    return Box(line.x, line.y - content.above * size, content.width * size, (content.above + content.below) * size)


def _window(paint: Paint, box: Box) -> tuple[slice, slice]:
    height, width = paint.l.shape
    top, left = max(int(box.y), 0), max(int(box.x), 0)
    return slice(top, min(int(box.y + box.h) + 1, height)), slice(left, min(int(box.x + box.w) + 1, width))


def _required_strength(paint: Paint, mask: Field, veil: Lab, boxes: tuple[Box, ...], ink: float) -> float:
    """Return the least strength of a scrim that gives an ink of this luminance enough contrast."""
    for step in range(25):
        strength = step / 24.0
        windows = [_window(paint, box) for box in boxes]
        if all(_contrast(_apply_veil(paint, mask, veil, window, strength), ink) >= _CONTRAST for window in windows):
            return strength
    return 1.0


def _apply_veil(
    paint: Paint, mask: Field, veil: Lab, window: tuple[slice, slice], strength: float
) -> tuple[Field, Field, Field]:
    region = Paint((paint.l[window], paint.a[window], paint.b[window]))
    region.lay(veil, mask[window] * strength)
    return region.l, region.a, region.b


def _contrast(planes: tuple[Field, Field, Field], ink: float) -> float:
    """Return the lowest contrast ratio of an ink of this luminance with any point."""
    background = plane_luminance(planes)
    extremes = float(background.max()), float(background.min())
    return min((max(ink, y) + 0.05) / (min(ink, y) + 0.05) for y in extremes)


def plane_luminance(planes: tuple[Field, Field, Field]) -> Field:
    """Return the relative luminance (WCAG's Y) of OKLab planes."""
    l, a, b = planes  # noqa: E741 - usual name in OKLab
    l_ = l + 0.3963377774 * a + 0.2158037573 * b
    m_ = l - 0.1055613458 * a - 0.0638541728 * b
    s_ = l - 0.0894841775 * a - 1.2914855480 * b
    return clip(l_ * l_ * l_ * -0.0407745 + m_ * m_ * m_ * 1.1124922 - s_ * s_ * s_ * 0.0717176)
