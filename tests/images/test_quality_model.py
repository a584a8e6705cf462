"""The quality model: searches meet the target in few trials on any curve; probe sizes, tiles and predictions."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imageseo.images.encoding import quality_model
from imageseo.images.encoding.scored_tiles import TILE, scored_image, scored_size, tiles

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

        found = quality_model.search(score, 71, first=quality_model.initial_quality("avif", 71), format="avif")
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


@given(width=SIDES, height=SIDES)
def test_probe_fits_source_and_is_small(width: int, height: int) -> None:
    wide, high = quality_model.probe_size((width, height))
    assert 1 <= wide <= width
    assert 1 <= high <= height
    assert wide * high <= 810_000 or wide == 1 or high == 1
    assert abs(wide * height / width - high) <= max(1, height / width)


def test_probe_is_a_whole_part_of_the_source_if_one_is_near() -> None:
    assert quality_model.probe_size((2800, 1800)) == (700, 450)
    assert quality_model.probe_size((1440, 900)) == (720, 450)
    assert quality_model.probe_size((2400, 1800)) == (600, 450)
    assert quality_model.probe_size((700, 500)) == (700, 500)
    assert quality_model.probe_size((1401, 901)) == (640, 412), "no side can be divided"
    assert quality_model.probe_size((200, 150)) == (200, 150), "never larger than the source"
    assert quality_model.probe_size((6000, 400)) == (960, 64), "a strip is scored where it is high enough"
    wide, high = quality_model.probe_size((800, 20_000))
    assert wide * high <= 810_000, "a long page is scored at a limited size"


@given(width=st.integers(1, 6000), height=st.integers(1, 20_000))
def test_tiles_are_bounded_and_do_not_overlap(width: int, height: int) -> None:
    sheet, places = scored_size((width, height)), list(tiles((width, height)))
    assert sheet[0] * sheet[1] <= max(24 * TILE**2, 600_000)
    if width * height <= 600_000:
        assert sheet == (width, height)
        return
    wide, high = min(TILE, width), min(TILE, height)
    assert len({at for _, at in places}) == len(places) == sheet[0] * sheet[1] // wide // high
    for (left, top), at in places:
        assert 0 <= left <= width - wide
        assert 0 <= top <= height - high
        assert at[0] + wide <= sheet[0]
        assert at[1] + high <= sheet[1]
    for index, side in enumerate((wide, high)):
        starts = sorted({place[index] for place, _ in places})
        assert all(after - before >= side for before, after in pairwise(starts)), "no overlap"


@given(width=st.integers(1000, 2500), height=st.integers(700, 2000))
def test_tiles_of_usual_images_cover_them_evenly(width: int, height: int) -> None:
    places = [place for place, _ in tiles((width, height))]
    for index, whole in enumerate((width, height)):
        starts = sorted({place[index] for place in places})
        gaps = [after - before for before, after in pairwise(starts)]
        assert max([*gaps, starts[0] + TILE, whole - starts[-1]]) <= 3 * TILE + 1, "no large gap"


def test_sheet_contains_tiles_of_image() -> None:
    image = Image.linear_gradient("L").resize((1920, 1300))
    made = scored_image(image)
    assert made.size == (1024, 768)
    for (left, top), (x, y) in tiles(image.size):
        assert made.crop((x, y, x + 256, y + 256)).tobytes() == image.crop((left, top, left + 256, top + 256)).tobytes()
    small = image.resize((900, 600))
    assert scored_image(small) is small


@given(
    size=st.integers(100, 10**7),
    score=st.floats(20, 98),
    wanted=st.floats(50, 90),
    leeway=st.floats(0, 3),
    format=FORMATS,
)
def test_target_is_lowered_for_large_and_raised_for_small_files(
    size: int, score: float, wanted: float, leeway: float, format: str
) -> None:
    found = quality_model.adjusted_target(wanted, leeway, size, score, format=format)
    assert abs(found - wanted) <= leeway + 1e-9
    assert found == wanted or format == "avif", "only AVIF adjusts its target"
    assert quality_model.adjusted_target(wanted, leeway, size * 2, score, format=format) <= found + 1e-9


def test_target_of_usual_file_size_is_not_adjusted() -> None:
    usual = quality_model.TYPICAL["avif"].neutral_bytes
    assert usual is not None
    for wanted in (65.0, 71.0, 80.0):
        size = round(usual * math.exp(quality_model.COST_PER_POINT * (wanted - 71)))
        assert quality_model.adjusted_target(wanted, 2, size, wanted, format="avif") == pytest.approx(wanted, abs=1e-3)
        assert quality_model.adjusted_target(wanted, 2, size * 2, wanted, format="avif") < wanted - 0.2
    assert quality_model.adjust_quality(50, 0.7, format="avif") == pytest.approx(51), "the lower slope"
    assert quality_model.adjust_quality(65, 1.2, format="avif") == pytest.approx(66), "the upper slope"
    assert quality_model.adjust_quality(97.9, 2, format="webp") == quality_model.MAX_QUALITY


def test_bytes_and_scores_of_a_trial_predict_each_other() -> None:
    size = quality_model.bytes_at(80, 10_000, 71)
    assert size == pytest.approx(10_000 * math.exp(9 * quality_model.COST_PER_POINT))
    assert quality_model.reachable_score(round(size), 10_000, 71) == pytest.approx(80, abs=0.01)
    assert quality_model.bytes_at_width(10_000, 640, 640) < quality_model.bytes_at_width(10_000, 1280, 640)


@given(
    scores=st.dictionaries(st.integers(5, 98), st.floats(0, 100), min_size=1, max_size=3),
    target=st.floats(10, 95),
    format=FORMATS,
)
def test_next_quality_is_new_and_near_the_best(scores: dict[int, float], target: float, format: str) -> None:
    scale = quality_model.quality_scale(format)
    scores = {quality_model.to_integer(quality, format): score for quality, score in scores.items()}
    found = quality_model.next_quality(scores, target, format=format)
    if found is not None:
        assert found in scale
        assert found not in scores
        best = min(scores, key=lambda number: (abs(scores[number] - target), number))
        assert abs(scale[found] - scale[best]) <= 15


@given(format=FORMATS, wanted=st.floats(10, 95), width=st.integers(1, 4096), is_text=st.booleans())
def test_predicted_qualities_are_on_scale(format: str, wanted: float, width: int, is_text: bool) -> None:
    first = quality_model.initial_quality(format, wanted, is_text=is_text)
    assert 5 <= first <= 98
    assert 5 <= quality_model.at_width(first, width, 640, format=format, is_text=is_text) <= 98
    assert quality_model.at_width(first, 640, 640, format=format, is_text=is_text) == first
