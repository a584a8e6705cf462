"""What the readers of all kinds of feeds share: an entry's page and image, edits, and the reason to leave a feed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MAX_BYTES = 4 * 2**20
"""Larger feeds are left alone: most feed readers refuse them."""


class BadFeed(Exception):
    """A feed cannot be edited safely. ``args[0]``: why, a clause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedImage:
    """An image as feeds describe it. ``url``: absolute. ``bytes``: of the file. ``width``, ``height``: px as shown."""

    url: str
    mime: str
    bytes: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """The page of an entry. ``image``: its hero, None without one.

    ``absolute``: returns the absolute URL of a relative one in the entry's content, if what it names is in the site.
    ``xml_base``: the second argument, the base URL that the feed declares for the entry.
    """

    image: FeedImage | None
    absolute: Callable[[str, str | None], str | None]

    def absolute_from(self, xml_base: str | None) -> Callable[[str], str | None]:
        """Return ``absolute`` for content with one base URL."""
        return lambda url: self.absolute(url, xml_base)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSite:
    """What is asked about the site. ``page``: the page of a link; None: no page of this site.

    ``file``: an image of the site by its URL, to correct its length and type; None: not of this site, or no image.
    """

    page: Callable[[str], FeedPage | None]
    file: Callable[[str], FeedImage | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEdit:
    """A replacement of a range of a feed, in UTF-8 bytes. ``new`` is ASCII."""

    start: int
    end: int
    new: str
