"""Memoised facts about a whole site, which some rules ask for beside those of a page."""

from __future__ import annotations

from functools import cached_property
from urllib.parse import urlsplit

from imageseo.config.settings import Settings
from imageseo.lint.facts import feeds, sitemaps
from imageseo.lint.facts.c2pa import ContentCredentials
from imageseo.lint.facts.file_metadata import SiteFileMetadata
from imageseo.lint.facts.site_files import SiteFiles
from imageseo.model.site import Site
from imageseo.web.robots import MAX_BYTES, Robots


class SiteFacts:
    """One built site, and what can be said of it. A rule asks by naming a property as a parameter.

    Each is worked out when it is first asked for, at most once a process; files that cannot be read are part of what
    is said and raise nothing.
    """

    def __init__(self, site: Site, *, files: SiteFiles, settings: Settings) -> None:
        self._site = site
        self._files = files
        self._settings = settings

    @cached_property
    def robots(self) -> Robots | None:
        """The site's robots.txt; None without one, and where it is none: crawlers ask at the root of a host only."""
        base_url = self._site.base_url
        if base_url is not None and urlsplit(base_url).path.strip("/"):
            return None
        try:
            with (self._site.root / "robots.txt").open("rb") as file:
                return Robots(file.read(MAX_BYTES))
        except OSError:
            return None

    @cached_property
    def sitemaps(self) -> sitemaps.Sitemaps:
        """What the sitemaps list, and what is wrong with them."""
        return sitemaps.read(self._site, self.robots.sitemaps if self.robots is not None else [])

    @cached_property
    def feeds(self) -> feeds.Feeds:
        """The enclosures of the site's feeds."""
        return feeds.read(self._site)

    @cached_property
    def marks(self) -> SiteFileMetadata:
        """What image files carry beside their pixels."""
        return SiteFileMetadata(self._site.root)

    @cached_property
    def credentials(self) -> ContentCredentials:
        """Whether C2PA manifests are valid."""
        return ContentCredentials(self._site.root)
