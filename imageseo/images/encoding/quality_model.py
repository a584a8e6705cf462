"""Model of quality and score: the sizes to search at, a search in few trials, and interpolation between the sizes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import NamedTuple

Size = tuple[int, int]

NARROW, WIDE, WIDER = 320, 1280, 1920
"""px. Between these, quality follows the logarithm of the width within a point of score. Above, images differ: noise
that scaling down removed returns in some and not in others.
"""

TILE = 256
"""px. Images wider than the wide anchor are scored by a quarter of their area, in evenly spread tiles with this side:
scores of smaller tiles depend more on their seams than on the image.
"""

TRIALS = 5
"""Maximum number of trials of one search; two are usual."""

_MIN_SIDE = 64  # px; a multi-scale metric is meaningless below
_MAX_PIXELS = 2_500_000  # limits the time for a long page captured as one image
_MIN_ANCHOR_RATIO = 1.5  # minimum ratio of two anchors; the slope between closer ones is noise
_MAX_EXTRAPOLATED_WIDTH = 2560  # px, but at most twice the widest anchor: wider variants use this width's quality
_FIRST_TOLERANCE = 1.2  # points of score; after a first trial this close, the usual slope is accurate enough
_TOLERANCE = 1.5  # the same for the slope between two trials
_BRACKET_TOLERANCE = 4.5  # the same for interpolation between two trials on opposite sides of the target
_MIN_SLOPE, _MAX_SLOPE = 0.25, 2.5  # points of score per point of quality: limits for slopes from trials
COST_PER_POINT = 0.047
"""Increase of the logarithm of a file's bytes per point of score."""
_MIN_QUALITY = 5
MAX_QUALITY = 98
"""The upper end of the scale: a search that ends here has missed its target."""


class TypicalQuality(NamedTuple):
    """A format's usual quality for a score of 70 at the narrow anchor, measured on the tuning half of the photographs.

    ``slope``: points of score per point of quality, at or below the first and at or above the second of
    ``slope_qualities``; ``quality_per_doubling``: points of quality per doubling of the width; ``slope_share_above``:
    share of the slope between the last two anchors that continues above them; ``drift_above``: points of quality that
    each doubling adds there; ``tile_bias``: points by which tiles score above their image, None where tiles are not
    representative (WebP sorts the blocks of an image into four segments, and those of tiles differently);
    ``neutral_bytes``: size of a variant whose target is not adjusted, None for no adjustment.
    """

    quality: float
    slope: tuple[float, float]
    slope_qualities: tuple[float, float]
    quality_per_doubling: float
    slope_share_above: float
    drift_above: float
    tile_bias: float | None = None
    neutral_bytes: float | None = None


