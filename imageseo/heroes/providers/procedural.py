"""Seed-pinned art in the brand's colours: made by formulas, equal on every machine of one architecture."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from imageseo.model.errors import RecipeError, SettingsError
from imageseo.model.hero import ALGORITHMIC_MEDIA, Master, Recipe
from imageseo.model.protocols import ProviderContext
from imageseo.model.suggest import closest

# A seed picks from this list when no style is named: a new style goes to the end and a new `version` with it.
STYLES = ("ridges", "paper", "aurora", "topo", "mosaic")
_KEYS = ("style", "colors", "prompt", "negative", "card", "title", "subtitle")
_CARD_KEYS = ("title", "subtitle")
_COLOUR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})")
_FALSE = (None, False)
# Every pixel takes about 120 bytes while it is drawn.
_MAX_PIXELS = 3840 * 2160


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedural:
    """The provider. ``colors`` and ``brand``: what a recipe gets that does not name its own.

    Options: ``style`` (one of STYLES, or ``auto``), ``colors`` (two to six of ``#rrggbb``), ``prompt`` and
    ``negative`` (kept and ignored), ``card`` (true, a title, or ``{title, subtitle}``). ``title`` and ``subtitle`` are
    the card's when it does not say them itself, and are dropped without a card.
    """

    colors: tuple[str, ...] = ("#0b1f3a", "#2563eb", "#f59e0b")
    brand: str = ""
    name: str = "procedural"
    version: str = "1"
    digital_source_type: str = ALGORITHMIC_MEDIA
    reproducible: bool = True

    def configure(self, place: ProviderContext) -> Procedural:
        """The provider with the brand's colours and name. It has no options of its own."""
        if place.options:
            raise SettingsError(tuple(f"providers.{self.name}.{key}: there is no such key" for key in place.options))
        return replace(self, colors=place.colors or self.colors, brand=place.brand)

    def complete(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Every option that a picture depends on, checked. Raises RecipeError naming the keys, all faults at once."""
        faults = [
            RecipeError(f"{self.name} knows no option {key!r}", hint=_near(key, _KEYS))
            for key in options
            if key not in _KEYS
        ]
        given = options.get("colors")
        readers: dict[str, Callable[[], Any]] = {
            "style": lambda: _style(options.get("style", "auto")),
            "colors": lambda: _colors(self.colors if given is None else given),
            "prompt": lambda: None if options.get("prompt") is None else _text("prompt", options["prompt"]),
            "negative": lambda: None if options.get("negative") is None else _text("negative", options["negative"]),
            "card": lambda: self._card(options.get("card"), options),
        }
        complete: dict[str, Any] = {}
        for key, read in readers.items():
            try:
                complete[key] = read()
            except RecipeError as error:
                faults += error.faults
        if faults:
            raise RecipeError.together(faults)
        return {key: value for key, value in complete.items() if value is not None}

    def _card(self, card: Any, options: Mapping[str, Any]) -> dict[str, str] | None:
        if card in _FALSE:
            return None
        own = {"title": card} if isinstance(card, str) else {} if card is True else card
        if not isinstance(own, Mapping):
            raise RecipeError(f"`card`: expected true, a title or a mapping, found {card!r}")
        for key in own:
            if key not in _CARD_KEYS:
                raise RecipeError(f"`card.{key}`: a card has no such text", hint=_near(str(key), _CARD_KEYS))
        texts = {key: _text(key, own.get(key, options.get(key))) for key in _CARD_KEYS}
        if not texts["title"]:
            raise RecipeError("`card`: the page has no title to show", hint="write it: `card: {title: …}`")
        texts["brand"] = _text("brand.name", self.brand)
        return {key: text for key, text in texts.items() if text}

    def notes(self, recipe: Recipe) -> tuple[str, ...]:
        """That a prompt says nothing to formulas."""
        if "prompt" not in recipe.options:
            return ()
        return ("the prompt was ignored, procedural art follows seed, style and colors",)

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        """One PNG a recipe. A card that cannot be set is a RecipeError. Nothing is kept between pictures."""
        for recipe in recipes:
            if recipe.width * recipe.height > _MAX_PIXELS:
                size = f"{recipe.width}x{recipe.height}"
                raise RecipeError(
                    f"{size} px is too large to draw", hint="up to 3840x2160 px, or as many in another shape"
                )
            draw = import_module("imageseo.heroes.providers.art.render").draw
            yield Master(png=draw(recipe, STYLES), digital_source_type=ALGORITHMIC_MEDIA, notes=self.notes(recipe))


def _style(value: Any) -> Any:
    if value not in ("auto", *STYLES):
        raise RecipeError(f"`style`: there is no style {value!r}", hint=_near(str(value), ("auto", *STYLES)))
    return value


def _colors(value: Any) -> list[str]:
    listed = re.split(r"[\s,;]+", value.strip()) if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not 2 <= len(listed) <= 6:
        hint = 'such as `["#0b1f3a", "#2563eb"]`'
        raise RecipeError(f"`colors`: expected two to six colours, found {value!r}", hint=hint)
    found = []
    for colour in listed:
        text = colour.strip().lower() if isinstance(colour, str) else ""
        if not _COLOUR.fullmatch(text):
            hint = "write it as #rrggbb, in quotes: `#` begins a comment in YAML"
            raise RecipeError(f"`colors`: {colour!r} is no colour", hint=hint)
        found.append("#" + "".join(digit * 2 for digit in text[1:]) if len(text) == 4 else text)
    return found


def _text(key: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RecipeError(f"`{key}`: expected a text, found {value!r}")
    return " ".join(str(value).split())


def _near(key: str, known: tuple[str, ...]) -> str:
    close = closest(key, known)
    return f"did you mean {close!r}?" if close else f"known: {', '.join(known)}"


PROVIDER = Procedural()
