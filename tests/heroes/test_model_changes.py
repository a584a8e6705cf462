"""Models by what recipes call them: the same files under the same name, whatever a picture makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from imageseo.heroes.generate.model_changes import changed, parts, pinned, refusal, shares
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


def recipe(role: str, said: dict[str, Any]) -> Recipe:
    key = ROLES[role][0]
    return Recipe(provider="diffusers", seed=1, width=64, height=64, options={key: said.get("", said), "prompt": "x"})


def pin(made: Recipe, models: dict[str, str]) -> Pin:
    return Pin(
        page="a.md",
        recipe=made,
        recipe_hash=made.key,
        file="heroes/a.png",
        file_sha256=OLD,
        pixels_sha256=OLD,
        digital_source_type=ALGORITHMIC_MEDIA,
        width=64,
        height=64,
        models=models,
    )


@pytest.mark.parametrize("role", ROLES)
def test_a_model_is_known_again_whatever_it_is_used_for(role: str) -> None:
    _, one, use, another = ROLES[role]
    known = pinned([pin(recipe(role, one), {role: OLD})])
    assert changed(recipe(role, use), {role: OLD}, known) == {}
    found = changed(recipe(role, use), {role: NEW}, known)
    assert list(found.values()) == [NEW]
    assert changed(recipe(role, another), {role: NEW}, known) == {}
    assert shares(recipe(role, use), found)
    assert not shares(recipe(role, another), found)
    assert f"{role} " in refusal(found, known, "imageseo generate --accept-model").message


def test_a_file_is_named_by_its_role() -> None:
    made = Recipe(provider="diffusers", seed=1, width=64, height=64, options={"loras": [{"file": "x", "weight": 0.5}]})
    (part,) = parts(made, {"lora:x": OLD})
    assert str(part) == "lora:x"
    assert not shares(made, [part]), "whether a recipe needs it, only its provider knows"
