"""Every codec: its declarations, its output, and that equal input gives equal bytes.

What codecs of other packages must do too is in `imageseo/testing/codec.py`, which tests/testing runs on ours.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest
from PIL import Image, ImageChops

from imageseo.config.encoding import QualityFloorSettings
from imageseo.config.fields import OTHERS
from imageseo.config.settings import Settings
from imageseo.images.codecs import avif, avif_svt, jpeg, png, webp
from imageseo.images.encoding.factory import codecs
from imageseo.images.metadata.rights import read_rights, xmp_packet
from imageseo.model import extras
from imageseo.model.errors import MissingExtraError
from imageseo.model.formats import BUILT_IN, FORMATS, SETTLED, tunable
from imageseo.model.image import ContentType, Rights
from imageseo.model.protocols import Codec
from tests.support import pictures

needs_svt = pytest.mark.skipif(find_spec("pillow_avif") is None, reason="the extra svt is not installed")
CODECS = (avif.CODEC, webp.CODEC, jpeg.CODEC, png.CODEC)
all_codecs = pytest.mark.parametrize(
    "codec",
    [
        *(pytest.param(codec, id=codec.name) for codec in CODECS),
        pytest.param(avif_svt.CODEC, id="svt", marks=needs_svt),
    ],
)


def decode(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@all_codecs
def test_output_matches_declarations(codec: Codec) -> None:
    data = codec.encode(pictures.photo(), quality=60, effort=None, xmp=None)
    image = decode(data)
    assert image.format == codec.name.upper()
    assert codec.mime == Image.MIME[codec.name.upper()]
    assert Image.registered_extensions()[f".{codec.suffix}"] == image.format
    assert (image.size, image.mode) == ((320, 200), "RGB")


@all_codecs
def test_version_names_library_versions(codec: Codec) -> None:
    assert any(character.isdigit() for character in codec.version().split(" ", 1)[1])
    assert "None" not in codec.version()
    assert codec.version() == codec.version()


@all_codecs
def test_quality_and_effort_change_size(codec: Codec) -> None:
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


@all_codecs
def test_output_contains_only_rights(codec: Codec) -> None:
    rights = Rights(creator="Ada", digital_source_type=pictures.DIGITAL)
    image = decode(
        pictures.save(pictures.photo(), "JPEG", exif=pictures.exif(pictures.CAMERA, gps=True), comment=b"mine")
    )
    image.info["icc_profile"] = pictures.p3_like()
    image.info["xmp"] = pictures.XMP
    data = codec.encode(image, quality=60, effort=None, xmp=xmp_packet(rights))
    back = decode(data)
    assert read_rights(xmp=back.info["xmp"]) == rights
    assert not back.info.keys() & {"exif", "icc_profile", "comment", "photoshop"}
    assert b"Reflex" not in data
    assert b"mine" not in data
    assert "xmp" not in decode(codec.encode(image, quality=60, effort=None, xmp=None)).info


@pytest.mark.slow
@all_codecs
def test_equal_pixels_give_equal_bytes_on_any_thread(codec: Codec) -> None:
    """At 640 px and speed 6, libaom's own threads change the bytes of an AVIF."""
    image = pictures.photo(640, 480)
    alone = codec.encode(image.copy(), quality=55, effort=None, xmp=None)
    with ThreadPoolExecutor(4) as pool:
        side_by_side = list(pool.map(lambda _: codec.encode(image.copy(), quality=55, effort=None, xmp=None), range(4)))
    assert set(side_by_side) == {alone}


def test_avif_is_encoded_by_libaom_on_one_thread() -> None:
    """More threads change the bytes, so on many cores the previous test would detect a codec without a fixed number."""
    image = pictures.photo(640, 480)
    options = {"quality": 55, "speed": 6, "codec": "aom", "advanced": {"tune": "ssimulacra2"}, "autotiling": False}
    one, four = (pictures.save(image, "AVIF", max_threads=threads, **options) for threads in (1, 4))
    assert one == avif.CODEC.encode(image, quality=55, effort=6, xmp=None)
    assert one != four


def test_jpeg_is_progressive_and_subsampled() -> None:
    from PIL import JpegImagePlugin

    image = decode(jpeg.CODEC.encode(pictures.photo(), quality=85, effort=None, xmp=None))
    assert image.info["progressive"] == 1
    assert JpegImagePlugin.get_sampling(image) == 2  # 4:2:0


# Codings by content type


def max_difference(one: Image.Image, other: Image.Image) -> int:
    extremes = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getextrema()
    return max(high for _, high in extremes)  # type: ignore[misc]


@pytest.mark.parametrize("codec", [avif.CODEC, pytest.param(avif_svt.CODEC, marks=needs_svt)])
def test_avif_keeps_coloured_text_sharp_in_drawings(codec: Codec) -> None:
    """Red hairlines on blue become violet at half the colour resolution."""
    drawn = pictures.flat((20, 20, 200), size=(64, 64))
    for x in range(0, 64, 4):
        drawn.paste((220, 30, 30), (x, 0, x + 1, 64))
    assert codec.codings(ContentType.PHOTO) == ("",)
    (coding,) = codec.codings(ContentType.SCREEN)
    assert codec.codings(ContentType.LINE) == (coding,)
    sharp = decode(codec.encode(drawn, quality=90, effort=None, xmp=None, coding=coding))
    smeared = decode(codec.encode(drawn, quality=90, effort=None, xmp=None))
    assert max_difference(drawn, sharp) < 24 < 80 < max_difference(drawn, smeared)


