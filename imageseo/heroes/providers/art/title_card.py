"""Title cards: a template's texts over the art, with the least scrim that gives enough contrast."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imageseo.heroes.providers.art.calm import Calm
from imageseo.heroes.providers.art.cards.brand_fonts import BrandFonts
from imageseo.heroes.providers.art.cards.card_svg import CardSvg, Ink, Line, Rendered
from imageseo.heroes.providers.art.cards.recipe import LAYOUTS, ProjectCards
from imageseo.heroes.providers.art.cards.text import is_rtl
from imageseo.heroes.providers.art.color import Lab, Paint, Palette, format_hex, luminance, parse_hex
from imageseo.heroes.providers.art.deterministic import Canvas, Field, clip, fade, flatten
from imageseo.heroes.providers.art.svg_pixels import rasterize
from imageseo.heroes.providers.art.vector import from_srgb
from imageseo.model.errors import RecipeError

# WCAG 2.2 AA requires 4.5:1 for small text. The scrim is measured before dithering, hence the margin.
_CONTRAST = 4.9
_CALM = (0.3, 0.18)
"""The widest range of lightness, and of either colour axis, behind a text that does not disturb reading."""
_STEPS = 24
_OPAQUE = 200  # of 255: art below a shape as dense as this does not disturb


class Area(NamedTuple):
    """A rectangle in px."""

    x: float
    y: float
    w: float
    h: float


def built_in(layout: str) -> str:
    """Return the template of a built-in layout."""
    return (files("imageseo.heroes.providers.art.cards") / f"{layout}.svg.jinja").read_text(encoding="utf-8")


class TitleCard:
    """One card on a canvas: its layout, and the drawing over an image."""

    def __init__(self, canvas: Canvas, card: Mapping[str, Any], own: ProjectCards = ProjectCards()) -> None:  # noqa: B008
        self.canvas = canvas
        self._card = card
        self._own = own
        self._layout = str(card.get("layout", "bottom"))
        self._template = own.template(self._layout) if "template" in card else None
        if self._template is None and self._layout not in LAYOUTS:
            hint = "restore it from version control, or choose another layout"
            raise RecipeError(f"`card.layout`: cards/{self._layout}.svg.jinja does not exist", hint=hint)
        self._planes: tuple[Field, Field, Field] | None = None
        self._palette: Palette | None = None

    @cached_property
    def _svg(self) -> CardSvg:
        colors = {"ground": "none", "main": "none", "accent": "none"}
        if self._palette is not None:
            palette = self._palette
            ground = palette.deep if palette.night else palette.pale
            main, accent = palette.brand[0], palette.brand[-1]
            colors = {"ground": format_hex(ground), "main": format_hex(main), "accent": format_hex(accent)}
        logo = self._own.logo_uri() if "logo" in self._card else ""
        return CardSvg(
            width=self.canvas.width,
            height=self.canvas.height,
            texts=self._card,
            template=built_in(self._layout) if self._template is None else self._template,
            template_name=f"cards/{self._layout}.svg.jinja",
            fonts=BrandFonts(self._own.fonts, self._own.project),
            values={**colors, "picture": _ArtUri(self), "logo": logo},
        )

    def calm(self, palette: Palette) -> Calm:
        """Return where texts will lie over art: not over an opaque shape of the template."""
        self._palette = palette
        if self._template is not None:
            self._svg.check()
        layout = self._svg.layout()
        shapes = rasterize(layout.svg)[..., 3]
        groups: dict[str, list[Area]] = {}
        for line in layout.lines:
            box = Area(*line.area)
            window = _clipped(shapes, box)
            if not window.size or int(window.min()) < _OPAQUE:
                groups.setdefault(line.group, []).append(box)
        return Calm.around(map(_around, groups.values()), self.canvas, rtl=is_rtl(str(self._card["title"])))

    @cached_property
    def layout(self) -> Rendered:
        """The template without texts, and their lines."""
        return self._svg.layout()

    @property
    def lines(self) -> tuple[Line, ...]:
        return self.layout.lines

    @property
    def notes(self) -> tuple[str, ...]:
        return self.layout.notes

    @property
    def boxes(self) -> tuple[Area, ...]:
        """The ink of each line."""
        return tuple(Area(*line.area) for line in self.lines)

    @property
    def groups(self) -> dict[str, tuple[Area, ...]]:
        """The ink of each line, by the group of texts that shares a scrim."""
        found: dict[str, list[Area]] = {}
        for line in self.lines:
            found.setdefault(line.group, []).append(Area(*line.area))
        return {group: tuple(areas) for group, areas in found.items()}

    def draw(self, paint: Paint, palette: Palette, salt: int) -> NDArray[np.uint8]:
        """Draw the card over an image. ``salt``: of the dithering. Raises RecipeError for a faulty template."""
        self._planes, self._palette = (paint.l, paint.a, paint.b), palette
        inks = self.scrim(paint, palette)
        background = flatten(paint.l, paint.a, paint.b, salt)
        return self.draw_text(background, inks)

    def scrim(
        self, paint: Paint, palette: Palette, groups: Mapping[str, tuple[Area, ...]] | None = None
    ) -> dict[str, Ink]:
        """Shade the art behind the texts until the contrast suffices at every point; return the ink of each group.

        Dark ink or light ink is chosen for each group of texts, whichever needs less scrim. ``groups``: where texts of
        any length may be; None: where those of this card are.
        """
        self._palette = palette
        if self._template is not None:
            self._svg.check()
        shapes = self._shapes()
        dark_veil, light_veil = _veils(palette)
        light_text, dark_text = _text_colors(palette, light_veil, dark_veil)
        white = Ink(format_hex(light_text), format_hex(palette.accent.at(0.80, 0.16)))
        black = Ink(format_hex(dark_text), format_hex(palette.main.at(0.50, 0.17)))
        inks: dict[str, Ink] = {}
        for group, boxes in (self.groups if groups is None else groups).items():
            mask = self._mask(boxes)
            behind = [_Behind(paint, mask, box, shapes) for box in boxes]
            found = []
            for ink, veil in ((white, dark_veil), (black, light_veil)):
                strength = _required_strength(behind, veil, luminance(parse_hex(ink.text)))
                if strength is not None:
                    found.append((strength, ink, veil))
            if found:
                strength, ink, veil = min(found, key=lambda trial: trial[0])
                paint.lay(veil, mask * strength)
                inks[group] = ink
            else:  # the template's own shapes have a tone on which neither ink is legible
                inks[group] = white._replace(plate=format_hex(dark_veil))
        return inks

    def _shapes(self) -> NDArray[np.uint8] | None:
        """Return what the template draws behind its texts, (height, width, 4); None: nothing."""
        pixels = rasterize(self.layout.svg)
        return pixels if pixels[..., 3].any() else None

    def _mask(self, boxes: tuple[Area, ...]) -> Field:
        """Return 1 behind the boxes and between them and a near edge of the canvas, easing out elsewhere."""
        canvas, px = self.canvas, self.canvas.px
        left, right = min(box.x for box in boxes) * px, max(box.x + box.w for box in boxes) * px
        top, bottom = min(box.y for box in boxes) * px, max(box.y + box.h for box in boxes) * px
        near = 0.16
        left, top = 0.0 if left < near else left, 0.0 if top < near else top
        right, bottom = canvas.aspect if right > canvas.aspect - near else right, 1.0 if bottom > 1.0 - near else bottom
        across = np.maximum(left - canvas.x, canvas.x - right)
        down = np.maximum(top - canvas.y, canvas.y - bottom)
        reach = 0.24 if bottom - top < 0.2 else 0.38
        out: Field = fade(clip(1.0 - across * (1.0 / 0.55))) * fade(clip(1.0 - down * (1.0 / reach)))
        return out

    def draw_shapes(self, inks: Mapping[str, Ink], palette: Palette) -> str:
        """Return the template's SVG without its texts, in inks that are known already."""
        self._palette = palette
        return self._svg.draw(inks, texts=False).svg

    def draw_text(self, pixels: NDArray[np.uint8], inks: Mapping[str, Ink]) -> NDArray[np.uint8]:
        """Draw the template over 8-bit pixels."""
        base = Image.fromarray(pixels).convert("RGBA")
        base.alpha_composite(Image.fromarray(rasterize(self._svg.draw(inks).svg)))
        return np.asarray(base.convert("RGB"))


