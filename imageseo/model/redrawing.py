"""The protocol of hero providers that can draw an image again in another shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from imageseo.model.hero import Recipe


@runtime_checkable
class RedrawProvider(Protocol):
    """Additional method of a reproducible provider whose images can be drawn in other shapes."""

    def redraw(self, recipe: Recipe, *, width: int, height: int, dark: bool, phone: bool) -> Recipe | None:
        """Return the recipe of the same image in this size; None if there is none.

        ``dark``: its version for dark color schemes. ``phone``: with larger type, if it has any.
        """


@runtime_checkable
class CardProvider(RedrawProvider, Protocol):
    """A provider that draws title cards, also over images that it did not make. ``colors``, ``mode``: of the brand."""

    version: str
    colors: tuple[str, ...] | Mapping[Any, str]
    mode: str

    def notes(self, recipe: Recipe) -> tuple[str, ...]:
        """Return what a card cannot show of its texts."""

    def draw_over(self, image: bytes, recipe: Recipe) -> bytes:
        """Return the PNG of a recipe's card over an image, in the recipe's size. Raises RecipeError."""
