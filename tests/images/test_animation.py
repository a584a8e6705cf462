"""Animations keep their frames, durations and number of plays, and get smaller or remain unchanged."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw

from imageseo.images.decoding.probe import probe_bytes
from imageseo.images.encoding import animation
from imageseo.model.image import ContentType
from tests.support import pictures

SIZE = (120, 80)
DURATIONS = [200, 40, 90, 500]


def make_drawn_frames(count: int = 4) -> list[Image.Image]:
    """Frames of a bar that moves across a flat background."""
    frames = []
    for number in range(count):
        frame = Image.new("RGB", SIZE, "#102030")
        ImageDraw.Draw(frame).rectangle((number * 20, 10, number * 20 + 30, 60), fill="#f59e0b", outline="white")
        frames.append(frame)
    return frames


def save_animation(frames: list[Image.Image], kind: str = "GIF", **options: Any) -> bytes:
    return pictures.save(frames[0], kind, save_all=True, append_images=frames[1:], **{"duration": DURATIONS, **options})


def make_photo_frames(count: int = 6) -> list[Image.Image]:
    """Frames with moving grain and colours, as in a camera clip."""
    photo = pictures.photo(400, 200)
    return [photo.crop((number * 6, 0, number * 6 + 240, 160)) for number in range(count)]


def decode_frames(data: bytes) -> list[Image.Image]:
    with Image.open(io.BytesIO(data)) as opened:
        found = []
        for number in range(opened.n_frames):  # type: ignore[attr-defined]
            opened.seek(number)
            found.append(opened.convert("RGBA"))
        return found


def read_durations(data: bytes) -> list[int]:
    with Image.open(io.BytesIO(data)) as opened:
        found = []
        for number in range(opened.n_frames):  # type: ignore[attr-defined]
            opened.seek(number)
            opened.load()
            found.append(round(opened.info["duration"]))
        return found


def look_alike(one: Image.Image, other: Image.Image) -> bool:
    """Whether visible pixels are equal."""
    black = Image.new("RGBA", one.size, "black")
    difference = ImageChops.difference(Image.alpha_composite(black, one), Image.alpha_composite(black, other))
    return difference.getbbox() is None and one.getchannel("A").tobytes() == other.getchannel("A").tobytes()


def test_drawn_gif_becomes_webp_with_same_frames() -> None:
    source = save_animation(make_drawn_frames(), loop=0)
    made = animation.convert(source, "gif")
    assert list(made) == ["webp"]
    assert len(made["webp"]) < len(source)
    pairs = zip(decode_frames(made["webp"]), decode_frames(source), strict=True)
    assert all(look_alike(one, other) for one, other in pairs)
    assert read_durations(made["webp"]) == DURATIONS
    assert Image.open(io.BytesIO(made["webp"])).info["loop"] == 0


def test_photo_animation_becomes_avif_smaller_than_webp() -> None:
    source = save_animation(make_photo_frames(), loop=0, duration=[100, 20, 30, 40, 50, 60])
    assert animation.read(source, "gif", max_pixels=10**7).kind is ContentType.PHOTO
    made = animation.convert(source, "gif")
    assert next(iter(made)) == "avif"
    sizes = [len(data) for data in made.values()]
    assert sizes == sorted(sizes)
    assert sizes[-1] < len(source)
    assert read_durations(made["avif"]) == [100, 20, 30, 40, 50, 60]
    found = probe_bytes(made["avif"], "a.avif", max_pixels=10**7)
    assert (found.frames, found.width, found.height) == (6, 240, 160)  # type: ignore[union-attr]
    assert list(animation.convert(source, "gif", formats=("webp",))) in ([], ["webp"])


@pytest.mark.parametrize(("loop", "plays"), [(None, 1), (0, 0), (1, 2), (7, 8), (65535, 65535)])
def test_gif_loop_count_is_number_of_repetitions(loop: int | None, plays: int) -> None:
    options: dict[str, Any] = {} if loop is None else {"loop": loop}
    source = save_animation(make_drawn_frames(), **options)
    assert animation.read(source, "gif", max_pixels=10**7).plays == plays
    made = animation.convert(source, "gif")
    assert Image.open(io.BytesIO(made["webp"])).info["loop"] == plays


@pytest.mark.slow
def test_finite_animation_is_not_made_endless() -> None:
    """Pillow cannot write the number of plays into an AVIF."""
    assert "avif" not in animation.convert(save_animation(make_photo_frames(), duration=50), "gif")
    assert "avif" in animation.convert(save_animation(make_photo_frames(), duration=50, loop=0), "gif")


def test_webp_loop_count_is_number_of_plays() -> None:
    source = save_animation(make_drawn_frames(), "WEBP", loop=3, lossless=False, quality=100)
    assert animation.read(source, "webp", max_pixels=10**7) == animation.Playback(
        durations=tuple(DURATIONS), plays=3, kind=animation.read(source, "webp", max_pixels=10**7).kind
    )


def test_very_short_durations_are_replaced_as_in_browsers() -> None:
    source = save_animation(make_drawn_frames(), duration=[0, 10, 20, 30], loop=0)
    assert animation.read(source, "gif", max_pixels=10**7).durations == (100, 100, 20, 30)
    assert read_durations(animation.convert(source, "gif")["webp"]) == [100, 100, 20, 30]


@pytest.mark.parametrize("disposal", [1, 2, 3])
def test_disposal_methods_are_applied(disposal: int) -> None:
    layers = []
    for number in range(4):
        layer = Image.new("RGBA", SIZE, (0, 0, 0, 0))
        ImageDraw.Draw(layer).ellipse((number * 25, 10, number * 25 + 40, 50), fill="red", outline="white")
        layers.append(layer)
    source = save_animation(layers, disposal=disposal, loop=0)
    made = animation.convert(source, "gif")
    expected = decode_frames(source)
    assert expected[3].getpixel((112, 79)) == (0, 0, 0, 0)
    assert (expected[3].getpixel((20, 30)) == (255, 0, 0, 255)) is (disposal == 1)
    for one, other in zip(decode_frames(made["webp"]), expected, strict=True):
        assert look_alike(one, other)


def test_frame_cleared_differently_by_browsers_is_rejected() -> None:
    """The second frame covers only a part, after the first one was cleared to what Pillow interprets as a colour."""
    whole = bytearray(save_animation(make_drawn_frames(2), loop=0, duration=50))
    assert animation.convert(bytes(whole), "gif")
    whole[whole.index(b"\x21\xf9\x04") + 3] = 2 << 2  # the first frame's disposal
    with pytest.raises(ValueError, match="cleared"):
        animation.convert(bytes(whole), "gif")


def test_encodings_larger_than_source_are_dropped() -> None:
    small = save_animation([Image.new("RGB", (3, 3), colour) for colour in ("red", "blue")], loop=0, duration=50)
    assert animation.convert(small, "gif") == {}
    made = animation.convert(save_animation(make_drawn_frames(), loop=0), "gif")["webp"]
    assert animation.convert(made, "webp") == {}


def test_too_many_pixels_are_rejected() -> None:
    source = save_animation(make_drawn_frames(), loop=0)
    with pytest.raises(ValueError, match="4 frames of 120×80 px are more than"):
        animation.convert(source, "gif", max_pixels=120 * 80 * 4 - 1)
    assert animation.convert(source, "gif", max_pixels=120 * 80 * 4)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_frames() -> None:
    code = (
        "import resource, sys\n"
        "from PIL import Image\n"
        "from imageseo.images.encoding import animation\n"
        "from tests.images.test_animation import save_animation\n"
        "def run(count):\n"
        "    made = [Image.new('P', (700, 500), number % 7) for number in range(count)]\n"
        "    data = save_animation(made, loop=0, duration=50)\n"
        "    del made\n"
        "    animation.convert(data, 'gif', formats=('webp',), max_pixels=10**9)\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "few = run(8)\n"
        "print(run(100) - few)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 80_000, "kB; a hundred frames as RGBA are 140 MB"


@pytest.mark.slow
def test_output_is_independent_of_time() -> None:
    """libavif writes the time of encoding into sequences."""
    sources = [save_animation(make_drawn_frames(), loop=0), save_animation(make_photo_frames(), loop=0, duration=50)]
    made = [animation.convert(source, "gif") for source in sources]
    time.sleep(1.1)
    assert [animation.convert(source, "gif") for source in sources] == made
    assert len(decode_frames(made[1]["avif"])) == 6


def test_xmp_and_profile_are_preserved() -> None:
    source = save_animation(make_drawn_frames(), "WEBP", loop=0, quality=100, icc_profile=pictures.p3_like())
    saved = animation._save_animation(
        source, "webp", animation.read(source, "webp", max_pixels=10**7), "WEBP", pictures.XMP
    )
    back = Image.open(io.BytesIO(saved))
    assert (back.info["icc_profile"], back.info["xmp"]) == (pictures.p3_like(), pictures.XMP)


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        (pictures.save(pictures.photo(40, 30), "GIF"), "gif", "single frame"),
        (pictures.animated("PNG"), "png", "are not converted"),
    ],
)
def test_unsupported_files_are_rejected(data: bytes, kind: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        animation.convert(data, kind)


def test_truncated_file_raises() -> None:
    whole = save_animation(make_photo_frames(), loop=0, duration=50)
    for share in (0.3, 0.6, 0.9):
        with pytest.raises((ValueError, OSError, EOFError, SyntaxError)):
            animation.convert(pictures.cut(whole, share), "gif")


def test_version_names_libraries() -> None:
    assert all(name in animation.version() for name in ("motion 1", "Pillow", "libwebp", "libavif", "aom"))
