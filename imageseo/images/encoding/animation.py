"""Convert animated GIF and WebP to smaller animated WebP and AVIF, keeping frames, durations and number of plays."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from imageseo.images.decoding.content_type import classify
from imageseo.images.decoding.raster import open_raster
from imageseo.images.pillow_versions import library_version, pillow_version
from imageseo.model.image import ContentType

KINDS = ("gif", "webp")
"""Supported formats, as ``raster.sniff`` names them."""

_POLICY = "motion 1: lossless or mixed WebP, AVIF by libaom"
_FOREVER = 0
_MIN_DURATION, _DEFAULT_DURATION = 10, 100
"""ms: browsers show a frame whose duration is at most the first value for the second value instead."""


class UnsupportedAnimation(ValueError):
    """The reason an intact animation is not converted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playback:
    """How an animation plays. ``durations``: ms per frame; ``plays``: number, 0 for endless; ``kind``: content type."""

    durations: tuple[int, ...]
    plays: int
    kind: ContentType


def version() -> str:
    """Return the policy and the versions of the libraries; part of the cache keys."""
    from PIL import _avif

    libraries = f"libwebp {library_version('webp')}; libavif {library_version('avif')} {_avif.codec_versions()}"
    return f"{_POLICY}; Pillow {pillow_version()}; {libraries}"


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
    """Return the encodings smaller than the source by format (``webp``, ``avif``), the smallest first.

    ``kind``: one of ``KINDS``; ``quality``: for AVIF, 1 to 100, and for WebP frames where lossless ones are larger;
    ``speed``: libavif's; ``max_pixels``: the limit for all frames together; ``xmp``: written into the results.
    Raises UnsupportedAnimation for a still, for too many pixels, and where browsers and libraries differ; for a damaged
    file, whatever Pillow raises. Only one frame is in memory at a time.
    """
    playback = read(data, kind, max_pixels=max_pixels)
    smallest, results = len(data), dict[str, bytes]()
    if "webp" in formats:
        best = min(_encode_webps(data, kind, playback, quality, xmp), key=len)
        if len(best) < smallest:
            smallest, results = len(best), {"webp": best}
    # For flat colours, AVIF took five times the bytes of WebP. Pillow only writes AVIFs that play endlessly.
    if "avif" in formats and playback.plays == _FOREVER and playback.kind is not ContentType.LINE:
        best = _encode_avif(data, kind, playback, quality, speed, xmp)
        if len(best) < smallest:
            results = {"avif": best, **results}
    return results


def read(data: bytes, kind: str, *, max_pixels: int) -> Playback:
    """Return how browsers play the animation. Decodes every frame once. Raises the errors of :func:`convert`."""
    if kind not in KINDS:
        raise UnsupportedAnimation(f"animations of format {kind} are not converted")
    with open_raster(data, kind) as opened:
        frames = int(getattr(opened, "n_frames", 1))
        if frames < 2:
            raise UnsupportedAnimation("the file has a single frame")
        if opened.width * opened.height * frames > max_pixels:
            size = f"{frames:,} frames of {opened.width:,}×{opened.height:,} px"
            raise UnsupportedAnimation(
                f"{size} are more than the limit of {max_pixels / 1e6:,.0f} megapixels for animations"
            )
        plays = _read_plays(kind, opened.info.get("loop"))
        durations, is_cleared = [], False
        for number in range(frames):
            opened.seek(number)
            if is_cleared and not _covers_canvas(opened):
                raise UnsupportedAnimation(
                    "a frame is cleared to a colour, which browsers and libraries show differently"
                )
            is_cleared = getattr(opened, "disposal_method", 0) == 2 and _is_opaque(opened)
            opened.load()
            if not number:
                content_type = classify(opened)
            duration = round(opened.info.get("duration", 0))
            durations.append(duration if duration > _MIN_DURATION else _DEFAULT_DURATION)
    return Playback(durations=tuple(durations), plays=plays, kind=content_type)


def _read_plays(kind: str, loop: int | None) -> int:
    """Return the number of plays. A GIF counts its repetitions and plays once without a count; a WebP counts plays."""
    if kind == "webp" or not loop:
        return 1 if loop is None else loop
    return min(loop + 1, 65535)


def _is_opaque(frame: Any) -> bool:
    """Whether this frame has no transparent colour. Pillow's ``info`` only describes the first frame."""
    return getattr(frame, "_frame_transparency", None) is None


def _covers_canvas(frame: Any) -> bool:
    """Whether the frame completely hides the previous one."""
    return _is_opaque(frame) and bool(frame.tile) and tuple(frame.tile[0][1]) == (0, 0, *frame.size)


def _encode_webps(data: bytes, kind: str, playback: Playback, quality: int, xmp: bytes) -> Iterator[bytes]:
    common = {"loop": playback.plays, "method": 4}
    yield _save_animation(data, kind, playback, "WEBP", xmp, lossless=True, quality=75, **common)
    yield _save_animation(data, kind, playback, "WEBP", xmp, allow_mixed=True, quality=min(100, quality + 15), **common)


def _encode_avif(data: bytes, kind: str, playback: Playback, quality: int, speed: int, xmp: bytes) -> bytes:
    subsampling = "4:2:0" if playback.kind is ContentType.PHOTO else "4:4:4"
    deterministic = {"codec": "aom", "max_threads": 1, "autotiling": False}
    options = {"quality": quality, "speed": speed, "subsampling": subsampling, **deterministic}
    return _clear_timestamps(_save_animation(data, kind, playback, "AVIF", xmp, **options))


def _clear_timestamps(avif: bytes) -> bytes:
    """Zero the timestamps that libavif writes into movie and track headers: equal input must give equal bytes."""
    data = bytearray(avif)

    def walk(at: int, end: int) -> None:
        while at + 8 <= end:
            size, name = int.from_bytes(data[at : at + 4], "big"), bytes(data[at + 4 : at + 8])
            if size < 8:
                return  # the last box, with the pixels, may have no size
            if name in (b"moov", b"trak", b"mdia"):
                walk(at + 8, at + size)
            elif name in (b"mvhd", b"tkhd", b"mdhd"):
                times = 16 if data[at + 8] else 8  # creation and modification time, in version 1 or 0
                data[at + 12 : at + 12 + times] = bytes(times)
            at += size

    walk(0, len(data))
    return bytes(data)


def _save_animation(data: bytes, kind: str, playback: Playback, format: str, xmp: bytes, **options: Any) -> bytes:
    """Encode the animation. Pillow iterates over the frames and releases each."""
    out = io.BytesIO()
    with open_raster(data, kind) as opened:
        options["icc_profile"] = opened.info.get("icc_profile") or b""
        opened.save(out, format, save_all=True, duration=list(playback.durations), xmp=xmp, exif=b"", **options)
    return out.getvalue()
