"""Every codec: what it declares, what it writes, and that it writes it the same each time."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from imageseo.codecs import avif, jpeg, png, webp
from imageseo.model.image import Rights
from imageseo.ports import Codec
from imageseo.provenance import packet, read_rights
from tests import pictures

CODECS: tuple[Codec, ...] = (avif.CODEC, webp.CODEC, jpeg.CODEC, png.CODEC)
each = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@each
def test_writes_what_it_declares(codec: Codec) -> None:
    data = codec.encode(pictures.photo(), quality=60, effort=None, xmp=None)
    image = opened(data)
    assert image.format == codec.name.upper()
    assert codec.mime == Image.MIME[codec.name.upper()]
    assert Image.registered_extensions()[f".{codec.suffix}"] == image.format
    assert (image.size, image.mode) == ((320, 200), "RGB")


@each
def test_names_its_libraries(codec: Codec) -> None:
    assert any(character.isdigit() for character in codec.version().split(" ", 1)[1])
    assert "None" not in codec.version()
    assert codec.version() == codec.version()


@each
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (3, 2), (17, 255)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_any_size(codec: Codec, size: tuple[int, int], mode: str) -> None:
    colour = (200, 10, 10, 128) if mode == "RGBA" else (200, 10, 10)
    assert opened(codec.encode(pictures.flat(colour, mode, size), quality=50, effort=None, xmp=None)).size == size


@each
def test_transparency(codec: Codec) -> None:
    half = pictures.flat((255, 0, 0, 0), "RGBA", (64, 64))
    half.paste((0, 0, 255, 255), (32, 0, 64, 64))
    image = opened(codec.encode(half, quality=90, effort=None, xmp=None))
    if codec.keeps_alpha:
        alpha = image.getchannel("A")
        assert alpha.getpixel((5, 30)) == 0
        assert alpha.getpixel((60, 30)) == 255
    else:
        assert image.mode == "RGB"
        red, green, blue = image.getpixel((5, 30))  # type: ignore[misc]
        assert min(red, green, blue) > 245


@each
def test_quality_and_effort_are_heard(codec: Codec) -> None:
    image = pictures.photo(256, 256)

    def size(quality: int, effort: int | None = None) -> int:
        return len(codec.encode(image.copy(), quality=quality, effort=effort, xmp=None))

    if codec.name == "png":
        assert size(10) == size(90)
        assert size(50, 0) > size(50, 9)
    else:
        assert size(30) < size(60) < size(90)
    if codec.name in ("avif", "webp"):
        assert size(60, 0 if codec.name == "webp" else 10) != size(60, 6)


@each
def test_carries_rights_and_nothing_else(codec: Codec) -> None:
    rights = Rights(creator="Ada", digital_source_type=pictures.DIGITAL)
    image = opened(
        pictures.save(pictures.photo(), "JPEG", exif=pictures.exif(pictures.CAMERA, gps=True), comment=b"mine")
    )
    image.info["icc_profile"] = pictures.p3_like()
    image.info["xmp"] = pictures.XMP
    data = codec.encode(image, quality=60, effort=None, xmp=packet(rights))
    back = opened(data)
    assert read_rights(xmp=back.info["xmp"]) == rights
    assert not back.info.keys() & {"exif", "icc_profile", "comment", "photoshop"}
    assert b"Reflex" not in data
    assert b"mine" not in data
    assert "xmp" not in opened(codec.encode(image, quality=60, effort=None, xmp=None)).info


@each
def test_equal_pixels_equal_bytes_on_any_thread(codec: Codec) -> None:
    """AVIF at 640 px and speed 6 is where libaom's own threads change its bytes."""
    image = pictures.photo(640, 480)
    alone = codec.encode(image.copy(), quality=55, effort=None, xmp=None)
    with ThreadPoolExecutor(4) as pool:
        side_by_side = list(pool.map(lambda _: codec.encode(image.copy(), quality=55, effort=None, xmp=None), range(4)))
    assert set(side_by_side) == {alone}


def test_avif_is_aom_on_one_thread() -> None:
    """More threads do change the bytes, so a codec that forgot to pin them would be caught above on many cores."""
    image = pictures.photo(640, 480)
    options = {"quality": 55, "speed": 6, "codec": "aom", "advanced": {"tune": "ssimulacra2"}, "autotiling": False}
    one, four = (pictures.save(image, "AVIF", max_threads=threads, **options) for threads in (1, 4))
    assert one == avif.CODEC.encode(image, quality=55, effort=6, xmp=None)
    assert one != four


def test_jpeg_is_progressive_and_subsampled() -> None:
    from PIL import JpegImagePlugin

    image = opened(jpeg.CODEC.encode(pictures.photo(), quality=85, effort=None, xmp=None))
    assert image.info["progressive"] == 1
    assert JpegImagePlugin.get_sampling(image) == 2  # 4:2:0
