"""A hero as templates see it: a mapping with address, size, texts and crops."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

HeroImage = dict[str, Any]
"""``url`` (from the site's root), ``width``, ``height``, ``alt``, ``caption``, ``srcset``, ``crops``: by ratio."""


def hero_crop(hero: Any, ratio: str) -> Any:
    """Return the crop of a hero image in a ratio (``"1:1"``); the whole hero if it has none.

    A filter of templates: what is no hero image is returned as it is.
    """
    if not isinstance(hero, Mapping) or not isinstance(hero.get("crops"), Mapping) or ratio not in hero["crops"]:
        return hero
    return {**hero, "srcset": "", **hero["crops"][ratio]}


def relative_to(hero: HeroImage, folder: str) -> HeroImage:
    """Return a hero with addresses relative to a folder of the site."""
    crops = {ratio: {**crop, "url": posixpath.relpath(crop["url"], folder)} for ratio, crop in hero["crops"].items()}
    return {**hero, "url": posixpath.relpath(hero["url"], folder), "crops": crops}
