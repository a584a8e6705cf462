"""Types of settings: sizes, colours, URLs, byte counts, and the base class of a group."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from imageseo.model.formats import BUILT_IN

# The `title` of a type is the expectation in error messages; the `description` of a key is shown by editors.
Px = Annotated[int, Meta(ge=1, le=16384, title="a whole number of px from 1 to 16384")]
Side = Annotated[int, Meta(ge=64, le=8192, title="a whole number of px from 64 to 8192")]
Quality = Annotated[int, Meta(ge=1, le=100)]
Score = Annotated[float, Meta(ge=10, le=95, title="a SSIMULACRA2 score from 10 to 95")]
Text = Annotated[str, Meta(min_length=1)]
PluginName = Annotated[str, Meta(min_length=1)]
"""The name of one of our own modules, or of a plug-in: which ones exist is checked after decoding."""
Color = Annotated[str, Meta(pattern=r"^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$", title="a colour such as #2563eb")]
ColorRoles = dict[Literal["ground", "main", "accent", "ink"], Color]
Url = Annotated[str, Meta(pattern=r"^[hH][tT][tT][pP][sS]?://[^\s/?#]+", title="an absolute http(s) URL")]
ByteCount = Annotated[
    Annotated[int, Meta(ge=0)]
    | Annotated[str, Meta(pattern=r"^\s*[0-9]+(\.[0-9]+)?\s*([bB]|[kK][bB]|[kK][iI][bB]|[mM][bB]|[mM][iI][bB])?\s*$")],
    Meta(title='a byte count such as "100 KiB" or 102400'),
]

_COUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", re.ASCII)
_UNITS = {"": 1, "b": 1, "kb": 1000, "kib": 1024, "mb": 1000**2, "mib": 1024**2}


def byte_count(value: int | str) -> int:
    """Return the bytes of a count: ``102400``, ``"100 KiB"`` (x1024), ``"100 kB"`` (x1000); a fraction is rounded up.

    Raises ValueError for anything else.
    """
    if isinstance(value, int):
        if isinstance(value, bool) or value < 0:
            raise ValueError(f"not a byte count: {value!r}")
        return value
    match = _COUNT.fullmatch(value.lower())
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"not a byte count: {value!r}")
    return math.ceil(Decimal(match[1]) * _UNITS[match[2]])


class SettingsGroup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen group of settings."""


class FormatGroup(SettingsGroup, frozen=True, kw_only=True):
    """A frozen group of settings by format: fields for our own, and ``others`` for those of plug-ins."""

    def of(self, format: str) -> Any:
        """Return the value for a format, None if none is set."""
        return getattr(self, format) if format in BUILT_IN else getattr(self, OTHERS).get(format)


OTHERS = "others"
"""The field of a ``FormatGroup`` that is no key: its own keys are written beside the others."""
