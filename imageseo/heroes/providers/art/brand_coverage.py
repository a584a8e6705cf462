"""Give the brand's main colour and its accent a fair share of an image, whatever a style has painted.

A style mixes its tones from the brand's hues, at the lightness and chroma that the scene needs; the exact colours may
then be on no pixel at all. The tones nearest to a brand colour are therefore drawn towards it, by colour alone: one
continuous map from colour to colour, so that gradients stay gradients and edges stay where they are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imageseo.heroes.providers.art.color import Lab, Paint
from imageseo.heroes.providers.art.deterministic import Field

SHARE = 0.10
"""The least share of an image that a colour has; more than the promised 8 %, for dithering and scaling."""

_EXACT = 0.008  # distance in OKLab that nobody sees: below 3 in CIEDE2000 for every colour of sRGB
_LEVELS = 4096  # steps of distance; 1.0 is black to white


def cover(paint: Paint, colors: tuple[Lab, ...], *, taken: NDArray[np.bool_] | None = None) -> None:
    """Draw the nearest tones of an image to each of these colours, until each has its share.

    ``taken``: pixels that must stay as they are (behind a text).
    """
    used = np.zeros(paint.l.shape, dtype=np.bool_) if taken is None else taken.copy()
    for color in colors:
        distance = _distance(paint, color)
        radius = _radius(distance, used)
        _pull(paint, color, distance, radius, used)
        used |= distance <= radius


def _distance(paint: Paint, color: Lab) -> Field:
    """Return each pixel's distance to a colour in OKLab; lightness counts half, so that a hue keeps its own places."""
    l, a, b = (paint.l - color.l) * 0.5, paint.a - color.a, paint.b - color.b  # noqa: E741 - usual name in OKLab
    out: Field = np.sqrt(l * l + a * a + b * b)
    return out


def _radius(distance: Field, used: NDArray[np.bool_]) -> float:
    """Return the distance within which the wanted share of the whole image lies."""
    steps = np.minimum(distance * np.float32(_LEVELS), np.float32(_LEVELS)).astype(np.int32)
    counts = np.cumsum(np.bincount(steps[~used], minlength=_LEVELS + 1))
    wanted = int(distance.size * SHARE)
    return (int(np.searchsorted(counts, wanted)) + 1) / _LEVELS


def _pull(paint: Paint, color: Lab, distance: Field, radius: float, used: NDArray[np.bool_]) -> None:
    """Draw pixels within ``radius`` to the colour, those beyond it less and less."""
    nearest = _EXACT * 0.5 / radius
    if nearest >= 1.0:
        return
    reach = radius * 0.6 + 0.03
    t = np.minimum(np.maximum((distance - radius) * np.float32(1.0 / reach), np.float32(0.0)), np.float32(1.0))
    keep = np.where(used, np.float32(1.0), nearest + (1.0 - nearest) * t * t * (3.0 - 2.0 * t))
    paint.l = color.l + (paint.l - color.l) * keep
    paint.a = color.a + (paint.a - color.a) * keep
    paint.b = color.b + (paint.b - color.b) * keep
