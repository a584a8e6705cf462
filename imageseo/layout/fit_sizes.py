"""Compute the ``sizes`` of an image from its measured widths at some viewports."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

WIDTHS = (320, 412, 590, 700, 785, 975, 1010, 1150, 1210, 1350, 1500, 1800, 2560)
"""CSS px of the viewports at which images are measured. Between two adjacent ones the style sheets of known themes and
frameworks change at most once or twice, and mostly at one of ``_BREAKS``."""
# Usual breakpoints of style sheets, the likeliest first: Bootstrap, Material, Tailwind and round numbers.
_BREAKS = (
    768, 992, 1200, 576, 960, 1220, 1400, 1600, 2000, 640, 1024, 1280, 1536, 480, 1100, 720, 800, 900, 600, 1920
)  # fmt: skip
# Widths of real screens: a rule may end there (`max-width`) as well as begin.
_SCREENS = (480, 600, 640, 768, 1024)
_EXACT = 0.9  # px; measured in half pixels, written in whole ones
_MAX_ENTRIES = 6  # a layout that needs more follows no rule
_TOLERANCES = (0.0, 0.02, 0.05, 0.1)
_COST = {"px": 1.0, "rest": 1.2, "part": 1.3, "line": 2.4}  # by kind of rule


class MeasuredSlot(NamedTuple):
    """The measured slot of an image. ``width``: its maximum, CSS px. ``sizes``: from ``sizes_for``.

    ``in_view``: whether the image begins in the first screen of any viewport; None if that was not measured.
    """

    width: int
    sizes: str
    in_view: bool | None = None


class _WidthRule(NamedTuple):
    """A slot in CSS px: ``slope`` × viewport + ``shift``. ``kind``: a key of ``_COST``."""

    kind: str
    slope: float
    shift: float

    def at(self, width: float) -> float:
        return self.slope * width + self.shift

    @property
    def text(self) -> str:
        if self.slope == 0:
            return f"{_format_number(self.shift)}px"
        share = f"{_format_number(self.slope * 100)}vw"
        if self.shift == 0:
            return share
        return f"calc({share} {'-' if self.shift < 0 else '+'} {_format_number(abs(self.shift))}px)"


@lru_cache(maxsize=4096)  # images of the same column have equal widths
def sizes_for(widths: tuple[int, ...], shown: tuple[float, ...]) -> str:
    """Return the ``sizes`` of an image; ``""`` if it was not shown at any viewport.

    ``widths``: CSS px of viewports, ascending; ``shown``: CSS px of the image at each of them, 0 if it was not shown.
    The result is exact to 1 px at these viewports if few rules describe them (a constant, the viewport minus a
    constant, a share of it); otherwise to 2, 5 or 10 %. Between two viewports, the rule of one side applies: up to the
    point where both rules agree, else up to a usual breakpoint. Raises ValueError if the lists do not match.
    """
    if len(widths) != len(shown) or list(widths) != sorted(set(widths)):
        raise ValueError(f"{len(shown)} shown widths for viewports {widths}")
    measured = [(width, px) for width, px in zip(widths, shown, strict=True) if px > 0]
    if not measured:
        return ""
    ranges: list[_RuleRange] = []
    for tolerance in _TOLERANCES:
        ranges = _find_ranges(measured, tolerance)
        if len(ranges) <= _MAX_ENTRIES:
            break
    entries = [ranges[0].rule.text]
    for below, above in pairwise(ranges):
        start = _find_start(below, above)
        if entries[-1] != above.rule.text:
            entries.append(f"(min-width: {start}px) {above.rule.text}")
    return ", ".join(reversed(entries))


class _RuleRange(NamedTuple):
    """A rule with the first and last measured viewport that it covers."""

    rule: _WidthRule
    first: int
    last: int


def _find_ranges(measured: Sequence[tuple[int, float]], tolerance: float) -> list[_RuleRange]:
    """Return the cheapest sequence of rules that describes all measured widths (dynamic programming)."""
    best: list[tuple[float, tuple[_RuleRange, ...]]] = [(0.0, ()), *([(math.inf, ())] * len(measured))]
    for start in range(len(measured)):
        cost, ranges = best[start]
        for end in range(start + 1, len(measured) + 1):
            part = measured[start:end]
            rules = list(_find_rules(part, tolerance))
            if not rules and len(part) > 2:  # a rule for a longer part would also describe this one
                break
            for rule in rules:
                total = cost + 2 + _COST[rule.kind]
                if total < best[end][0]:
                    best[end] = (total, (*ranges, _RuleRange(rule, part[0][0], part[-1][0])))
    return list(best[-1][1])


def _find_rules(part: Sequence[tuple[int, float]], tolerance: float) -> Iterator[_WidthRule]:
    """Yield every rule that describes this part, simple ones first; a single viewport yields only its px."""
    candidates = [_WidthRule("px", 0.0, _middle([px for _, px in part]))]
    if len(part) > 1:
        candidates.append(_WidthRule("rest", 1.0, _middle([px - width for width, px in part])))
        candidates.append(_WidthRule("part", round(_middle([px / width for width, px in part], places=6), 4), 0.0))
    if len(part) > 2:
        candidates += _fit_lines(part)
    for rule in candidates:
        if all(abs(rule.at(width) - px) <= max(_EXACT, tolerance * px) for width, px in part) and rule.slope <= 1.2:
            yield rule


def _fit_lines(part: Sequence[tuple[int, float]]) -> Iterator[_WidthRule]:
    """Yield straight lines through the two outermost points, with the slope rounded to 1 to 4 digits."""
    (left, low), (right, high) = part[0], part[-1]
    slope = round((high - low) / (right - left), 4)
    # Half a pixel of error over some hundreds makes the third digit uncertain: a round share is the likeliest.
    for digits in (1, 2, 3, 4):
        rounded = round(slope, digits)
        if 0.01 < rounded < 1:
            yield _WidthRule("line", rounded, _middle([px - rounded * width for width, px in part]))


def _find_start(below: _RuleRange, above: _RuleRange) -> int:
    """Return the first viewport of the upper rule: where both rules agree, else at a usual breakpoint."""
    slope, shift = below.rule.slope - above.rule.slope, above.rule.shift - below.rule.shift
    if slope:
        cross = min(max(math.ceil(round(shift / slope, 2)), below.last + 1), above.first)
        if abs(below.rule.at(cross) - above.rule.at(cross)) <= max(2.0, abs(slope)):
            return cross
    usual = next((width for width in _BREAKS if below.last < width <= above.first), None)
    # If the breakpoint is unknown, use the larger width: its candidate is sharp.
    larger = above.rule.at(above.first) > below.rule.at(above.first)
    if usual is not None:
        return usual + 1 if usual in _SCREENS and not larger and usual < above.first else usual
    return below.last + 1 if larger else above.first


def _middle(values: Sequence[float], places: int = 0) -> float:
    """Return the middle of minimum and maximum, rounded as far as the tolerance allows; not rounded with ``places``."""
    low, high = min(values), max(values)
    middle = (low + high) / 2
    if places:
        return middle
    rounded = float(round(middle))
    return rounded if max(abs(rounded - low), abs(rounded - high)) <= _EXACT else round(middle, 1)


def _format_number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
