"""The `card` of a recipe: its texts and its layout, with all that its pixels depend on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from imageseo.model import regular_file
from imageseo.model.errors import RecipeError
from imageseo.model.suggest import closest

LAYOUTS = {
    "bottom": ("title", "subtitle"),
    "split": ("title", "subtitle", "section"),
    "centered": ("title", "subtitle"),
}
"""The built-in layouts, each with the texts that it shows besides the brand's name."""

FOLDER = "cards"
_SUFFIX = ".svg.jinja"
_TEXTS = ("title", "subtitle", "section", "tags", "author", "date")
_KEYS = (*_TEXTS, "layout")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_LONGEST_TEMPLATE = 65_536
_LARGEST_LOGO = 1_048_576
_LOGO_TYPES = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}
# A language decides shapes (of Chinese characters) and hyphens; plain titles of the default layout have neither.
_SHAPED = re.compile(r"[\u0590-\u1eff\u2e80-\uffff\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class ProjectCards:
    """What the settings say of cards. ``layout``: of cards that name none. ``logo``: an image file."""

    project: Path = field(default_factory=Path)
    brand: str = ""
    layout: str = "bottom"
    fonts: tuple[str, ...] = ()
    logo: str = ""

    def template(self, name: str) -> str | None:
        """Return the project's own template; None: there is no such file. Raises RecipeError for one that is faulty."""
        path = self.project / FOLDER / f"{name}{_SUFFIX}"
        shown = f"{FOLDER}/{path.name}"
        if not path.is_file():
            return None
        try:
            text = regular_file.read_text(path)
        except (OSError, ValueError) as error:
            raise RecipeError(f"`card.layout`: {shown} cannot be read: {error}", hint="save it as UTF-8") from error
        if len(text) > _LONGEST_TEMPLATE:
            limit = f"{shown} has {len(text)} characters, at most {_LONGEST_TEMPLATE} are read"
            raise RecipeError(f"`card.layout`: {limit}", hint="simplify the template")
        return text

    def names(self) -> list[str]:
        """Return the names of the project's own templates."""
        return sorted(path.name.removesuffix(_SUFFIX) for path in (self.project / FOLDER).glob(f"*{_SUFFIX}"))

    def logo_bytes(self) -> bytes:
        """Return the logo's file. Raises RecipeError."""
        path = self.project / self.logo
        hint = "name a PNG, JPEG or WebP file of at most 1 MiB, relative to the project folder"
        if path.suffix.lower() not in _LOGO_TYPES:
            raise RecipeError(f"`brand.logo`: {self.logo} is no PNG, JPEG or WebP file", hint=hint)
        try:
            data = regular_file.read(path)
        except (OSError, ValueError) as error:
            raise RecipeError(f"`brand.logo`: {self.logo} cannot be read: {error}", hint=hint) from error
        if len(data) > _LARGEST_LOGO:
            raise RecipeError(f"`brand.logo`: {self.logo} has {len(data) >> 10} KiB", hint=hint)
        return data

    def logo_uri(self) -> str:
        """Return the logo as a data URI; ``""`` without one."""
        import base64

        if not self.logo:
            return ""
        kind = _LOGO_TYPES.get(Path(self.logo).suffix.lower(), "png")
        return f"data:image/{kind};base64,{base64.b64encode(self.logo_bytes()).decode()}"


def complete(card: Any, options: Mapping[str, Any], own: ProjectCards) -> dict[str, Any] | None:
    """Return a card's texts and layout with defaults; None: no card. ``options``: of the recipe, with the page's texts.

    Only what a layout shows is kept, and the layout only if it is not `bottom`: what does not change the pixels does
    not change the recipe. Raises RecipeError.
    """
    if card is None or card is False:
        return None
    written = {"title": card} if isinstance(card, str) else {} if card is True else card
    if not isinstance(written, Mapping):
        raise RecipeError(f"`card`: expected true, a title or a mapping, found {card!r}")
    for key in written:
        if key not in _KEYS:
            close = closest(str(key), _KEYS)
            hint = f"did you mean {close!r}?" if close else f"known: {', '.join(_KEYS)}"
            raise RecipeError(f"`card.{key}`: unknown key", hint=hint)
    layout = str(written.get("layout") or own.layout)
    template = _find(layout, own)
    shown = _shown(layout, template)
    page = options.get("page")
    defaults = {**(page if isinstance(page, Mapping) else {}), **{key: options.get(key) for key in _TEXTS[:2]}}
    texts: dict[str, Any] = {}
    for key in _TEXTS:
        if key in shown or key in _TEXTS[:2]:
            value = written.get(key, defaults.get(key))
            texts[key] = _list(key, value) if key == "tags" else text(key, value)
    if not texts["title"]:
        raise RecipeError("`card`: the page has no title", hint="add one: `card: {title: …}`")
    texts["brand"] = text("brand.name", own.brand)
    if layout != "bottom" or template is not None:
        texts["layout"] = layout
    if template is not None:
        texts["template"] = hashlib.sha256(template.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        if "logo" in shown and own.logo:
            texts["logo"] = hashlib.sha256(own.logo_bytes()).hexdigest()[:32]
    if own.fonts:
        fonts = import_module("imageseo.heroes.providers.art.cards.brand_fonts")
        texts["fonts"] = fonts.BrandFonts(own.fonts, own.project).digests
    language = page.get("language") if isinstance(page, Mapping) else None
    if isinstance(language, str) and (layout != "bottom" or any(map(_SHAPED.search, map(str, texts.values())))):
        texts["language"] = language
    return {key: value for key, value in texts.items() if value}


def _find(layout: str, own: ProjectCards) -> str | None:
    """Return the text of the project's own template; None for a built-in layout."""
    found = own.template(layout) if _NAME.fullmatch(layout) else None
    if found is None and layout not in LAYOUTS:
        known = (*LAYOUTS, *own.names())
        close = closest(layout, known)
        hint = f"did you mean {close!r}?" if close else f"known: {', '.join(known)}"
        raise RecipeError(f"`card.layout`: no layout {layout!r} and no file {FOLDER}/{layout}{_SUFFIX}", hint=hint)
    return found


def _shown(layout: str, template: str | None) -> frozenset[str]:
    if template is None:
        return frozenset(LAYOUTS[layout])
    sandbox = import_module("imageseo.heroes.providers.art.cards.sandbox")
    shown: frozenset[str] = sandbox.variables(template, f"{FOLDER}/{layout}{_SUFFIX}")
    return shown


def _list(key: str, value: Any) -> list[str]:
    values = value.split(",") if isinstance(value, str) else value
    if values is None:
        return []
    if not isinstance(values, list | tuple) or not all(isinstance(each, str | int) for each in values):
        raise RecipeError(f"`card.{key}`: expected a list of words, found {value!r}")
    return [text(key, each) for each in values]


def text(key: str, value: Any) -> str:
    """Return a text on one line. Raises RecipeError for a value that is none."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RecipeError(f"`{key}`: expected text, found {value!r}")
    return " ".join(str(value).split())
