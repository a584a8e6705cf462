"""Order of the parts of a line that holds text from right to left: the main rules of Unicode's UAX 9."""

from __future__ import annotations

import unicodedata


def ordered(text: str, *, rtl: bool) -> list[tuple[str, bool]]:
    """Return a line's parts from left to right, each with whether it is read from right to left.

    ``rtl``: the direction of the paragraph.
    """
    kinds = [unicodedata.bidirectional(character) or "L" for character in text]
    if not rtl and not {"R", "AL"}.intersection(kinds):
        return [(text, False)]
    _resolve_weak(kinds)
    _resolve_neutrals(kinds, "R" if rtl else "L")
    levels = [_level(kind, rtl=rtl) for kind in kinds]
    parts: list[tuple[str, int]] = []
    for character, level in zip(text, levels, strict=True):
        if parts and parts[-1][1] == level:
            parts[-1] = (parts[-1][0] + character, level)
        else:
            parts.append((character, level))
    for lowest in (2, 1):
        _reverse(parts, lowest)
    return [(part, level % 2 == 1) for part, level in parts]


def _resolve_weak(kinds: list[str]) -> None:
    """Rules W1 to W7: marks, numbers and the signs beside numbers. Afterwards: L, R, N (number) and ON."""
    strong = "L"
    for at, kind in enumerate(kinds):
        if kind == "NSM":
            kinds[at] = kinds[at - 1] if at else "ON"
        elif kind == "EN":
            kinds[at] = "L" if strong == "L" and at and _follows_letters(kinds, at) else "N"
        elif kind == "AN":
            kinds[at] = "N"
        elif kind in ("L", "R", "AL"):
            strong = kinds[at] = "L" if kind == "L" else "R"
    for at, kind in enumerate(kinds):
        near = (kinds[at - 1] if at else "", kinds[at + 1] if at + 1 < len(kinds) else "")
        if (kind == "ET" and "N" in near) or (kind in ("ES", "CS") and near == ("N", "N")):
            kinds[at] = "N"
    for at, kind in enumerate(kinds):
        if kind not in ("L", "R", "N"):
            kinds[at] = "ON"


def _follows_letters(kinds: list[str], at: int) -> bool:
    return any(kind == "L" for kind in kinds[:at])


def _resolve_neutrals(kinds: list[str], base: str) -> None:
    """Rules N1 and N2: neutral characters take the side of both neighbours, else that of the paragraph."""
    at = 0
    while at < len(kinds):
        end = at
        while end < len(kinds) and kinds[end] == "ON":
            end += 1
        before = kinds[at - 1].replace("N", "R") if at else base
        after = kinds[end].replace("N", "R") if end < len(kinds) else base
        kinds[at:end] = [before if before == after else base] * (end - at)
        at = max(end, at + 1)


def _level(kind: str, *, rtl: bool) -> int:
    if kind == "R":
        return 1
    if kind == "N":
        return 2
    return 2 if rtl else 0


def _reverse(parts: list[tuple[str, int]], lowest: int) -> None:
    """Rule L2: reverse each sequence of parts at this level or above."""
    at = 0
    while at < len(parts):
        end = at
        while end < len(parts) and parts[end][1] >= lowest:
            end += 1
        parts[at:end] = parts[at:end][::-1]
        at = max(end, at + 1)
