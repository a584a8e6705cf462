"""Convert an image of the library to a master: upright, sRGB, cropped to the recipe's shape, never enlarged."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from imageseo.heroes.providers.asset_library.file_metadata import MAX_PIXELS
from imageseo.images.decoding.raster import without_compressed_texts
from imageseo.images.decoding.srgb import to_srgb

if TYPE_CHECKING:
    from PIL.Image import Image

_SEARCH_SIDE = 192  # length in px of the longer side while the crop position is searched


class UnreadableError(Exception):
    """The file's pixels cannot be read; the message gives the reason."""


class MasterImage(NamedTuple):
    """A PNG, its size in px, and the image's focal point as fractions of that size."""

    png: bytes
    size: tuple[int, int]
    focal: tuple[float, float] | None


def make_master(data: bytes, width: int, height: int, focal: tuple[float, float] | None) -> MasterImage:
    """Return a PNG of at most ``width`` x ``height`` px in exactly that shape; equal bytes give an equal PNG.

    ``focal``: the point to keep near the centre of the crop; None: keep the area with most edges. A smaller image is
    cropped but not enlarged. Raises UnreadableError.
    """
    from PIL import Image

    upright = _decode(data)
    box = _crop_box(upright, width, height, focal)
    size = (min(width, box[2] - box[0]), min(height, box[3] - box[1]))
    out = io.BytesIO()
    upright.resize(size, Image.Resampling.LANCZOS, box=box).save(out, "PNG", compress_level=6)
    return MasterImage(out.getvalue(), size, _focal_in_crop(focal, upright.size, box))


def make_whole_master(data: bytes) -> bytes:
    """Return a PNG of a whole image in its own size; equal bytes give an equal PNG. Raises UnreadableError."""
    out = io.BytesIO()
    _decode(data).save(out, "PNG", compress_level=6)
    return out.getvalue()


def _decode(data: bytes) -> Image:
    from PIL import Image

    data = without_compressed_texts(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's warning about large images: the size is checked below
            with Image.open(io.BytesIO(data)) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise UnreadableError(f"has {image.width}x{image.height} px; at most {MAX_PIXELS:,} are read")
                upright = _to_upright_srgb(image)
    except UnreadableError:
        raise
    except MemoryError:
        raise
    except Exception as error:  # a damaged file can make Pillow raise any exception
        raise UnreadableError(f"cannot be read: {error}") from error
    upright.info.clear()
    return upright


def _focal_in_crop(
    focal: tuple[float, float] | None, size: tuple[int, int], box: tuple[int, int, int, int]
) -> tuple[float, float] | None:
    """Convert a focal point of the whole image to one of the crop."""
    if focal is None:
        return None
    x, y = (
        round(min(max((share * side - start) / (end - start), 0.0), 1.0), 4)
        for share, side, start, end in zip(focal, size, box[:2], box[2:], strict=True)
    )
    return x, y


def _to_upright_srgb(image: Image) -> Image:
    """Return the image as upright sRGB (EXIF orientation applied), with transparency on white."""
    from PIL import Image, ImageOps

    profile = image.info.get("icc_profile")
    turned: Any = ImageOps.exif_transpose(image)
    if turned.mode.startswith("I;16"):
        turned = turned.point(lambda value: value / 256).convert("L")
    elif turned.mode in ("P", "PA", "LA", "La", "RGBa") or "transparency" in turned.info:
        turned = turned.convert("RGBA")
    alpha = turned.getchannel("A") if turned.mode == "RGBA" else None
    rgb = turned.convert("RGB") if turned.mode == "RGBA" else turned
    rgb = to_srgb(rgb, profile).convert("RGB")
    if alpha is None:
        return rgb
    white = Image.new("RGB", rgb.size, "white")
    white.paste(rgb, mask=alpha)
    return white


def _crop_box(image: Image, width: int, height: int, focal: tuple[float, float] | None) -> tuple[int, int, int, int]:
    """Return the largest crop of the requested shape in whole px: left, top, right, bottom."""
    if image.width * height >= image.height * width:
        crop_width, crop_height = max(1, round(image.height * width / height)), image.height
    else:
        crop_width, crop_height = image.width, max(1, round(image.width * height / width))
    x, y = image.width - crop_width, image.height - crop_height
    if focal is not None:
        left = min(max(round(focal[0] * image.width - crop_width / 2), 0), x)
        top = min(max(round(focal[1] * image.height - crop_height / 2), 0), y)
        return left, top, left + crop_width, top + crop_height
    left = _find_most_edges(image, crop_width, upright=True) if x else 0
    top = _find_most_edges(image, crop_height, upright=False) if y else 0
    return left, top, left + crop_width, top + crop_height


def _find_most_edges(image: Image, length: int, *, upright: bool) -> int:
    """Return the offset of the window of ``length`` px that contains most edges (integer arithmetic).

    ``upright``: the window moves sideways and is centred among nearly equal positions; else it moves down and prefers
    the upper part.
    """
    import numpy as np
    from PIL import Image

    scale = _SEARCH_SIDE / max(image.size)
    small = image.convert("L").resize(
        (max(2, round(image.width * scale)), max(2, round(image.height * scale))), Image.Resampling.BOX
    )
    grey = np.asarray(small, dtype=np.int64)
    edges = np.abs(np.diff(grey, axis=1))[:-1, :] + np.abs(np.diff(grey, axis=0))[:, :-1]
    profile_line = edges.sum(axis=0 if upright else 1)
    side = image.width if upright else image.height
    window = min(len(profile_line), max(1, len(profile_line) * length // side))
    sums = np.concatenate([[0], np.cumsum(profile_line)])
    totals = sums[window:] - sums[:-window]
    last = len(totals) - 1
    # Subjects are usually centred horizontally; vertically, heads are near the top in front of a calm sky.
    if upright:
        preferences = [5 * last - abs(2 * at - last) for at in range(last + 1)]
    else:
        preferences = [5 * last - abs(4 * at - last) for at in range(last + 1)]
    best = max(range(last + 1), key=lambda at: (int(totals[at]) * preferences[at], preferences[at]))
    return round((side - length) * best / last) if last else (side - length) // 2
