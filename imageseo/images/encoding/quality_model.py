"""The quality that meets a target: at which sizes it is looked for, in few trials, and what holds in between."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import NamedTuple

Size = tuple[int, int]

NARROW, WIDE, WIDER = 320, 1280, 1920
"""px. Between these, quality follows the logarithm of the width within a point of score; beyond, pictures part: noise
that was shrunk away comes back in some and not in others.
"""

PIECE = 256
"""px. What is wider than the wide anchor is judged by a quarter of it, in squares of this side spread evenly: smaller
ones tell more of their seams than of the picture.
"""

TRIALS = 5
"""Most trials of one search; two are usual."""

_LEAST_SIDE = 64  # px; a metric of several scales says nothing of less
_MOST_PIXELS = 2_500_000  # a long page captured as one picture is judged at a size that can be paid for
_APART = 1.5  # two anchors nearer than this tell noise, not a slope
_FARTHEST = 2560  # px, but at most twice the widest anchor: what is wider still has the quality of that
_FIRST = 1.2  # score; after a first trial that comes as near, the usual slope tells the rest well enough
_CLOSE = 1.5  # the same for the slope between two trials
_BRACKET = 4.5  # the same for what lies between two trials, one on each side
_FLATTEST, _STEEPEST = 0.25, 2.5  # score a point of quality, for what trials may claim
COST = 0.047
"""What a point of score adds to a file's bytes, as their logarithm."""
_LEAST = 5
MOST = 98
"""The end of the scale: what is found there has missed its target."""


class TypicalQuality(NamedTuple):
    """How a format takes a score of 70 at the narrow anchor, on the half of the photographs that is tuned on.

    ``slope``: score for a point of quality, below and above the qualities ``at``; ``wider``: points of quality for each
    doubling of the width; ``beyond``: how much of the slope between the last two anchors goes on above them;
    ``drift``: what each doubling adds there; ``flatter``: what pieces score above the whole, where they tell of it at
    all (WebP sorts the blocks of a picture into four kinds, and those of pieces otherwise);
    ``bytes``: of a variant for which a point of score costs neither much nor little, where a target may lean at all.
    """

    quality: float
    slope: tuple[float, float]
    at: tuple[float, float]
    wider: float
    beyond: float
    drift: float
    flatter: float | None = None
    bytes: float | None = None


USUAL: Mapping[str, TypicalQuality] = {
    "avif": TypicalQuality(54.5, (0.7, 1.2), (51, 62), 0.0, 0.5, -2.0, flatter=0.25, bytes=40_000),
    "webp": TypicalQuality(74.0, (0.45, 1.2), (74, 82), 0.7, 0.5, 0.0),
    "jpeg": TypicalQuality(78.0, (0.7, 0.7), (74, 82), 0.5, 0.5, 0.0),
}
_UNEVEN: Mapping[str, tuple[tuple[int, float], ...]] = {
    "avif": (
        (33, 33.0),
        (35, 35.2),
        (36, 40.8),
        (38, 42.6),
        (39, 44.6),
        (41, 46.4),
        (43, 48.2),
        (44, 51.2),
        (46, 52.8),
        (47, 54.1),
        (49, 56.5),
        (51, 57.6),
        (52, 60.0),
        (54, 60.8),
        (55, 61.6),
        (57, 62.4),
        (58, 63.2),
        (60, 64.0),
        (62, 64.9),
        (63, 65.5),
        (65, 66.8),
        (66, 67.5),
        (68, 68.0),
    ),
}
"""Where a codec's numbers are not all different, or not equally far apart: number -> quality, by what photographs score
at each. libaom has 64 levels, and where it takes its next quantiser matrices, one makes three points of score.
"""
_OTHER = TypicalQuality(75.0, (0.7, 0.7), (74, 82), 0.0, 0.5, 0.0)


def anchors(source: Size, width: int, format: str) -> tuple[Size, ...]:
    """The sizes to search at for a variant of ``width`` px, ascending: one, or more to interpolate between.

    They follow from the source's size, the format and the variant's own width alone: whatever else is asked for, the
    variant's bytes stay the same.
    """
    ratio = source[0] / source[1]
    wide = max(1, min(WIDE, source[0], int(math.sqrt(_MOST_PIXELS * ratio))))
    narrow = min(max(NARROW, math.ceil(_LEAST_SIDE * ratio)), wide)
    widths = (narrow,) if width <= narrow or wide < narrow * _APART else (narrow, wide)
    wider = (WIDER, max(1, round(WIDER / ratio)))
    told = USUAL.get(format, _OTHER).flatter is not None
    if width > wide == WIDE and source[0] >= WIDER and told and scored_size(wider) != wider:
        widths = (*widths, WIDER)
    return tuple((each, max(1, round(each * source[1] / source[0]))) for each in widths)


def scored_size(size: Size) -> Size:
    """Of what a picture of an anchor's size is judged by: the picture itself, or the sheet of its pieces."""
    if size[0] <= WIDE or size[1] < PIECE:
        return size
    columns, rows = (math.ceil(side / PIECE / 2) for side in size)
    return columns * PIECE, rows * PIECE


def tiles(size: Size) -> Iterator[tuple[Size, Size]]:
    """The left upper corners of all pieces, in the picture and in the sheet."""
    sheet = scored_size(size)
    for top in range(0, sheet[1], PIECE):
        for left in range(0, sheet[0], PIECE):
            # Each in the middle of its own share of the picture.
            across, down = ((at + PIECE / 2) / whole for at, whole in zip((left, top), sheet, strict=True))
            x, y = (round(share * side - PIECE / 2) for share, side in zip((across, down), size, strict=True))
            yield (min(max(0, x), size[0] - PIECE), min(max(0, y), size[1] - PIECE)), (left, top)


