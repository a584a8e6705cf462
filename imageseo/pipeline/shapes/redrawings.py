"""Heroes of a build that can be drawn in other shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from imageseo.heroes.masters.card_over import CardDrawer
from imageseo.heroes.masters.resolver import ResolvedMaster
from imageseo.model.protocols import HeroProvider, Store
from imageseo.model.site import Page

if TYPE_CHECKING:
    from imageseo.heroes.masters.redrawn import Redrawer, Redrawing


@dataclass(slots=True)
class HeroRedrawings:
    """Finds how heroes are drawn again. ``masters``: of the heroes of this build, by page."""

    store: Store
    providers: Mapping[str, HeroProvider]
    cards: CardDrawer
    masters: dict[str, ResolvedMaster] = field(default_factory=dict)
    _redrawer: Redrawer | None = None

    @property
    def redrawer(self) -> Redrawer:
        """What draws them, also those with a card over an image."""
        from imageseo.heroes.masters.redrawn import Redrawer  # few sites need it

        if self._redrawer is None:
            self._redrawer = Redrawer(store=self.store, providers=self.providers)
        self._redrawer.providers = self.cards.with_cards()
        return self._redrawer

    def with_texts(self, page: Page, size: tuple[int, int]) -> Redrawing | None:
        """Return how a page's hero with texts is drawn in another size; None for one that is cut, or can only be."""
        master = self.masters.get(page.path)
        has_texts = master is not None and master.recipe is not None and master.recipe.options.get("card")
        return self.redrawer.find(master, size) if master is not None and has_texts else None
