"""Crops of a hero: which ratios there are, the largest window of each, and what its file is called."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

MAX_WIDTH = 1200
"""px that a crop is wide at most: search engines and social networks ask for no more."""

# 1.91:1 is what the networks call 1200 x 630 px.
_RATIOS = {"1:1": (1, 1), "4:3": (4, 3), "16:9": (16, 9), "1.91:1": (40, 21)}
# With digits of its master where the plain name was somebody else's.
_NAMED = re.compile(r"-(?:1x1|4x3|16x9|1\.91x1)(?:-[0-9a-f]{8})?\.jpg$")

Size = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A part of a picture, px from its upper left corner. ``size``: what it is shrunk to, never larger than itself."""

    left: int
    top: int
    width: int
    height: int
    size: Size

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, upper, right and lower edge."""
        return self.left, self.top, self.left + self.width, self.top + self.height


def largest(size: Size, ratio: str) -> Size:
    """Width and height, px, of the largest window of a ratio (``"4:3"``) in a picture. Raises KeyError."""
    width, height = size
    across, down = _RATIOS[ratio]
    if width * down >= height * across:
        return min(width, max(1, _nearest(height * across, down))), height
    return width, min(height, max(1, _nearest(width * down, across)))


def window(size: Size, ratio: str, centre: tuple[float, float]) -> Window:
    """The largest window of a ratio that has ``centre`` in its middle, as far as the picture's edges let it.

    ``centre``: shares of the picture's width and height from its upper left corner.
    """
    width, height = largest(size, ratio)
    across, down = _RATIOS[ratio]
    left, top = (
        min(max(0, round(share * whole - part / 2)), whole - part)
        for share, whole, part in zip(centre, size, (width, height), strict=True)
    )
    shrunk = (width, height)
    if width > MAX_WIDTH:
        shrunk = (MAX_WIDTH, min(height, max(1, _nearest(MAX_WIDTH * down, across))))
    return Window(left=left, top=top, width=width, height=height, size=shrunk)


def name(hero: str, ratio: str) -> str:
    """``assets/heroes/guide-4x3.jpg`` for ``assets/heroes/guide.jpg``."""
    return f"{posixpath.splitext(hero)[0]}-{ratio.replace(':', 'x')}.jpg"


def like_crop(path: str) -> bool:
    """Whether a path is named as crops are; whose it is, nobody knows."""
    return _NAMED.search(path) is not None


def _nearest(count: int, by: int) -> int:
    """The whole number nearest to a fraction; of two the larger."""
    return (2 * count + by) // (2 * by)
