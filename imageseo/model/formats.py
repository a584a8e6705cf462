"""The formats that imageseo encodes: media type, file name suffix, and how bytes follow quality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format of variants, named as in the setting ``formats``: what is needed of it before anything is encoded.

    ``bytes_per_point``: by which factor bytes fall for each point of quality, slightly less than the smallest measured;
    None for a format whose quality is never lowered for a budget. ``quality_floor``: the lowest quality for a budget,
    unless ``quality_floor.<format>`` is set. ``fast_quality``: of the profile ``fast``, which searches none.
    ``efforts``: by profile (``fast``, ``default``, ``small``), on the codec's own scale; others get its default.
    """

    mime: str
    suffix: str
    bytes_per_point: float | None = None
    quality_floor: int = 50
    fast_quality: int = 80
    efforts: Mapping[str, int] = field(default_factory=dict)


BUILT_IN = ("avif", "webp")
"""The formats of variants that imageseo brings; packages may add others."""
OWN_METRICS = ("numpy", "vszip")
"""The metrics that imageseo brings."""

FORMATS: dict[str, Format] = {
    # Measured on five photographs: AVIF from quality 70 to 35, WebP from 76 to 50. A hero over its budget gets only one
    # more try, so it is better to lower the quality a little too much.
    "avif": Format(mime="image/avif", suffix="avif", bytes_per_point=1.016, quality_floor=35),
    "webp": Format(mime="image/webp", suffix="webp", bytes_per_point=1.009),
    "jpeg": Format(mime="image/jpeg", suffix="jpg"),
    "png": Format(mime="image/png", suffix="png"),
}
SETTLED = frozenset(FORMATS)
"""The formats that are described here; those of other codecs are added when a codec is loaded."""


def register(name: str, format: Format) -> None:
    """Add the format of a codec that was loaded. Our own formats stay as they are."""
    if name not in SETTLED:
        FORMATS[name] = format


def tunable() -> tuple[str, ...]:
    """Return the formats whose quality may be lowered for a budget."""
    return tuple(name for name, each in FORMATS.items() if each.bytes_per_point is not None)


def mime_of(name: str) -> str:
    """Return the media type of a format."""
    return FORMATS[name].mime if name in FORMATS else f"image/{name}"


def suffix_of(name: str) -> str:
    """Return the file name suffix of a format, without the dot."""
    return FORMATS[name].suffix if name in FORMATS else name


def mime_of_suffix(suffix: str) -> str | None:
    """Return the media type of files with this suffix; None if no format has it."""
    return next((each.mime for each in FORMATS.values() if each.suffix == suffix), None)
