"""MarkupNote: an image whose markup a build changes less than usual."""

from __future__ import annotations

from msgspec import Struct

from imageseo.model.finding import Location

INLINE_STYLES_FORBIDDEN = "the Content-Security-Policy forbids inline styles"
"""The one reason that a setting can remove."""


class MarkupNote(Struct, array_like=True, frozen=True):
    """An image with its form (``img``, ``attributes``, ``none``) and the reason, a clause."""

    location: Location
    form: str
    reason: str
