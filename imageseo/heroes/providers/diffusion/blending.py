"""Where a real picture and a made one meet: the real pixels stay exactly, the made ones are led over to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

_BAND = 6  # px inside the border that tell how far off the made colours are: one row alone would be noise


def mended(made: Image, real: Image, mask: Image) -> Image:
    """The made picture where the mask is white, the real one where it is black, and a soft edge outside the white.

    All three of one size. Pixels further than about 1/64 of the short side from the white are the real ones exactly.
    """
    from PIL import Image, ImageFilter

    radius = max(1, min(real.size) // 256)
    wide = mask.filter(ImageFilter.MaxFilter(2 * radius + 1)).filter(ImageFilter.GaussianBlur(radius))
    return Image.composite(made, real, Image.composite(mask, wide, mask))


def continued(made: Image, real: Image, corner: tuple[int, int]) -> Image:
    """The made picture with the real one laid into it, its upper left corner at ``corner``: its pixels are exact.

    The colours of what surrounds it are shifted by what they are off along the border, so that no line shows where a
    model's colours drift: what is off on the whole is led far out, what is off in one place a little.
    """
    import numpy as np
    from PIL import Image

    left, top = corner
    right, bottom = left + real.width, top + real.height
    picture = np.asarray(made, dtype=np.float64)
    kept = np.asarray(real, dtype=np.float64)
    off = kept - picture[top:bottom, left:right]
    near, far = max(8, min(made.size) // 12), max(made.size) / 2
    # Of the four sides those count that have something beside them.
    open_sides = (left > 0, right < made.width, top > 0, bottom < made.height)
    bands = off[:, :_BAND].mean(1), off[:, -_BAND:].mean(1), off[:_BAND].mean(0), off[-_BAND:].mean(0)
    overall = np.concatenate([band for band, there in zip(bands, open_sides, strict=True) if there]).mean(0)
    west, east, north, south = (_smooth(band - overall, near // 2) for band in bands)
    x, y = np.arange(made.width), np.arange(made.height)
    away_x = np.maximum(np.maximum(left - x, x - right + 1), 0)[None, :, None].astype(np.float64)
    away_y = np.maximum(np.maximum(top - y, y - bottom + 1), 0)[:, None, None].astype(np.float64)
    near_x, near_y = np.clip(x - left, 0, real.width - 1), np.clip(y - top, 0, real.height - 1)
    across = np.where((y < top)[:, None, None], north[near_x][None], south[near_x][None])
    along = np.where((x < left)[None, :, None], west[near_y][:, None], east[near_y][:, None])
    # Beside a side only that side counts; off a corner both do, so that the shift turns the corner without a jump.
    shift = (across * away_y + along * away_x) / np.maximum(away_x + away_y, 1)
    distance = np.hypot(away_x, away_y)
    picture = picture + shift * _fading(distance / near) + overall * _fading(distance / far)
    picture[top:bottom, left:right] = kept
    return Image.fromarray(np.clip(np.rint(picture), 0, 255).astype(np.uint8))


def _fading(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 at 0, 0 from 1 on, level at both ends."""
    inside = distance.clip(0, 1)
    fading: NDArray[np.float64] = 1 - inside * inside * (3 - 2 * inside)
    return fading


def _smooth(line: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    """A moving mean of (n, channels) along n: streaks of single pixels would be led far out otherwise."""
    import numpy as np

    padded = np.pad(line, ((radius + 1, radius), (0, 0)), mode="edge").cumsum(0)
    mean: NDArray[np.float64] = (padded[2 * radius + 1 :] - padded[: -2 * radius - 1]) / (2 * radius + 1)
    return mean
