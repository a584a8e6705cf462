"""Shrunk by libvips, a picture looks as it does when Pillow shrinks it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest
from PIL import Image, ImageChops, ImageStat

from imageseo.images.resizers import pillow
from imageseo.images.resizers import vips as pixels_vips
from imageseo.model import extras
from imageseo.model.errors import MissingExtraError
from tests.support import pictures

needs_vips = pytest.mark.usefixtures("vips")


@pytest.fixture(scope="module")
def vips() -> None:
    pytest.importorskip("pyvips", reason="the extra vips is not installed", exc_type=ImportError)


def apart(one: Image.Image, other: Image.Image) -> tuple[float, int]:
    """Mean and largest difference, in levels, of what is to be seen on black."""
    difference = ImageChops.difference(*(on_black(image) for image in (one, other)))
    return max(ImageStat.Stat(difference).mean), max(high for _, high in difference.getextrema())  # type: ignore[misc]


def on_black(image: Image.Image) -> Image.Image:
    black = Image.new("RGBA", image.size, "black")
    return Image.alpha_composite(black, image.convert("RGBA")).convert("RGB")


def alpha() -> Image.Image:
    picture = pictures.photo(400, 260).convert("RGBA")
    picture.putalpha(Image.radial_gradient("L").resize((400, 260)))
    return picture


SOURCES = {
    "jpeg": ("jpeg", 1, pictures.save(pictures.photo(400, 260), "JPEG", quality=92)),
    "grey": ("jpeg", 1, pictures.save(pictures.photo(400, 260).convert("L"), "JPEG", quality=92)),
    "cmyk": ("jpeg", 1, pictures.save(pictures.photo(400, 260).convert("CMYK"), "JPEG", icc_profile=pictures.press())),
    "turned": ("jpeg", 6, pictures.save(pictures.photo(400, 260), "JPEG", quality=92)),
    "wide": ("png", 1, pictures.save(pictures.photo(400, 260), "PNG", icc_profile=pictures.p3_like())),
    "alpha": ("png", 1, pictures.save(alpha(), "PNG")),
    "wide-alpha": ("webp", 1, pictures.save(alpha(), "WEBP", lossless=True, icc_profile=pictures.p3_like())),
    "avif": ("avif", 1, pictures.save(alpha(), "AVIF", quality=90)),
    "16-bit": ("png", 1, pictures.rgb16((51400, 20560, 7710), (400, 260), alpha=30000)),
    "palette": ("gif", 1, pictures.save(pictures.photo(400, 260).quantize(64), "GIF")),
}


@needs_vips
@pytest.mark.parametrize("name", SOURCES)
def test_looks_as_with_pillow(name: str) -> None:
    kind, turn, data = SOURCES[name]
    sizes = [(400, 260), (333, 217), (200, 130), (97, 63), (40, 26), (7, 3), (1, 1)]
    if turn >= 5:
        sizes = [size[::-1] for size in sizes]
    ours, theirs = pixels_vips.render(data, kind, turn, sizes), pillow.render(data, kind, turn, sizes)
    assert list(ours) == list(theirs)
    for size in sizes:
        assert (ours[size].size, ours[size].mode, ours[size].info) == (size, theirs[size].mode, {})
        mean, largest = apart(ours[size], theirs[size])
        if size == sizes[0]:
            assert largest == 0
        elif size[0] * size[1] > 1000:
            assert mean <= 1.5, size
            assert largest <= 16, size  # out of a wide gamut's corner; 4 elsewhere


@needs_vips
def test_stays_in_place() -> None:
    """Corners that differ by half a pixel's shift, at an awkward ratio both ways."""
    data = pictures.save(pictures.corners((1001, 667)), "PNG")
    for size in ((500, 333), (97, 64), (333, 600)):
        mean, _ = apart(pixels_vips.render(data, "png", 1, [size])[size], pillow.render(data, "png", 1, [size])[size])
        assert mean < 0.6, size


@needs_vips
def test_a_size_does_not_depend_on_what_else_is_asked_nor_on_threads() -> None:
    kind, turn, data = SOURCES["jpeg"]
    sizes = [(300, 195), (200, 130), (80, 52)]
    together = pixels_vips.render(data, kind, turn, sizes)
    with ThreadPoolExecutor(4) as pool:
        alone = list(pool.map(lambda size: pixels_vips.render(data, kind, turn, [size])[size], sizes * 4))
    for size, image in zip(sizes * 4, alone, strict=True):
        assert image.tobytes() == together[size].tobytes()


@needs_vips
def test_is_a_policy_of_its_own_and_shows_the_whole_picture() -> None:
    assert pixels_vips.version() != pillow.version()
    assert "libvips 8." in pixels_vips.version()
    seen: list[tuple[int, int]] = []
    kind, turn, data = SOURCES["jpeg"]
    pixels_vips.render(data, kind, turn, [(40, 26)], inspect=lambda image: seen.append(image.size))
    assert seen == [(400, 260)]


def test_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        if name == "pyvips":
            raise ImportError("No module named 'pyvips'")
        return import_module(name)

    monkeypatch.setattr(pixels_vips, "import_module", missing)
    pixels_vips._load_vips.cache_clear()
    try:
        with pytest.raises(MissingExtraError, match="pyvips") as raised:
            pixels_vips.version()
        assert extras.install_command("vips") in raised.value.hint
    finally:
        pixels_vips._load_vips.cache_clear()
