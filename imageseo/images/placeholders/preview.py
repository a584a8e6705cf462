"""What a page may show of an image until it is loaded: its main colour, or a tiny preview of it."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, NamedTuple, cast

from imageseo.images.decoding.raster import open_raster
from imageseo.images.decoding.srgb import to_srgb
from imageseo.images.resizers import pillow

if TYPE_CHECKING:
    from PIL.Image import Image

VERSION = "placeholder 1"
MAX_PREVIEW = 120
"""Bytes of a preview, 160 characters in a page: with what surrounds it there, a placeholder has less than 250 bytes."""

_SIDE = 32  # px of what the main colour is taken from
_COLORS = 5
_PREVIEWS = ((10, 50), (10, 30), (8, 40), (8, 20), (6, 30), (6, 10), (4, 10))
"""Longer side in px and quality of a preview; the first that is small enough is used."""


class Placeholder(NamedTuple):
    """``color``: ``#rrggbb``. ``preview``: a WebP image in base64; "" if none is small enough."""

    color: str
    preview: str


def make(data: bytes, kind: str, orientation: int) -> Placeholder | None:
    """Return the placeholder of an image file; None for one with any transparency, or with more than 8 bits of grey.

    Raises any exception that Pillow raises for a file it cannot decode.
    """
    with open_raster(data, kind) as opened:
        opened.draft(None, (4 * _SIDE, 4 * _SIDE))  # a JPEG is decoded at an eighth of its size
        opened.load()
        if opened.mode.startswith("I") or opened.mode == "F" or _is_transparent(opened):
            return None
        profile = cast("bytes | None", opened.info.get("icc_profile"))
        image = to_srgb(opened.convert("RGB"), profile if opened.mode == "RGB" else None)
    image = pillow.turn_upright(image, orientation)
    image.info = {}
    small = _shrink(image, _SIDE)
    return Placeholder(_main_color(small), _preview(image))


def _is_transparent(image: Image) -> bool:
    if not image.has_transparency_data:
        return False
    lowest = cast("tuple[int, int]", image.convert("RGBA").getchannel("A").getextrema())[0]
    return lowest < 255


def _shrink(image: Image, side: int) -> Image:
    from PIL import Image as Images

    scale = side / max(*image.size, side)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Images.Resampling.BOX)


def _main_color(image: Image) -> str:
    """Return the colour that most of an image is close to."""
    from PIL import Image as Images

    reduced = image.quantize(_COLORS, Images.Quantize.MEDIANCUT, dither=Images.Dither.NONE)
    counts = cast("list[tuple[int, int]]", reduced.getcolors())
    palette = reduced.getpalette() or []
    index = max(counts, key=lambda entry: (entry[0], -entry[1]))[1]
    return "#{:02x}{:02x}{:02x}".format(*palette[3 * index : 3 * index + 3])


def _preview(image: Image) -> str:
    for side, quality in _PREVIEWS:
        written = io.BytesIO()
        _shrink(image, side).save(written, "WEBP", quality=quality, method=6)
        if written.tell() <= MAX_PREVIEW:
            return base64.b64encode(written.getvalue()).decode()
    return ""
