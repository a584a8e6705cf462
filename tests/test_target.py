"""The search for a quality: near the target in few trials, whatever the curve; anchors and what lies between them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseo.core import target

FORMATS = st.sampled_from(["avif", "webp", "jpeg", "jxl"])
SIDES = st.integers(1, 20_000)


@given(
    slope=st.floats(0.35, 2.0),
    at=st.floats(20, 90),
    wanted=st.floats(60, 85),
    first=st.floats(5, 98),
    format=FORMATS,
    seed=st.integers(0, 2**16),
)
def test_finds_the_target_on_a_noisy_line(
    slope: float, at: float, wanted: float, first: float, format: str, seed: int
) -> None:
    """Noise of half a point, as encoders have; the line goes through the target at ``at``."""
    noise = random.Random(seed)
    tried: list[int] = []

    def score(quality: int) -> float:
        tried.append(quality)
        return wanted + (quality - at) * slope + noise.uniform(-0.5, 0.5)

    found = target.search(score, wanted, first=first, format=format)
    assert abs(found - at) * slope <= 2.5
    assert len(tried) == len(set(tried)) <= target.TRIALS


def test_few_trials_are_enough_on_the_curves_of_photographs() -> None:
    """From the usual beginning, on lines as steep and as far off as those of the twelve photographs."""
    counts, misses = [], []
    for seed in range(200):
        random_ = random.Random(seed)
        at, slope = random_.gauss(48, 8), random_.uniform(0.5, 1.2)
        tried: list[int] = []

        def score(quality: int, at: float = at, slope: float = slope, tried: list[int] = tried) -> float:
            tried.append(quality)
            return 71 + (quality - at) * slope

        found = target.search(score, 71, first=target.guess("avif", 320, 71), format="avif")
        counts.append(len(tried))
        misses.append(abs(found - at) * slope)
    assert sum(counts) / len(counts) <= 2.5
    assert max(misses) <= 1


@pytest.mark.parametrize(("level", "end"), [(10.0, 98.0), (99.0, 5.0)])
def test_a_target_out_of_reach_ends_at_the_scales_end(level: float, end: float) -> None:
    tried: list[int] = []

    def score(quality: int) -> float:
        tried.append(quality)
        return level + quality / 1000

    assert target.search(score, 71, first=50, format="webp") == end
    assert len(tried) <= target.TRIALS


def test_one_trial_is_all_that_is_made_when_one_is_allowed() -> None:
    tried: list[int] = []

    def score(quality: int) -> float:
        tried.append(quality)
        return 63.0

    found = target.search(score, 71, first=50.4, format="avif", trials=1)
    assert tried == [50]
    assert found == pytest.approx(50 + 8 / 0.8)


@given(width=SIDES, height=SIDES, data=st.data())
def test_anchors_lie_in_the_source_and_follow_from_it_alone(width: int, height: int, data: st.DataObject) -> None:
    asked = data.draw(st.integers(1, width))
    sizes = target.anchors((width, height), asked)
    assert 1 <= len(sizes) <= 2
    assert list(sizes) == sorted(sizes)
    for wide, high in sizes:
        assert 1 <= wide <= width
        assert 1 <= high <= height
        assert wide * high <= 2_600_000 or wide == 1
    whole = target.anchors((width, height), width)
    assert sizes in (whole, whole[:1]), "narrow variants leave the wide anchor out, and that is all"
    assert sizes == whole or asked <= whole[0][0]


def test_anchors_of_a_photograph() -> None:
    assert target.anchors((4000, 3000), 2560) == ((320, 240), (1280, 960))
    assert target.anchors((4000, 3000), 320) == ((320, 240),)
    assert target.anchors((700, 500), 640) == ((320, 229), (700, 500))
    assert target.anchors((400, 300), 400) == ((320, 240),)
    assert target.anchors((200, 150), 160) == ((200, 150),)
    assert target.anchors((6000, 500), 6000) == ((768, 64), (1280, 107)), "a strip is judged where it has a height"


@given(low=st.floats(5, 98), high=st.floats(5, 98), width=st.integers(1, 16_384), format=FORMATS)
def test_between_anchors_and_beyond(low: float, high: float, width: int, format: str) -> None:
    found = {320: low, 1280: high}
    quality = target.between(found, width, format=format)
    assert target.between(found, 320, format=format) == pytest.approx(low)
    assert target.between(found, 1280, format=format) == pytest.approx(high)
    if width <= 1280:
        assert min(low, high) - 1e-9 <= quality <= max(low, high) + 1e-9
    else:
        assert abs(quality - high) <= abs(high - low) / 4 + 2 + 1e-9
    if width >= 2560:
        assert quality == target.between(found, 2560, format=format)
    assert target.between({320: low}, width, format=format) == low
    assert 5 <= target.whole(quality) <= 98


@given(format=FORMATS, width=st.integers(1, 4096), wanted=st.floats(10, 95), before=st.floats(5, 98))
def test_guesses_stay_on_the_scale_and_start_from_what_is_known(
    format: str, width: int, wanted: float, before: float
) -> None:
    assert 5 <= target.guess(format, width, wanted) <= 98
    assert target.guess(format, 320, wanted, (320, before)) == pytest.approx(before)
