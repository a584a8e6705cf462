"""The front matter keys of a hero, nested or flat."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from imageseo.heroes.recipes.prompt_library import PROMPT_KEYS, SLOTS
from imageseo.model.suggest import closest

FILE_KEYS = ("src", "file", "path", "image", "url")
DESCRIPTION_KEYS = (
    *("alt", "caption", "creator", "credit", "copyright", "license", "acquire_license_page"),
    *("depicts", "focal", "file_name", "consent", "risk", "usage"),
)
"""Keys that describe a hero, whether it is a file or generated; not part of a recipe."""

ORIGIN_KEYS = ("digital_source_type", "made_with")
"""Keys that say how an image file came to be; a provider says it of its own images."""

UNAMBIGUOUS_KEYS = ("prompt", "seed", "style", "card", "provider")
"""Each of these marks a recipe, even under a key that themes use for other things."""

RECIPE_KEYS = (*UNAMBIGUOUS_KEYS, "template", "preset", "series", "subject")
"""Each of these marks a recipe under a key that only imageseo uses."""

KNOWN_KEYS = (*FILE_KEYS, *RECIPE_KEYS, *PROMPT_KEYS, "negative", *DESCRIPTION_KEYS, *ORIGIN_KEYS, "width", "height")

WORDED = ("model", "scheduler", "dtype", "vae", "mask", "mode", "weights", "config")
OPTIONS = (
    *WORDED,
    *("steps", "guidance", "refiner", "embeddings", "loras", "control", "ip_adapter", "image", "strength", "outpaint"),
    *("hires", "upscale", "colors", "card", "letters", "code", "tags"),
)
"""Options of the built-in providers, except the keys of a prompt; those in ``WORDED`` are text."""

# Always text; any other value of flat front matter (strings only) is parsed as JSON.
_TEXTS = frozenset(
    {*FILE_KEYS, *DESCRIPTION_KEYS, *ORIGIN_KEYS, *UNAMBIGUOUS_KEYS, *SLOTS, "template", "preset", "series"}
    - {"seed", "card", "focal", "usage"}
)
_TEXTS |= {"negative", "title", "subtitle", *WORDED}

_THEME_KEYS = ("image", "cover", "og_image")


def recipe_keys(key: str) -> tuple[str, ...]:
    """Return the keys that mark a recipe under a key; ``template`` and others do not under a key that themes use."""
    return UNAMBIGUOUS_KEYS if key.lower() in _THEME_KEYS else RECIPE_KEYS


def inserts_file(key: str, keys: Sequence[str]) -> bool:
    """Whether a page gets the image file that a key names, if it does not show it. ``keys``: of the settings.

    Themes use their keys for previews and banners: such a key inserts nothing, unless the user chose the keys.
    """
    return key.lower() == "hero" or tuple(keys) != ("hero", *_THEME_KEYS)


def read_flat_keys(key: str, meta: Mapping[str, Any]) -> dict[str, Any]:
    """Collect flat keys such as ``hero_prompt`` and ``hero_seed``; returns all of them if one marks a recipe.

    ``hero_title`` alone belongs to a theme; with ``hero_prompt`` it is an option of the recipe.
    """
    found = {name[len(key) + 1 :]: value for name, value in meta.items() if name.startswith(f"{key}_")}
    has_value = meta.get(key) is not None and meta.get(key) != ""
    markers = recipe_keys(key)
    typos = [name for name in found if closest(name, UNAMBIGUOUS_KEYS, cutoff=0.8)] if key == "hero" else []
    is_recipe = any(name in markers for name in found) or bool(typos)
    if not is_recipe:
        described = (*DESCRIPTION_KEYS, *ORIGIN_KEYS)
        accepted = ("src", "file", *(described if has_value or "src" in found or "file" in found else ()))
        found = {
            name: value
            for name, value in found.items()
            if name in accepted or (has_value and closest(name, described, cutoff=0.8))
        }
    return {name: _parse_value(name, value) for name, value in found.items() if value is not None}


def _parse_value(key: str, value: Any) -> Any:
    if not isinstance(value, str) or key in _TEXTS:
        return value
    text = value.strip()
    lowered = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(text.lower(), text.lower())
    try:
        return json.loads(text if text[:1] in ("[", "{", '"') else lowered)
    except (ValueError, RecursionError):
        return value
