"""Heroes without a written seed do not look alike; pinned ones, and seeds that the author wrote, stay."""

from __future__ import annotations

import hashlib
import io
import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from PIL import Image

from imageseo.heroes.generate.distinct_seeds import ALIKE, assign_distinct_seeds
from imageseo.heroes.masters.pin_builder import build_pin
from imageseo.heroes.masters.similarity import ciede2000, lab
from imageseo.heroes.providers.procedural import PROVIDER
from imageseo.model.hero import HeroRequest, Pin, Recipe
from tests.support.fakes import OneColour

PROVIDERS: dict[str, Any] = {"procedural": PROVIDER, "one-colour": OneColour()}


def request(page: str, seed: int | None = None, provider: str = "procedural", **options: object) -> HeroRequest:
    own = int.from_bytes(hashlib.sha256(page.encode()).digest()[:4], "big")
    completed = PROVIDER.complete(options) if provider == "procedural" else options
    recipe = Recipe(provider=provider, seed=own if seed is None else seed, width=160, height=90, options=completed)
    return HeroRequest(page=page, recipe=recipe, derived=frozenset({"seed"} if seed is None else ()))


def assign(requests: Iterable[HeroRequest], pins: Iterable[Pin] = ()) -> dict[str, int]:
    return assign_distinct_seeds({each.page: each for each in requests}, pins, PROVIDERS)


def least_distance(requests: Iterable[HeroRequest], seeds: dict[str, int]) -> float:
    looks = []
    for each in requests:
        assert each.recipe is not None
        recipe = replace(each.recipe, seed=seeds.get(each.page, each.recipe.seed))
        style, png = PROVIDER.preview(recipe)
        with Image.open(io.BytesIO(png)) as image:
            looks.append((style, lab(image.resize((16, 9), Image.Resampling.BOX))))
    return min(float(ciede2000(a, b).mean()) for (s, a), (t, b) in itertools.combinations(looks, 2) if s == t)


def test_forty_pages_never_look_alike() -> None:
    pages = [request(f"docs/page{number}.md") for number in range(40)]
    assert least_distance(pages, {}) < 6, "these pages need other seeds"
    seeds = assign(pages)
    assert least_distance(pages, seeds) >= ALIKE
    assert len(seeds) < 16, "pages that are unlike the others keep the seed that follows from their path"
    some = pages[:9]
    assert assign(reversed(some)) == assign(some), "the order of the requests does not matter"


def test_seeds_of_authors_pins_and_other_providers_stay() -> None:
    written = [request("docs/a.md", 5, style="mosaic"), request("docs/b.md", 5, style="mosaic")]
    assert assign(written) == {}
    assert assign([request("docs/c.md", provider="one-colour"), request("docs/d.md", provider="one-colour")]) == {}
    same = request("docs/e.md", style="chart")
    assert same.recipe is not None
    pin, _, _ = build_pin("docs/z.md", same.recipe, next(PROVIDER.produce([same.recipe])))
    assert assign([same], [pin])["docs/e.md"] > same.recipe.seed, "it is unlike the pinned image"
    assert assign([same], [replace(pin, page="docs/e.md")]) == {}, "a pinned page keeps its image"
    assert assign([same, request("docs/f.md", same.recipe.seed, style="chart")]).keys() == {"docs/e.md"}


def test_a_style_that_is_always_alike_takes_the_seed_that_is_least_alike() -> None:
    pages = [request(f"docs/{number}.md", style="strings", mode="light") for number in range(5)]
    seeds = assign(pages)
    assert least_distance(pages, seeds) > 0
    assert least_distance(pages, seeds) >= least_distance(pages, {})


def test_recipes_that_cannot_be_drawn_are_left_to_generate() -> None:
    broken = request("docs/a.md")
    assert broken.recipe is not None
    colors = {**broken.recipe.options, "style": "mosaic", "colors": ["#123456"]}
    other = replace(broken, recipe=replace(broken.recipe, options=colors))
    assert assign([other]).get("docs/a.md", 0) >= 0
