"""Resizer for previews, three times as fast as Pillow's: box filter to slightly above the size, then bicubic."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from imageseo.images.resizers import pillow

if TYPE_CHECKING:
    from PIL.Image import Image

POLICY = f"pixels brisk 2: {pillow.PARTS}; by box while the size remains, bicubic; {pillow.COLOR_POLICY}"

_GAP = 1.0


def version() -> str:
    """Like ``pillow.version``."""
    return pillow.version(POLICY)


def _make_shrinker(image: Image) -> Callable[[pillow.Size], Image]:
    from PIL import Image as Images

    def shrink(size: pillow.Size) -> Image:
        if size == image.size:
            return image.copy()
        return image.resize(size, Images.Resampling.BICUBIC, reducing_gap=_GAP)

    return shrink


render = partial(pillow.render, shrinker=_make_shrinker)
"""Like ``pillow.render``, slightly softer."""
