"""Animated GIF and WebP as smaller animated WebP and AVIF: every frame, its time and the number of plays kept."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from imageseo.images.decoding.content_type import classify
from imageseo.images.decoding.raster import open_raster
from imageseo.model.image import ContentType

KINDS = ("gif", "webp")
"""Formats of ``raster.sniff`` that are understood."""

_RECIPE = "motion 1: lossless or mixed WebP, AVIF by libaom"
_FOREVER = 0
_AT_ONCE, _SLOWED = 10, 100
"""ms: what says it shows a frame no longer than the first is shown by every browser for the second."""


class Unfit(ValueError):
    """Why an animation stays as it is, though nothing is wrong with its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How an animation plays. ``durations``: ms a frame; ``plays``: how often, 0 for ever; ``kind``: of its frames."""

    durations: tuple[int, ...]
    plays: int
    kind: ContentType


def version() -> str:
    """The recipe and the libraries; enters the store's key."""
    import PIL
    from PIL import _avif, features

    libraries = f"libwebp {features.version('webp')}; libavif {features.version('avif')} {_avif.codec_versions()}"
    return f"{_RECIPE}; Pillow {PIL.__version__}; {libraries}"


def convert(
    data: bytes,
    kind: str,
    *,
    formats: Collection[str] = ("avif", "webp"),
    quality: int = 60,
    speed: int = 8,
    max_pixels: int = 120_000_000,
    xmp: bytes = b"",
) -> dict[str, bytes]:
    """By format (``webp``, ``avif``), what is worth offering, the best first: each smaller than the source and than
    what follows it.

    ``kind``: of ``KINDS``; ``quality``: AVIF's, 1 to 100, and that of WebP frames where lossless ones are larger;
    ``speed``: libavif's; ``max_pixels``: of all frames together; ``xmp``: to write into the results.
    Raises Unfit for what is no animation, too much of one, or cannot be shown as browsers show it, and what Pillow
    raises for a damaged file. One frame is in memory at a time, whatever their number.
    """
    score = read(data, kind, max_pixels=max_pixels)
    smallest, made = len(data), dict[str, bytes]()
    if "webp" in formats:
        best = min(_webps(data, kind, score, quality, xmp), key=len)
        if len(best) < smallest:
            smallest, made = len(best), {"webp": best}
    # Flat colours are WebP's: AVIF took five times its bytes. And Pillow writes AVIFs that play for ever.
    if "avif" in formats and score.plays == _FOREVER and score.kind is not ContentType.LINE:
        best = _avif(data, kind, score, quality, speed, xmp)
        if len(best) < smallest:
            made = {"avif": best, **made}
    return made


def read(data: bytes, kind: str, *, max_pixels: int) -> Score:
    """How it plays, as browsers play it. Every frame is decoded once. Raises as :func:`convert`."""
    if kind not in KINDS:
        raise Unfit(f"an animation of format {kind} is left as it is")
    with open_raster(data, kind) as opened:
        frames = int(getattr(opened, "n_frames", 1))
        if frames < 2:
            raise Unfit("it has a single frame")
        if opened.width * opened.height * frames > max_pixels:
            size = f"{frames:,} frames of {opened.width:,}×{opened.height:,} px"
            raise Unfit(f"{size} are more than the {max_pixels / 1e6:,.0f} megapixels that are converted")
        plays = _plays(kind, opened.info.get("loop"))
        durations, clears = [], False
        for number in range(frames):
            opened.seek(number)
            if clears and not _covers(opened):
                raise Unfit("a frame is cleared to a colour, which browsers and libraries show differently")
            clears = getattr(opened, "disposal_method", 0) == 2 and _opaque(opened)
            opened.load()
            if not number:
                look = classify(opened)
            duration = round(opened.info.get("duration", 0))
            durations.append(duration if duration > _AT_ONCE else _SLOWED)
    return Score(durations=tuple(durations), plays=plays, kind=look)


def _plays(kind: str, loop: int | None) -> int:
    """A GIF counts how often it starts again, and without a count plays once; a WebP counts its plays."""
    if kind == "webp" or not loop:
        return 1 if loop is None else loop
    return min(loop + 1, 65535)


def _opaque(frame: Any) -> bool:
    """True when the frame itself has no transparent colour. What Pillow keeps in ``info`` is the first frame's."""
    return getattr(frame, "_frame_transparency", None) is None


def _covers(frame: Any) -> bool:
    """True when the frame leaves nothing to be seen of the one in front of it."""
    return _opaque(frame) and bool(frame.tile) and tuple(frame.tile[0][1]) == (0, 0, *frame.size)


def _webps(data: bytes, kind: str, score: Score, quality: int, xmp: bytes) -> Iterator[bytes]:
    common = {"loop": score.plays, "method": 4}
    yield _saved(data, kind, score, "WEBP", xmp, lossless=True, quality=75, **common)
    yield _saved(data, kind, score, "WEBP", xmp, allow_mixed=True, quality=min(100, quality + 15), **common)


def _avif(data: bytes, kind: str, score: Score, quality: int, speed: int, xmp: bytes) -> bytes:
    subsampling = "4:2:0" if score.kind is ContentType.PHOTO else "4:4:4"
    pinned = {"codec": "aom", "max_threads": 1, "autotiling": False}
    made = _saved(data, kind, score, "AVIF", xmp, quality=quality, speed=speed, subsampling=subsampling, **pinned)
    return _timeless(made)


def _timeless(avif: bytes) -> bytes:
    """Without the time of day: libavif writes it into the heads of film and tracks, and equal input must stay equal."""
    made = bytearray(avif)

    def walk(at: int, end: int) -> None:
        while at + 8 <= end:
            size, name = int.from_bytes(made[at : at + 4], "big"), bytes(made[at + 4 : at + 8])
            if size < 8:
                return  # the last box, of pixels, may leave its size open
            if name in (b"moov", b"trak", b"mdia"):
                walk(at + 8, at + size)
            elif name in (b"mvhd", b"tkhd", b"mdhd"):
                times = 16 if made[at + 8] else 8  # version 1 or 0: of creation and of the last change
                made[at + 12 : at + 12 + times] = bytes(times)
            at += size

    walk(0, len(made))
    return bytes(made)


def _saved(data: bytes, kind: str, score: Score, format: str, xmp: bytes, **options: Any) -> bytes:
    """Pillow walks from frame to frame itself, and forgets each."""
    out = io.BytesIO()
    with open_raster(data, kind) as opened:
        options["icc_profile"] = opened.info.get("icc_profile") or b""
        opened.save(out, format, save_all=True, duration=list(score.durations), xmp=xmp, exif=b"", **options)
    return out.getvalue()
