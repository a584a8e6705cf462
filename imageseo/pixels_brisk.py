"""As pixels, shrunk in a third of the time for previews: by box to what is barely larger, then bicubic."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from imageseo import pixels

if TYPE_CHECKING:
    from PIL.Image import Image

POLICY = f"pixels brisk 1: by box while the size remains, bicubic; {pixels.COLOUR}"

_GAP = 1.0


def version() -> str:
    """As ``pixels.version``."""
    return pixels.version(POLICY)


def render(
    data: bytes,
    kind: str,
    orientation: int,
    sizes: Iterable[pixels.Size],
    *,
    look: Callable[[Image], None] | None = None,
) -> dict[pixels.Size, Image]:
    """As ``pixels.render``, a little softer."""
    return pixels.render(data, kind, orientation, sizes, look=look, shrinker=_shrinker)


def _shrinker(whole: Image) -> Callable[[pixels.Size], Image]:
    from PIL import Image as Images

    def shrunk(size: pixels.Size) -> Image:
        if size == whole.size:
            return whole.copy()
        return whole.resize(size, Images.Resampling.BICUBIC, reducing_gap=_GAP)

    return shrunk
