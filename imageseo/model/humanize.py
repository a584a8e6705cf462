"""Counts and sizes as people read them: `1 hero`, `3.4 MiB saved for a phone`."""

from __future__ import annotations

_ONE = {"findings": "finding", "pages": "page", "images": "image", "errors": "error", "warnings": "warning"}
_ONE |= {"infos": "info", "variants": "variant", "heroes": "hero", "crops": "crop"}


def format_count(name: str, number: int | float) -> str:
    """One count of a summary in words. What is ``saved`` are bytes."""
    if name == "saved":
        return f"{format_bytes(int(number))} saved for a phone"
    shown = f"{number:,}" if isinstance(number, int) else f"{number:,.1f}"
    return f"{shown} {_ONE.get(name, name) if number == 1 else name}"


def format_bytes(count: int) -> str:
    """Bytes in the largest unit that they fill."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= factor:
            return f"{count / factor:,.1f} {unit}"
    return f"{count} B"
