"""From how wide an image was seen at some viewports to the ``sizes`` that says so of every viewport."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

WIDTHS = (320, 412, 590, 700, 785, 975, 1010, 1150, 1210, 1350, 1500, 1800, 2560)
"""CSS px of the viewports at which images are measured: between any two that neighbour each other the style sheets of
known themes and frameworks change at most once or twice, and mostly at one of ``_BREAKS``."""
# Where style sheets change, the likeliest first: Bootstrap, Material, Tailwind and what is round.
_BREAKS = (
    768, 992, 1200, 576, 960, 1220, 1400, 1600, 2000, 640, 1024, 1280, 1536, 480, 1100, 720, 800, 900, 600, 1920
)  # fmt: skip
# As wide as real screens: a style sheet for them may end there (`max-width`) as well as begin.
_SCREENS = (480, 600, 640, 768, 1024)
_EXACT = 0.9  # px; measured to half a pixel, written in whole ones
_MOST = 6  # entries: more of them are noise of a layout that follows no rule
_LOOSE = (0.0, 0.02, 0.05, 0.1)
_COST = {"px": 1.0, "rest": 1.2, "part": 1.3, "line": 2.4}


class MeasuredSlot(NamedTuple):
    """How wide an image was seen. ``width``: CSS px, at most. ``sizes``: at every viewport, as ``sizes_for`` says it.

    ``in_view``: whether it begins in the first screen of any viewport; ``None`` where nobody looked.
    """

    width: int
    sizes: str
    in_view: bool | None = None


class _Line(NamedTuple):
    """CSS px of a slot: ``slope`` × viewport + ``shift``."""

    kind: str
    slope: float
    shift: float

    def at(self, width: float) -> float:
        return self.slope * width + self.shift

    @property
    def text(self) -> str:
        if self.slope == 0:
            return f"{_plain(self.shift)}px"
        share = f"{_plain(self.slope * 100)}vw"
        if self.shift == 0:
            return share
        return f"calc({share} {'-' if self.shift < 0 else '+'} {_plain(abs(self.shift))}px)"


@lru_cache(maxsize=4096)  # the images of a column are alike
def sizes_for(widths: tuple[int, ...], shown: tuple[float, ...]) -> str:
    """The ``sizes`` of an image by how wide it was shown; ``""`` when it never was.

    ``widths``: CSS px of viewports, ascending; ``shown``: CSS px of the image there, 0 where it was not shown.
    Within 1 px at those viewports as long as few rules hold for all of them (so many px, the viewport less so many
    px, a part of it); a layout without rules is met within 2, 5 or 10 %. Between two viewports it is what holds on
    one side of them: up to the place where both agree, else up to where style sheets usually change.
    Raises ValueError for lists that do not belong together.
    """
    if len(widths) != len(shown) or list(widths) != sorted(set(widths)):
        raise ValueError(f"{len(shown)} shown widths for viewports {widths}")
    seen = [(width, px) for width, px in zip(widths, shown, strict=True) if px > 0]
    if not seen:
        return ""
    runs: list[_Run] = []
    for loose in _LOOSE:
        runs = _runs(seen, loose)
        if len(runs) <= _MOST:
            break
    entries = [runs[0].line.text]
    for below, above in pairwise(runs):
        start = _start(below, above)
        if entries[-1] != above.line.text:
            entries.append(f"(min-width: {start}px) {above.line.text}")
    return ", ".join(reversed(entries))


class _Run(NamedTuple):
    """One rule, and the first and last viewport that it was seen at."""

    line: _Line
    first: int
    last: int


def _runs(seen: Sequence[tuple[int, float]], loose: float) -> list[_Run]:
    """The fewest and plainest rules that tell all that was seen."""
    best: list[tuple[float, tuple[_Run, ...]]] = [(0.0, ()), *([(math.inf, ())] * len(seen))]
    for start in range(len(seen)):
        cost, runs = best[start]
        for end in range(start + 1, len(seen) + 1):
            part = seen[start:end]
            lines = list(_lines(part, loose))
            if not lines and len(part) > 2:  # what tells more would tell these
                break
            for line in lines:
                whole = cost + 2 + _COST[line.kind]
                if whole < best[end][0]:
                    best[end] = (whole, (*runs, _Run(line, part[0][0], part[-1][0])))
    return list(best[-1][1])


def _lines(part: Sequence[tuple[int, float]], loose: float) -> Iterator[_Line]:
    """Every rule that tells this part, plain ones first; a single viewport tells nothing but its px."""
    tried = [_Line("px", 0.0, _middle([px for _, px in part]))]
    if len(part) > 1:
        tried.append(_Line("rest", 1.0, _middle([px - width for width, px in part])))
        tried.append(_Line("part", round(_middle([px / width for width, px in part], places=6), 4), 0.0))
    if len(part) > 2:
        tried += _fitted(part)
    for line in tried:
        if all(abs(line.at(width) - px) <= max(_EXACT, loose * px) for width, px in part) and line.slope <= 1.2:
            yield line


def _fitted(part: Sequence[tuple[int, float]]) -> Iterator[_Line]:
    """A straight line through all: of the outermost two, which lie the farthest apart."""
    (left, low), (right, high) = part[0], part[-1]
    slope = round((high - low) / (right - left), 4)
    # Half a pixel of doubt over some hundreds leaves the third digit open: a round share is what somebody wrote.
    for digits in (1, 2, 3, 4):
        near = round(slope, digits)
        if 0.01 < near < 1:
            yield _Line("line", near, _middle([px - near * width for width, px in part]))


def _start(below: _Run, above: _Run) -> int:
    """The first viewport that the upper rule holds for: where both rules agree, else at a usual break."""
    slope, shift = below.line.slope - above.line.slope, above.line.shift - below.line.shift
    if slope:
        cross = min(max(math.ceil(round(shift / slope, 2)), below.last + 1), above.first)
        if abs(below.line.at(cross) - above.line.at(cross)) <= max(2.0, abs(slope)):
            return cross
    usual = next((each for each in _BREAKS if below.last < each <= above.first), None)
    # Where nobody knows, the larger one of both: its candidate is sharp.
    larger = above.line.at(above.first) > below.line.at(above.first)
    if usual is not None:
        return usual + 1 if usual in _SCREENS and not larger and usual < above.first else usual
    return below.last + 1 if larger else above.first


def _middle(values: Sequence[float], places: int = 0) -> float:
    """Halfway between the least and the greatest, as round as it may be."""
    low, high = min(values), max(values)
    middle = (low + high) / 2
    if places:
        return middle
    near = float(round(middle))
    return near if max(abs(near - low), abs(near - high)) <= _EXACT else round(middle, 1)


def _plain(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
