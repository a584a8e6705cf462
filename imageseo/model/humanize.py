"""Human-readable counts and sizes: `1 hero`, `3.4 MiB saved for a phone`."""

from __future__ import annotations

_SINGULAR = {"findings": "finding", "pages": "page", "images": "image", "errors": "error", "warnings": "warning"}
_SINGULAR |= {
    "infos": "info",
    "variants": "variant",
    "heroes": "hero",
    "crops": "crop",
    "cards": "social card",
    "candidates": "candidate",
    "pins": "pin",
}
_SINGULAR |= {"changed": "file changed"}
_PLURAL = {"changed": "files changed", "cards": "social cards"}


def format_count(name: str, number: int | float) -> str:
    """Format one count of a summary; ``saved`` is in bytes."""
    if name == "saved":
        return f"{format_bytes(int(number))} saved for a phone"
    text = f"{number:,}" if isinstance(number, int) else f"{number:,.1f}"
    return f"{text} {_SINGULAR.get(name, name) if number == 1 else _PLURAL.get(name, name)}"


def pluralize(number: int, name: str) -> str:
    """Return a number with a noun whose plural ends with an s: ``1 page``, ``2 pages``."""
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def format_bytes(count: int) -> str:
    """Format bytes in the largest unit that gives at least 1."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= factor:
            return f"{count / factor:,.1f} {unit}"
    return f"{count} B"
