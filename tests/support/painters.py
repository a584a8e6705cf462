"""A fast hero provider for tests that behaves like a model: weights with a hash, evidence, parameters."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from PIL import Image

from imageseo.model.errors import ProviderError, RecipeError
from imageseo.model.hero import TRAINED_MEDIA, HeroRequest, Master, Recipe
from imageseo.model.protocols import HeroProvider, ProviderContext


def files(text: str) -> str:
    """Return the digest of a model's files."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


class Modelled:
    """Draws patches from seed and ``model``; ``weights``: name of a model -> content of its files.

    The content changes the image: ``v1`` not at all, ``v1.1`` by one level of brightness, any other completely.
    """

    name = "modelled"
    version = "1"
    digital_source_type = TRAINED_MEDIA
    reproducible = False

    def __init__(self, **weights: str) -> None:
        self.weights = weights
        self.env: dict[str, Any] = {"device": "cpu", "versions": {"torch": "2.13.0"}}
        self.asked: list[Recipe] = []

    def configure(self, context: ProviderContext) -> HeroProvider:
        return self

    def complete(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        unknown = sorted(set(options) - {"prompt", "model", "style"})
        if unknown:
            raise RecipeError(f"unknown option `{unknown[0]}`")
        return {"prompt": "", "model": "paper", **options}

    def notes(self, recipe: Recipe) -> tuple[str, ...]:
        return ()

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        for recipe in recipes:
            model = recipe.options["model"]
            if model not in self.weights:
                raise ProviderError(f"the model {model} is not there", hint="get it")
            self.asked.append(recipe)
            size = f"{recipe.width}x{recipe.height}"
            yield Master(
                png=self.paint(recipe, self.weights[model]),
                digital_source_type=TRAINED_MEDIA,
                env=dict(self.env),
                models={"model": files(self.weights[model])},
                parameters=f"{recipe.options['prompt']}\nSteps: 4, Seed: {recipe.seed}, Size: {size}",
            )

    @staticmethod
    def paint(recipe: Recipe, content: str) -> bytes:
        seed = int(
            hashlib.sha256(f"{recipe.seed} {'v1' if content.startswith('v1') else content}".encode()).hexdigest(), 16
        )
        patches = np.random.default_rng(seed).integers(20, 230, (6, 8, 3), dtype=np.uint8)
        image = Image.fromarray(patches).resize((recipe.width, recipe.height), Image.Resampling.BICUBIC)
        out = io.BytesIO()
        image.point(lambda value: value + (content == "v1.1")).save(out, "PNG")
        return out.getvalue()


def ask(page: str, seed: int = 1, model: str = "paper", prompt: str = "a hill", **said: Any) -> HeroRequest:
    """Build a hero request of a page for ``Modelled``."""
    options = {"prompt": prompt, "model": model}
    recipe = Recipe(provider="modelled", seed=seed, width=320, height=180, options=options)
    return HeroRequest(page=page, recipe=recipe, **said)


_PORT: HeroProvider = Modelled()