TYPICAL: Mapping[str, TypicalQuality] = {
    "avif": TypicalQuality(54.5, (0.7, 1.2), (51, 62), 0.0, 0.5, -2.0, tile_bias=0.25, neutral_bytes=40_000),
    "webp": TypicalQuality(74.0, (0.45, 1.2), (74, 82), 0.7, 0.5, 0.0),
    "jpeg": TypicalQuality(78.0, (0.7, 0.7), (74, 82), 0.5, 0.5, 0.0),
}
_UNEVEN_SCALES: Mapping[str, tuple[tuple[int, float], ...]] = {
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
"""Codec numbers that are not all distinct or equally spaced: number -> quality, fitted to the scores of photographs.

libaom has 64 levels; where it switches quantiser matrices, a single level changes the score by three points.
"""
_TYPICAL_OTHER = TypicalQuality(75.0, (0.7, 0.7), (74, 82), 0.0, 0.5, 0.0)


def anchors(source: Size, width: int, format: str) -> tuple[Size, ...]:
    """Return the sizes to search at for a variant of ``width`` px, ascending: one, or several to interpolate between.

    They only depend on the source's size, the format and the variant's width, so that other variants do not affect its
    bytes.
    """
    ratio = source[0] / source[1]
    wide = max(1, min(WIDE, source[0], int(math.sqrt(_MAX_PIXELS * ratio))))
    narrow = min(max(NARROW, math.ceil(_MIN_SIDE * ratio)), wide)
    widths = (narrow,) if width <= narrow or wide < narrow * _MIN_ANCHOR_RATIO else (narrow, wide)
    wider = (WIDER, max(1, round(WIDER / ratio)))
    has_tile_bias = TYPICAL.get(format, _TYPICAL_OTHER).tile_bias is not None
    if width > wide == WIDE and source[0] >= WIDER and has_tile_bias and scored_size(wider) != wider:
        widths = (*widths, WIDER)
    return tuple((anchor, max(1, round(anchor * source[1] / source[0]))) for anchor in widths)


def scored_size(size: Size) -> Size:
    """Return the size of the image that is scored for an anchor: the image itself, or the sheet of its tiles."""
    if size[0] <= WIDE or size[1] < TILE:
        return size
    columns, rows = (math.ceil(side / TILE / 2) for side in size)
    return columns * TILE, rows * TILE


def tiles(size: Size) -> Iterator[tuple[Size, Size]]:
    """Yield the upper left corners of all tiles, in the image and in the sheet."""
    sheet = scored_size(size)
    for top in range(0, sheet[1], TILE):
        for left in range(0, sheet[0], TILE):
            # Each tile is centred in its share of the image.
            across, down = ((start + TILE / 2) / side for start, side in zip((left, top), sheet, strict=True))
            x, y = (round(share * side - TILE / 2) for share, side in zip((across, down), size, strict=True))
            yield (min(max(0, x), size[0] - TILE), min(max(0, y), size[1] - TILE)), (left, top)


def tile_bias(format: str) -> float:
    """Return the points by which tiles score above their image."""
    return TYPICAL.get(format, _TYPICAL_OTHER).tile_bias or 0.0


def initial_quality(format: str, width: int, target: float, narrower: tuple[int, float] | None = None) -> float:
    """Return the typical quality at ``width``: the start of a search, and the result where no search is possible.

    ``narrower``: width and quality found for the same image at a smaller size, as a more accurate start.
    """
    typical = TYPICAL.get(format, _TYPICAL_OTHER)
    before, quality = narrower or (NARROW, typical.quality + (target - 70) / _usual_slope(format, typical.quality))
    return _clamp(quality + typical.quality_per_doubling * math.log2(width / before))


def search(score: Callable[[int], float], target: float, *, first: float, format: str, trials: int = TRIALS) -> float:
    """Return the quality, possibly fractional, whose score is ``target``, in at most ``trials`` trials.

    ``score``: returns the score of an integer quality, rising with it except for noise; ``first``: the first quality to
    try. The result is within a point of score if the target is reachable, else the nearer end of the scale.
    """
    scale = quality_scale(format)
    scores: dict[int, float] = {}
    quality = to_integer(first, format)
    while True:
        scores[quality] = score(quality)
        best = min(scores, key=lambda number: (abs(scores[number] - target), number))
        miss = target - scores[best]
        below = max((number for number in scores if scores[number] < target), default=None)
        above = min((number for number in scores if scores[number] >= target), default=None)
        low = _MIN_QUALITY - 1.0 if below is None else scale[below]
        high = MAX_QUALITY + 1.0 if above is None else scale[above]
        estimate = scale[best] + miss / _estimate_slope(scores, best, target, format)
        if low < high:
            estimate = min(max(estimate, low), high)
        if len(scores) == trials or abs(miss) <= (_FIRST_TOLERANCE if len(scores) == 1 else _TOLERANCE):
            break
        inside = [number for number, position in scale.items() if low < position < high]
        bracket = None if below is None or above is None else scores[above] - scores[below]
        if bracket is not None and (not inside or 0 < bracket <= _BRACKET_TOLERANCE):
            break
        quality = (
            min(inside, key=lambda number: abs(scale[number] - estimate)) if inside else to_integer(estimate, format)
        )
        if quality in scores:
            break
    return _clamp(estimate)


def interpolate(qualities: Mapping[int, float], width: int, *, format: str) -> float:
    """Return the quality at ``width`` from the qualities found at the anchors' widths.

    Linear in the logarithm of the width; constant below the narrowest, and less steep or constant above the widest.
    """
    points = sorted(qualities.items())
    if len(points) == 1 or width <= points[0][0]:
        return points[0][1]
    (narrow, low), (wide, high) = next(
        (pair for pair in pairwise(points) if width <= pair[1][0]), (points[-2], points[-1])
    )
    slope = (high - low) / math.log2(wide / narrow)
    if width <= wide:
        return low + slope * math.log2(width / narrow)
    typical = TYPICAL.get(format, _TYPICAL_OTHER)
    return high + (slope * typical.slope_share_above + typical.drift_above) * math.log2(
        min(width, _MAX_EXTRAPOLATED_WIDTH, 2 * wide) / wide
    )


def target_adjustment(
    densities: Mapping[int, float], size: Size, target: float, leeway: float, *, format: str
) -> float:
    """Return the points of score to add to the target, at most ``leeway`` up or down: fewer for larger files.

    A point costs a twentieth of a file's bytes, which is expensive for large files. ``densities``: bytes per pixel at
    the target, by the anchors' widths.
    """
    typical = TYPICAL.get(format, _TYPICAL_OTHER)
    points = sorted((width, math.log(density)) for width, density in densities.items())
    if typical.neutral_bytes is None or not points or not leeway:
        return 0.0
    (narrow, low), (wide, high) = points[0], points[-1]
    slope = (high - low) / math.log2(wide / narrow) if wide > narrow else 0.0
    log_bytes = low + slope * math.log2(max(size[0], narrow) / narrow) + math.log(size[0] * size[1])
    neutral = math.log(typical.neutral_bytes) + (target - 71) * COST_PER_POINT
    return min(leeway, max(-leeway, neutral - log_bytes))


def adjust_quality(quality: float, points: float, *, format: str) -> float:
    """Return the quality that scores ``points`` more."""
    return _clamp(quality + points / _usual_slope(format, quality))


def to_integer(quality: float, format: str) -> int:
    """Return the nearest integer quality of the codec."""
    scale = quality_scale(format)
    return min(scale, key=lambda number: abs(scale[number] - quality))


@cache
def quality_scale(format: str) -> Mapping[int, float]:
    """Map a codec's integer qualities to a scale on which all points have the same effect."""
    uneven = dict(_UNEVEN_SCALES.get(format, ()))
    return {
        number: uneven.get(number, float(number))
        for number in range(_MIN_QUALITY, MAX_QUALITY + 1)
        if not uneven or number in uneven or not min(uneven) <= number <= max(uneven)
    }


def _clamp(quality: float) -> float:
    return min(float(MAX_QUALITY), max(float(_MIN_QUALITY), quality))


def _estimate_slope(scores: Mapping[int, float], best: int, target: float, format: str) -> float:
    """Return points of score per point of quality around the target, by the trial on its other side or the nearest."""
    scale = quality_scale(format)
    others = [number for number in scores if number != best]
    if not others:
        return _usual_slope(format, scale[best])
    across = [number for number in others if (scores[number] < target) != (scores[best] < target)]
    other = min(across or others, key=lambda number: (abs(scores[number] - target), number))
    return min(_MAX_SLOPE, max(_MIN_SLOPE, (scores[best] - scores[other]) / (scale[best] - scale[other])))


def _usual_slope(format: str, quality: float) -> float:
    typical = TYPICAL.get(format, _TYPICAL_OTHER)
    share = (quality - typical.slope_qualities[0]) / (typical.slope_qualities[1] - typical.slope_qualities[0])
    return typical.slope[0] + (typical.slope[1] - typical.slope[0]) * min(1.0, max(0.0, share))
