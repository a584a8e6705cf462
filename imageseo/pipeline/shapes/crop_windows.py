"""Crops of a hero: ratios, crop windows and file names."""

from __future__ import annotations

import math
import posixpath
import re
from dataclasses import dataclass

MAX_WIDTH = 1200
"""Maximum width of a crop in px: search engines and social networks need no more."""

# Social networks call 1200 x 630 px 1.91:1.
_RATIOS = {"1:1": (1, 1), "4:3": (4, 3), "16:9": (16, 9), "1.91:1": (40, 21), "4:5": (4, 5), "9:16": (9, 16)}
# The optional part is from the hash of the master, for a plain name that another file has.
_CROP_NAME = re.compile(r"-(?:1x1|4x3|16x9|1\.91x1|4x5|9x16|dark|phone|phone-dark)(?:-[0-9a-f]{8})?\.jpg$")

Size = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CropWindow:
    """Part of an image, in px from the upper left corner. ``size``: of the crop, never larger than the window."""

    left: int
    top: int
    width: int
    height: int
    size: Size

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, upper, right and lower edge in px."""
        return self.left, self.top, self.left + self.width, self.top + self.height


def largest_size(size: Size, ratio: str) -> Size:
    """Return the largest width and height in px of a ratio (``"4:3"``) in an image. Raises KeyError: unknown ratio."""
    width, height = size
    across, down = _RATIOS[ratio]
    if width * down >= height * across:
        return min(width, max(1, _nearest(height * across, down))), height
    return width, min(height, max(1, _nearest(width * down, across)))


def crop_window(size: Size, ratio: str, centre: tuple[float, float]) -> CropWindow:
    """Return the largest window of a ratio, centred on ``centre`` as far as the image's edges allow.

    ``centre``: as fractions of the image's width and height from the upper left corner.
    """
    width, height = largest_size(size, ratio)
    across, down = _RATIOS[ratio]
    left, top = (
        min(max(0, round(fraction * full - part / 2)), full - part)
        for fraction, full, part in zip(centre, size, (width, height), strict=True)
    )
    scaled = (width, height)
    if width > MAX_WIDTH:
        scaled = (MAX_WIDTH, min(height, max(1, _nearest(MAX_WIDTH * down, across))))
    return CropWindow(left=left, top=top, width=width, height=height, size=scaled)


def redrawn_size(size: Size, ratio: str) -> Size:
    """Return the size of an image of this ratio with as many px as another image, at most ``MAX_WIDTH`` wide."""
    across, down = _RATIOS[ratio]
    width = min(MAX_WIDTH, math.isqrt(size[0] * size[1] * across // down))
    return width, max(1, _nearest(width * down, across))


def crop_path(hero: str, ratio: str) -> str:
    """Return the path of a crop: ``assets/heroes/guide-4x3.jpg`` for ``assets/heroes/guide.jpg``.

    ``ratio``: or the name of another shape: ``dark``, ``phone``, ``phone-dark``.
    """
    return f"{posixpath.splitext(hero)[0]}-{ratio.replace(':', 'x')}.jpg"


def is_crop_name(path: str) -> bool:
    """Whether a path has the form of a crop's name; the file may still be the author's."""
    return _CROP_NAME.search(path) is not None


def _nearest(count: int, by: int) -> int:
    """Return the integer nearest to ``count / by``; the larger of two equally near."""
    return (2 * count + by) // (2 * by)
