"""Models are identified by provider, role and name, whatever their parameters are."""

from __future__ import annotations

from typing import Any

import pytest

from imageseo.heroes.generate.model_changes import digests_by_model, find_changes, pinned, refusal, uses_any
from imageseo.model.hero import ALGORITHMIC_MEDIA, Pin, Recipe

OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64
ROLES: dict[str, tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    # role -> option, one use of the model, another use of it, another model
    "model": ("model", {"": "m"}, {"": "m"}, {"": "n"}),
    "control": (
        "control",
        {"model": "c", "image": "a.png", "scale": 0.5},
        {"model": "c", "image": "b.png", "scale": 1.0},
        {"model": "d", "image": "a.png", "scale": 0.5},
    ),
    "refiner": ("refiner", {"model": "r", "start": 0.8}, {"model": "r", "start": 0.7}, {"model": "s", "start": 0.8}),
    "upscale": ("upscale", {"model": "u", "scale": 2}, {"model": "u", "scale": 4}, {"model": "v", "scale": 2}),
    "ip_adapter": (
        "ip_adapter",
        {"folder": "i", "weight_name": "w", "image": "a.png", "scale": 0.5},
        {"folder": "i", "weight_name": "w", "image": "b.png", "scale": 0.6},
        {"folder": "i", "weight_name": "x", "image": "a.png", "scale": 0.5},
    ),
}
ROLES["ip_adapter_encoder"] = ROLES["ip_adapter"]


def recipe(role: str, value: dict[str, Any]) -> Recipe:
    key = ROLES[role][0]
    return Recipe(provider="diffusers", seed=1, width=64, height=64, options={key: value.get("", value), "prompt": "x"})


def pin(pinned_recipe: Recipe, models: dict[str, str]) -> Pin:
    return Pin(
        page="a.md",
        recipe=pinned_recipe,
        recipe_hash=pinned_recipe.key,
        file="heroes/a.png",
        file_sha256=OLD,
        pixels_sha256=OLD,
        digital_source_type=ALGORITHMIC_MEDIA,
        width=64,
        height=64,
        models=models,
    )


@pytest.mark.parametrize("role", ROLES)
def test_model_is_recognized_with_other_parameters(role: str) -> None:
    _, first_use, second_use, other_model = ROLES[role]
    known = pinned([pin(recipe(role, first_use), {role: OLD})])
    assert find_changes(recipe(role, second_use), {role: OLD}, known) == {}
    changes = find_changes(recipe(role, second_use), {role: NEW}, known)
    assert list(changes.values()) == [NEW]
    assert find_changes(recipe(role, other_model), {role: NEW}, known) == {}
    assert uses_any(recipe(role, second_use), changes)
    assert not uses_any(recipe(role, other_model), changes)
    assert f"{role} " in refusal(changes, known, "imageseo generate --accept-model").message


def test_file_is_named_by_its_role() -> None:
    with_lora = Recipe(
        provider="diffusers", seed=1, width=64, height=64, options={"loras": [{"file": "x", "weight": 0.5}]}
    )
    (model,) = digests_by_model(with_lora, {"lora:x": OLD})
    assert str(model) == "lora:x"
    assert not uses_any(with_lora, [model]), "only the provider can resolve the files of a recipe"
