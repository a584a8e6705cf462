"""As pixels, shrunk by libvips: the same contract in less time (extra ``vips``: pyvips and its LGPL library)."""

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

POLICY = f"pixels vips 1: by box while three times the size remains, Lanczos; {pillow.COLOUR}"

_GAP = 3.0
"""With libvips' own 2 a picture becomes three quarters of a level darker, for it rounds down in each step."""


def version() -> str:
    """As ``pixels.version``. Raises MissingExtraError."""
    vips = _vips()
    return f"{pillow.version(POLICY)}; libvips {'.'.join(str(vips.version(part)) for part in range(3))}"


def _shrinker(whole: Image) -> Callable[[pillow.Size], Image]:
    from PIL import Image as Images

    vips, raw, mode = _vips(), whole.tobytes(), whole.mode
    (width, height), bands = whole.size, len(whole.getbands())
    source = vips.Image.new_from_memory(raw, width, height, bands, "uchar")

    def shrunk(size: pillow.Size) -> Image:
        if size == (width, height):
            return Images.frombytes(mode, size, raw)
        scaled = source.resize(size[0] / width, vscale=size[1] / height, kernel="lanczos3", gap=_GAP)
        if (scaled.width, scaled.height) != size:  # a hair's breadth of rounding
            scaled = scaled.gravity("centre", *size, extend="copy")
        return Images.frombytes(mode, size, scaled.write_to_memory())

    return shrunk


@cache
def _vips() -> Any:
    os.environ.setdefault("VIPS_CONCURRENCY", "1")  # read once, when the library starts
    try:
        pyvips = import_module("pyvips")
    except (ImportError, OSError) as error:  # OSError: without the library itself
        raise MissingExtraError(
            f"`encode.resizer: vips` needs the packages pyvips and pyvips-binary: {error}",
            hint=f"{extras.install_command('vips')}, or set `encode.resizer: pillow`.",
        ) from error
    # Our own queue keeps every core busy, one picture a thread; and no picture is asked for twice.
    pyvips.cache_set_max(0)
    pyvips.cache_set_max_mem(0)
    return pyvips


render = partial(pillow.render, shrinker=_shrinker)
"""As ``pixels.render``. Raises MissingExtraError besides.

Pillow decodes and converts here too, in no more time than libvips: so every format, depth and profile looks as it does
without the extra, and only the shrinking differs, by a level or two where there is detail.
"""
