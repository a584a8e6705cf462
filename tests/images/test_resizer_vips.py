"""The libvips resizer: its images look like Pillow's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest
from PIL import Image, ImageChops, ImageStat

from imageseo.images.resizers import pillow
from imageseo.images.resizers import vips as vips_resizer
from imageseo.model import extras
from imageseo.model.errors import MissingExtraError
from tests.support import pictures

needs_vips = pytest.mark.usefixtures("vips")


@pytest.fixture(scope="module")
def vips() -> None:
    pytest.importorskip("pyvips", reason="the extra vips is not installed", exc_type=ImportError)


def measure_difference(one: Image.Image, other: Image.Image) -> tuple[float, int]:
    """Return mean and largest difference in levels, on a black background."""
    difference = ImageChops.difference(*(on_black(image) for image in (one, other)))
    return max(ImageStat.Stat(difference).mean), max(high for _, high in difference.getextrema())  # type: ignore[misc]


def on_black(image: Image.Image) -> Image.Image:
    black = Image.new("RGBA", image.size, "black")
    return Image.alpha_composite(black, image.convert("RGBA")).convert("RGB")


def make_transparent() -> Image.Image:
    picture = pictures.photo(400, 260).convert("RGBA")
    picture.putalpha(Image.radial_gradient("L").resize((400, 260)))
    return picture


SOURCES = {
    "jpeg": ("jpeg", 1, pictures.save(pictures.photo(400, 260), "JPEG", quality=92)),
    "grey": ("jpeg", 1, pictures.save(pictures.photo(400, 260).convert("L"), "JPEG", quality=92)),
    "cmyk": ("jpeg", 1, pictures.save(pictures.photo(400, 260).convert("CMYK"), "JPEG", icc_profile=pictures.press())),
    "turned": ("jpeg", 6, pictures.save(pictures.photo(400, 260), "JPEG", quality=92)),
    "wide": ("png", 1, pictures.save(pictures.photo(400, 260), "PNG", icc_profile=pictures.p3_like())),
    "alpha": ("png", 1, pictures.save(make_transparent(), "PNG")),
    "wide-alpha": ("webp", 1, pictures.save(make_transparent(), "WEBP", lossless=True, icc_profile=pictures.p3_like())),
    "avif": ("avif", 1, pictures.save(make_transparent(), "AVIF", quality=90)),
    "16-bit": ("png", 1, pictures.rgb16((51400, 20560, 7710), (400, 260), alpha=30000)),
    "palette": ("gif", 1, pictures.save(pictures.photo(400, 260).quantize(64), "GIF")),
}


@needs_vips
@pytest.mark.parametrize("name", SOURCES)
def test_images_look_like_pillows(name: str) -> None:
    kind, turn, data = SOURCES[name]
    sizes = [(400, 260), (333, 217), (200, 130), (97, 63), (40, 26), (7, 3), (1, 1)]
    if turn >= 5:
        sizes = [size[::-1] for size in sizes]
    vips_images, pillow_images = vips_resizer.render(data, kind, turn, sizes), pillow.render(data, kind, turn, sizes)
    assert list(vips_images) == list(pillow_images)
    for size in sizes:
        image, expected = vips_images[size], pillow_images[size]
        assert (image.size, image.mode, image.info) == (size, expected.mode, {})
        mean, largest = measure_difference(image, expected)
        if size == sizes[0]:
            assert largest == 0
        elif size[0] * size[1] > 1000:
            assert mean <= 1.5, size
            assert largest <= 16, size  # at the corners of a wide gamut; 4 elsewhere


@needs_vips
def test_image_is_not_shifted() -> None:
    """A shift by half a pixel changes the corners; the ratio is odd in both dimensions."""
    data = pictures.save(pictures.corners((1001, 667)), "PNG")
    for size in ((500, 333), (97, 64), (333, 600)):
        image, expected = (module.render(data, "png", 1, [size])[size] for module in (vips_resizer, pillow))
        mean, _ = measure_difference(image, expected)
        assert mean < 0.6, size


@needs_vips
def test_size_is_independent_of_other_sizes_and_threads() -> None:
    kind, turn, data = SOURCES["jpeg"]
    sizes = [(300, 195), (200, 130), (80, 52)]
    together = vips_resizer.render(data, kind, turn, sizes)
    with ThreadPoolExecutor(4) as pool:
        alone = list(pool.map(lambda size: vips_resizer.render(data, kind, turn, [size])[size], sizes * 4))
    for size, image in zip(sizes * 4, alone, strict=True):
        assert image.tobytes() == together[size].tobytes()


@needs_vips
def test_version_differs_and_inspect_gets_full_image() -> None:
    assert vips_resizer.version() != pillow.version()
    assert "libvips 8." in vips_resizer.version()
    sizes_seen: list[tuple[int, int]] = []
    kind, turn, data = SOURCES["jpeg"]

    def inspect(image: Image.Image) -> bool:
        sizes_seen.append(image.size)
        return False

    vips_resizer.render(data, kind, turn, [(40, 26)], inspect=inspect)
    assert sizes_seen == [(400, 260)]


def test_vips_without_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        if name == "pyvips":
            raise ImportError("No module named 'pyvips'")
        return import_module(name)

    monkeypatch.setattr(vips_resizer, "import_module", missing)
    vips_resizer._load_vips.cache_clear()
    try:
        with pytest.raises(MissingExtraError, match="pyvips") as raised:
            vips_resizer.version()
        assert extras.install_command("vips") in raised.value.hint
    finally:
        vips_resizer._load_vips.cache_clear()
