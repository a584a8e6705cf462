"""Find front matter that was meant as a hero but is ignored because its key is misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from imageseo.heroes.recipes.front_matter import is_typo

OURS = "imageseo:"
"""Prefix of the names of imageseo's own ``<meta>`` tags; no other front matter has such keys."""

_REAL_WORDS = frozenset({"her", "ero", "heron", "shero"})
_PLURAL = "heros"
_TABLE_KEYS = frozenset({"prompt", "seed", "style", "card", "provider", "src", "file", "template", "series"})
_FLAT_KEYS = _TABLE_KEYS | {"alt"}
_IMAGE_PATH = re.compile(r"[^\s:]+\.(?:jpe?g|png|webp|avif|gif|tiff?)", re.IGNORECASE)


def misspelled_keys(meta: Mapping[str, Any]) -> Iterator[str]:
    """Yield keys that are `hero` with one letter too many, too few or two swapped, and that contain a hero.

    Both must be true, because a site may keep anything in its front matter: `heroes: [Ada]` and
    `heron: images/heron.jpg` are not misspelt. Nothing is yielded if `hero` itself is used. Names that start with
    ``imageseo:`` are always yielded.
    """
    values = {key.lower(): value for key, value in meta.items() if isinstance(key, str) and value is not None}
    yield from (key for key in values if key.startswith(OURS))
    if any(key == "hero" or key.startswith("hero_") for key in values):
        return
    for key, value in values.items():
        stem, _, option = key.partition("_")
        if stem in _REAL_WORDS or not is_typo(stem, "hero"):
            continue
        if option in _FLAT_KEYS and stem != _PLURAL if "_" in key else _is_hero_value(value):
            yield key


def _is_hero_value(value: Any) -> bool:
    if isinstance(value, Mapping):
        return not _TABLE_KEYS.isdisjoint(value)
    return isinstance(value, str) and (
        _IMAGE_PATH.fullmatch(value.strip()) is not None
        or (value.lstrip().startswith("{") and any(f'"{key}"' in value for key in _TABLE_KEYS))
    )
