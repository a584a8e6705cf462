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

    The colours of what surrounds it are shifted by what they are off along the border, less and less with distance,
    so that no line shows where a model's colours drift.
    """
    import numpy as np
    from PIL import Image

    left, top = corner
    right, bottom = left + real.width, top + real.height
    picture = np.asarray(made, dtype=np.float64)
    kept = np.asarray(real, dtype=np.float64)
    off = kept - picture[top:bottom, left:right]
    reach = max(8, min(made.size) // 12)
    rows = _smooth(off[:, :_BAND].mean(1), reach // 2), _smooth(off[:, -_BAND:].mean(1), reach // 2)
    columns = _smooth(off[:_BAND].mean(0), reach // 2), _smooth(off[-_BAND:].mean(0), reach // 2)
    x, y = np.arange(made.width), np.arange(made.height)
    away_x = np.maximum(np.maximum(left - x, x - right + 1), 0)[None, :, None].astype(np.float64)
    away_y = np.maximum(np.maximum(top - y, y - bottom + 1), 0)[:, None, None].astype(np.float64)
    near_x, near_y = np.clip(x - left, 0, real.width - 1), np.clip(y - top, 0, real.height - 1)
    across = np.where((y < top)[:, None, None], columns[0][near_x][None], columns[1][near_x][None])
    along = np.where((x < left)[None, :, None], rows[0][near_y][:, None], rows[1][near_y][:, None])
    # Beside a side only that side counts; off a corner both do, so that the shift turns the corner without a jump.
    total = np.maximum(away_x + away_y, 1)
    shift = (across * away_y + along * away_x) / total
    distance = np.clip(np.hypot(away_x, away_y) / reach, 0, 1)
    picture = picture + shift * (1 - distance * distance * (3 - 2 * distance))
    picture[top:bottom, left:right] = kept
    return Image.fromarray(np.clip(np.rint(picture), 0, 255).astype(np.uint8))


def _smooth(line: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    """A moving mean of (n, channels) along n: streaks of single pixels would be led far out otherwise."""
    import numpy as np

    padded = np.pad(line, ((radius + 1, radius), (0, 0)), mode="edge").cumsum(0)
    mean: NDArray[np.float64] = (padded[2 * radius + 1 :] - padded[: -2 * radius - 1]) / (2 * radius + 1)
    return mean
