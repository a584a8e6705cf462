"""What is known of a page's social card before it is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imageseo.heroes.masters.redrawn import Redrawing
from imageseo.model.edit import Edit
from imageseo.model.image import Asset, Rights
from imageseo.pipeline.incremental.build_state import PublishedVariant

VERSION = "social cards 1"
LABEL_VERSION = 1
SIZE = (1200, 630)
RATIO = "1.91:1"
FOLDER = "assets/social"
SMALLEST = (600, 315)
"""px of an image that is cut to a card; a smaller one would be blurred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPicture:
    """An image file. ``focal``: the point that is kept; None: the detected subject."""

    asset: Asset
    file: Path
    focal: tuple[float, float] | None = None

    @property
    def key(self) -> tuple[object, ...]:
        return "picture", self.asset.sha256, self.focal


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A hero that is drawn again in this size."""

    redrawing: Redrawing

    @property
    def key(self) -> tuple[object, ...]:
        return "drawing", self.redrawing.version


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """The page's title over the site's drawing. ``texts``: those of a card. ``ground``: the key of the drawing."""

    texts: Mapping[str, Any]
    ground: str

    @property
    def key(self) -> tuple[object, ...]:
        return "title", dict(self.texts), self.ground


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnedLabel:
    """A label that becomes part of the image. ``language``: of the page."""

    text: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialCard:
    """A card to publish. ``path``: in the site. ``key``: of its file in the store."""

    path: str
    key: str
    source: CardPicture | Drawing | Title
    rights: Rights
    label: BurnedLabel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCard:
    """The card of a page, if it needs one, and the edits of its head. ``fault``: why it has none although it should.
    ``published``: its file, once it is written.
    """

    edits: tuple[Edit, ...] = ()
    card: SocialCard | None = None
    fault: Exception | None = None
    published: tuple[PublishedVariant, ...] = ()


NO_CARD = PageCard()


def card_path(page: str) -> str:
    """Return the site path of a page's card: ``assets/social/guide/start/index.jpg``. It depends on nothing else, so
    that it is the same in all versions of a site.
    """
    return f"{FOLDER}/{page.removesuffix('.html')}.jpg"


def is_card_path(path: str) -> bool:
    """Whether a path is one of a card; the file may still be the author's."""
    return path.startswith(f"{FOLDER}/") and path.endswith(".jpg")
