"""Metrics: scores equal those of the reference tool, are identical on any machine, and reject unsupported images."""

from __future__ import annotations

import importlib
import json
import math
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imageseo.images.metrics._ssimulacra2.ssim import measure_plane
from imageseo.images.metrics._ssimulacra2.xyb import xyb_scales
from imageseo.images.metrics.ssimulacra2 import METRIC
from imageseo.model import extras
from imageseo.model.errors import MissingExtraError
from imageseo.model.protocols import Metric
from tests.support.metric_pairs import HARMS, SCORES, blocks, hills, image, pairs, signs

REFERENCE_SCORES: dict[str, float] = json.loads(SCORES.read_text("utf-8"))
TOLERANCE = 1.5


def test_metric_implements_protocol() -> None:
    metric: Metric = METRIC
    assert (metric.name, metric.version) == ("ssimulacra2 numpy", "1")


def score_pairs(metric: Metric) -> Iterator[tuple[str, float]]:
    whole, reference = None, None
    for title, before, after in pairs():
        if whole is not before:
            whole, reference = before, metric.reference(image(before))
        yield title, metric.score(reference, image(after))


@pytest.mark.slow
def test_scores_match_reference_tool() -> None:
    off = {title: found - REFERENCE_SCORES[title] for title, found in score_pairs(METRIC)}
    assert off.keys() == REFERENCE_SCORES.keys()
    assert not {title: by for title, by in off.items() if abs(by) > 0.5}
    assert abs(sum(off.values()) / len(off)) < 0.05


def test_equal_images_score_100_and_distortions_score_less() -> None:
    for make in (hills, signs):
        whole = make(160, 120)
        reference = METRIC.reference(image(whole))
        assert METRIC.score(reference, image(whole)) == 100.0
        for spoil, (less, more) in HARMS.values():
            assert (
                100.0
                > METRIC.score(reference, image(spoil(whole, less)))
                > METRIC.score(reference, image(spoil(whole, more)))
            )


