"""Animations keep their frames, their times and the number of their plays, and get smaller or stay as they are."""

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
TIMES = [200, 40, 90, 500]


def drawn(count: int = 4) -> list[Image.Image]:
    """A bar that walks over a flat ground."""
    frames = []
    for number in range(count):
        frame = Image.new("RGB", SIZE, "#102030")
        ImageDraw.Draw(frame).rectangle((number * 20, 10, number * 20 + 30, 60), fill="#f59e0b", outline="white")
        frames.append(frame)
    return frames


def film(frames: list[Image.Image], kind: str = "GIF", **options: Any) -> bytes:
    return pictures.save(frames[0], kind, save_all=True, append_images=frames[1:], **{"duration": TIMES, **options})


def filmed(count: int = 6) -> list[Image.Image]:
    """Grain and colours that move, as in a clip of a camera."""
    whole = pictures.photo(400, 200)
    return [whole.crop((number * 6, 0, number * 6 + 240, 160)) for number in range(count)]


def frames(data: bytes) -> list[Image.Image]:
    with Image.open(io.BytesIO(data)) as opened:
        found = []
        for number in range(opened.n_frames):  # type: ignore[attr-defined]
            opened.seek(number)
            found.append(opened.convert("RGBA"))
        return found


def times(data: bytes) -> list[int]:
    with Image.open(io.BytesIO(data)) as opened:
        found = []
        for number in range(opened.n_frames):  # type: ignore[attr-defined]
            opened.seek(number)
            opened.load()
            found.append(round(opened.info["duration"]))
        return found


def alike(one: Image.Image, other: Image.Image) -> bool:
    """Equal where anything is to be seen."""
    black = Image.new("RGBA", one.size, "black")
    difference = ImageChops.difference(Image.alpha_composite(black, one), Image.alpha_composite(black, other))
    return difference.getbbox() is None and one.getchannel("A").tobytes() == other.getchannel("A").tobytes()


def test_a_drawn_gif_becomes_a_webp_of_the_same_frames() -> None:
    source = film(drawn(), loop=0)
    made = animation.convert(source, "gif")
    assert list(made) == ["webp"]
    assert len(made["webp"]) < len(source)
    assert all(alike(one, other) for one, other in zip(frames(made["webp"]), frames(source), strict=True))
    assert times(made["webp"]) == TIMES
    assert Image.open(io.BytesIO(made["webp"])).info["loop"] == 0


def test_a_clip_becomes_an_avif_that_is_smaller_than_the_webp() -> None:
    source = film(filmed(), loop=0, duration=[100, 20, 30, 40, 50, 60])
    assert animation.read(source, "gif", max_pixels=10**7).kind is ContentType.PHOTO
    made = animation.convert(source, "gif")
    assert next(iter(made)) == "avif"
    sizes = [len(data) for data in made.values()]
    assert sizes == sorted(sizes)
    assert sizes[-1] < len(source)
    assert times(made["avif"]) == [100, 20, 30, 40, 50, 60]
    found = probe_bytes(made["avif"], "a.avif", max_pixels=10**7)
    assert (found.frames, found.width, found.height) == (6, 240, 160)  # type: ignore[union-attr]
    assert list(animation.convert(source, "gif", formats=("webp",))) in ([], ["webp"])


@pytest.mark.parametrize(("loop", "plays"), [(None, 1), (0, 0), (1, 2), (7, 8), (65535, 65535)])
def test_a_gif_counts_how_often_it_starts_again(loop: int | None, plays: int) -> None:
    options: dict[str, Any] = {} if loop is None else {"loop": loop}
    source = film(drawn(), **options)
    assert animation.read(source, "gif", max_pixels=10**7).plays == plays
    made = animation.convert(source, "gif")
    assert Image.open(io.BytesIO(made["webp"])).info["loop"] == plays


def test_what_ends_is_never_made_endless() -> None:
    """Pillow cannot say in an AVIF how often it plays."""
    assert "avif" not in animation.convert(film(filmed(), duration=50), "gif")
    assert "avif" in animation.convert(film(filmed(), duration=50, loop=0), "gif")


def test_a_webp_counts_its_plays() -> None:
    source = film(drawn(), "WEBP", loop=3, lossless=False, quality=100)
    assert animation.read(source, "webp", max_pixels=10**7) == animation.Playback(
        durations=tuple(TIMES), plays=3, kind=animation.read(source, "webp", max_pixels=10**7).kind
    )


