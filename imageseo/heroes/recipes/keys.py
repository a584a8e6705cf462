"""The keys that a hero is written with, nested or flat."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from imageseo.heroes.recipes.prompt_library import SLOTS, WORDS
from imageseo.model.suggest import closest

FILE_KEYS = ("src", "file", "path", "image", "url")
SAID_KEYS = (
    *("alt", "caption", "creator", "credit", "copyright", "license", "acquire_license_page"),
    *("depicts", "focal"),
)
"""What is said of a hero, whether it is a file or made; no part of a recipe."""

SURE_KEYS = ("prompt", "seed", "style", "card", "provider")
"""Each of these makes a recipe, also under a key that themes use for other things."""

RECIPE_KEYS = (*SURE_KEYS, "template", "preset", "series", "subject")
"""Each of these makes a recipe under a key that is ours."""

KNOWN_KEYS = (*FILE_KEYS, *RECIPE_KEYS, *WORDS, "negative", *SAID_KEYS, "width", "height")

WORDED = ("model", "scheduler", "dtype", "vae", "mask")
OPTIONS = (
    *WORDED,
    *("steps", "guidance", "refiner", "embeddings", "loras", "control", "ip_adapter", "image", "strength", "outpaint"),
    *("upscale", "colors", "card"),
)
"""Options of the providers that come with us, beside a prompt's words; those of ``WORDED`` are text."""

# Words, whatever they look like; every other value of a flat (all strings) front matter is read as a JSON value.
_TEXTS = frozenset(
    {*FILE_KEYS, *SAID_KEYS, *SURE_KEYS, *SLOTS, "template", "preset", "series"} - {"seed", "card", "focal"}
)
_TEXTS |= {"negative", "title", "subtitle", *WORDED}

_THEMES = ("image", "cover", "og_image")


def recipe_keys(key: str) -> tuple[str, ...]:
    """What makes a recipe under a key: ``template`` and its kin do not where themes keep their own things."""
    return SURE_KEYS if key.lower() in _THEMES else RECIPE_KEYS


def flat(key: str, meta: Mapping[str, Any]) -> dict[str, Any]:
    """``hero_prompt``, ``hero_seed`` …: front matter that cannot nest. All of it, once one key is surely ours.

    ``hero_title`` alone belongs to a theme; beside ``hero_prompt`` it is an option of the recipe.
    """
    found = {name[len(key) + 1 :]: value for name, value in meta.items() if name.startswith(f"{key}_")}
    told = meta.get(key) is not None and meta.get(key) != ""
    ours = recipe_keys(key)
    slips = [name for name in found if closest(name, SURE_KEYS, cutoff=0.8)] if key == "hero" else []
    recipe = any(name in ours for name in found) or bool(slips)
    if not recipe:
        sure = ("src", "file", *(SAID_KEYS if told or "src" in found or "file" in found else ()))
        found = {
            name: value
            for name, value in found.items()
            if name in sure or (told and closest(name, SAID_KEYS, cutoff=0.8))
        }
    return {name: _typed(name, value) for name, value in found.items() if value is not None}


def _typed(key: str, value: Any) -> Any:
    if not isinstance(value, str) or key in _TEXTS:
        return value
    text = value.strip()
    lowered = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(text.lower(), text.lower())
    try:
        return json.loads(text if text[:1] in ("[", "{", '"') else lowered)
    except ValueError:
        return value
