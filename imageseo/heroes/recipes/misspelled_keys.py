"""Front matter that was surely meant as a hero and is read by nobody, because its key is misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from imageseo.heroes.recipes.front_matter import is_typo

OURS = "imageseo:"
"""What the names of our own ``<meta>`` tags begin with; no other front matter has such keys."""

_WORDS = frozenset({"her", "ero", "heron", "shero"})
_PLURAL = "heros"
_SHAPE = frozenset({"prompt", "seed", "style", "card", "provider", "src", "file", "template", "series"})
_FLAT = _SHAPE | {"alt"}
_IMAGE = re.compile(r"[^\s:]+\.(?:jpe?g|png|webp|avif|gif|tiff?)", re.IGNORECASE)


def misspelled_keys(meta: Mapping[str, Any]) -> Iterator[str]:
    """Keys that are `hero` with one letter too many, too few or two swapped, and that hold what a hero holds.

    Both must be true, for a site may keep anything in its front matter: `heroes: [Ada]` and `heron: images/heron.jpg`
    are no slips. Where `hero` itself says something there is none either. Names after ``imageseo:`` are always ours.
    """
    told = {key.lower(): value for key, value in meta.items() if isinstance(key, str) and value is not None}
    yield from (key for key in told if key.startswith(OURS))
    if any(key == "hero" or key.startswith("hero_") for key in told):
        return
    for key, value in told.items():
        word, _, option = key.partition("_")
        if word in _WORDS or not is_typo(word, "hero"):
            continue
        if option in _FLAT and word != _PLURAL if "_" in key else _hero_like(value):
            yield key


def _hero_like(value: Any) -> bool:
    if isinstance(value, Mapping):
        return not _SHAPE.isdisjoint(value)
    return isinstance(value, str) and (
        _IMAGE.fullmatch(value.strip()) is not None
        or (value.lstrip().startswith("{") and any(f'"{key}"' in value for key in _SHAPE))
    )
