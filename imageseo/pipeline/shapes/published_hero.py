"""A hero with a recipe, once its master and its JPEG are known."""

from __future__ import annotations

from dataclasses import dataclass

from imageseo.heroes.masters.resolver import ResolvedMaster
from imageseo.model.image import Rights


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedHero:
    """``path``: of the JPEG in the site; ``jpeg``: its bytes. ``focal``: as in ``HeroRequest``."""

    path: str
    master: ResolvedMaster
    rights: Rights
    jpeg: bytes
    focal: tuple[float, float] | None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in px."""
        return self.master.width, self.master.height

    @property
    def has_dark_version(self) -> bool:
        """Whether its recipe asks for a light and a dark image."""
        return self.master.recipe is not None and self.master.recipe.options.get("mode") == "both"
