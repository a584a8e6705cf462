"""Lines that an author has to write so that the front matter asks for a chosen image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from imageseo.heroes.candidates.contact_sheet import format_option
from imageseo.heroes.candidates.variations import set_option
from imageseo.heroes.recipes.picks import conflicts, value_of
from imageseo.heroes.recipes.prompt_library import PROMPT_KEYS
from imageseo.model.hero import HeroRequest, Recipe
from imageseo.model.site import Page


def conflicting_options(request: HeroRequest, recipe: Recipe, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the author has to write instead of what is written; None: to remove.

    ``options``: of the image's variation, as an author writes them.
    """
    keys = conflicts(request, recipe)
    words = set(PROMPT_KEYS) if "prompt" in keys else set()
    found = {name: value for name, value in options.items() if name.partition(".")[0] in {*keys, *words}}
    covered = {name.partition(".")[0] for name in found}
    covered |= {"prompt", "negative"} if covered & words else set()
    return found | {key: value_of(recipe, key) for key in keys if key not in covered}


def lines_to_write(page: Page, request: HeroRequest, options: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines in the form that the page's file has: nested or flat front matter, or heroes.toml."""
    key = request.key
    is_toml = "toml" in page.hints.origin
    prefix = f"{key}_"
    is_flat = any(isinstance(name, str) and name.lower().startswith(prefix.lower()) for name in page.hints.meta)
    written = {name: value for name, value in options.items() if value is not None}
    table: dict[str, Any] = {}
    for name, value in written.items():
        set_option(table, name, value)
    if is_toml:
        for name, value in written.items():
            yield f"{name} = {format_option(value) if not isinstance(value, str) else _quoted(value)}"
    elif is_flat:
        yield from (f"{prefix}{name}: {format_option(value)}" for name, value in table.items())
    elif table:
        yield from _nested({key: table}, 0)
    for name in (name for name, value in options.items() if value is None):
        yield f"# and remove `{name}`"


def _nested(table: Mapping[str, Any], depth: int) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            yield f"{'  ' * depth}{key}:"
            yield from _nested(value, depth + 1)
        else:
            yield f"{'  ' * depth}{key}: {format_option(value)}"


def _quoted(text: str) -> str:
    shown = format_option(text)
    return shown if shown.startswith('"') else f'"{shown}"'
