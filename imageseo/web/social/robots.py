"""Permission for large image previews in a page's robots tag; a stricter rule of the author stays."""

from __future__ import annotations

import re

PERMISSION = "max-image-preview:large"
_RULE = re.compile(r"\s*([a-z-]+)\s*(?::|,|$)", re.IGNORECASE)
_STRICTER = frozenset({"none", "noindex", "noimageindex", "nosnippet", "max-image-preview"})


def with_permission(content: str) -> str | None:
    """Return a robots tag's content with the permission; None where the author has decided otherwise, or has it."""
    words = {match[1].lower() for part in content.split(",") if (match := _RULE.match(part)) is not None}
    if words & _STRICTER:
        return None
    kept = content.strip().rstrip(",").rstrip()
    return f"{kept}, {PERMISSION}" if kept else PERMISSION
