"""The formats that imageseo encodes: media type, file name suffix, and how bytes follow quality."""

from __future__ import annotations

from typing import NamedTuple


class Format(NamedTuple):
    """A format of variants, named as in the setting ``formats``.

    ``bytes_per_point``: by which factor bytes fall for each point of quality, slightly less than the smallest measured;
    None for a format whose quality is never lowered for a budget.
    """

    mime: str
    suffix: str
    bytes_per_point: float | None = None


FORMATS = {
    # Measured on five photographs: AVIF from quality 70 to 35, WebP from 76 to 50. A hero over its budget gets only one
    # more try, so it is better to lower the quality a little too much.
    "avif": Format("image/avif", "avif", 1.016),
    "webp": Format("image/webp", "webp", 1.009),
    "jpeg": Format("image/jpeg", "jpg"),
    "png": Format("image/png", "png"),
}
TUNABLE = tuple(name for name, each in FORMATS.items() if each.bytes_per_point is not None)
"""Formats that have settings of their own: ``quality``, ``target``, ``quality_floor``."""


def mime_of(name: str) -> str:
    """Return the media type of a format."""
    return FORMATS[name].mime if name in FORMATS else f"image/{name}"


def suffix_of(name: str) -> str:
    """Return the file name suffix of a format, without the dot."""
    return FORMATS[name].suffix if name in FORMATS else name
