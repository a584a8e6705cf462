"""Model of quality and score: the size to search at, a search in few trials, the next trial of a variant."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from typing import NamedTuple

Size = tuple[int, int]

PROBE_WIDTH = 640
"""px. A search at this width predicts the qualities of other widths better than one at 320 px, at little cost."""

TRIALS = 5
"""Maximum number of trials of one search; two are usual."""

_MIN_SIDE = 64  # px; a multi-scale metric is meaningless below
_PROBE_PIXELS = 800_000  # limits the time for a long page captured as one image
_PROBE_PARTS = (400, 1000)  # px; whole parts of the source this wide are used instead: they are often published too
_MOST_PARTS = 8
_FIRST_TOLERANCE = 1.2  # points of score; after a first trial this close, the usual slope is accurate enough
_TOLERANCE = 1.5  # the same for the slope between two trials
_BRACKET_TOLERANCE = 4.5  # the same for interpolation between two trials on opposite sides of the target
_MIN_SLOPE, _MAX_SLOPE = 0.25, 2.5  # points of score per point of quality: limits for slopes from trials
_HIGH_COST, _LEAST_SPAN = 0.12, 0.3
MOST_LOWERED = 12.0
"""Points by which a target is lowered at most."""
_DENSE, _DENSE_OTHER, _LOWERED_PER_E = {"avif": 0.25}, 0.35, 12.0  # bytes per pixel; usual photographs take 0.05 to 0.2
_FINAL_SHARE, _BYTES_PER_WIDTH = 0.8, 1.8  # of photographs: bytes at the final effort, and their growth with the width
_MAX_STEP = 12.0  # points of quality between two trials of a variant: curves bend
COST_PER_POINT = 0.047
"""Increase of the logarithm of a file's bytes per point of score."""
_MIN_QUALITY = 5
MAX_QUALITY = 98
"""The upper end of the scale: a search that ends here has missed its target."""


class TypicalQuality(NamedTuple):
    """A format's usual quality for a score of 70, measured on the tuning half of the photographs.

    ``text_quality``: the usual quality of screenshots for a score of 80; ``per_doubling``, ``text_per_doubling``:
    points of quality that each doubling of the width adds, for photographs and for screenshots; ``slope``: points of
    score per point of quality, at or below the first and at or above the second of ``slope_qualities``;
    ``trial_offset``: points of quality that the final effort needs less than the trial effort; ``neutral_bytes``: size
    of a variant whose target is not adjusted, None for no adjustment.
    """

    quality: float
    text_quality: float
    slope: tuple[float, float]
    slope_qualities: tuple[float, float]
    per_doubling: float = 0.0
    text_per_doubling: float = 0.0
    trial_offset: float = 0.0
    neutral_bytes: float | None = None


