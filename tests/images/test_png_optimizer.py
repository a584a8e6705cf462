"""A rewritten PNG has identical pixels and colours, and is smaller or rejected."""

from __future__ import annotations

import io
import zlib
from typing import Any

import pytest
from PIL import Image

from imageseo.images.decoding.probe import probe_bytes
from imageseo.images.decoding.raster import png_chunks
from imageseo.images.encoding import png_optimizer
from imageseo.images.metadata.rights import xmp_packet
from imageseo.model.image import RECOMPRESSED, Asset, Rights
from tests.support import pictures

XMP = xmp_packet(Rights(creator="Ann"), original="ab" * 32)


def decode_pixels(data: bytes) -> tuple[tuple[int, int], bytes]:
    with Image.open(io.BytesIO(data)) as opened:
        return opened.size, opened.convert("RGBA").tobytes()


def probe_asset(data: bytes) -> Asset:
    found = probe_bytes(data, "a.png", max_pixels=10**8)
    assert isinstance(found, Asset)
    return found


def make_screen(mode: str = "RGB", colours: int = 6) -> Image.Image:
    """Return stripes of a number of colours, like a page."""
    image = Image.new("RGB", (300, 200), "white")
    for number in range(colours):
        image.paste((number * 7 % 256, number * 31 % 256, number % 256), (number % 300, number // 3, 300, number + 3))
    return image.convert(mode)


def make_translucent() -> Image.Image:
    image = make_screen("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size).point(lambda value: value // 64 * 64))
    return image


PICTURES: dict[str, Image.Image] = {
    "few colours": make_screen(),
    "many colours": make_screen(colours=700),
    "photograph": pictures.photo(),
    "grey": make_screen("L"),
    "grey with alpha": make_screen("LA"),
    "bits": make_screen("1"),
    "palette": make_screen("P"),
    "glass": make_translucent(),
    "opaque alpha": make_screen("RGBA", colours=700),
}


@pytest.mark.parametrize("name", PICTURES)
def test_every_pixel_is_preserved(name: str) -> None:
    source = pictures.save(PICTURES[name], "PNG")
    made = png_optimizer.optimize(source, 1, xmp=XMP)
    assert decode_pixels(made) == decode_pixels(source)
    assert probe_asset(made).rights.creator == "Ann"
    assert probe_asset(made).writer == RECOMPRESSED


@pytest.mark.parametrize("name", ["few colours", "glass"])
def test_few_colours_become_exact_palette(name: str) -> None:
    made = png_optimizer.optimize(pictures.save(PICTURES[name], "PNG", compress_level=1), 1, xmp=b"")
    assert probe_asset(made).mode == "P"


def test_opaque_alpha_is_removed() -> None:
    made = png_optimizer.optimize(pictures.save(PICTURES["opaque alpha"], "PNG"), 1, xmp=b"")
    assert probe_asset(made).mode == "RGB"


def test_key_colour_stays_transparent() -> None:
    source = pictures.save(make_screen(colours=700), "PNG", transparency=(255, 255, 255))
    assert probe_asset(source).has_alpha
    assert decode_pixels(png_optimizer.optimize(source, 1, xmp=XMP)) == decode_pixels(source)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_to_pixels(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    source = pictures.save(pictures.photo(90, 40), "PNG", exif=exif.tobytes())
    found = probe_asset(source)
    made = png_optimizer.optimize(source, found.orientation, xmp=b"")
    assert probe_asset(made).orientation == 1
    assert (probe_asset(made).width, probe_asset(made).height) == (found.width, found.height)
    with Image.open(io.BytesIO(source)) as opened:
        from PIL import ImageOps

        assert decode_pixels(made)[1] == ImageOps.exif_transpose(opened).convert("RGBA").tobytes()


def chunks(data: bytes) -> dict[bytes, bytes]:
    return {kind: bytes(content) for kind, content in png_chunks(data)}


def test_colour_chunks_are_kept_and_others_removed() -> None:
    extra = [(b"gAMA", (45455).to_bytes(4, "big")), (b"tEXt", b"Comment\x00a secret"), (b"pHYs", bytes(9))]
    rows = b"".join(b"\x00" + bytes([value, 0, 99]) * 40 for value in range(40))
    source = pictures.png(40, 40, depth=8, colour=2, rows=rows, extra=extra)
    made = chunks(png_optimizer.optimize(source, 1, xmp=b""))
    assert made[b"gAMA"] == extra[0][1]
    assert not made.keys() & {b"tEXt", b"pHYs", b"eXIf", b"tIME"}


def test_grey_with_profile_gets_no_palette() -> None:
    from PIL import ImageCms

    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = png_optimizer.optimize(pictures.save(make_screen("L"), "PNG", icc_profile=icc), 1, xmp=b"")
    assert probe_asset(made).mode == "L"
    assert b"iCCP" in chunks(made)


def test_sixteen_bit_png_is_not_rewritten() -> None:
    assert png_optimizer.optimize(pictures.grey16([0, 70, 65535]), 1, xmp=XMP) == b""


def test_flat_image_is_not_larger_than_pillows() -> None:
    """Pillow writes larger files for flat images, because it filters every row."""
    source = make_screen(colours=900)
    made = png_optimizer.optimize(pictures.save(source, "PNG", optimize=True), 1, xmp=b"")
    assert len(made) <= len(pictures.save(source, "PNG", optimize=True))


def test_output_is_reproducible() -> None:
    source = pictures.save(make_screen(), "PNG")
    assert png_optimizer.optimize(source, 1, xmp=XMP) == png_optimizer.optimize(source, 1, xmp=XMP)


def test_version_names_zlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zlib, "ZLIB_RUNTIME_VERSION", "9.9.9.other")
    assert "zlib 9.9.9.other" in png_optimizer.version()


def damaged(data: bytes) -> bytes:
    at = data.index(b"IDAT") + 8
    return data[:at] + bytes(20) + data[at + 20 :]


@pytest.mark.parametrize("spoil", [pictures.cut, damaged])
def test_damaged_file_raises(spoil: Any) -> None:
    with pytest.raises((OSError, SyntaxError, ValueError, zlib.error)):
        png_optimizer.optimize(spoil(pictures.save(pictures.photo(), "PNG")), 1, xmp=XMP)
