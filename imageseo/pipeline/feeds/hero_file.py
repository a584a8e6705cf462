"""Which file of a page's hero its feeds name."""

from __future__ import annotations

from imageseo.model.plan import PageHero, PagePlan
from imageseo.pipeline.incremental.feed_record import HeroFile

_READABLE = ("jpeg", "png", "gif")  # by feed readers and mail programs


def hero_file(plan: PagePlan, hero: PageHero | None) -> HeroFile | None:
    """Return the file of a page's hero that feeds name; None if feed readers could not show it."""
    shown = plan.hero_image
    assets = [] if hero is None else [hero.asset, *hero.crops]
    assets += [] if shown is None else [shown.asset]
    found = next((each for each in assets if each.format in _READABLE), None)
    return None if found is None else HeroFile(found.path, found.format, found.width, found.height)