def test_frames_too_short_to_be_true_are_shown_as_browsers_show_them() -> None:
    source = film(drawn(), duration=[0, 10, 20, 30], loop=0)
    assert animation.read(source, "gif", max_pixels=10**7).durations == (100, 100, 20, 30)
    assert times(animation.convert(source, "gif")["webp"]) == [100, 100, 20, 30]


@pytest.mark.parametrize("disposal", [1, 2, 3])
def test_what_becomes_of_a_frame_is_kept(disposal: int) -> None:
    layers = []
    for number in range(4):
        layer = Image.new("RGBA", SIZE, (0, 0, 0, 0))
        ImageDraw.Draw(layer).ellipse((number * 25, 10, number * 25 + 40, 50), fill="red", outline="white")
        layers.append(layer)
    source = film(layers, disposal=disposal, loop=0)
    made = animation.convert(source, "gif")
    shown = frames(source)
    assert shown[3].getpixel((112, 79)) == (0, 0, 0, 0)
    assert (shown[3].getpixel((20, 30)) == (255, 0, 0, 255)) is (disposal == 1)
    for one, other in zip(frames(made["webp"]), shown, strict=True):
        assert alike(one, other)


def test_what_libraries_and_browsers_clear_differently_is_left_alone() -> None:
    """The second frame covers a part, after the first one was cleared to what Pillow takes for a colour."""
    whole = bytearray(film(drawn(2), loop=0, duration=50))
    assert animation.convert(bytes(whole), "gif")
    whole[whole.index(b"\x21\xf9\x04") + 3] = 2 << 2  # the first frame's disposal
    with pytest.raises(ValueError, match="cleared"):
        animation.convert(bytes(whole), "gif")


def test_nothing_larger_than_the_source_is_offered() -> None:
    small = film([Image.new("RGB", (3, 3), colour) for colour in ("red", "blue")], loop=0, duration=50)
    assert animation.convert(small, "gif") == {}
    made = animation.convert(film(drawn(), loop=0), "gif")["webp"]
    assert animation.convert(made, "webp") == {}


def test_too_much_is_refused_before_anything_is_decoded() -> None:
    source = film(drawn(), loop=0)
    with pytest.raises(ValueError, match="4 frames of 120×80 px exceed the limit"):
        animation.convert(source, "gif", max_pixels=120 * 80 * 4 - 1)
    assert animation.convert(source, "gif", max_pixels=120 * 80 * 4)


def test_memory_does_not_grow_with_the_number_of_frames() -> None:
    code = (
        "import resource, sys\n"
        "from PIL import Image\n"
        "from imageseo.images.encoding import animation\n"
        "from tests.images.test_animation import film\n"
        "def run(count):\n"
        "    made = [Image.new('P', (700, 500), number % 7) for number in range(count)]\n"
        "    data = film(made, loop=0, duration=50)\n"
        "    del made\n"
        "    animation.convert(data, 'gif', formats=('webp',), max_pixels=10**9)\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "few = run(8)\n"
        "print(run(100) - few)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 80_000, "kB; a hundred frames as RGBA are 140 MB"


def test_equal_at_any_time_of_day() -> None:
    """libavif writes the second of its work into sequences."""
    sources = [film(drawn(), loop=0), film(filmed(), loop=0, duration=50)]
    made = [animation.convert(source, "gif") for source in sources]
    time.sleep(1.1)
    assert [animation.convert(source, "gif") for source in sources] == made
    assert len(frames(made[1]["avif"])) == 6


def test_rights_and_profile_travel() -> None:
    source = film(drawn(), "WEBP", loop=0, quality=100, icc_profile=pictures.p3_like())
    saved = animation._save_animation(
        source, "webp", animation.read(source, "webp", max_pixels=10**7), "WEBP", pictures.XMP
    )
    back = Image.open(io.BytesIO(saved))
    assert (back.info["icc_profile"], back.info["xmp"]) == (pictures.p3_like(), pictures.XMP)


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (pictures.save(pictures.photo(40, 30), "GIF"), "gif", "single frame"),
        (pictures.animated("PNG"), "png", "are not converted"),
    ],
)
def test_what_is_no_animation(data: bytes, kind: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        animation.convert(data, kind)


def test_a_file_cut_anywhere_says_so() -> None:
    whole = film(filmed(), loop=0, duration=50)
    for share in (0.3, 0.6, 0.9):
        with pytest.raises((ValueError, OSError, EOFError, SyntaxError)):
            animation.convert(pictures.cut(whole, share), "gif")


def test_names_what_has_a_say() -> None:
    assert all(name in animation.version() for name in ("motion 1", "Pillow", "libwebp", "libavif", "aom"))