def test_lossless_webp_is_exact_at_any_quality() -> None:
    assert "lossless" not in webp.CODEC.codings(ContentType.PHOTO)
    for kind in (ContentType.SCREEN, ContentType.LINE):
        assert set(webp.CODEC.codings(kind)) == {"palette", "lossless", ""}
    picture = pictures.photo(97, 61)
    low, high = (
        webp.CODEC.encode(picture.copy(), quality=quality, effort=None, xmp=None, coding="lossless")
        for quality in (0, 100)
    )
    assert low == high
    assert max_difference(picture, decode(low)) == 0
    assert max_difference(picture, decode(webp.CODEC.encode(picture, quality=100, effort=None, xmp=None))) > 0


@pytest.mark.parametrize("number", [2, 64, 256])
def test_palette_has_few_colours_and_keeps_transparency(number: int) -> None:
    picture = pictures.photo(97, 61)
    data = webp.CODEC.encode(picture.copy(), quality=number, effort=None, xmp=None, coding="palette")
    assert data == webp.CODEC.encode(picture.copy(), quality=number, effort=6, xmp=None, coding="palette")
    assert len(decode(data).getcolors(1 << 16) or ()) <= number
    clear = picture.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    made = decode(webp.CODEC.encode(clear.copy(), quality=number, effort=None, xmp=None, coding="palette"))
    assert made.getchannel("A").tobytes() == clear.getchannel("A").tobytes()


def test_palette_of_a_drawing_with_few_colours_is_exact() -> None:
    drawing = Image.new("RGB", (90, 60), "white")
    for number in range(50):
        drawing.putpixel((number, number), (number * 5, 20, 255 - number * 5))
    data = webp.CODEC.encode(drawing.copy(), quality=64, effort=None, xmp=None, coding="palette")
    assert max_difference(drawing, decode(data)) == 0


def test_avif_supports_quality_100() -> None:
    """libaom rejects the option "tune" when it is lossless."""
    for coding in ("", "4:4:4"):
        best = avif.CODEC.encode(pictures.photo(), quality=100, effort=None, xmp=None, coding=coding)
        assert len(best) > len(avif.CODEC.encode(pictures.photo(), quality=90, effort=None, xmp=None, coding=coding))


# SVT-AV1, from a package that would replace Pillow's AVIF handler


@needs_svt
def test_svt_does_not_replace_pillows_avif_and_logs_nothing() -> None:
    """Run in a separate process: its log bypasses Python, and its plugin registers itself on import."""
    code = (
        "import sys\n"
        "from PIL import AvifImagePlugin, Image\n"
        "from imageseo.images.codecs import avif_svt\n"
        "from tests.support import pictures\n"
        "data = avif_svt.CODEC.encode(pictures.photo(), quality=60, effort=None, xmp=None)\n"
        "assert 'pillow_avif' not in sys.modules\n"
        "assert Image.OPEN['AVIF'][0] is AvifImagePlugin.AvifImageFile\n"
        "assert Image.SAVE['AVIF'] is AvifImagePlugin._save\n"
        "sys.stdout.buffer.write(data)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stderr == b""
    assert done.stdout == avif_svt.CODEC.encode(pictures.photo(), quality=60, effort=None, xmp=None)


@needs_svt
@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root on Linux can be given real-time priority"
)
def test_svt_gets_no_real_time_priority_and_capabilities_are_restored() -> None:
    """As root, SVT-AV1 raises the calling thread to SCHED_FIFO 99; children inherit it and can block the machine."""
    code = (
        "import os, pathlib\n"
        "from tests.support import pictures\n"
        "from imageseo.images.codecs import avif_svt\n"
        "capabilities = lambda: pathlib.Path('/proc/thread-self/status').read_text().split('CapEff:')[1].split()[0]\n"
        "before = capabilities()\n"
        "avif_svt.CODEC.encode(pictures.photo(), quality=60, effort=None, xmp=None)\n"
        "assert capabilities() == before\n"
        "assert os.sched_getscheduler(0) == os.SCHED_OTHER, os.sched_getscheduler(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@needs_svt
def test_svt_codec_encodes_with_svt() -> None:
    assert "svt" in avif_svt.CODEC.version()
    assert avif_svt.CODEC.version() != avif.CODEC.version()
    encoded = avif_svt.CODEC.encode(pictures.photo(), quality=60, effort=8, xmp=None)
    assert encoded != avif.CODEC.encode(pictures.photo(), quality=60, effort=8, xmp=None)
    assert avif_svt.CODEC.default_speed == 8
    assert encoded == avif_svt.CODEC.encode(pictures.photo(), quality=60, effort=None, xmp=None)


def test_svt_without_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avif_svt, "find_spec", lambda name: None)
    avif_svt._load_encoder_module.cache_clear()
    try:
        with pytest.raises(MissingExtraError, match="pillow-avif-plugin") as raised:
            avif_svt.CODEC.version()
        assert extras.install_command("svt") in raised.value.hint
    finally:
        avif_svt._load_encoder_module.cache_clear()


def test_avif_version_names_all_parts_of_libavif(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quality search scores decoded images."""
    from PIL import _avif

    parts = "dav1d [dec]:9.9.9, libyuv:1999, aom [enc]:8.8.8"
    monkeypatch.setattr(_avif, "codec_versions", lambda: parts)
    assert parts in avif.CODEC.version()


def test_codecs_agree_with_the_table_of_formats() -> None:
    assert {name: (codec.mime, codec.suffix) for name, codec in codecs().items()} == {
        name: (FORMATS[name].mime, FORMATS[name].suffix) for name in SETTLED
    }
    assert set(BUILT_IN) == {*QualityFloorSettings.__struct_fields__} - {OTHERS} == set(Settings().formats)
    assert {*BUILT_IN} <= {*tunable()}
