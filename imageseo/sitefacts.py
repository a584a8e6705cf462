"""Memoised facts about a whole site, which some rules ask for beside those of a page."""

from __future__ import annotations

from imageseo.model.page import Site
from imageseo.settings import Settings
from imageseo.sitefiles import SiteFiles


class SiteFacts:
    """One built site, and what can be said of it. A rule asks by naming a property as a parameter.

    Each is worked out when it is first asked for, at most once a process; files that cannot be read are part of what
    is said and raise nothing.
    """

    def __init__(self, site: Site, *, files: SiteFiles, settings: Settings) -> None:
        self._site = site
        self._files = files
        self._settings = settings
