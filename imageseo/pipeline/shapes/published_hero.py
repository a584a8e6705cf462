"""A hero with a recipe, once its master and its JPEG are known."""

from __future__ import annotations

from dataclasses import dataclass, replace

from imageseo.config.settings import RightsSettings
from imageseo.heroes.masters.resolver import ResolvedMaster
from imageseo.model.hero import HeroRequest
from imageseo.model.image import Rights
from imageseo.web.ai_labels import is_ai_generated


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


def published_rights(
    request: HeroRequest, master: ResolvedMaster, settings: RightsSettings, *, publish_prompt: bool
) -> Rights:
    """Return the rights of the published files of a hero with a recipe."""
    rights = request.rights.or_else(master.rights).or_else(Rights.of(settings))
    # "" is an image of a library without a digital source type: none is published.
    prompt = master.prompt if publish_prompt and is_ai_generated(master.digital_source_type) else None
    return replace(rights, digital_source_type=master.digital_source_type or None, prompt=prompt)
