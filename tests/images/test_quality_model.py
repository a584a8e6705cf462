"""The quality model: searches meet the target in few trials on any curve; anchors, tiles and interpolation."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseo.images.encoding import quality_model

FORMATS = st.sampled_from(["avif", "webp", "jpeg", "jxl"])
SIDES = st.integers(1, 20_000)


@given(
    slope=st.floats(0.35, 1.8),
    at=st.floats(20, 90),
    wanted=st.floats(60, 85),
    first=st.floats(5, 98),
    format=FORMATS,
    seed=st.integers(0, 2**16),
)
def test_search_finds_target_on_noisy_line(
    slope: float, at: float, wanted: float, first: float, format: str, seed: int
) -> None:
    """Noise of half a point, as with encoders; the line meets the target at ``at``."""
    noise = random.Random(seed)
    tried: list[int] = []

    def score(quality: int) -> float:
        tried.append(quality)
        return wanted + (quality_model.quality_scale(format)[quality] - at) * slope + noise.uniform(-0.5, 0.5)

    found = quality_model.search(score, wanted, first=first, format=format)
    # After a first trial within 1.2 points, the usual slope is used, which may be a quarter of this line's.
    assert abs(found - at) * slope <= (2.5 if slope <= 1.1 else 4.5)
    assert len(tried) == len(set(tried)) <= quality_model.TRIALS


def test_few_trials_suffice_for_photographs() -> None:
    """Start at the usual quality, on lines as steep and as distant as those of the twelve photographs."""
    counts, misses = [], []
    for seed in range(200):
        random_ = random.Random(seed)
        at, slope = random_.gauss(48, 8), random_.uniform(0.5, 1.2)
        tried: list[int] = []

        def score(quality: int, at: float = at, slope: float = slope, tried: list[int] = tried) -> float:
            tried.append(quality)
            return 71 + (quality_model.quality_scale("avif")[quality] - at) * slope

        found = quality_model.search(score, 71, first=quality_model.initial_quality("avif", 320, 71), format="avif")
        counts.append(len(tried))
        misses.append(abs(found - at) * slope)
    assert sum(counts) / len(counts) <= 2.5
    assert max(misses) <= 1


@pytest.mark.parametrize(("level", "end"), [(10.0, 98.0), (99.0, 5.0)])
def test_unreachable_target_gives_end_of_scale(level: float, end: float) -> None:
    tried: list[int] = []

    def score(quality: int) -> float:
        tried.append(quality)
        return level + quality / 1000

    assert quality_model.search(score, 71, first=50, format="webp") == end
    assert len(tried) <= quality_model.TRIALS


def test_single_trial_is_extrapolated() -> None:
    tried: list[int] = []

    def score(quality: int) -> float:
        tried.append(quality)
        return 63.0

    found = quality_model.search(score, 71, first=80.4, format="webp", trials=1)
    assert tried == [80]
    assert found == pytest.approx(80 + 8 / (0.45 + 0.75 * 6 / 8))


def test_avif_scale_omits_equal_levels_and_maps_steps() -> None:
    """libaom's levels: 44 and 45 are the same, and the step from 51 to 52 equals that from 52 to 57."""
    scale = quality_model.quality_scale("avif")
    assert 45 not in scale
    assert scale[52] - scale[51] == pytest.approx(scale[57] - scale[52], abs=0.3)
    assert list(scale.values()) == sorted(scale.values())
    assert quality_model.to_integer((scale[51] + scale[52]) / 2 + 0.1, "avif") == 52
    assert all(quality_model.to_integer(at, "avif") == one for one, at in scale.items())
    assert quality_model.quality_scale("webp") == {one: one for one in range(5, 99)}


@given(width=SIDES, height=SIDES, format=FORMATS, data=st.data())
def test_anchors_fit_source_and_depend_only_on_it(width: int, height: int, format: str, data: st.DataObject) -> None:
    requested = data.draw(st.integers(1, width))
    sizes = quality_model.anchors((width, height), requested, format)
    assert 1 <= len(sizes) <= (3 if format == "avif" else 2)
    assert list(sizes) == sorted(sizes)
    for wide, high in sizes:
        assert 1 <= wide <= width
        assert 1 <= high <= height
        seen = quality_model.scored_size((wide, high))
        assert seen[0] * seen[1] <= 2_600_000 or wide == 1 or seen != (wide, high)
    whole = quality_model.anchors((width, height), width, format)
    assert sizes == whole[: len(sizes)], "narrow variants only omit the wider anchors"
    assert sizes == whole or requested <= whole[len(sizes) - 1][0]


def test_anchors_of_photographs() -> None:
    assert quality_model.anchors((4000, 3000), 2560, "avif") == ((320, 240), (1280, 960), (1920, 1440))
    assert quality_model.anchors((4000, 3000), 2560, "webp") == ((320, 240), (1280, 960))
    assert quality_model.anchors((4000, 3000), 1280, "avif") == ((320, 240), (1280, 960))
    assert quality_model.anchors((1900, 1400), 1900, "avif") == ((320, 236), (1280, 943)), "too close for a third"
    assert quality_model.anchors((4000, 3000), 320, "avif") == ((320, 240),)
    assert quality_model.anchors((700, 500), 640, "avif") == ((320, 229), (700, 500))
    assert quality_model.anchors((400, 300), 400, "avif") == ((320, 240),)
    assert quality_model.anchors((200, 150), 160, "avif") == ((200, 150),)
    strip = quality_model.anchors((6000, 500), 6000, "avif")
    assert strip == ((768, 64), (1280, 107)), "a strip is scored where it is high enough, and is too low for tiles"
    assert len(quality_model.anchors((2000, 20000), 2000, "avif")) == 2, "a long page is scored at a limited size"


