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
class EntryUrls:
    """What becomes of the URLs in an entry's content; each returns an absolute URL, or None.

    ``absolute``: of a relative one, if what it names is in the site. ``image``: of an image, relative or not, in a
    format that mail programs show; None for one of this site that does not exist. ``substitute``: of such a one, the
    image of the same name that its page shows.
    """

    absolute: Callable[[str], str | None]
    image: Callable[[str], str | None]
    substitute: Callable[[str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """The page of an entry. ``image``: its hero, None without one.

    ``urls``: of the entry's content, by the base URL that the feed declares for it.
    """

    image: FeedImage | None
    urls: Callable[[str | None], EntryUrls]


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
