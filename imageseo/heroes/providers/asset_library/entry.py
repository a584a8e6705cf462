"""Metadata of one image of the library."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from imageseo.model.image import Rights

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".gif")
"""File name suffixes of images."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryEntry:
    """One image: ``path`` relative to the library, POSIX; ``width`` and ``height`` in px, upright.

    Unknown texts are ``""``. ``license``: as written; ``license_at``: where it is written (``harbour.jpg.toml:3``).
    ``focal``: the point that a crop must keep, as fractions of width and height from the upper left corner.
    ``problem``: why the file cannot be used.
    """

    path: str
    width: int = 0
    height: int = 0
    title: str = ""
    caption: str = ""
    alt: str = ""
    tags: tuple[str, ...] = ()
    license: str = ""
    license_at: str = ""
    creator: str = ""
    credit: str = ""
    copyright: str = ""
    source: str = ""
    depicts: str = ""
    focal: tuple[float, float] | None = None
    digital_source_type: str = ""
    problem: str = ""

    @property
    def orientation(self) -> str:
        """``landscape``, ``portrait`` or ``square``; the sides of a square may differ by 5 %."""
        if abs(self.width - self.height) * 20 <= max(self.width, self.height):
            return "square"
        return "landscape" if self.width > self.height else "portrait"

    def rights(self, license: str | None) -> Rights:
        """Return owner and licence. ``license``: the URL of the licence."""
        return Rights(
            creator=self.creator or None,
            credit=self.credit or None,
            copyright=self.copyright or None,
            license=license,
            acquire_license_page=self.source or None,
            digital_source_type=self.digital_source_type or None,
        )

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> LibraryEntry:
        data: dict[str, Any] = json.loads(text)
        focal = data.pop("focal")
        return cls(**{**data, "tags": tuple(data["tags"]), "focal": tuple(focal) if focal else None})


def fold_tag(tag: str) -> str:
    """Return a tag in its form for comparison: case and white space are ignored."""
    return " ".join(tag.casefold().split())
