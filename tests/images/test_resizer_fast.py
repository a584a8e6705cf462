"""The resizer for previews: its images equal Pillow's except for slightly less sharpness."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from imageseo.config.encoding import EncodeSettings
from imageseo.images.encoding.profiles import policy
from imageseo.images.resizers import fast, pillow
from tests.support import pictures

SIZES = [(900, 600), (640, 427), (320, 213), (33, 22)]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_images_differ_little_from_pillows(kind: str) -> None:
    data = pictures.save(pictures.photo(900, 600), kind)
    fast_images = fast.render(data, kind.lower(), 1, SIZES)
    pillow_images = pillow.render(data, kind.lower(), 1, SIZES)
    for size in SIZES:
        assert fast_images[size].size == size
        difference = np.abs(np.asarray(fast_images[size], dtype=float) - np.asarray(pillow_images[size], dtype=float))
        assert difference.mean() < 2.5
    assert fast_images[900, 600].tobytes() == pillow_images[900, 600].tobytes()


def test_size_is_independent_of_other_sizes() -> None:
    data = pictures.save(pictures.photo(900, 600), "PNG")
    together = fast.render(data, "png", 6, [(213, 320), (427, 640)])
    assert together[213, 320].tobytes() == fast.render(data, "png", 6, [(213, 320)])[213, 320].tobytes()


def test_transparent_colours_do_not_bleed() -> None:
    """Transparent red next to white: the edge of the white stays white."""
    image = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    image.paste((255, 255, 255, 255), (0, 0, 32, 64))
    made = fast.render(pictures.save(image, "PNG"), "png", 1, [(16, 16)])[16, 16]
    colours = np.asarray(made)
    visible = colours[colours[..., 3] > 8]
    assert visible[..., :3].min() > 240


def test_fast_profile_uses_fast_resizer_unless_set_otherwise() -> None:
    assert policy("fast").resizer == "fast"
    assert policy("default").resizer == "pillow"
    assert policy("fast", encode=EncodeSettings(resizer="vips")).resizer == "vips"
    assert fast.version() != pillow.version()
