"""The protocol of hero providers that can draw an image again in another shape."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from imageseo.model.hero import Recipe


@runtime_checkable
class RedrawProvider(Protocol):
    """Additional method of a reproducible provider whose images can be drawn in other shapes."""

    def redraw(self, recipe: Recipe, *, width: int, height: int, dark: bool, phone: bool) -> Recipe | None:
        """Return the recipe of the same image in this size; None if there is none.

        ``dark``: its version for dark color schemes. ``phone``: with larger type, if it has any.
        """