class _ArtUri:
    """The art without a scrim as a data URI, drawn only if a template shows it."""

    def __init__(self, card: TitleCard) -> None:
        self._card = card

    def __str__(self) -> str:
        planes = self._card._planes
        if planes is None:
            return ""
        out = io.BytesIO()
        Image.fromarray(flatten(*planes, 0)).save(out, "PNG", compress_level=1)
        return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"

    def __html__(self) -> str:
        return str(self)


class _Behind:
    """What stands behind one line: the art, the mask of the scrim, and the template's shapes."""

    def __init__(self, paint: Paint, mask: Field, box: Area, shapes: NDArray[np.uint8] | None) -> None:
        window = _window(paint, box)
        self._planes = (paint.l[window], paint.a[window], paint.b[window])
        self._mask = mask[window]
        self._shapes: tuple[tuple[Field, Field, Field], Field] | None = None
        if shapes is not None and shapes[window][..., 3].any():
            over = shapes[window]
            self._shapes = from_srgb(over[..., :3]), over[..., 3].astype(np.float32) * np.float32(1.0 / 255.0)

    def judge(self, veil: Lab, strength: float, ink: float) -> tuple[float, bool]:
        """Return the lowest contrast with an ink of this luminance, and whether nothing disturbs reading."""
        region = Paint(self._planes)
        region.lay(veil, self._mask * strength)
        if self._shapes is not None:
            region.lay(*self._shapes)
        y = plane_luminance((region.l, region.a, region.b))
        extremes = float(y.max()), float(y.min())
        contrast = min((max(ink, each) + 0.05) / (min(ink, each) + 0.05) for each in extremes)
        ranges = [float(plane.max()) - float(plane.min()) for plane in (region.l, region.a, region.b)]
        return contrast, ranges[0] <= _CALM[0] and max(ranges[1:]) <= _CALM[1]


