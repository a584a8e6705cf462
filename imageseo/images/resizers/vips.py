"""libvips resizer: like Pillow's, but faster (extra ``vips``: pyvips and its LGPL library)."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from imageseo.images.resizers import pillow
from imageseo.model import extras
from imageseo.model.errors import MissingExtraError

if TYPE_CHECKING:
    from PIL.Image import Image

POLICY = f"pixels vips 2: {pillow.PARTS}; by box while three times the size remains, Lanczos; {pillow.COLOR_POLICY}"

_GAP = 3.0
"""With libvips' default of 2, images become three quarters of a level darker, because every step rounds down."""


def version() -> str:
    """Like ``pillow.version``. Raises MissingExtraError."""
    vips = _load_vips()
    return f"{pillow.version(POLICY)}; libvips {'.'.join(str(vips.version(part)) for part in range(3))}"


def _make_shrinker(image: Image) -> Callable[[pillow.Size], Image]:
    from PIL import Image as Images

    vips, pixels, mode = _load_vips(), image.tobytes(), image.mode
    (width, height), bands = image.size, len(image.getbands())
    source = vips.Image.new_from_memory(pixels, width, height, bands, "uchar")

    def shrink(size: pillow.Size) -> Image:
        if size == (width, height):
            return Images.frombytes(mode, size, pixels)
        scaled = source.resize(size[0] / width, vscale=size[1] / height, kernel="lanczos3", gap=_GAP)
        if (scaled.width, scaled.height) != size:  # off by rounding
            scaled = scaled.gravity("centre", *size, extend="copy")
        return Images.frombytes(mode, size, scaled.write_to_memory())

    return shrink


@cache
def _load_vips() -> Any:
    os.environ.setdefault("VIPS_CONCURRENCY", "1")  # read once, when the library starts
    try:
        pyvips = import_module("pyvips")
    except (ImportError, OSError) as error:  # OSError: the shared library is missing
        raise MissingExtraError(
            f"`encode.resizer: vips` requires the packages pyvips and pyvips-binary: {error}",
            hint=f"{extras.install_command('vips')}, or set `encode.resizer: pillow`.",
        ) from error
    # The encode scheduler already keeps every core busy, one image per thread, and no image is requested twice.
    pyvips.cache_set_max(0)
    pyvips.cache_set_max_mem(0)
    return pyvips


render = partial(pillow.render, shrinker=_make_shrinker)
"""Like ``pillow.render``. Also raises MissingExtraError.

Pillow decodes and converts here too, as fast as libvips would: every format, depth and profile looks the same as
without the extra. Only the scaling differs, by a level or two in detailed areas.
"""
