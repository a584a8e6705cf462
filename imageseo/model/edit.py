"""Edit: a replacement of a byte range of a page."""

from __future__ import annotations

from dataclasses import dataclass

from imageseo.model.image import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A replacement of a span of a page; an empty span inserts."""

    span: Span
    replacement: bytes
