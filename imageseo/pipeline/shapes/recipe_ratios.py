"""Which crops a hero made from a recipe gets: those of the settings, else those for the article of its page."""

from __future__ import annotations

from collections.abc import Sequence

from imageseo.config.settings import Settings
from imageseo.lint.facts.site_files import SiteFiles
from imageseo.model.site import Page, Site
from imageseo.web import urls


def recipe_ratios(settings: Settings, site: Site, files: SiteFiles, page: Page, size: tuple[int, int]) -> Sequence[str]:
    """Return the ratios. ``size``: of the hero."""
    hero, base_url = settings.hero, site.base_url
    if hero.crops is not None or not settings.json_ld or base_url is None:
        return hero.crops or ()
    try:
        html = files.page(page.path)
    except OSError:  # reported when the page is planned
        return ()
    if b"ld+json" not in html:
        return ()
    from imageseo.pipeline.shapes.article_crops import ratios_for_article  # most sites describe no articles

    folder = urls.absolute(base_url, f"{hero.publish}/")
    return ratios_for_article(html, urls.absolute(base_url, page.url), size, folder)
