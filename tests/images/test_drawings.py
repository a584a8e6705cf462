"""Drawings: whole parts of the source by the mean of the pixels, AVIF as screen content, an effort of their own."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from imageseo.images.codecs import avif
from imageseo.images.encoding.profiles import policy
from imageseo.images.resizers import fast, pillow
from tests.support import pictures

SCREENSHOT = Path(__file__).parents[2] / "site_example/docs/images/home-light.png"


@pytest.mark.parametrize("resizer", [pillow, fast])
@pytest.mark.parametrize("part", [2, 3])
@pytest.mark.parametrize("orientation", [1, 6])
def test_whole_parts_are_the_mean_of_the_pixels(resizer: ModuleType, part: int, orientation: int) -> None:
    picture = pictures.photo(120, 90)
    size = (120 // part, 90 // part)
    shown = size if orientation == 1 else size[::-1]
    data = pictures.save(picture, "PNG")
    drawn = resizer.render(data, "png", orientation, [shown], inspect=lambda image: True)[shown]
    mean = picture.reduce(part)
    expected = mean if orientation == 1 else mean.transpose(Image.Transpose.ROTATE_270)
    assert drawn.tobytes() == expected.tobytes()
    photograph = resizer.render(data, "png", orientation, [shown], inspect=lambda image: False)[shown]
    assert (photograph.tobytes() != expected.tobytes()) is (resizer is pillow)  # the fast one takes means anyway


def test_other_sizes_of_drawings_are_resampled() -> None:
    data = pictures.save(pictures.photo(121, 90), "PNG")
    drawn = pillow.render(data, "png", 1, [(60, 45)], inspect=lambda image: True)[60, 45]
    plain = pillow.render(data, "png", 1, [(60, 45)], inspect=lambda image: False)[60, 45]
    assert drawn.tobytes() == plain.tobytes()


def test_avif_is_told_which_pictures_are_screens(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gain depends on the picture: libaom notices some screens itself. Photographs are as before."""
    with Image.open(SCREENSHOT) as opened:
        picture = opened.convert("RGB").reduce(2).crop((0, 0, 320, 240))

    def encode(coding: str) -> bytes:
        return avif.CODEC.encode(picture.copy(), quality=55, effort=7, xmp=None, coding=coding)

    told = encode("4:4:4"), encode("")
    monkeypatch.setattr(avif, "_SCREEN", {})
    untold = encode("4:4:4"), encode("")
    assert told[0] != untold[0]
    assert told[1] == untold[1]


def test_drawings_have_an_effort_of_their_own() -> None:
    settings = policy("default").way("avif")
    assert (settings.effort, settings.for_coding("").effort, settings.for_coding("4:4:4").effort) == (6, 6, 7)
    assert settings.for_coding("4:4:4").trial_effort is None
