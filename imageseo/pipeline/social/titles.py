"""The texts of title cards, and the drawing of a site that they stand on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from imageseo.config.settings import Settings
from imageseo.heroes.providers.art.cards import recipe as cards
from imageseo.heroes.providers.art.cards.recipe import ProjectCards
from imageseo.heroes.recipes.builder import page_texts
from imageseo.model.errors import RecipeError
from imageseo.model.hero import Recipe
from imageseo.model.image import PageScan
from imageseo.model.protocols import HeroProvider
from imageseo.model.redrawing import CardProvider
from imageseo.model.site import Page, Site
from imageseo.pipeline.social.card import SIZE, Title
from imageseo.pipeline.social.title_texts import title_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from imageseo.heroes.providers.art.site_cards import SiteTitleCards

CALM = ("aurora", "facets", "paper", "ridges", "strings", "topo")
"""Styles of which `auto` takes one: titles stand well on them."""


@dataclass
class SiteTitles:
    """Title cards of one build. ``settings``: the brand decides the look. ``providers``: of heroes, for the drawing."""

    site: Site
    settings: Settings
    providers: Mapping[str, HeroProvider]

    def card(self, page: Page, scan: PageScan) -> Title | None:
        """Return the title card of a page; None without any title. Raises RecipeError for faulty settings."""
        site_name = self.settings.brand.name or scan.meta_content("og:site_name") or ""
        title = title_of(page, scan, site_name)
        if not title:
            return None
        own = replace(self._own, brand=site_name if site_name != title else "")
        subtitle = page.hints.meta.get("subtitle")
        written = {"title": title, **({"subtitle": subtitle} if isinstance(subtitle, str) else {})}
        texts = {**page_texts(page), **({"language": scan.language} if scan.language else {})}
        completed = cards.complete(written, {"page": texts}, own)
        if not completed:
            return None
        return Title(texts={**completed, "size": "phone"}, ground=self._recipe.key)

    def draw(self, texts: Mapping[str, Any]) -> Image:
        """Return a card. Raises RecipeError."""
        return self._cards.draw(texts)

    def notes(self, texts: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what a card cannot show of its texts."""
        return self._cards.notes(texts)

    @cached_property
    def _cards(self) -> SiteTitleCards:
        from imageseo.heroes.providers.art.site_cards import SiteTitleCards  # numpy, and few builds draw cards

        return SiteTitleCards(self._recipe, self._own)

    @property
    def version(self) -> str:
        """The version of what draws, and of its fonts."""
        return self._provider.version

    @cached_property
    def _own(self) -> ProjectCards:
        brand = self.settings.brand
        return ProjectCards(self.site.project, brand.name, brand.card, brand.fonts, brand.logo or "")

    @cached_property
    def _provider(self) -> HeroProvider:
        found = self.providers.get("procedural")
        if not isinstance(found, CardProvider):
            raise RecipeError("the provider `procedural`, which draws title cards, is replaced by a plug-in")
        return found

    @cached_property
    def _recipe(self) -> Recipe:
        """The recipe of the drawing: fixed by the name of the brand, else by the site's address."""
        name = self.settings.brand.name or self.site.base_url or ""
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4])
        style = self.settings.social.style
        style = CALM[seed % len(CALM)] if style == "auto" else style
        options = dict(self._provider.complete({"style": style}))
        if options.get("mode") == "both":  # a preview has no color scheme
            options["mode"] = "light"
        return Recipe(provider="procedural", seed=seed, width=SIZE[0], height=SIZE[1], options=options)
