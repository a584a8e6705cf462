"""As pixels, shrunk in a third of the time for previews: by box to what is barely larger, then bicubic."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from imageseo.images.resizers import pillow

if TYPE_CHECKING:
    from PIL.Image import Image

POLICY = f"pixels brisk 1: by box while the size remains, bicubic; {pillow.COLOUR}"

_GAP = 1.0


def version() -> str:
    """As ``pixels.version``."""
    return pillow.version(POLICY)


def _shrinker(whole: Image) -> Callable[[pillow.Size], Image]:
    from PIL import Image as Images

    def shrunk(size: pillow.Size) -> Image:
        if size == whole.size:
            return whole.copy()
        return whole.resize(size, Images.Resampling.BICUBIC, reducing_gap=_GAP)

    return shrunk


render = partial(pillow.render, shrinker=_shrinker)
"""As ``pixels.render``, a little softer."""
