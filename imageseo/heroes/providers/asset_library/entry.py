"""What is known of one picture of the library."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from imageseo.model.image import Rights

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".gif")
"""Names that pictures end with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One picture: ``path`` relative to the library, POSIX; ``width`` and ``height`` in px as it is shown.

    What nobody says is ``""``. ``license``: as it was written; ``license_at``: where (``harbour.jpg.toml:3``).
    ``focal``: what a crop must keep, as shares of width and height from the upper left corner.
    ``problem``: why the file is no picture that can be used.
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
        """``landscape``, ``portrait`` or ``square``; a side may be 5 % longer in a square."""
        if abs(self.width - self.height) * 20 <= max(self.width, self.height):
            return "square"
        return "landscape" if self.width > self.height else "portrait"

    def rights(self, license: str | None) -> Rights:
        """Who made it and on what terms. ``license``: the URL of its licence."""
        return Rights(
            creator=self.creator or None,
            credit=self.credit or None,
            copyright=self.copyright or None,
            license=license,
            acquire_license_page=self.source or None,
            digital_source_type=self.digital_source_type or None,
        )

    def dumps(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def loads(cls, text: str) -> Entry:
        data: dict[str, Any] = json.loads(text)
        focal = data.pop("focal")
        return cls(**{**data, "tags": tuple(data["tags"]), "focal": tuple(focal) if focal else None})


def folded(tag: str) -> str:
    """A tag as tags are compared: case and white space do not count."""
    return " ".join(tag.casefold().split())
