"""Edit: bytes to put in the place of others."""

from __future__ import annotations

from dataclasses import dataclass

from imageseo.model.image import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Bytes to put in the place of a span of a page; an empty span inserts."""

    span: Span
    replacement: bytes
