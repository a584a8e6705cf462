"""Compare two recipes key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from imageseo.model.hero import Recipe


def basic_values(recipe: Recipe) -> dict[str, Any]:
    """Return all values of a recipe except its provider's options."""
    return {"provider": recipe.provider, "seed": recipe.seed, "width": recipe.width, "height": recipe.height}


def changed_keys(old: Recipe, new: Recipe) -> tuple[str, ...]:
    """Return the keys in which two recipes differ, sorted; keys of nested tables with their path: ``card.title``.

    A table that only one recipe has counts as one key, whatever it contains: requesting a card is a larger change
    than renaming it.
    """
    left, right = flatten(old), flatten(new)
    keys = {key for key in {*left, *right} if key not in left or key not in right or left[key] != right[key]}
    return tuple(sorted(key for key in keys if key.rpartition(".")[0] not in keys))


def flatten(recipe: Recipe) -> Mapping[str, Any]:
    """Map each key of a recipe to its value, nested keys as ``table.key``; the value of a table is ``Mapping``."""
    return dict(_flatten({**basic_values(recipe), **recipe.options}, ""))


def _flatten(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield prefix + key, Mapping
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
