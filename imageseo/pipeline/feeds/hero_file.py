"""Which file of a page's hero its feeds name."""

from __future__ import annotations

from collections.abc import Sequence

from imageseo.model.image import Asset
from imageseo.model.plan import PageHero, PagePlan
from imageseo.pipeline.incremental.feed_record import HeroFile


def hero_file(plan: PagePlan, hero: PageHero | None, crops: Sequence[Asset] = ()) -> HeroFile | None:
    """Return the file of a page's hero that feeds name; None without one."""
    shown = plan.hero_image
    assets = [] if hero is None else [hero.asset, *crops]
    assets += [] if shown is None else [shown.asset]
    found = next((each for each in assets if each.raster), None)
    return None if found is None else HeroFile(found.path, found.format, found.width, found.height)
