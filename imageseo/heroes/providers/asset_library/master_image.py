"""From a picture of the library to a master: upright, sRGB, cut to the recipe's shape, never enlarged."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from imageseo.heroes.providers.asset_library.file_metadata import MAX_PIXELS

if TYPE_CHECKING:
    from PIL.Image import Image

_EDGES = 192  # px that the longer side has when the place to cut is looked for


class UnreadableError(Exception):
    """Why the file's pixels cannot be had."""


class Cut(NamedTuple):
    """A PNG, its size in px, and where in it the picture's focal point lies, as shares."""

    png: bytes
    size: tuple[int, int]
    focal: tuple[float, float] | None


def master(data: bytes, width: int, height: int, focal: tuple[float, float] | None) -> Cut:
    """A PNG of at most ``width`` x ``height`` px in just that shape. Same bytes, same PNG.

    ``focal``: what stays in the middle of the cut as far as possible; None: where most edges are. A picture that is
    smaller than was asked gives as much as it has. Raises UnreadableError.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's words on large pictures: they are counted here
            with Image.open(io.BytesIO(data)) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise UnreadableError(f"has {image.width}x{image.height} px; at most {MAX_PIXELS:,} are read")
                upright = _upright(image)
    except UnreadableError:
        raise
    except MemoryError:
        raise
    except Exception as error:  # damaged files make Pillow raise whatever it meets first
        raise UnreadableError(f"cannot be read: {error}") from error
    box = _box(upright, width, height, focal)
    size = (min(width, box[2] - box[0]), min(height, box[3] - box[1]))
    out = io.BytesIO()
    upright.resize(size, Image.Resampling.LANCZOS, box=box).save(out, "PNG", compress_level=6)
    return Cut(out.getvalue(), size, _within(focal, upright.size, box))


def _within(
    focal: tuple[float, float] | None, whole: tuple[int, int], box: tuple[int, int, int, int]
) -> tuple[float, float] | None:
    """A point of a picture as one of the part that was cut out of it."""
    if focal is None:
        return None
    x, y = (
        round(min(max((share * side - start) / (end - start), 0.0), 1.0), 4)
        for share, side, start, end in zip(focal, whole, box[:2], box[2:], strict=True)
    )
    return x, y


def _upright(image: Image) -> Image:
    """RGB in sRGB, turned as EXIF says; what is transparent becomes white."""
    from PIL import Image, ImageOps

    profile = image.info.get("icc_profile")
    found: Any = ImageOps.exif_transpose(image)
    if found.mode.startswith("I;16"):
        found = found.point(lambda value: value / 256).convert("L")
    elif found.mode in ("P", "PA", "LA", "La", "RGBa") or "transparency" in found.info:
        found = found.convert("RGBA")
    alpha = found.getchannel("A") if found.mode == "RGBA" else None
    colours = found.convert("RGB") if found.mode == "RGBA" else found
    colours = _converted(colours, profile) if profile else colours.convert("RGB")
    if alpha is None:
        return colours
    white = Image.new("RGB", colours.size, "white")
    white.paste(colours, mask=alpha)
    return white


def _converted(image: Image, profile: bytes) -> Image:
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        done = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        done = None  # a profile of another kind of picture, or a damaged one, says nothing
    result = done if done is not None else image.convert("RGB")
    result.info.pop("icc_profile", None)
    return result


def _box(image: Image, width: int, height: int, focal: tuple[float, float] | None) -> tuple[int, int, int, int]:
    """The largest part of the wanted shape, in whole px: left, top, right, bottom."""
    if image.width * height >= image.height * width:
        across, down = max(1, round(image.height * width / height)), image.height
    else:
        across, down = image.width, max(1, round(image.width * height / width))
    x, y = image.width - across, image.height - down
    if focal is not None:
        left = min(max(round(focal[0] * image.width - across / 2), 0), x)
        top = min(max(round(focal[1] * image.height - down / 2), 0), y)
        return left, top, left + across, top + down
    left = _busiest(image, across, upright=True) if x else 0
    top = _busiest(image, down, upright=False) if y else 0
    return left, top, left + across, top + down


def _busiest(image: Image, length: int, *, upright: bool) -> int:
    """Where a window of ``length`` px along one side holds most of the edges, in whole numbers.

    ``upright``: it moves sideways, and of places nearly equal the middlemost is taken; else that in the upper part.
    """
    import numpy as np
    from PIL import Image

    scale = _EDGES / max(image.size)
    small = image.convert("L").resize(
        (max(2, round(image.width * scale)), max(2, round(image.height * scale))), Image.Resampling.BOX
    )
    grey = np.asarray(small, dtype=np.int64)
    edges = np.abs(np.diff(grey, axis=1))[:-1, :] + np.abs(np.diff(grey, axis=0))[:, :-1]
    line = edges.sum(axis=0 if upright else 1)
    whole = image.width if upright else image.height
    window = min(len(line), max(1, len(line) * length // whole))
    sums = np.concatenate([[0], np.cumsum(line)])
    held = sums[window:] - sums[:-window]
    last = len(held) - 1
    # What stands in the middle was put there; and heads are on top, in front of a calm sky.
    if upright:
        places = [5 * last - abs(2 * at - last) for at in range(last + 1)]
    else:
        places = [5 * last - abs(4 * at - last) for at in range(last + 1)]
    best = max(range(last + 1), key=lambda at: (int(held[at]) * places[at], places[at]))
    return round((whole - length) * best / last) if last else (whole - length) // 2
