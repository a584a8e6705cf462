"""Procedural art in the brand's colours, fixed by the seed: identical on all machines of one architecture."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib import import_module, metadata
from typing import Any

from imageseo.heroes.providers.art import content
from imageseo.heroes.providers.art.cards import recipe as cards
from imageseo.heroes.providers.art.cards.packages import CODE_FONT, FONT_PACKAGES
from imageseo.heroes.providers.art.cards.recipe import ProjectCards
from imageseo.heroes.providers.art.style_names import ALL_STYLES, DARK_STYLES, STYLES
from imageseo.model.errors import RecipeError, SettingsError
from imageseo.model.hero import ALGORITHMIC_MEDIA, Master, Recipe
from imageseo.model.image import Rights
from imageseo.model.protocols import ProviderContext
from imageseo.model.suggest import closest

_KEYS = ("style", *content.KEYS.values(), "colors", "mode", "prompt", "negative", "card", "title", "subtitle", "page")
_MODES = ("auto", "light", "dark", "both")
_ROLES = ("ground", "main", "accent", "ink")
_COLOR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})")
_VERSION = "4"
# Drawing takes about 120 bytes of memory per pixel.
_MAX_PIXELS = 3840 * 2160


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedural:
    """The provider. ``colors``, ``mode`` and ``project_cards``: defaults for recipes.

    Options: ``style`` (one of ALL_STYLES, or ``auto``: one of STYLES), ``colors`` (two to six of ``#rrggbb``, or a
    mapping of roles), ``mode`` (``auto``, ``light``, ``dark``, or ``both``: light, with a dark version; ``auto`` is not
    recorded), ``prompt`` and ``negative`` (recorded, but ignored), ``card`` (true, a title, or a mapping of texts and
    ``layout``), ``tags``, ``letters``, ``code`` and ``image`` (what the styles ``icons``, ``typographic``, ``code`` and
    ``duotone`` show; default: tags, headline and first code block of ``page``). ``title`` and ``subtitle`` are the
    defaults of a card's texts, and are dropped without a card.
    """

    colors: tuple[str, ...] | Mapping[Any, str] = ("#0b1f3a", "#2563eb", "#f59e0b")
    mode: str = "auto"
    project_cards: ProjectCards = field(default_factory=ProjectCards)
    name: str = "procedural"
    version: str = _VERSION
    digital_source_type: str = ALGORITHMIC_MEDIA
    reproducible: bool = True
    reads_page: bool = True

    def configure(self, context: ProviderContext) -> Procedural:
        """Return the provider with the brand's colours and name. It has no settings of its own."""
        if context.options:
            raise SettingsError(tuple(f"providers.{self.name}.{key}: unknown key" for key in context.options))
        colors = context.colors or self.colors
        version = "+".join((_VERSION, *_font_versions()))
        own = ProjectCards(context.project, context.brand, context.card, context.fonts, context.logo)
        return replace(self, colors=colors, mode=context.mode, project_cards=own, version=version)

    def complete(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return all options that the pixels depend on. Raises RecipeError naming the keys, all faults at once."""
        faults = [
            RecipeError(f"{self.name} has no option {key!r}", hint=_suggestion(key, _KEYS))
            for key in options
            if key not in _KEYS
        ]
        colors = options.get("colors")
        readers: dict[str, Callable[[], Any]] = {
            "style": lambda: _style(options.get("style", "auto")),
            "colors": lambda: _colors(self.colors if colors is None else colors),
            "mode": lambda: _mode(options.get("mode"), self.mode, options.get("style")),
            "prompt": lambda: _optional_text("prompt", options),
            "negative": lambda: _optional_text("negative", options),
            "card": lambda: cards.complete(options.get("card"), options, self.project_cards),
        }
        complete: dict[str, Any] = {}
        for key, read in readers.items():
            try:
                complete[key] = read()
            except RecipeError as error:
                faults += error.faults
        try:
            if "style" in complete:
                complete |= content.complete(complete["style"], options, self.project_cards)
        except RecipeError as error:
            faults += error.faults
        if faults:
            raise RecipeError.together(faults)
        return {key: value for key, value in complete.items() if value is not None}

    def notes(self, recipe: Recipe) -> tuple[str, ...]:
        """Return notes that the prompt is ignored, and on what a card could not show of its texts."""
        ignored = "the prompt was ignored: procedural art depends on seed, style and colors only"
        notes = (ignored,) if "prompt" in recipe.options else ()
        if recipe.options.get("card") is None:
            return notes
        return (*notes, *import_module("imageseo.heroes.providers.art.render").card_notes(recipe, self.project_cards))

    def origin(self, recipe: Recipe) -> tuple[str, Rights]:
        """Return the digital source type of a recipe's image, and its rights: those of the photograph of a duotone."""
        if recipe.options.get("style") != "duotone":
            return ALGORITHMIC_MEDIA, Rights()
        photos = import_module("imageseo.heroes.providers.art.photo")
        file = str(recipe.options["image"]["file"])
        found: tuple[str, Rights] = photos.photo_origin(photos.read_photo(self.project_cards.project, file), file)
        return found

    def preview(self, recipe: Recipe) -> tuple[str, bytes]:
        """Return the style that the seed selects, and the image at a small size without its texts."""
        options = {key: value for key, value in recipe.options.items() if key != "card"}
        render = import_module("imageseo.heroes.providers.art.render")
        small = _in_one_mode(replace(recipe, width=96, height=54, options=options), render)
        return render.style_of(small, STYLES), render.draw(small, STYLES)

    def draw_over(self, image: bytes, recipe: Recipe) -> bytes:
        """Return the PNG of a title card over an image that we did not draw. Raises RecipeError."""
        png: bytes = import_module("imageseo.heroes.providers.art.render").draw_over(image, recipe, self.project_cards)
        return png

    def redraw(self, recipe: Recipe, *, width: int, height: int, dark: bool, phone: bool) -> Recipe | None:
        """Return the recipe in another size; the dark version only of a recipe with ``mode: both``."""
        options, card = dict(recipe.options), recipe.options.get("card")
        if dark and options.get("mode") != "both":
            return None
        if dark:
            options["scheme"] = "dark"
        if phone and isinstance(card, Mapping):
            options["card"] = {**card, "size": "phone"}
        return replace(recipe, width=width, height=height, options=options)

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        """Yield one PNG per recipe. Raises RecipeError for a size that is too large."""
        for recipe in recipes:
            if recipe.width * recipe.height > _MAX_PIXELS:
                size = f"{recipe.width}x{recipe.height}"
                raise RecipeError(
                    f"{size} px is too large to draw",
                    hint="use at most 3840x2160 px, or as many pixels in another shape",
                )
            render = import_module("imageseo.heroes.providers.art.render")
            png = render.draw(_in_one_mode(recipe, render), STYLES, self.project_cards)
            source_type, rights = self.origin(recipe)
            yield Master(png=png, digital_source_type=source_type, notes=self.notes(recipe), rights=rights)


def _in_one_mode(recipe: Recipe, render: Any) -> Recipe:
    """Return a recipe with ``mode: both`` as the light one, or as the dark one of the same style (``redraw``)."""
    if recipe.options.get("mode") != "both":
        return recipe
    options = {key: value for key, value in recipe.options.items() if key != "scheme"}
    light = replace(recipe, options={**options, "mode": "light"})
    if "scheme" not in recipe.options:
        return light
    return replace(recipe, options={**options, "mode": "dark", "style": render.style_of(light, STYLES)})


def _font_versions() -> Iterator[str]:
    """Yield the installed packages of fonts: with other fonts a card of other scripts looks different."""
    for package in (*FONT_PACKAGES, CODE_FONT):
        with suppress(metadata.PackageNotFoundError):
            yield f"{package} {metadata.version(package)}"


def _style(value: Any) -> Any:
    if value not in ("auto", *ALL_STYLES):
        raise RecipeError(f"`style`: unknown style {value!r}", hint=_suggestion(str(value), ("auto", *ALL_STYLES)))
    return value


def _mode(written: Any, brand: str, style: Any) -> str | None:
    """Return the mode; None for ``auto``, so that the keys of recipes written before there were modes stay the same."""
    value = written or brand
    if value not in _MODES:
        raise RecipeError(f"`mode`: expected {', '.join(_MODES)}, found {value!r}")
    if value in ("light", "both") and style in DARK_STYLES:
        if written:
            raise RecipeError(f"`mode`: {style} is always dark", hint="choose another style, or remove `mode`")
        return None
    return None if value == "auto" else str(value)


def _colors(value: Any) -> list[str] | dict[str, str]:
    if isinstance(value, Mapping):
        for role in value:
            if role not in _ROLES:
                raise RecipeError(f"`colors.{role}`: unknown role", hint=_suggestion(str(role), _ROLES))
        if "main" not in value:
            raise RecipeError("`colors`: the role `main` is missing", hint='write it as in `{main: "#2563eb"}`')
        return {role: _color(value[role]) for role in _ROLES if role in value}
    values = re.split(r"[\s,;]+", value.strip()) if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not 2 <= len(values) <= 6:
        hint = 'write them as in `["#0b1f3a", "#2563eb"]`'
        raise RecipeError(f"`colors`: expected two to six colours, found {value!r}", hint=hint)
    return [_color(color) for color in values]


def _color(color: Any) -> str:
    text = color.strip().lower() if isinstance(color, str) else ""
    if not _COLOR.fullmatch(text):
        hint = "write it as #rrggbb, in quotes: `#` begins a comment in YAML"
        raise RecipeError(f"`colors`: {color!r} is not a colour", hint=hint)
    return "#" + "".join(digit * 2 for digit in text[1:]) if len(text) == 4 else text


def _optional_text(key: str, options: Mapping[str, Any]) -> str | None:
    return None if options.get(key) is None else cards.text(key, options[key])


def _suggestion(key: str, known: tuple[str, ...]) -> str:
    close = closest(key, known)
    return f"did you mean {close!r}?" if close else f"known: {', '.join(known)}"


PROVIDER = Procedural()
