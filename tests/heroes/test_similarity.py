"""Image similarity, compared with ImageHash, scikit-image and the published numbers of CIEDE2000."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image, ImageFilter

from imageseo.heroes.masters.similarity import (
    ciede2000,
    compare,
    hamming_distance,
    lab,
    open_image,
    phash,
    pixels_digest,
)
from imageseo.model.errors import ProviderError
from tests.support import pictures

# Sharma, Wu, Dalal: "The CIEDE2000 Color-Difference Formula", table 1: both L*a*b* and the difference.
SHARMA = """
50 2.6772 -79.7751 50 0 -82.7485 2.0425
50 3.1571 -77.2803 50 0 -82.7485 2.8615
50 2.8361 -74.0200 50 0 -82.7485 3.4412
50 -1.3802 -84.2814 50 0 -82.7485 1.0000
50 -1.1848 -84.8006 50 0 -82.7485 1.0000
50 -0.9009 -85.5211 50 0 -82.7485 1.0000
50 0 0 50 -1 2 2.3669
50 -1 2 50 0 0 2.3669
50 2.49 -0.001 50 -2.49 0.0009 7.1792
50 2.49 -0.001 50 -2.49 0.0010 7.1792
50 2.49 -0.001 50 -2.49 0.0011 7.2195
50 2.49 -0.001 50 -2.49 0.0012 7.2195
50 -0.001 2.49 50 0.0009 -2.49 4.8045
50 -0.001 2.49 50 0.0010 -2.49 4.8045
50 -0.001 2.49 50 0.0011 -2.49 4.7461
50 2.5 0 50 0 -2.5 4.3065
50 2.5 0 73 25 -18 27.1492
50 2.5 0 61 -5 29 22.8977
50 2.5 0 56 -27 -3 31.9030
50 2.5 0 58 24 15 19.4535
50 2.5 0 50 3.1736 0.5854 1.0000
50 2.5 0 50 3.2972 0 1.0000
50 2.5 0 50 1.8634 0.5757 1.0000
50 2.5 0 50 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""


def images() -> list[Image.Image]:
    """Sixty images with structure, photographs and noise, of many shapes."""
    shapes = [(160, 90), (91, 160), (333, 17), (64, 64), (40, 400), (5, 7)]
    found = [pictures.photo(width, height, seed) for seed, (width, height) in enumerate(shapes * 5)]
    for seed in range(30):
        pixels = np.random.default_rng(seed).integers(0, 256, (7 + seed, 50 - seed, 3), dtype=np.uint8)
        found.append(Image.fromarray(pixels))
    return found


def test_ciede2000_matches_published_numbers() -> None:
    table = np.array([[float(word) for word in line.split()] for line in SHARMA.split("\n") if line])
    assert len(table) == 34
    assert np.round(ciede2000(table[:, :3], table[:, 3:6]), 4).tolist() == table[:, 6].tolist()
    assert np.round(ciede2000(table[:, 3:6], table[:, :3]), 4).tolist() == table[:, 6].tolist()


@pytest.mark.skipif(find_spec("skimage") is None, reason="scikit-image is not installed")
def test_colors_match_scikit_image() -> None:
    from skimage.color import deltaE_ciede2000, rgb2lab

    first, second = (np.random.default_rng(seed).integers(0, 256, (90, 160, 3), dtype=np.uint8) for seed in (1, 2))
    actual = [lab(Image.fromarray(pixels)) for pixels in (first, second)]
    reference = [rgb2lab(pixels / 255) for pixels in (first, second)]
    assert np.abs(actual[0] - reference[0]).max() < 1e-6
    expected = deltaE_ciede2000(reference[0], reference[1])  # type: ignore[no-untyped-call,unused-ignore]
    assert np.abs(ciede2000(actual[0], actual[1]) - expected).max() < 1e-6


@pytest.mark.skipif(find_spec("imagehash") is None, reason="ImageHash is not installed")
def test_phash_matches_imagehash() -> None:
    import imagehash

    for number, image in enumerate(images()):
        assert phash(image) == str(imagehash.phash(image)), number


def test_phash_of_flat_image_has_no_noise() -> None:
    flat = [Image.new("RGB", (64, 36), color) for color in ((7, 77, 177), (254, 3, 99), (128, 128, 128))]
    assert {phash(image) for image in flat} == {"8000000000000000"}
    assert phash(Image.new("RGB", (64, 36))) == "0" * 16


def test_phash_accepts_every_mode() -> None:
    photo = pictures.photo(64, 36, 3)
    for mode in ("L", "LA", "P", "RGBA", "1", "I;16", "CMYK"):
        assert len(phash(photo.convert("L").convert("I;16") if mode == "I;16" else photo.convert(mode))) == 16


def test_invisible_difference_is_equivalent() -> None:
    photo = pictures.photo(640, 360, 3)
    drift = Image.fromarray((np.asarray(photo).astype(int) + 1).clip(0, 255).astype(np.uint8))
    assert compare(photo, drift).equivalent
    assert compare(photo, photo) == compare(drift, drift)
    assert (compare(photo, photo).bits, compare(photo, photo).delta_e) == (0, 0.0)


def test_visible_difference_is_not_equivalent(subtests: pytest.Subtests) -> None:
    photo = pictures.photo(640, 360, 3)
    others = {
        "another": pictures.photo(640, 360, 4),
        "mirrored": photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "redder": Image.merge(
            "RGB", [band.point(lambda v: min(255, v + 25)) if n == 0 else band for n, band in enumerate(photo.split())]
        ),
        "blurred colors of another": pictures.photo(640, 360, 9).filter(ImageFilter.GaussianBlur(20)),
    }
    for name, other in others.items():
        with subtests.test(name):
            assert not compare(photo, other).equivalent


def test_hamming_distance_counts_bits() -> None:
    assert hamming_distance("ffffffffffffffff", "0000000000000000") == 64
    assert hamming_distance("8000000000000001", "0000000000000001") == 1


def test_pixels_digest_does_not_depend_on_encoding() -> None:
    photo = pictures.photo(64, 36, 3)
    files = [pictures.save(photo, "PNG", compress_level=level) for level in (0, 9)]
    assert files[0] != files[1]
    assert len({pixels_digest(open_image(data, "x")) for data in files}) == 1
    assert pixels_digest(photo) != pixels_digest(photo.resize((36, 64)))


@pytest.mark.parametrize("clear", [None, b"\x00\xff"])
def test_pixels_digest_depends_on_palette_colors(clear: bytes | None) -> None:
    def digest_of(numbers: bytes, colors: list[int]) -> str:
        image = Image.frombytes("P", (2, 1), numbers)
        image.putpalette(colors)
        more = {} if clear is None else {"transparency": bytes(clear[number] for number in numbers)}
        return pixels_digest(open_image(pictures.save(image, "PNG", **more), "x"))

    red, blue = [255, 0, 0], [0, 0, 255]
    assert digest_of(b"\x00\x01", red + blue) != digest_of(b"\x00\x01", blue + red)
    if clear is None:
        assert digest_of(b"\x00\x01", red + blue) == digest_of(b"\x01\x00", blue + red)


@pytest.mark.parametrize("cut", [0, 8, 40, 300])
def test_truncated_image_names_its_provider(cut: int) -> None:
    data = pictures.save(pictures.photo(64, 36, 3), "PNG")
    with pytest.raises(ProviderError, match="painter returned an image that cannot be read"):
        open_image(data[:cut], "painter")
