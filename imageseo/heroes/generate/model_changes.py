"""Detect models whose files have changed since pinned heroes were made with them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from imageseo.model.errors import ImageseoError, LockError
from imageseo.model.hero import Pin, Recipe
from imageseo.model.protocols import HeroProvider, ModelProvider


class ModelRef(NamedTuple):
    """A model of a recipe: its provider, its role (``model``, ``lora:paper.safetensors``) and its name as JSON."""

    provider: str
    role: str
    name: str

    def __str__(self) -> str:
        return self.role if self.name in ("null", f'"{self.role}"') else f"{self.role} {self.name}"


Files = Mapping[ModelRef, Mapping[str, str]]
"""Model -> digest of its files -> a page whose pin has that digest."""


def digests_by_model(recipe: Recipe, models: Mapping[str, str]) -> dict[ModelRef, str]:
    """Map the models of a recipe to the digests of their files. ``models``: role -> digest, of its master or pin."""
    return {
        ModelRef(recipe.provider, role, _model_name(recipe.options, role)): digest for role, digest in models.items()
    }


def _model_name(options: Mapping[str, Any], role: str) -> str:
    """Return the name of a model in a recipe's options as JSON, without parameters such as a scale or an image."""
    name = options.get(role.removesuffix("_encoder"))  # the encoder is in the folder of its adapter
    if isinstance(name, Mapping):
        if "model" in name:
            name = name["model"]
        elif "folder" in name:
            name = [name["folder"], name.get("weight_name")]
    return json.dumps(name, sort_keys=True, ensure_ascii=False)


def pinned(pins: Iterable[Pin]) -> Files:
    """Return the digests of every pinned model."""
    known: dict[ModelRef, dict[str, str]] = {}
    for pin in pins:
        for model, digest in digests_by_model(pin.recipe, pin.models).items():
            known.setdefault(model, {}).setdefault(digest, pin.page)
    return known


def find_changes(recipe: Recipe, models: Mapping[str, str], known: Files) -> dict[ModelRef, str]:
    """Return the pinned models of a master whose files differ from all pins, with their new digest."""
    digests = digests_by_model(recipe, models)
    return {model: digest for model, digest in digests.items() if model in known and digest not in known[model]}


def refusal(changes: Mapping[ModelRef, str], known: Files, command: str) -> LockError:
    """Return the error for models that changed without being accepted. ``command``: the command that accepts them."""
    lines = []
    for model, digest in changes.items():
        old, page = next(iter(known[model].items()))
        lines.append(f"the files of {model} have the hash {digest}, but {old} in the pin of {page}")
    return LockError(
        "; ".join(lines),
        hint=f"Restore the old files, or regenerate and compare all heroes of the model: `{command}`.",
    )


def expected_refusal(provider: HeroProvider | None, recipe: Recipe, known: Files, command: str) -> LockError | None:
    """Return the error that a recipe would cause, if its provider can hash model files without loading them."""
    if not isinstance(provider, ModelProvider):
        return None
    try:
        changes = find_changes(recipe, provider.models(recipe), known)
    except ImageseoError:  # a model that is missing or invalid has no digest
        return None
    return refusal(changes, known, command) if changes else None


def uses_any(recipe: Recipe, models: Iterable[ModelRef]) -> bool:
    """Whether the options of a recipe name one of these models."""
    return any(
        model.provider == recipe.provider
        and model.name != "null"
        and _model_name(recipe.options, model.role) == model.name
        for model in models
    )
