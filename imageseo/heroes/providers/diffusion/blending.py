"""Combine an original and a generated image: original pixels stay exact, generated ones blend into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

_BAND = 6  # px inside the border whose mean gives the colour error: a single row would be too noisy


def blend_masked(generated: Image, original: Image, mask: Image) -> Image:
    """Return the generated image where the mask is white, else the original, with a soft edge outside the white.

    All three have the same size. Pixels further than about 1/64 of the short side from the white are exactly the
    original's.
    """
    from PIL import Image, ImageFilter

    radius = max(1, min(original.size) // 256)
    soft_mask = mask.filter(ImageFilter.MaxFilter(2 * radius + 1)).filter(ImageFilter.GaussianBlur(radius))
    return Image.composite(generated, original, Image.composite(mask, soft_mask, mask))


def blend_outpainted(generated: Image, original: Image, corner: tuple[int, int]) -> Image:
    """Insert the original into the generated image with its upper left corner at ``corner``; its pixels stay exact.

    The surroundings are shifted by their colour error along the border, so that no line shows where a model's colours
    drift: the mean error fades out over a long distance, local errors over a short one.
    """
    import numpy as np
    from PIL import Image

    left, top = corner
    right, bottom = left + original.width, top + original.height
    pixels = np.asarray(generated, dtype=np.float64)
    original_pixels = np.asarray(original, dtype=np.float64)
    error = original_pixels - pixels[top:bottom, left:right]
    near, far = max(8, min(generated.size) // 12), max(generated.size) / 2
    # Only sides with generated pixels outside them count.
    open_sides = (left > 0, right < generated.width, top > 0, bottom < generated.height)
    bands = error[:, :_BAND].mean(1), error[:, -_BAND:].mean(1), error[:_BAND].mean(0), error[-_BAND:].mean(0)
    mean_error = np.concatenate([band for band, is_open in zip(bands, open_sides, strict=True) if is_open]).mean(0)
    west, east, north, south = (_smooth(band - mean_error, near // 2) for band in bands)
    x, y = np.arange(generated.width), np.arange(generated.height)
    distance_x = np.maximum(np.maximum(left - x, x - right + 1), 0)[None, :, None].astype(np.float64)
    distance_y = np.maximum(np.maximum(top - y, y - bottom + 1), 0)[:, None, None].astype(np.float64)
    near_x, near_y = np.clip(x - left, 0, original.width - 1), np.clip(y - top, 0, original.height - 1)
    across = np.where((y < top)[:, None, None], north[near_x][None], south[near_x][None])
    along = np.where((x < left)[None, :, None], west[near_y][:, None], east[near_y][:, None])
    # Next to a side only that side counts; at a corner both do, so that the shift has no jump there.
    shift = (across * distance_y + along * distance_x) / np.maximum(distance_x + distance_y, 1)
    distance = np.hypot(distance_x, distance_y)
    pixels = pixels + shift * _falloff(distance / near) + mean_error * _falloff(distance / far)
    pixels[top:bottom, left:right] = original_pixels
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def _falloff(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a smooth falloff: 1 at 0, 0 from 1 on, with zero slope at both ends."""
    inside = distance.clip(0, 1)
    falloff: NDArray[np.float64] = 1 - inside * inside * (3 - 2 * inside)
    return falloff


def _smooth(line: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    """Return a moving mean of (n, channels) along n, so that single pixels cause no streaks."""
    import numpy as np

    padded = np.pad(line, ((radius + 1, radius), (0, 0)), mode="edge").cumsum(0)
    mean: NDArray[np.float64] = (padded[2 * radius + 1 :] - padded[: -2 * radius - 1]) / (2 * radius + 1)
    return mean