TYPICAL: Mapping[str, TypicalQuality] = {
    "avif": TypicalQuality(
        54.5,
        47.0,
        (0.7, 1.2),
        (51, 62),
        per_doubling=-1.2,
        text_per_doubling=-2.0,
        trial_offset=1.3,
        neutral_bytes=40_000,
    ),
    "webp": TypicalQuality(74.0, 84.0, (0.45, 1.2), (74, 82)),
    "jpeg": TypicalQuality(78.0, 90.0, (0.7, 0.7), (74, 82)),
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
_TYPICAL_OTHER = TypicalQuality(75.0, 88.0, (0.7, 0.7), (74, 82))


def probe_size(source: Size) -> Size:
    """Return the size at which a source's qualities are searched. It depends on the source alone."""
    width, height = source
    parts = [
        (width // part, height // part) for part in range(1, _MOST_PARTS + 1) if width % part == height % part == 0
    ]
    fitting = [part for part in parts if _PROBE_PARTS[0] <= part[0] <= _PROBE_PARTS[1] and _is_probe(part)]
    if fitting:
        return min(fitting, key=lambda part: (abs(math.log(part[0] / PROBE_WIDTH)), part))
    scale = min(1.0, max(PROBE_WIDTH / width, _MIN_SIDE / height), math.sqrt(_PROBE_PIXELS / width / height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _is_probe(size: Size) -> bool:
    return min(size) >= _MIN_SIDE and size[0] * size[1] <= _PROBE_PIXELS


def initial_quality(format: str, target: float, *, is_text: bool = False) -> float:
    """Return the typical quality for a target: the start of a search, and the result where no search is possible.

    ``is_text``: of a screenshot or drawing, in the coding for these.
    """
    typical = TYPICAL.get(format, _TYPICAL_OTHER)
    quality, score = (typical.text_quality, 80) if is_text else (typical.quality, 70)
    return _clamp(quality + (target - score) / _usual_slope(format, quality))


def at_width(quality: float, width: int, searched: int, *, format: str, is_text: bool = False) -> float:
    """Return the quality to expect at ``width`` from the one found at the width ``searched``."""
    typical = TYPICAL.get(format, _TYPICAL_OTHER)
    each = typical.text_per_doubling if is_text else typical.per_doubling
    return _clamp(quality + each * math.log2(width / searched))


def bytes_at_width(size: float, width: int, searched: int) -> int:
    """Return the bytes to expect at ``width`` from those found, at the trial effort, at the width ``searched``."""
    return max(1, round(size * _FINAL_SHARE * math.pow(width / searched, _BYTES_PER_WIDTH)))


def adjust_quality(quality: float, points: float, *, format: str) -> float:
    """Return the quality that scores ``points`` more."""
    return _clamp(quality + points / _usual_slope(format, quality))


def trial_offset(format: str) -> float:
    """Return the points of quality that the final effort needs less than the trial effort."""
    return TYPICAL.get(format, _TYPICAL_OTHER).trial_offset


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


def next_quality(scores: Mapping[int, float], target: float, *, format: str) -> int | None:
    """Return the quality to try next, from the scores of those tried; None if it was tried already."""
    scale = quality_scale(format)
    best = min(scores, key=lambda number: (abs(scores[number] - target), number))
    estimate = scale[best] + (target - scores[best]) / _estimate_slope(scores, best, target, format)
    estimate = min(scale[best] + _MAX_STEP, max(scale[best] - _MAX_STEP, estimate))
    quality = to_integer(_clamp(estimate), format)
    return None if quality in scores else quality


def adjusted_target(target: float, leeway: float, size: int, score: float, *, format: str) -> float:
    """Return the target, moved by at most ``leeway`` points up or down: less for larger files.

    A point costs a twentieth of a file's bytes, which is expensive for large files. ``size`` and ``score``: bytes and
    score of a trial.
    """
    typical = TYPICAL.get(format, _TYPICAL_OTHER)
    if typical.neutral_bytes is None or not leeway:
        return target
    log_bytes = math.log(size) + (target - score) * COST_PER_POINT
    neutral = math.log(typical.neutral_bytes) + (target - 71) * COST_PER_POINT
    return target + min(leeway, max(-leeway, neutral - log_bytes))


def affordable_score(trials: Mapping[float, int]) -> float | None:
    """Return the highest score among trials before the first step that costs too much; None if no step does.

    ``trials``: bytes by score. A point of score usually costs 5 % of the bytes; in grain and noise it can cost so much
    more that it is not worth it, or the target cannot be reached at all.
    """
    ordered = sorted(trials.items())
    for (low, before), (high, after) in pairwise(ordered):
        if high - low >= _LEAST_SPAN and math.log(after / before) / (high - low) > _HIGH_COST:
            return low
    return None


def points_to_lower(target: float, trials: Mapping[float, int], density: float, *, format: str) -> float:
    """Return the points by which to lower the target of a noisy image, which would take several times the usual bytes.

    ``trials``: bytes by score. ``density``: bytes per pixel at the target.
    """
    affordable = affordable_score(trials)
    points = 0.0 if affordable is None else target - affordable
    points = max(points, _LOWERED_PER_E * math.log(density / _DENSE.get(format, _DENSE_OTHER)))
    return min(MOST_LOWERED, max(0.0, points))


def bytes_at(target: float, size: int, score: float) -> float:
    """Return the bytes that a file with the score ``target`` would have, by a trial's bytes and score."""
    return size * math.exp((target - score) * COST_PER_POINT)


def reachable_score(ceiling: int, size: int, score: float) -> float:
    """Return the score that a file of ``ceiling`` bytes would have, by a trial's bytes and score."""
    return score + math.log(ceiling / size) / COST_PER_POINT


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
