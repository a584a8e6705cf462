"""Merge two versions of a lock file with their common base: by page, and then by what belongs to an image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from imageseo.heroes.lock import serializer
from imageseo.model.hero import Pin

_APART = ("env", "checks", "made", "owner", "approved")
"""What may differ for an equal image: notes on it, and what people have decided."""
_IMAGE = tuple(each.name for each in fields(Pin) if each.name not in _APART)
"""What belongs together: an image, its recipe and its rights are never taken from two sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedLock:
    """``conflicts``: pages whose hero both sides have changed, in ``text`` with both entries between marker lines."""

    text: str
    conflicts: tuple[str, ...] = ()


def merge(
    base: str, ours: str, theirs: str, *, labels: tuple[str, str] = ("ours", "theirs"), size: int = 7
) -> MergedLock:
    """Merge the texts of three lock files; an empty one has no entries. Raises LockError if one of them is invalid.

    ``labels``: names of the sides. ``size``: of the markers.
    """
    sides = [
        {pin.page: pin for pin in serializer.parse(Path(name), text)} if text.strip() else {}
        for name, text in (("base", base), *zip(labels, (ours, theirs), strict=True))
    ]
    old, one, two = sides
    blocks: dict[str, str] = {}
    conflicts = []
    for page in sorted({*one, *two}):
        merged = _merge_pin(old.get(page), one.get(page), two.get(page))
        if isinstance(merged, Conflict):
            conflicts.append(page)
            ends = ("<" * size, "=" * size, ">" * size)
            mine, other = (
                serializer.format_block(pin) if pin is not None else "" for pin in (one.get(page), two.get(page))
            )
            blocks[page] = f"{ends[0]} {labels[0]}\n{mine}{ends[1]}\n{other}{ends[2]} {labels[1]}\n"
        elif merged is not None:
            blocks[page] = serializer.format_block(merged)
    return MergedLock(text=serializer.join(blocks.values()), conflicts=tuple(conflicts))


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides have changed the hero of a page."""


def _merge_pin(old: Pin | None, one: Pin | None, two: Pin | None) -> Pin | Conflict | None:
    """Merge the entries of one page; None if it has none."""
    if one == two or two == old:
        return one
    if one == old:
        return two
    if one is None or two is None:
        return Conflict()  # one side has removed it, the other one has changed it
    image = _choose(_image(old), _image(one), _image(two))
    owner = _choose(old.owner if old is not None else None, one.owner, two.owner)
    if isinstance(image, Conflict) or isinstance(owner, Conflict):
        return Conflict()
    kept = replace(one if _image(one) == image else two, owner=owner)
    kept = replace(kept, approved=_approvals(kept, (one, two)))
    if _image(one) != _image(two):
        return kept
    env, checks = (_merge_table(old, one, two, key) for key in ("env", "checks"))
    made = min(filter(None, (dict(one.made), dict(two.made))), key=lambda each: sorted(each.items()), default={})
    return replace(kept, env=env, checks=checks, made=made)


def _image(pin: Pin | None) -> tuple[Any, ...] | None:
    return tuple(getattr(pin, name) for name in _IMAGE) if pin is not None else None


def _choose(old: Any, one: Any, two: Any) -> Any:
    """Return the value that has changed; Conflict if both sides have changed it differently."""
    if one == two or two == old:
        return one
    return two if one == old else Conflict()


def _merge_table(old: Pin | None, one: Pin, two: Pin, key: str) -> dict[str, Any]:
    """Merge two notes of one image by key; where both sides have changed a value, the first one counts."""
    missing = object()
    tables: list[Mapping[str, Any]] = [getattr(each, key) if each is not None else {} for each in (old, one, two)]
    merged = {}
    for name in sorted({*tables[1], *tables[2]}):
        former, mine, other = (table.get(name, missing) for table in tables)
        chosen = _choose(former, mine, other)
        value = (
            mine
            if isinstance(chosen, Conflict) and mine is not missing
            else other
            if isinstance(chosen, Conflict)
            else chosen
        )
        if value is not missing:
            merged[name] = value
    return merged


def _approvals(pin: Pin, sides: Iterable[Pin]) -> tuple[Mapping[str, str], ...]:
    """Return the approvals of both sides that are for this image: an approval never moves to another one."""
    found = {tuple(sorted(each.items())): each for side in sides for each in side.approved}
    return tuple(found[key] for key in sorted(found) if found[key].get("image") == pin.file_sha256)
