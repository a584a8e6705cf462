"""Memoised facts about a whole site, for rules that need more than one page."""

from __future__ import annotations

from functools import cached_property

from imageseo.config.settings import Settings
from imageseo.lint.facts import feeds, listing, sitemaps
from imageseo.lint.facts.c2pa import ContentCredentials
from imageseo.lint.facts.file_metadata import SiteFileMetadata
from imageseo.lint.facts.site_files import SiteFiles
from imageseo.model.site import Site
from imageseo.web.indexing import ListingRules
from imageseo.web.robots import Robots


class SiteFacts:
    """The facts of one built site. A rule requests a property by naming it as a parameter.

    Each is computed on first use, at most once per process. Unreadable files are part of the fact and raise nothing.
    """

    def __init__(self, site: Site, *, files: SiteFiles, settings: Settings) -> None:
        self._site = site
        self._files = files
        self._settings = settings

    @cached_property
    def robots(self) -> Robots | None:
        """The site's robots.txt; None without one, and for a site not at its host's root, where none is read."""
        return listing.read_robots(self._site)

    @cached_property
    def listing(self) -> ListingRules:
        """What decides on whether search engines may list pages and images, besides the pages themselves."""
        return listing.read_rules(self._site, self.robots)

    @cached_property
    def sitemaps(self) -> sitemaps.Sitemaps:
        """The contents of the sitemaps, and their problems."""
        return sitemaps.read(self._site, self.robots.sitemaps if self.robots is not None else [])

    @cached_property
    def feeds(self) -> feeds.Feeds:
        """The enclosures of the site's feeds, and problems of the feeds."""
        return feeds.read(self._site)

    @cached_property
    def marks(self) -> SiteFileMetadata:
        """The metadata of image files."""
        return SiteFileMetadata(self._site.root, self._settings.metadata)

    @cached_property
    def credentials(self) -> ContentCredentials:
        """The validation of C2PA manifests."""
        return ContentCredentials(self._site.root)
