"""Choose seeds of drawn heroes so that no two pages of a site look alike."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from imageseo.model.errors import RecipeError
from imageseo.model.hero import HeroRequest, Pin, Recipe
from imageseo.model.protocols import HeroProvider, PreviewProvider

if TYPE_CHECKING:
    from imageseo.heroes.masters.similarity import Floats

ALIKE = 8.0
"""Mean CIEDE2000 at 16 × 9 px below which two images of one style look alike.

Measured on 40 images without a style in three colours: pairs that a viewer takes for one another have 4 to 6, the next
ones 12 and more.
"""
_TRIES = 16
_SIZE = (16, 9)


def assign_distinct_seeds(
    requests: Mapping[str, HeroRequest], pins: Iterable[Pin], providers: Mapping[str, HeroProvider]
) -> dict[str, int]:
    """Map each unpinned page without a written seed to the first seed, from its own on, whose image is unlike others.

    Pages are processed in sorted order; pinned images stay. If every seed tried is like another image, the one that is
    least like it is taken.
    """
    pinned = {pin.page: pin for pin in pins}
    looks: dict[tuple[str, str], list[Floats]] = {}
    waiting = []
    for page, request in sorted(requests.items()):
        recipe = request.recipe
        if recipe is None or not isinstance(providers.get(recipe.provider), PreviewProvider):
            continue
        if page not in pinned and "seed" in request.derived and not request.seeds:
            waiting.append((page, recipe))
    if not waiting:
        return {}
    for pin in pinned.values():
        _add(looks, pin.recipe, providers)
    for page, request in requests.items():
        if page not in pinned and request.recipe is not None and "seed" not in request.derived:
            _add(looks, request.recipe, providers)
    assigned = {}
    for page, recipe in waiting:
        chosen = _first_unlike(looks, recipe, providers)
        if chosen is not None and chosen.seed != recipe.seed:
            assigned[page] = chosen.seed
        _add(looks, chosen or recipe, providers)
    return assigned


def _first_unlike(
    looks: Mapping[tuple[str, str], list[Floats]], recipe: Recipe, providers: Mapping[str, HeroProvider]
) -> Recipe | None:
    best, best_distance = None, -1.0
    for number in range(_TRIES):
        trial = replace(recipe, seed=recipe.seed + number)
        found = _look(trial, providers)
        if found is None:
            return None
        key, look = found
        distance = min((_distance(look, other) for other in looks.get(key, ())), default=ALIKE)
        if distance > best_distance:
            best, best_distance = trial, distance
        if distance >= ALIKE:
            break
    return best


def _add(looks: dict[tuple[str, str], list[Floats]], recipe: Recipe, providers: Mapping[str, HeroProvider]) -> None:
    found = _look(recipe, providers)
    if found is not None:
        looks.setdefault(found[0], []).append(found[1])


def _look(recipe: Recipe, providers: Mapping[str, HeroProvider]) -> tuple[tuple[str, str], Floats] | None:
    """Return provider and style, and the image at a small size; None if the provider cannot draw it."""
    from PIL import Image

    from imageseo.heroes.masters.similarity import lab

    provider = providers.get(recipe.provider)
    if not isinstance(provider, PreviewProvider):
        return None
    try:
        style, png = provider.preview(recipe)
    except RecipeError:  # reported when the image is made
        return None
    with Image.open(io.BytesIO(png)) as image:
        return (recipe.provider, style), lab(image.convert("RGB").resize(_SIZE, Image.Resampling.BOX))


def _distance(first: Floats, second: Floats) -> float:
    from imageseo.heroes.masters.similarity import ciede2000

    return float(ciede2000(first, second).mean())
