"""PageContext: how the pages of a run are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imageseo.config.globs import matches
from imageseo.config.settings import Settings
from imageseo.layout import image_widths
from imageseo.layout.image_style import PageStyles
from imageseo.layout.style_cache import StyleCache
from imageseo.lint.budgets.spending import budgets_for
from imageseo.lint.facts.site_files import SiteFiles
from imageseo.model.finding import Budget
from imageseo.model.image import PageScan
from imageseo.model.layout import SiteLayout
from imageseo.model.site import Site

if TYPE_CHECKING:
    from imageseo.layout.measurements import SiteMeasurements


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContext:
    """How the pages of a run are read.

    ``layout``: of a page, from its scan and its bytes. ``budgets``: of a page, by its file. ``guess``: whether a hero
    may be guessed on a page without a marked one. ``measurements``: the measurements of the site. ``styles``: its style
    sheets; None: they are not read. ``variants``: whether the settings allow images to get variants. ``delivered``:
    matches the URLs of a CDN on the site's own host.
    """

    layout: Callable[[PageScan, bytes], image_widths.ColumnLayout]
    budgets: Callable[[str], tuple[Budget, ...]]
    guess: bool = True
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    measurements: SiteMeasurements | None = None
    styles: StyleCache | None = None
    variants: bool = True
    delivered: re.Pattern[str] | None = None

    @classmethod
    def of(
        cls,
        site: Site,
        settings: Settings,
        layout: SiteLayout | None = None,
        files: SiteFiles | None = None,
        styles: Mapping[str, PageStyles] | None = None,
    ) -> PageContext:
        """Make the context from the settings.

        ``layout``: the measurements of the site. ``files``: of the site. ``styles``: of pages, as the last build left.
        """
        return cls(
            layout=lambda scan, html: image_widths.layout_for(
                scan.meta_content("generator"), html=html, settings=settings.layout, content_width=site.content_width
            ),
            budgets=budgets_for(settings.budgets, matches),
            guess=settings.hero.guess,
            include=settings.include,
            exclude=settings.exclude,
            measurements=_measurements(layout) if layout is not None else None,
            styles=StyleCache(files.read, site.base_url, styles) if files is not None else None,
            variants=settings.markup != "attributes",
            delivered=_delivered(settings, site.base_url) if settings.delivery.cdn.template is not None else None,
        )


def _delivered(settings: Settings, base_url: str | None) -> re.Pattern[str] | None:
    from imageseo.web.cdn.delivery import delivered_pattern  # few sites have a CDN

    return delivered_pattern(settings.delivery.cdn, base_url)


def _measurements(layout: SiteLayout) -> SiteMeasurements:
    from imageseo.layout.measurements import SiteMeasurements

    return SiteMeasurements(layout)
