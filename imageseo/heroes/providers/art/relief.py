"""Slopes of a field, for shading and outlines."""

from __future__ import annotations

import numpy as np

from imageseo.heroes.providers.art.deterministic import Canvas, Field


def slopes(value: Field, canvas: Canvas) -> tuple[Field, Field]:
    """Return the slopes to the right and downwards, per image height; two fields of the same shape."""
    gx, gy = np.empty_like(value), np.empty_like(value)
    half = 0.5 / canvas.px
    gx[:, 1:-1] = (value[:, 2:] - value[:, :-2]) * half
    gx[:, 0], gx[:, -1] = gx[:, 1], gx[:, -2]
    gy[1:-1] = (value[2:] - value[:-2]) * half
    gy[0], gy[-1] = gy[1], gy[-2]
    return gx, gy
