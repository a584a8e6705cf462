"""Title cards of a whole site: every page's texts over one image, which is drawn and shaded once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from threading import Lock
from typing import Any

from PIL import Image

from imageseo.heroes.providers.art.brand_coverage import cover
from imageseo.heroes.providers.art.cards.card_svg import Ink, Rendered
from imageseo.heroes.providers.art.cards.glyph_masks import GlyphMasks
from imageseo.heroes.providers.art.cards.recipe import ProjectCards
from imageseo.heroes.providers.art.cards.text import is_rtl
from imageseo.heroes.providers.art.color import Paint, Palette, palette
from imageseo.heroes.providers.art.deterministic import Canvas, Dice, flatten
from imageseo.heroes.providers.art.render import style_of
from imageseo.heroes.providers.art.style_names import STYLES
from imageseo.heroes.providers.art.svg_pixels import draw_svg
from imageseo.heroes.providers.art.title_card import Area, TitleCard
from imageseo.model.hero import Recipe

_WORD = "Wohlgemut Angriff "
_RTL_WORD = "\u064a\u062d\u0642\u0642 \u062c\u0645\u064a\u0639 \u05e7\u05dc "  # with letters that hang low
_SHARED = ("bottom", "split")
"""Layouts that shade the image at the same places for all texts."""
_LENGTHS = (*range(4, 120, 6), 160, 240)
"""Characters of the texts that are tried to find where texts may be."""


@dataclass(frozen=True)
class _Ground:
    """The image shaded for all texts of a layout, with its shapes. ``areas``: where the scrim suffices, by group."""

    image: Image.Image
    inks: Mapping[str, Ink]
    areas: Mapping[str, Area]

    def holds(self, rendered: Rendered) -> bool:
        """Whether every line is where the scrim suffices, and needs nothing behind it."""
        return not any(ink.plate for ink in self.inks.values()) and all(
            line.group in self.areas and _contains(self.areas[line.group], Area(*line.area)) for line in rendered.lines
        )


@dataclass
class SiteTitleCards:
    """Draws cards of one size. ``recipe``: of the image below them, without a card."""

    recipe: Recipe
    own: ProjectCards = field(default_factory=ProjectCards)
    _paints: dict[bool, tuple[Paint, Palette]] = field(default_factory=dict)
    _grounds: dict[tuple[Any, ...], _Ground] = field(default_factory=dict)
    _notes: dict[str, tuple[str, ...]] = field(default_factory=dict)  # of cards that were drawn
    _masks: GlyphMasks = field(default_factory=GlyphMasks)
    _lock: Lock = field(default_factory=Lock)

    def draw(self, card: Mapping[str, Any]) -> Image.Image:
        """Return the card with these texts (of ``recipe.complete``). Raises RecipeError for a faulty template."""
        title = TitleCard(self._canvas, card, self.own)
        with self._lock:  # the first card of a layout draws what the others use
            paint, colors = self._painted(card)
            ground = self._ground(card) if card.get("layout", "bottom") in _SHARED and "template" not in card else None
        if ground is not None:
            rendered = title.layout
            self._notes[repr(card)] = rendered.notes
            if ground.holds(rendered):
                image = ground.image.copy()
                with self._lock:
                    self._masks.draw(image, ((line, ground.inks[line.group].text) for line in rendered.lines))
                return image
        return Image.fromarray(title.draw(Paint((paint.l, paint.a, paint.b)), colors, self._salt))

    def notes(self, card: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what a card cannot show of its texts."""
        known = self._notes.get(repr(card))
        return TitleCard(self._canvas, card, self.own).notes if known is None else known

    @property
    def _canvas(self) -> Canvas:
        return Canvas(self.recipe.width, self.recipe.height)

    @property
    def _salt(self) -> int:
        return self.recipe.seed & 0xFFFFFFFF

    def _painted(self, card: Mapping[str, Any]) -> tuple[Paint, Palette]:
        """Return the image, with its subject beside the title, and its colours."""
        rtl = is_rtl(str(card.get("title", "")))
        if rtl not in self._paints:
            options, seed = self.recipe.options, self.recipe.seed
            style = style_of(self.recipe, STYLES)
            written = options["colors"]
            colors = palette(
                written if isinstance(written, Mapping) else tuple(written),
                Dice(seed, "palette"),
                options.get("mode", "auto"),
            )
            module: Any = import_module(f"imageseo.heroes.providers.art.styles.{style}")
            paint = module.draw(self._canvas, colors, Dice(seed, style))
            if (paint.focus > 0.5) == rtl:
                paint = paint.mirrored()
            cover(paint, colors.brand)
            self._paints[rtl] = paint, colors
        return self._paints[rtl]

    def _ground(self, card: Mapping[str, Any]) -> _Ground:
        texts = tuple(key for key in ("subtitle", "section", "brand") if card.get(key))
        rtl = is_rtl(str(card.get("title", "")))
        key = (card.get("layout"), tuple(card.get("fonts", ())), rtl, texts, card.get("brand"))
        if key not in self._grounds:
            areas: dict[str, list[Area]] = {}
            for length in _LENGTHS:
                text = (_RTL_WORD * length if rtl else _WORD * length)[:length].strip()
                longest: dict[str, Any] = {each: text for each in ("subtitle", "section") if each in texts}
                probe = TitleCard(self._canvas, {**card, **longest, "title": text}, self.own)
                for group, found in probe.groups.items():
                    areas.setdefault(group, []).extend(found)
            around = {group: _around(found, self._canvas) for group, found in areas.items()}
            painted, colors = self._painted(card)
            paint = Paint((painted.l, painted.a, painted.b))
            inks = TitleCard(self._canvas, card, self.own).scrim(
                paint, colors, {group: (area,) for group, area in around.items()}
            )
            image = Image.fromarray(flatten(paint.l, paint.a, paint.b, self._salt))
            draw_svg(image, TitleCard(self._canvas, card, self.own).draw_shapes(inks, colors))
            self._grounds[key] = _Ground(image, inks, around)
        return self._grounds[key]


def _around(areas: list[Area], canvas: Canvas) -> Area:
    """Return what contains all areas, with some px for letters that rise or hang more than those tried."""
    slack = canvas.height * 0.03
    left, top = min(each.x for each in areas) - slack, min(each.y for each in areas) - slack
    right, bottom = max(each.x + each.w for each in areas) + slack, max(each.y + each.h for each in areas) + slack
    return Area(left, top, right - left, bottom - top)


def _contains(outer: Area, inner: Area) -> bool:
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and inner.x + inner.w <= outer.x + outer.w
        and inner.y + inner.h <= outer.y + outer.h
    )
