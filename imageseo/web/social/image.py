"""The image of a link preview, and the tags that describe it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LARGE = "summary_large_image"
LEAST = (300, 157)
"""px: X shows no large card of a smaller image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedImage:
    """``url``: absolute. ``size``: px, None if unknown. ``parts``: last part of ``og:image:…`` -> content, in order."""

    url: str
    size: tuple[int, int] | None = None
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def may_be_large(self) -> bool:
        """Whether it may be shown as a large card."""
        return self.size is None or (self.size[0] >= LEAST[0] and self.size[1] >= LEAST[1])

    @classmethod
    def of_file(cls, url: str, *, mime: str, size: tuple[int, int], alt: str) -> SharedImage:
        """Describe an image file."""
        parts = {"type": mime, "width": str(size[0]), "height": str(size[1]), "alt": alt}
        return cls(url=url, size=size, parts={name: text for name, text in parts.items() if text})
