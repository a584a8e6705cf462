"""Screenshots as they come: very long, one or sixteen bits, a palette with transparency, one px high, soft rims."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from imageseo.images.decoding.probe import probe
from imageseo.images.encoding import factory
from imageseo.images.encoding.encoder import Encoder
from imageseo.images.encoding.profiles import policy
from imageseo.model.image import Asset, VariantSpec
from tests.support import pictures
from tests.support.fakes import MemoryStore


def page(width: int, height: int, mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    for top in range(10, height - 20, 40):
        draw.text((10, top), f"Line {top} of a page that is long", fill=(20, 30, 60))
        draw.rectangle((width - 60, top, width - 10, top + 12), fill=(37, 99, 235))
    return image.convert(mode)


def one_bit() -> bytes:
    return pictures.save(page(600, 400).convert("1"), "PNG")


def sixteen_bits() -> bytes:
    return pictures.save(page(600, 400, "L").convert("I").point(lambda value: value * 257).convert("I;16"), "PNG")


def palette_with_transparency() -> bytes:
    image = page(600, 400).quantize(16)
    return pictures.save(image, "PNG", transparency=image.getpixel((0, 0)))


def dithered() -> bytes:
    return pictures.save(pictures.photo(600, 400).quantize(32, dither=Image.Dither.FLOYDSTEINBERG), "GIF")


def one_pixel_high() -> bytes:
    return pictures.save(page(800, 60).crop((0, 15, 800, 16)), "PNG")


def rounded_corners() -> bytes:
    image = page(600, 400)
    mask = Image.new("L", image.size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 599, 399), 24, fill=255)
    image.putalpha(mask)
    return pictures.save(image, "PNG")


def photograph_inside() -> bytes:
    image = page(800, 500)
    image.paste(pictures.photo(400, 260), (200, 120))
    return pictures.save(image, "PNG")


INPUTS = {
    "1-bit.png": one_bit,
    "16-bit.png": sixteen_bits,
    "tRNS.png": palette_with_transparency,
    "dithered.gif": dithered,
    "strip.png": one_pixel_high,
    "corners.png": rounded_corners,
    "photo-inside.png": photograph_inside,
}


def encode(folder: Path, name: str, data: bytes, part: int) -> dict[str, Image.Image]:
    """Return the decoded variants of a part of a picture, by format, encoded as for publication."""
    path = folder / name
    path.write_bytes(data)
    asset = probe(path, name, max_pixels=10**8)
    assert isinstance(asset, Asset)
    size = asset.width // part, max(1, asset.height // part)
    codecs, store = factory.codecs(("avif", "webp")), MemoryStore()
    specs = [VariantSpec(source=asset.sha256, format=each, width=size[0], height=size[1]) for each in codecs]
    jobs = {asset.sha256: (path, asset)}
    with ThreadPoolExecutor(2) as executor:
        encoder = Encoder(store, codecs, executor, policy("default"), workers=2, metric=factory.metrics("numpy"))
        done = encoder.encode(jobs, specs)
        assert not done.failures
        assert not done.refused
        assert set(done.variants) | set(done.declined) == set(specs)
        found = {}
        for spec, variant in done.variants.items():
            with Image.open(io.BytesIO(store.blobs[variant.sha256])) as opened:
                opened.load()
                assert opened.size == size
                found[spec.format] = opened.convert("RGBA")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", INPUTS)
def test_awkward_screenshots_look_as_before(tmp_path: Path, name: str) -> None:
    data = INPUTS[name]()
    made = encode(tmp_path, name, data, 1)
    assert "webp" in made
    with Image.open(io.BytesIO(data)) as opened:
        if opened.mode.startswith("I"):
            original = opened.convert("I").point(lambda value: value / 257).convert("L").convert("RGBA")
        else:
            original = opened.convert("RGBA")
    for backdrop in ("white", "black"):
        before = Image.alpha_composite(Image.new("RGBA", original.size, backdrop), original).convert("L")
        for format, image in made.items():
            after = Image.alpha_composite(Image.new("RGBA", image.size, backdrop), image).convert("L")
            differences = [abs(a - b) for a, b in zip(before.tobytes(), after.tobytes(), strict=True)]
            assert sum(differences) / len(differences) < 6, (format, backdrop)


@pytest.mark.slow
def test_long_page_is_encoded_in_bounded_memory_and_time(tmp_path: Path) -> None:
    data = pictures.save(page(800, 20_000), "PNG")
    made = encode(tmp_path, "long.png", data, 2)
    assert made["webp"].size == (400, 10_000)