def test_finer_quantisation_scores_higher() -> None:
    whole = hills(320, 213)
    reference = METRIC.reference(image(whole))
    found = [METRIC.score(reference, image(blocks(whole, step))) for step in (4, 6, 9, 13, 19, 28, 42)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 85 > 50 > found[-1]


def test_reference_can_be_reused() -> None:
    whole, other = hills(200, 151), hills(200, 151)[::-1]
    reference = METRIC.reference(image(whole))
    first = METRIC.score(reference, image(blocks(whole, 12)))
    METRIC.score(reference, image(other))
    assert METRIC.score(reference, image(blocks(whole, 12))) == first


def test_concurrent_threads_give_same_scores() -> None:
    whole = hills(320, 213)
    reference = METRIC.reference(image(whole))
    harmed = [image(blocks(whole, step)) for step in (6, 12, 24, 48)]
    alone = [METRIC.score(reference, one) for one in harmed]
    together: dict[int, list[float]] = {}

    def work(number: int) -> None:
        together[number] = [METRIC.score(reference, one) for one in harmed]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(together.values()) == [alone] * 4


SAME_ANYWHERE = """
import json, sys
import numpy
import imageseo.images.metrics._ssimulacra2.score as score
from imageseo.images.metrics.ssimulacra2 import METRIC
from tests.support.metric_pairs import HARMS, hills, image
score.round = lambda value, digits: value
for size in ((33, 20), (200, 151), (1281, 99)):
    whole = hills(*size)
    reference = METRIC.reference(image(whole))
    for harm, (spoil, strengths) in HARMS.items():
        print(size, harm, METRIC.score(reference, image(spoil(whole, strengths[0]))).hex())
json.dump(numpy.show_config(mode="dicts")["SIMD Extensions"].get("found", []), sys.stderr)
"""


@pytest.mark.slow
def test_scores_are_bit_identical_without_newer_cpu_instructions() -> None:
    """Compared before rounding: the result must not depend on numpy's choice of instructions."""

    def run_scores(**environment: str) -> tuple[str, list[str]]:
        environment = {**os.environ, "PYTHONWARNINGS": "ignore", **environment}
        command = [sys.executable, "-c", SAME_ANYWHERE]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        return done.stdout, json.loads(done.stderr)

    plain, newer = run_scores()
    assert len(plain.splitlines()) == 3 * len(HARMS)
    if not newer:
        pytest.skip("this machine has no instructions to disable")
    for disabled in {tuple(newer), tuple(newer[-1:])}:
        again, kept = run_scores(NPY_DISABLE_CPU_FEATURES=" ".join(disabled))
        assert len(kept) < len(newer)
        assert again == plain


def test_scores_match_recorded_values_exactly() -> None:
    """If another machine, numpy version or strip size gave other scores, it would choose other qualities."""
    whole = hills(320, 213)
    reference = METRIC.reference(image(whole))
    found = {
        harm: METRIC.score(reference, image(spoil(whole, strengths[0]))) for harm, (spoil, strengths) in HARMS.items()
    }
    assert found == EXACT


EXACT = {"blocks": 74.882, "soft": 72.287, "grain": 66.119, "smeared": 92.263, "banded": 73.118}


def blur_directly(plane: Any) -> tuple[Any, Any]:
    """Return mean and variance by direct sums over neighbours in float64, the expected result of the blurs."""
    taps = [0.0094143678, 0.0360111147, 0.1093353728, 0.2129285920, 0.2646211055]
    line = np.array(taps + taps[-2::-1])
    kernel = line[:, None] * line[None, :]
    height, width = plane.shape

    def blurred(values: Any) -> Any:
        padded = np.pad(values, 4)
        total = np.zeros((height, width))
        for y in range(9):
            for x in range(9):
                total += kernel[y, x] * padded[y : y + height, x : x + width]
        return total

    values = plane.astype(np.float64)
    mean = blurred(values)
    return mean, blurred(values * values) - mean * mean


@pytest.mark.parametrize("size", [(57, 57), (300, 71), (61, 2100)])
def test_strips_give_same_statistics_as_whole_plane(size: tuple[int, int]) -> None:
    for plane in next(xyb_scales(np.asarray(image(hills(*size))), ["XYB"])).values():
        statistics = measure_plane(plane)
        mean, variance = blur_directly(plane)
        assert np.abs(statistics.mean - mean).max() < 2e-6
        assert np.abs((statistics.spread - 0.0009) / 2 - variance).max() < 5e-6


def test_xyb_matches_definition() -> None:
    """Compare XYB of a few colours with its definition in float64."""
    colours = [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (120, 90, 200), (10, 11, 12)]
    for colour in colours:
        frame = np.full((64, 64, 3), colour, np.uint8)
        linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
        bias = 0.0037930732552754493
        mixing = ((0.30, 0.622, 0.078), (0.23, 0.692, 0.078), (0.243422689, 0.204767444, 0.551809867))
        long, medium, short = (
            math.cbrt(sum(share * light for share, light in zip(row, linear, strict=True)) + bias) for row in mixing
        )
        y = (long + medium) / 2 - math.cbrt(bias)
        wanted = {
            "X": (long - medium) * 7 + 0.42,
            "Y": y + 0.01,
            "B": short - math.cbrt(bias) - y + 0.55,
        }
        for planes in xyb_scales(frame, ["XYB"] * 5):
            for name, plane in planes.items():
                assert np.abs(plane - wanted[name]).max() < 5e-4 if name == "X" else 5e-5


@pytest.mark.parametrize("size", [(1, 1), (7, 7), (8, 8), (5, 300), (56, 57), (57, 113), (113, 113), (2000, 3)])
def test_small_images_have_scores(size: tuple[int, int]) -> None:
    whole = hills(*size)
    reference = METRIC.reference(image(whole))
    assert METRIC.score(reference, image(whole)) == 100.0
    slightly, badly = (METRIC.score(reference, image(np.minimum(whole + by, 255))) for by in (3, 60))
    assert 100.0 > slightly > badly


def test_small_image_scores_like_its_reflection() -> None:
    whole, harmed = (np.pad(one, ((0, 17), (0, 0), (0, 0)), mode="symmetric") for one in (hills(99, 40), soft_hills()))
    tall = METRIC.score(METRIC.reference(image(whole)), image(harmed))
    assert METRIC.score(METRIC.reference(image(hills(99, 40))), image(soft_hills())) == tall


def soft_hills() -> Any:
    return blocks(hills(99, 40), 20)


def transparent(whole: Any, alpha: Any) -> Image.Image:
    made = image(whole).convert("RGBA")
    made.putalpha(Image.fromarray(np.broadcast_to(alpha, whole.shape[:2]).astype(np.uint8)))
    return made


def test_opaque_rgba_is_rgb() -> None:
    whole = hills(128, 128)
    harmed = blocks(whole, 12)
    plain = METRIC.score(METRIC.reference(image(whole)), image(harmed))
    for before in (image(whole), transparent(whole, 255)):
        for after in (image(harmed), transparent(harmed, 255)):
            assert METRIC.score(METRIC.reference(before), after) == plain


def test_transparent_pixels_are_ignored_and_background_counts() -> None:
    whole = hills(128, 128)
    hole = np.where(np.arange(128) < 64, 0, 255)[None, :]
    reference = METRIC.reference(transparent(whole, hole))
    unseen = whole.copy()
    unseen[:, :64] = 255 - unseen[:, :64]
    assert METRIC.score(reference, transparent(unseen, hole)) == 100.0
    assert METRIC.score(reference, transparent(255 - unseen, hole)) < 50
    assert METRIC.score(reference, image(whole)) < 50
    assert METRIC.score(METRIC.reference(image(whole)), transparent(whole, hole)) < 50


@pytest.mark.parametrize("grey", [26, 230])
def test_worse_score_of_dark_and_light_page_counts(grey: int) -> None:
    """A pattern in the colour of one page is only visible on the other."""
    pattern = transparent(np.full((128, 128, 3), grey), np.where(np.arange(128) % 32 < 16, 255, 0)[None, :])
    empty = transparent(np.full((128, 128, 3), grey), 0)
    assert METRIC.score(METRIC.reference(pattern), empty) < 50


def test_unequal_sizes_are_rejected() -> None:
    reference = METRIC.reference(image(hills(64, 48)))
    with pytest.raises(ValueError, match="64×48 with 48×64"):
        METRIC.score(reference, image(hills(48, 64)))


@pytest.mark.parametrize("mode", ["L", "P", "LA", "CMYK", "I;16", "F", "RGBa"])
def test_other_modes_are_rejected(mode: str) -> None:
    odd = Image.new(mode, (16, 16))
    with pytest.raises(ValueError, match="RGB or RGBA"):
        METRIC.reference(odd)
    with pytest.raises(ValueError, match="RGB or RGBA"):
        METRIC.score(METRIC.reference(Image.new("RGB", (16, 16))), odd)


def test_image_without_pixels_is_rejected() -> None:
    with pytest.raises(ValueError, match="0×5"):
        METRIC.reference(Image.new("RGB", (0, 5)))


def vszip() -> Metric:
    pytest.importorskip("vapoursynth", reason="vapoursynth-vszip needs Python 3.12 or later", exc_type=ImportError)
    from imageseo.images.metrics.vszip import METRIC as COMPILED

    return COMPILED


def test_vszip_scores_match_reference_tool() -> None:
    metric = vszip()
    off = {title: found - REFERENCE_SCORES[title] for title, found in score_pairs(metric)}
    assert not {title: by for title, by in off.items() if abs(by) > TOLERANCE and 50 <= REFERENCE_SCORES[title] <= 90}


def test_vszip_scores_transparent_images_and_checks_sizes() -> None:
    metric = vszip()
    assert metric.version.startswith("1 vapoursynth-vszip ")
    whole = hills(427, 641)
    reference = metric.reference(transparent(whole, 200))
    assert metric.score(reference, transparent(whole, 200)) > 99
    assert metric.score(reference, transparent(blocks(whole, 40), 200)) < 90
    with pytest.raises(ValueError, match="427×641 with 641×427"):
        metric.score(reference, image(hills(641, 427)))


def test_vszip_without_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vapoursynth", None)
    module = importlib.import_module("imageseo.images.metrics.vszip")
    module._load_core.cache_clear()
    module._load_vapoursynth.cache_clear()
    whole = image(hills(64, 64))
    with pytest.raises(MissingExtraError, match=r"encode\.metric: vszip") as caught:
        module.METRIC.reference(whole)
    assert extras.install_command("vszip") in caught.value.hint
