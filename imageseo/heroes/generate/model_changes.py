"""Whether the files of a model are still those that pinned heroes were made with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from imageseo.model.errors import ImageseoError, LockError
from imageseo.model.hero import Pin, Recipe
from imageseo.model.protocols import HeroProvider, ModelProvider


class ModelRef(NamedTuple):
    """A model as recipes name it: who loads it, as what (``model``, ``lora:paper.safetensors``), under which name."""

    provider: str
    role: str
    name: str

    def __str__(self) -> str:
        return self.role if self.name in ("null", f'"{self.role}"') else f"{self.role} {self.name}"


Files = Mapping[ModelRef, Mapping[str, str]]
"""Part -> digest of its files -> a page whose pin says so."""


def parts(recipe: Recipe, models: Mapping[str, str]) -> dict[ModelRef, str]:
    """The models of a master or a pin, by what its recipe calls them -> digest of their files."""
    return {ModelRef(recipe.provider, role, _name(recipe.options, role)): digest for role, digest in models.items()}


def _name(options: Mapping[str, Any], role: str) -> str:
    """What a recipe's options call a model, as JSON; what a picture makes of it (a scale, an image) is no part."""
    named = options.get(role.removesuffix("_encoder"))  # the encoder lies beside its adapter
    if isinstance(named, Mapping):
        if "model" in named:
            named = named["model"]
        elif "folder" in named:
            named = [named["folder"], named.get("weight_name")]
    return json.dumps(named, sort_keys=True, ensure_ascii=False)


def pinned(pins: Iterable[Pin]) -> Files:
    """What a lock knows of every model."""
    known: dict[ModelRef, dict[str, str]] = {}
    for pin in pins:
        for part, digest in parts(pin.recipe, pin.models).items():
            known.setdefault(part, {}).setdefault(digest, pin.page)
    return known


def changed(recipe: Recipe, models: Mapping[str, str], known: Files) -> dict[ModelRef, str]:
    """Those of a master's models whose files no pin of the same model says -> their digest."""
    found = parts(recipe, models)
    return {part: digest for part, digest in found.items() if part in known and digest not in known[part]}


def refusal(changes: Mapping[ModelRef, str], known: Files, command: str) -> LockError:
    """What to say of models that changed without being accepted. ``command``: what accepts them."""
    lines = []
    for part, digest in changes.items():
        old, page = next(iter(known[part].items()))
        lines.append(f"the files of {part} are {digest}, and {old} in the pin of {page}")
    return LockError(
        "; ".join(lines),
        hint=f"Take the old files back, or let every hero of it be made anew and compared: `{command}`.",
    )


def expected_refusal(provider: HeroProvider | None, recipe: Recipe, known: Files, command: str) -> LockError | None:
    """The refusal that a recipe would meet, as far as its provider tells the files of models without loading any."""
    if not isinstance(provider, ModelProvider):
        return None
    try:
        changes = changed(recipe, provider.models(recipe), known)
    except ImageseoError:  # a model that is not here, or not sound: nobody knows its files
        return None
    return refusal(changes, known, command) if changes else None


def shares(recipe: Recipe, changes: Iterable[ModelRef]) -> bool:
    """Whether a recipe surely needs one of these parts too: its options name it."""
    return any(
        part.provider == recipe.provider and part.name != "null" and _name(recipe.options, part.role) == part.name
        for part in changes
    )
