"""What was chosen with a picked image, and which keys of a recipe its author wrote."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from imageseo.heroes.recipes.diff import basic_values, changed_keys
from imageseo.heroes.recipes.keys import DESCRIPTION_KEYS
from imageseo.heroes.recipes.prompt_library import PROMPT_KEYS
from imageseo.model.hero import HeroRequest, Pin, Recipe

_PROMPTS = ("prompt", "negative")


def written_keys(mapping: Iterable[str]) -> frozenset[str]:
    """Return the keys of a recipe that its author wrote; a prompt's parts count as the whole prompt."""
    written = set(mapping).difference(DESCRIPTION_KEYS)
    return frozenset({*written, *_PROMPTS} if written & {*PROMPT_KEYS, *_PROMPTS} - {"style"} else written)


def with_picked(recipe: Recipe, pin: Pin, written: Collection[str]) -> Recipe:
    """Return the recipe with the keys that were picked with the pinned image, except those that the author writes."""
    keys = [key for key in pin.picked if key not in written]
    if not keys or (recipe.provider != pin.recipe.provider and "provider" not in keys):
        return recipe
    basics = basic_values(pin.recipe)
    options = dict(recipe.options)
    for key in keys:
        if key in pin.recipe.options:
            options[key] = pin.recipe.options[key]
        elif key not in basics:
            options.pop(key, None)
    return replace(recipe, options=options, **{key: basics[key] for key in keys if key in basics})


def keys_to_pick(request: HeroRequest, recipe: Recipe) -> tuple[str, ...]:
    """Return the keys of a chosen recipe that the author did not write, and which the pin has to remember."""
    return tuple(key for key in _differences(request, recipe) if key not in request.written)


def conflicts(request: HeroRequest, recipe: Recipe) -> tuple[str, ...]:
    """Return the keys that the author wrote, with another value than in a chosen recipe."""
    return tuple(key for key in _differences(request, recipe) if key in request.written)


def _differences(request: HeroRequest, recipe: Recipe) -> tuple[str, ...]:
    """Return the outer keys in which a recipe differs from the requested one, without what the page's texts decide."""
    if request.recipe is None:
        return ()
    keys = (key for key in changed_keys(request.recipe, recipe) if key == "seed" or key not in request.derived)
    return tuple(dict.fromkeys(key.partition(".")[0] for key in keys))


def value_of(recipe: Recipe, key: str) -> Any:
    """Return the value of an outer key; None if the recipe has none."""
    basics: Mapping[str, Any] = basic_values(recipe)
    return basics[key] if key in basics else recipe.options.get(key)
