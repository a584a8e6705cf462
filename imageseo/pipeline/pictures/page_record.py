"""The record of what one page shows and downloads, for reports about the whole site.

It is kept in the build state as bytes: a build that only replays pages never decodes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from msgspec import MsgspecError, Struct, field, msgpack

from imageseo.model.finding import LAPTOP, MOBILE, Viewport
from imageseo.model.image import Rights

SCREENS: Mapping[str, Viewport] = {"phone": MOBILE, "desktop": LAPTOP}
"""The viewports of reports, by their names there."""


class PickedFile(Struct, array_like=True, frozen=True, gc=False):
    """The file that a viewport downloads for an image, and the bytes that it would download without imageseo."""

    before: int
    bytes: int
    path: str
    format: str
    width: int | None = None
    quality: int | None = None
    score: float | None = None


class PagePicture(Struct, array_like=True, frozen=True):
    """An image of a page. ``path``, ``sha256``, ``format``, …: of the file of ``src``; other names as in the report."""

    path: str
    sha256: str
    format: str
    width: int
    height: int
    bytes: int
    alt: str | None
    form: str
    reason: str
    hero: bool
    thumbnail: str
    phone: PickedFile
    desktop: PickedFile


class SpentBudget(Struct, array_like=True, frozen=True):
    """The use of a budget by the page; ``paths``: the glob that sets it."""

    metric: str
    viewport: str
    paths: str
    warn: int | None
    error: int | None
    value: int
    image: str


INSERTED, DECLARED, FOUND = "inserted", "declared", "found"
"""How a hero came onto its page: by imageseo, by the author who also declared it, or it is there and was recognised."""


class HeroOrigin(Struct, array_like=True, frozen=True):
    """The hero of a page: its site path, how it came onto the page, and what is known of its rights."""

    path: str
    alt: str | None
    origin: str
    generated: bool = False
    source_type: str | None = None
    creator: str | None = None
    license: str | None = None
    prompt: str | None = None

    @classmethod
    def of(cls, path: str, alt: str | None, rights: Rights, *, origin: str, generated: bool = False) -> HeroOrigin:
        return cls(
            path=path,
            alt=alt,
            origin=origin,
            generated=generated,
            source_type=rights.digital_source_type,
            creator=rights.creator or rights.credit,
            license=rights.license,
            prompt=rights.prompt,
        )


class PagePictures(Struct, array_like=True, frozen=True):
    """The record of a page. ``title``: of the page; ``lcp``: site path of the image that visitors wait for."""

    title: str | None = None
    lcp: str | None = None
    pictures: list[PagePicture] = field(default_factory=list)
    budgets: list[SpentBudget] = field(default_factory=list)
    hero: HeroOrigin | None = None


def encode(record: PagePictures) -> bytes:
    """Return the record as bytes; none if it holds a file name that is no valid text."""
    with suppress(UnicodeError, MsgspecError):
        return msgpack.encode(record)
    return b""


_DECODER = msgpack.Decoder(PagePictures)


def decode(data: bytes) -> PagePictures | None:
    """Return the record of a page; None if there is none, or if another version wrote it."""
    try:
        return _DECODER.decode(data) if data else None
    except MsgspecError:
        return None
