"""Two recipes side by side: in which keys they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from imageseo.model.hero import Recipe


def basics(recipe: Recipe) -> dict[str, Any]:
    """What a recipe has beside its provider's options."""
    return {"provider": recipe.provider, "seed": recipe.seed, "width": recipe.width, "height": recipe.height}


def changed(old: Recipe, new: Recipe) -> tuple[str, ...]:
    """The keys in which two recipes differ, sorted; those within a table of options with its name: ``card.title``.

    A table that only one of them has is one key, whatever it holds: to ask for a card is more than to rename it.
    """
    left, right = leaves(old), leaves(new)
    keys = {key for key in {*left, *right} if key not in left or key not in right or left[key] != right[key]}
    return tuple(sorted(key for key in keys if key.rpartition(".")[0] not in keys))


def leaves(recipe: Recipe) -> Mapping[str, Any]:
    """Every value of a recipe by its key, those of tables by ``table.key``; of a table itself only that it is one."""
    return dict(_leaves({**basics(recipe), **recipe.options}, ""))


def _leaves(table: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield above + key, Mapping
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield above + key, value