def tile_bias(format: str) -> float:
    """Points of score that pieces have above the picture that they are of."""
    return USUAL.get(format, _OTHER).flatter or 0.0


def initial_quality(format: str, width: int, target: float, narrower: tuple[int, float] | None = None) -> float:
    """Where to begin at ``width``, and what has to do where no search is possible: what most pictures need.

    ``narrower``: width and quality found for the same picture at a smaller size, which tells more.
    """
    about = USUAL.get(format, _OTHER)
    before, quality = narrower or (NARROW, about.quality + (target - 70) / _usual_slope(format, about.quality))
    return min(float(MOST), max(float(_LEAST), quality + about.wider * math.log2(width / before)))


def search(score: Callable[[int], float], target: float, *, first: float, format: str, trials: int = TRIALS) -> float:
    """The quality whose score is ``target``, between whole numbers too, in at most so many trials.

    ``score``: of one quality, as the codec takes it, rising with it but for noise; ``first``: where to begin. Within a
    point of score where the score can be had at all; else the end of the scale that comes nearest.
    """
    scale = rungs(format)
    tried: dict[int, float] = {}
    quality = to_integer(first, format)
    while True:
        tried[quality] = score(quality)
        best = min(tried, key=lambda one: (abs(tried[one] - target), one))
        miss = target - tried[best]
        below = max((one for one in tried if tried[one] < target), default=None)
        above = min((one for one in tried if tried[one] >= target), default=None)
        low = _LEAST - 1.0 if below is None else scale[below]
        high = MOST + 1.0 if above is None else scale[above]
        wanted = scale[best] + miss / _slope(tried, best, target, format)
        if low < high:
            wanted = min(max(wanted, low), high)
        if len(tried) == trials or abs(miss) <= (_FIRST if len(tried) == 1 else _CLOSE):
            break
        inside = [one for one, at in scale.items() if low < at < high]
        if below is not None and above is not None and (not inside or 0 < tried[above] - tried[below] <= _BRACKET):
            break
        quality = min(inside, key=lambda one: abs(scale[one] - wanted)) if inside else to_integer(wanted, format)
        if quality in tried:
            break
    return min(float(MOST), max(float(_LEAST), wanted))


def interpolate(found: Mapping[int, float], width: int, *, format: str) -> float:
    """The quality at ``width`` of what was found at one or more anchors' widths: linear in the logarithm of the width,
    held below the narrowest, and less steep or held above the widest.
    """
    points = sorted(found.items())
    if len(points) == 1 or width <= points[0][0]:
        return points[0][1]
    (narrow, low), (wide, high) = next(
        (pair for pair in pairwise(points) if width <= pair[1][0]), (points[-2], points[-1])
    )
    slope = (high - low) / math.log2(wide / narrow)
    if width <= wide:
        return low + slope * math.log2(width / narrow)
    about = USUAL.get(format, _OTHER)
    return high + (slope * about.beyond + about.drift) * math.log2(min(width, _FARTHEST, 2 * wide) / wide)


def tilt(densities: Mapping[int, float], size: Size, target: float, leeway: float, *, format: str) -> float:
    """Points of score to ask for above the target, or below it: a point costs a twentieth of a file, so that it is dear
    where the file is large. At most ``leeway`` of them.

    ``densities``: bytes a pixel that meet the target, by the anchors' widths.
    """
    about = USUAL.get(format, _OTHER)
    points = sorted((width, math.log(each)) for width, each in densities.items())
    if about.bytes is None or not points or not leeway:
        return 0.0
    (narrow, low), (wide, high) = points[0], points[-1]
    slope = (high - low) / math.log2(wide / narrow) if wide > narrow else 0.0
    bytes_ = low + slope * math.log2(max(size[0], narrow) / narrow) + math.log(size[0] * size[1])
    usual = math.log(about.bytes) + (target - 71) * COST
    return min(leeway, max(-leeway, usual - bytes_))


def tilted(quality: float, by: float, *, format: str) -> float:
    """The quality with so many points of score more."""
    return min(float(MOST), max(float(_LEAST), quality + by / _usual_slope(format, quality)))


def to_integer(quality: float, format: str) -> int:
    """As encoders take it."""
    scale = rungs(format)
    return min(scale, key=lambda one: abs(scale[one] - quality))


@cache
def rungs(format: str) -> Mapping[int, float]:
    """What a codec's whole numbers stand for on a scale where each point tells as much as the next."""
    uneven = dict(_UNEVEN.get(format, ()))
    return {
        one: uneven.get(one, float(one))
        for one in range(_LEAST, MOST + 1)
        if not uneven or one in uneven or not min(uneven) <= one <= max(uneven)
    }


def _slope(tried: Mapping[int, float], best: int, target: float, format: str) -> float:
    """Score a point of quality around the target, by the trial on its other side, else by the nearest one."""
    scale = rungs(format)
    others = [one for one in tried if one != best]
    if not others:
        return _usual_slope(format, scale[best])
    across = [one for one in others if (tried[one] < target) != (tried[best] < target)]
    other = min(across or others, key=lambda one: (abs(tried[one] - target), one))
    return min(_STEEPEST, max(_FLATTEST, (tried[best] - tried[other]) / (scale[best] - scale[other])))


def _usual_slope(format: str, quality: float) -> float:
    about = USUAL.get(format, _OTHER)
    share = (quality - about.at[0]) / (about.at[1] - about.at[0])
    return about.slope[0] + (about.slope[1] - about.slope[0]) * min(1.0, max(0.0, share))
