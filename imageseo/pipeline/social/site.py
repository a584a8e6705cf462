"""The social cards of one build: planned page by page, drawn together, published with their pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from imageseo.config.settings import Settings
from imageseo.model.errors import ImageseoError
from imageseo.model.finding import Finding
from imageseo.model.image import Asset
from imageseo.model.plan import PageHero, PagePlan
from imageseo.model.protocols import HeroProvider, Store
from imageseo.model.site import Page, Site
from imageseo.pipeline.shapes.redrawings import HeroRedrawings
from imageseo.pipeline.social.card import NO_CARD, PageCard
from imageseo.storage.output import OutputFolder
from imageseo.web.indexing import ListingRules

if TYPE_CHECKING:
    from imageseo.images.credentials.signer import Signer
    from imageseo.lint.facts.page import PageFacts
    from imageseo.lint.facts.site_files import SiteFiles
    from imageseo.pipeline.social.planner import SocialPlanner
    from imageseo.pipeline.social.publisher import SocialPublisher
    from imageseo.pipeline.social.titles import SiteTitles

_LOCAL = ("localhost", "0.0.0.0", "::1")


@dataclass(kw_only=True)
class SocialCards:
    """Plans, draws and publishes cards; loads what it needs for that only where a page may get one.

    ``file_of``: the file of an asset. ``has_declined``: whether a page declares that it has no hero. ``is_free``:
    whether a site path has no file of the author. ``workers``: how many cards are drawn at once. ``signer``:
    signs them.
    """

    site: Site
    settings: Settings
    listing: ListingRules
    providers: Mapping[str, HeroProvider]
    redrawings: HeroRedrawings
    file_of: Callable[[Asset], Path]
    has_declined: Callable[[Page], bool]
    is_free: Callable[[str], bool]
    output: OutputFolder
    store: Store
    workers: int
    signer: Signer | None = None

    @cached_property
    def is_on(self) -> bool:
        """Whether any page may get a card: the site's address is known, and is not that of a preview."""
        social, base_url = self.settings.social, self.site.base_url
        if base_url is None or {social.cards, *social.paths.values()} == {"off"}:
            return False
        host = urlsplit(base_url).hostname or ""
        return host not in _LOCAL and not host.startswith("127.")

    def plan(self, facts: PageFacts, plan: PagePlan, hero: PageHero | None) -> PageCard:
        """Return the card of a page and its edits. ``hero``: the declared one, also if the page does not show it."""
        if not self.is_on:
            return NO_CARD
        try:
            return self._planner.plan(facts, plan, hero) or NO_CARD
        except ImageseoError as error:
            return PageCard(fault=error)

    def draw(self, planned: Iterable[PageCard]) -> None:
        """Draw the cards that the store lacks."""
        cards = [each.card for each in planned if each.card is not None]
        if cards:
            self._publisher.draw_all(cards)

    def publish(self, page: Page, planned: PageCard, files: SiteFiles, findings: list[Finding]) -> PageCard:
        """Publish a page's card, and return it; without edits, and with a finding, if that is not possible."""
        if planned.fault is None and planned.card is None:
            return planned
        publisher = self._publisher
        if planned.fault is None and planned.card is not None:
            try:
                published = publisher.publish(planned.card)
                findings += publisher.notes(planned.card, page)
                files.add(published.path, published.bytes)
                return replace(planned, published=(published,))
            except (ImageseoError, OSError) as error:
                planned = PageCard(fault=error)
        findings += publisher.faults(page, planned.fault)
        return planned

    @cached_property
    def _titles(self) -> SiteTitles:
        from imageseo.pipeline.social.titles import SiteTitles

        return SiteTitles(site=self.site, settings=self.settings, providers=self.providers)

    @cached_property
    def _planner(self) -> SocialPlanner:
        from imageseo.pipeline.social.planner import SocialPlanner

        return SocialPlanner(
            site=self.site,
            settings=self.settings,
            file_of=self.file_of,
            listing=self.listing,
            titles=self._titles,
            redrawing=self.redrawings.with_texts,
            has_declined=self.has_declined,
            is_free=self.is_free,
        )

    @cached_property
    def _publisher(self) -> SocialPublisher:
        from imageseo.pipeline.social.drawing import SocialDrawer
        from imageseo.pipeline.social.publisher import SocialPublisher

        titles = self._titles
        drawer = SocialDrawer(redrawer=self.redrawings.redrawer, titles=titles.draw, quality=self.settings.quality.jpeg)
        return SocialPublisher(
            store=self.store,
            output=self.output,
            drawer=drawer,
            titles=titles,
            workers=self.workers,
            signer=self.signer,
        )