def _around(boxes: list[Area]) -> Area:
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    return Area(left, top, max(box.x + box.w for box in boxes) - left, max(box.y + box.h for box in boxes) - top)


def _clipped(plane: NDArray[np.uint8], box: Area) -> NDArray[np.uint8]:
    top, left = max(int(box.y), 0), max(int(box.x), 0)
    return plane[top : max(int(box.y + box.h), top), left : max(int(box.x + box.w), left)]


def _veils(palette: Palette) -> tuple[Lab, Lab]:
    """Return a dark and a light scrim in the hue of the image's ground: grey ones look like smoke."""
    hue = palette.pale if palette.pale.chroma > 0.02 else palette.main
    light = palette.pale.at(0.975, 0.02) if hue.chroma < 0.012 else hue.at(0.955, 0.035)
    return palette.deep.at(0.16, 0.065), light


def _text_colors(palette: Palette, light_veil: Lab, dark_veil: Lab) -> tuple[Lab, Lab]:
    """Return the light and the dark colour of texts: the brand's ink where the opposite scrim gives it contrast."""
    light, dark = palette.pale.at(0.985, 0.012), palette.deep.at(0.15, 0.05)
    ink = palette.ink
    if ink is None:
        return light, dark
    scrim = dark_veil if ink.l > 0.6 else light_veil
    bright, dim = max(luminance(ink), luminance(scrim)), min(luminance(ink), luminance(scrim))
    if (bright + 0.05) / (dim + 0.05) < _CONTRAST:
        return light, dark
    return (ink, dark) if ink.l > 0.6 else (light, ink)


def _window(paint: Paint, box: Area) -> tuple[slice, slice]:
    height, width = paint.l.shape
    top, left = min(max(int(box.y) - 1, 0), height - 1), min(max(int(box.x) - 1, 0), width - 1)
    bottom, right = min(int(box.y + box.h) + 2, height), min(int(box.x + box.w) + 2, width)
    return slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1))


def _required_strength(behind: list[_Behind], veil: Lab, ink: float) -> float | None:
    """Return the least strength of a scrim that gives enough contrast, more where the image is restless.

    None: no scrim suffices.
    """
    enough: float | None = None
    for step in range(_STEPS + 1):
        strength = step / _STEPS
        judged = [each.judge(veil, strength, ink) for each in behind]
        if any(contrast < _CONTRAST for contrast, _ in judged):
            continue
        enough = strength if enough is None else enough
        if all(calm for _, calm in judged):
            return strength
    return enough


def plane_luminance(planes: tuple[Field, Field, Field]) -> Field:
    """Return the relative luminance (WCAG's Y) of OKLab planes."""
    l, a, b = planes  # noqa: E741 - usual name in OKLab
    l_ = l + 0.3963377774 * a + 0.2158037573 * b
    m_ = l - 0.1055613458 * a - 0.0638541728 * b
    s_ = l - 0.0894841775 * a - 1.2914855480 * b
    return clip(l_ * l_ * l_ * -0.0407745 + m_ * m_ * m_ * 1.1124922 - s_ * s_ * s_ * 0.0717176)
