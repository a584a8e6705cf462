"""The shrinker of previews: the same picture as the careful one, but for a breath of sharpness."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from imageseo.config.settings import EncodeSettings
from imageseo.images.encoding.profiles import policy
from imageseo.images.resizers import fast, pillow
from tests.support import pictures

SIZES = [(900, 600), (640, 427), (320, 213), (33, 22)]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_it_differs_from_the_careful_one_by_little(kind: str) -> None:
    data = pictures.save(pictures.photo(900, 600), kind)
    quick = fast.render(data, kind.lower(), 1, SIZES)
    careful = pillow.render(data, kind.lower(), 1, SIZES)
    for size in SIZES:
        assert quick[size].size == size
        apart = np.abs(np.asarray(quick[size], dtype=float) - np.asarray(careful[size], dtype=float))
        assert apart.mean() < 2.5
    assert quick[900, 600].tobytes() == careful[900, 600].tobytes()


def test_each_size_follows_from_itself_alone() -> None:
    data = pictures.save(pictures.photo(900, 600), "PNG")
    together = fast.render(data, "png", 6, [(213, 320), (427, 640)])
    assert together[213, 320].tobytes() == fast.render(data, "png", 6, [(213, 320)])[213, 320].tobytes()


def test_what_is_transparent_has_no_say() -> None:
    """Red that nobody sees beside white: the edge of the white stays white."""
    image = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    image.paste((255, 255, 255, 255), (0, 0, 32, 64))
    made = fast.render(pictures.save(image, "PNG"), "png", 1, [(16, 16)])[16, 16]
    colours = np.asarray(made)
    seen = colours[colours[..., 3] > 8]
    assert seen[..., :3].min() > 240


def test_previews_take_it_unless_another_is_named() -> None:
    assert policy("fast").resizer == "fast"
    assert policy("default").resizer == "pillow"
    assert policy("fast", encode=EncodeSettings(resizer="vips")).resizer == "vips"
    assert fast.version() != pillow.version()
