"""What a style shows of a page or the project: letters, a code block, a photograph, tags; as options of a recipe."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from imageseo.heroes.providers.art.cards.recipe import ProjectCards, text
from imageseo.heroes.providers.art.code_tokens import shorten
from imageseo.model.errors import RecipeError

KEYS = {"icons": "tags", "typographic": "letters", "code": "code", "duotone": "image"}
"""Style -> the option with what it shows."""

_WORDS = 12  # of letters: no composition has room for more
_LONGEST = 120


def complete(style: Any, options: Mapping[str, Any], own: ProjectCards) -> dict[str, Any]:
    """Return the option with what a style shows: as written, else from the page; empty if it shows nothing.

    Raises RecipeError, also for such an option of another style.
    """
    for other, key in KEYS.items():
        if key in options and other != style:
            shown = f"the style {style or 'auto'!r} does not show {'them' if key in ('tags', 'letters') else 'it'}"
            raise RecipeError(f"`{key}`: {shown}", hint=f"write `style: {other}`")
    page = options.get("page")
    texts: Mapping[str, Any] = page if isinstance(page, Mapping) else {}
    readers = {"icons": _tags, "typographic": _letters, "code": _code, "duotone": _image}
    value = readers[style](options, texts, own) if style in readers else None
    return {KEYS[style]: value} if value or (value is not None and style == "icons") else {}


def _tags(options: Mapping[str, Any], page: Mapping[str, Any], own: ProjectCards) -> list[str] | None:
    tags = options.get("tags", page.get("tags"))
    values = tags.split(",") if isinstance(tags, str) else tags
    if values is None:
        return None
    if not isinstance(values, list | tuple) or not all(isinstance(tag, str | int) for tag in values):
        raise RecipeError(f"`tags`: expected a list of words, found {tags!r}")
    return [text("tags", tag) for tag in values]


def _letters(options: Mapping[str, Any], page: Mapping[str, Any], own: ProjectCards) -> dict[str, Any]:
    """Return the words to set, with all that decides their shapes: the brand's fonts and the language."""
    written = _parts("letters", options.get("letters"), ("text", "language", "fonts"), "a text")
    card = options.get("card")
    titled = card.get("title") if isinstance(card, Mapping) else card if isinstance(card, str) else None
    default = titled or page.get("headline") or page.get("title") or options.get("title") or own.brand
    said = text("letters", written.get("text", default))
    said = " ".join(said.split()[:_WORDS])[:_LONGEST]
    found: dict[str, Any] = {"text": said} if said else {}
    language = written.get("language", page.get("language"))
    if isinstance(language, str) and language and not said.isascii():
        found["language"] = language
    if own.fonts:
        fonts = import_module("imageseo.heroes.providers.art.cards.brand_fonts")
        found["fonts"] = fonts.BrandFonts(own.fonts, own.project).digests
    return found


def _code(options: Mapping[str, Any], page: Mapping[str, Any], own: ProjectCards) -> dict[str, str]:
    """Return language and beginning of the code; empty if the page has none."""
    written = _parts("code", options.get("code", page.get("code")), ("text", "language"), "a text")
    said, language = written.get("text"), written.get("language", "")
    if said is None:
        return {}
    if not isinstance(said, str) or not isinstance(language, str):
        raise RecipeError(f"`code`: expected a text, found {options.get('code')!r}")
    shown = shorten(said)
    found = {"text": shown, "language": language.strip().lower()} if shown else {}
    return {key: value for key, value in found.items() if value}


def _image(options: Mapping[str, Any], page: Mapping[str, Any], own: ProjectCards) -> dict[str, Any]:
    """Return the photograph's file in the project, with the hash of its bytes."""
    written = _parts("image", options.get("image"), ("file", "focal", "sha256"), "the path of an image")
    name = text("image", written.get("file"))
    if not name:
        raise RecipeError("`image`: the style 'duotone' needs a photograph", hint="write `image: photo.jpg`")
    photos = import_module("imageseo.heroes.providers.art.photo")
    file = photos.find_photo(own.project, name, str(page.get("folder", "")))
    data = photos.read_photo(own.project, file)
    photos.check_photo(data, file)
    found: dict[str, Any] = {"file": file, "sha256": hashlib.sha256(data).hexdigest()}
    if "focal" in written:
        found["focal"] = _focal(written["focal"])
    return found


def _focal(value: Any) -> list[float]:
    """Return the point that stays visible, as shares of width and height."""
    numbers = isinstance(value, list | tuple) and len(value) == 2 and all(type(each) in (int, float) for each in value)
    if not numbers or not all(0 <= each <= 1 for each in value):
        raise RecipeError(f"`image.focal`: expected two numbers from 0 to 1, found {value!r}", hint="`[0.5, 0.3]`")
    return [float(each) for each in value]


def _parts(key: str, value: Any, known: tuple[str, ...], expected: str) -> Mapping[str, Any]:
    """Return an option that is written as its first part alone, or as a mapping."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        if isinstance(value, list | tuple | bool):
            raise RecipeError(f"`{key}`: expected {expected}, found {value!r}")
        return {known[0]: value}
    for part in value:
        if part not in known:
            raise RecipeError(f"`{key}.{part}`: unknown key", hint=f"known: {', '.join(known)}")
    return value