@given(width=st.integers(1281, 4000), height=st.integers(1, 9000))
def test_tiles_cover_image_evenly_without_overlap(width: int, height: int) -> None:
    sheet, places = quality_model.scored_size((width, height)), list(quality_model.tiles((width, height)))
    if sheet == (width, height):
        assert height <= 1.5 * quality_model.TILE
        return
    side = quality_model.TILE
    assert len({at for _, at in places}) == len(places) == sheet[0] * sheet[1] // side**2
    for (left, top), at in places:
        assert 0 <= left <= width - side
        assert 0 <= top <= height - side
        assert at[0] + side <= sheet[0]
        assert at[1] + side <= sheet[1]
    for index, whole in enumerate((width, height)):
        starts = sorted({place[index] for place, _ in places})
        gaps = [b - a for a, b in pairwise(starts)]
        assert all(gap >= side for gap in gaps), "no overlap"
        assert max([*gaps, starts[0] + side, whole - starts[-1]]) <= 3 * side + 1, "no large gap"


@given(
    low=st.floats(5, 98), high=st.floats(5, 98), wider=st.floats(5, 98), width=st.integers(1, 16_384), format=FORMATS
)
def test_interpolation_between_and_beyond_anchors(
    low: float, high: float, wider: float, width: int, format: str
) -> None:
    found = {320: low, 1280: high}
    quality = quality_model.interpolate(found, width, format=format)
    assert quality_model.interpolate(found, 320, format=format) == pytest.approx(low)
    assert quality_model.interpolate(found, 1280, format=format) == pytest.approx(high)
    if width <= 1280:
        assert min(low, high) - 1e-9 <= quality <= max(low, high) + 1e-9
    else:
        assert abs(quality - high) <= abs(high - low) / 4 + 2 + 1e-9
    if width >= 2560:
        assert quality == quality_model.interpolate(found, 2560, format=format)
    assert quality_model.interpolate({320: low}, width, format=format) == low
    assert 5 <= quality_model.to_integer(quality, format) <= 98
    three = {**found, 1920: wider}
    assert quality_model.interpolate(three, 1920, format=format) == pytest.approx(wider)
    if width <= 1280:
        assert quality_model.interpolate(three, width, format=format) == quality, "a wider anchor changes nothing below"
    elif width <= 1920:
        assert (
            min(high, wider) - 1e-9 <= quality_model.interpolate(three, width, format=format) <= max(high, wider) + 1e-9
        )


@given(
    dense=st.floats(0.001, 3),
    fine=st.floats(0.001, 3),
    width=st.integers(16, 4096),
    wanted=st.floats(50, 90),
    leeway=st.floats(0, 3),
    format=FORMATS,
)
def test_target_is_lowered_for_large_and_raised_for_small_files(
    dense: float, fine: float, width: int, wanted: float, leeway: float, format: str
) -> None:
    size = (width, max(1, width * 2 // 3))
    by = quality_model.target_adjustment({320: dense, 1280: fine}, size, wanted, leeway, format=format)
    assert abs(by) <= leeway
    assert by == 0 or format == "avif", "only AVIF adjusts its target"
    denser = quality_model.target_adjustment({320: dense * 2, 1280: fine * 2}, size, wanted, leeway, format=format)
    wider = quality_model.target_adjustment(
        {320: dense, 1280: dense}, (2 * size[0], 2 * size[1]), wanted, leeway, format=format
    )
    assert denser <= by + 1e-9
    assert (
        wider <= quality_model.target_adjustment({320: dense, 1280: dense}, size, wanted, leeway, format=format) + 1e-9
    )
    assert quality_model.target_adjustment({}, size, wanted, leeway, format=format) == 0, "no adjustment without trials"


def test_target_of_usual_file_size_is_not_adjusted() -> None:
    size = (640, 400)
    usual = quality_model.TYPICAL["avif"].neutral_bytes
    assert usual is not None
    for wanted in (65.0, 71.0, 80.0):
        density = usual * math.exp(quality_model.COST_PER_POINT * (wanted - 71)) / size[0] / size[1]
        assert quality_model.target_adjustment({640: density}, size, wanted, 2, format="avif") == pytest.approx(
            0, abs=1e-9
        )
        assert quality_model.target_adjustment({640: density * 1.5}, size, wanted, 2, format="avif") < -0.2
    assert quality_model.adjust_quality(50, 0.7, format="avif") == pytest.approx(51), (
        "slope below the first slope quality"
    )
    assert quality_model.adjust_quality(65, 1.2, format="avif") == pytest.approx(66), (
        "slope above the second slope quality"
    )
    assert quality_model.adjust_quality(97.9, 2, format="webp") == quality_model.MAX_QUALITY


@given(format=FORMATS, width=st.integers(1, 4096), wanted=st.floats(10, 95), before=st.floats(5, 98))
def test_initial_quality_is_on_scale_and_uses_narrower_result(
    format: str, width: int, wanted: float, before: float
) -> None:
    assert 5 <= quality_model.initial_quality(format, width, wanted) <= 98
    assert quality_model.initial_quality(format, 320, wanted, (320, before)) == pytest.approx(before)
