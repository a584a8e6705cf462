"""Convert sRGB to JPEG XL's XYB at scales 1:1, 1:2, 1:4 …; every operation rounds once, for bit-identical results.

All operations before the cube root are linear, so halving the mixed cone responses equals halving linear RGB. Three
planes are passed from scale to scale: L and M with XYB's bias, and T, the share of blue in both (also with the bias).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from imageseo.images.metrics._ssimulacra2.frames import Frame

# Actually float32; the type stubs widen the results of ufuncs.
Plane: TypeAlias = NDArray[np.floating[Any]]

BLOCK = 1 << 16
"""Elements per operation: enough to outweigh the call, few enough for the CPU caches."""

_F = np.float32
_BIAS = 0.0037930732552754493
_ROOT_OF_BIAS = 0.15595420054924863
_RED, _GREEN, _BLUE = 0.30, 0.622, 0.078  # shares in L
_SHIFT = 0.07  # M has this much less red and more green
_RED_OF_S, _GREEN_OF_S, _BLUE_OF_S = 0.24342268924547819, 0.20476744424496821, 0.5518098665095536
# S (the third response, needed only at small scales) = _S_L L + _S_M M + _S_T T + _S_0
_DET = _RED * (_GREEN + _SHIFT) - _GREEN * (_RED - _SHIFT)
_S_L = (_RED_OF_S * (_GREEN + _SHIFT) - _GREEN_OF_S * (_RED - _SHIFT)) / _DET
_S_M = (_RED * _GREEN_OF_S - _GREEN * _RED_OF_S) / _DET
_S_T = _BLUE_OF_S / _BLUE - _S_L - _S_M
_S_0 = _BIAS * (1.0 - _S_L - _S_M - _S_T)

_A_THIRD_OF_ONE = np.uint32(0x2A5119F2)
"""Added to a third of a float's bits, it gives a first estimate of the cube root within 3.5 %."""


@cache
def _make_tables() -> tuple[Plane, Plane, Plane]:
    """Return tables for 256 levels: red and green times ``_SHIFT``, and T. Decimal powers are machine-independent."""
    with localcontext() as context:
        context.prec = 30
        linear = []
        for level in range(256):
            coded = Decimal(level) / 255
            low = coded <= Decimal("0.04045")
            linear.append(
                float(
                    coded / Decimal("12.92")
                    if low
                    else ((coded + Decimal("0.055")) / Decimal("1.055")) ** Decimal("2.4")
                )
            )
    shifted = np.array([value * _SHIFT for value in linear], _F)
    return shifted, shifted, np.array([value * _BLUE + _BIAS for value in linear], _F)


def xyb_scales(frame: Frame, plane_names: Sequence[str]) -> Iterator[dict[str, Plane]]:
    """Yield the frame's planes at 1:1, 1:2, 1:4 …, one scale per entry of ``plane_names``: ``("Y", "XY", "XYB")``.

    Each plane is (height, width) float32, about 0 to 1: X and B shifted and scaled as in SSIMULACRA 2.
    """
    planes, first = _first_scale(frame, plane_names[0])
    yield first
    for scale, names in enumerate(plane_names[1:], 1):
        if scale > 1:
            planes = _halve(planes)
        yield _to_xyb(planes, names)


def _first_scale(frame: Frame, names: str) -> tuple[Plane, dict[str, Plane]]:
    """Return the three planes at 1:2, and XYB at 1:1. Works in strips: full-size responses are never stored."""
    height, width = frame.shape[:2]
    red, green, blue = _make_tables()
    halves = np.empty((3, (height + 1) // 2, (width + 1) // 2), _F)
    full = {name: np.empty((height, width), _F) for name in names}
    rows = max(2, BLOCK // width // 2 * 2)
    strip = np.empty((3, rows, width), _F)
    levels = [np.empty((rows, width), _F) for _ in "rg"]
    for top in range(0, height, rows):
        part = frame[top : top + rows]
        size = len(part)
        planes, r, g = strip[:, :size], levels[0][:size], levels[1][:size]
        red.take(part[..., 0], out=r, mode="clip")
        green.take(part[..., 1], out=g, mode="clip")
        blue.take(part[..., 2], out=planes[2], mode="clip")
        np.subtract(r, g, out=planes[1])
        np.multiply(r, _F(_RED / _SHIFT), out=r)
        np.multiply(g, _F(_GREEN / _SHIFT), out=g)
        np.add(r, g, out=planes[0])
        np.add(planes[0], planes[2], out=planes[0])
        np.subtract(planes[0], planes[1], out=planes[1])
        halves[:, top // 2 : (top + size + 1) // 2] = _halve(planes)
        for name, plane in _to_xyb(planes, names).items():
            full[name][top : top + size] = plane
    return halves, full


def _halve(planes: Plane) -> Plane:
    """Return means of 2×2 pixels; a last odd row or column counts twice."""
    height, width = planes.shape[1:]
    row_sums = np.empty((3, (height + 1) // 2, width), _F)
    np.add(planes[:, 0 : height - 1 : 2], planes[:, 1::2], out=row_sums[:, : height // 2])
    if height % 2:
        np.add(planes[:, -1], planes[:, -1], out=row_sums[:, -1])
    out = np.empty((3, len(row_sums[0]), (width + 1) // 2), _F)
    np.add(row_sums[..., 0 : width - 1 : 2], row_sums[..., 1::2], out=out[..., : width // 2])
    if width % 2:
        np.add(row_sums[..., -1], row_sums[..., -1], out=out[..., -1])
    np.multiply(out, _F(0.25), out=out)
    return out


def _to_xyb(planes: Plane, names: str) -> dict[str, Plane]:
    roots = _cube_roots(planes[:2])
    luma = np.add(roots[0], roots[1])
    np.multiply(luma, _F(0.5), out=luma)
    xyb: dict[str, Plane] = {}
    if "X" in names:
        x = np.subtract(roots[0], roots[1])
        np.multiply(x, _F(7.0), out=x)
        xyb["X"] = np.add(x, _F(0.42), out=x)
    if "B" in names:
        s = np.multiply(planes[0], _F(_S_L))
        for plane, weight in ((planes[1], _S_M), (planes[2], _S_T)):
            np.add(s, np.multiply(plane, _F(weight)), out=s)
        np.add(s, _F(_S_0), out=s)
        # Rounding of black, with weights of both signs, must not fall below the bias.
        b = _cube_roots(np.maximum(s, _F(_BIAS), out=s))
        np.subtract(b, luma, out=b)
        xyb["B"] = np.add(b, _F(0.55), out=b)
    if "Y" in names:
        xyb["Y"] = np.add(luma, _F(0.01 - _ROOT_OF_BIAS), out=luma)
    return xyb


def _cube_roots(values: Plane) -> Plane:
    """Return cube roots of normal positive numbers, within 3e-5: an exponent-based estimate and one Halley step."""
    estimate = np.floor_divide(values.view(np.uint32), np.uint32(3))
    np.add(estimate, _A_THIRD_OF_ONE, out=estimate)
    root: Plane = estimate.view(_F)
    cube = np.multiply(root, root)
    np.multiply(cube, root, out=cube)
    sums = np.add(cube, values)
    np.add(cube, sums, out=cube)  # 2 cube + value
    np.add(sums, values, out=sums)  # cube + 2 value
    np.multiply(root, sums, out=root)
    return np.divide(root, cube, out=root)
