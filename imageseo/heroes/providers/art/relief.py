"""The slopes of a field, for what is lit or outlined by them."""

from __future__ import annotations

import numpy as np

from imageseo.heroes.providers.art.deterministic import Canvas, Field


def slopes(value: Field, canvas: Canvas) -> tuple[Field, Field]:
    """How much the field rises to the right and downwards, per height of the picture; two fields of its shape."""
    gx, gy = np.empty_like(value), np.empty_like(value)
    half = 0.5 / canvas.px
    gx[:, 1:-1] = (value[:, 2:] - value[:, :-2]) * half
    gx[:, 0], gx[:, -1] = gx[:, 1], gx[:, -2]
    gy[1:-1] = (value[2:] - value[:-2]) * half
    gy[0], gy[-1] = gy[1], gy[-2]
    return gx, gy
