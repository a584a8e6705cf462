"""Measure structural differences of two planes: SSIM without its gamma term, added edges and lost edges.

Every operation rounds once and every sum has a fixed order, so that results are bit-identical on any machine.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from imageseo.images.metrics._ssimulacra2.xyb import BLOCK, Plane

Map: TypeAlias = Literal["ssim", "ring", "blur"]
Norm: TypeAlias = tuple[Map, Literal[1, 4]]

_F = np.float32
_C2 = 0.0009
_TAPS = tuple(
    _F(tap)
    for tap in (0.26462110548819840, 0.21292859201042205, 0.10933537277746015, 0.03601111465836417, 0.00941436780965346)
)
"""Impulse response of the recursive Gaussian (sigma 1.5) of Charalampidis 2016, which ends after four pixels."""
_REACH = len(_TAPS) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneStatistics:
    """A plane of the reference and its local statistics: (height, width) float32 each."""

    plane: Plane
    mean: Plane
    spread: Plane  # twice the local variance plus C2


class _StripBlur:
    """Blur planes strip by strip. Rows are stored end to end with a gap of zeros, so that every step is one long run.

    Values outside the plane are zero, as in the reference tool. ``source`` takes rows from ``_REACH`` above a strip to
    ``_REACH`` below it; ``blur`` returns the strip's rows.
    """

    def __init__(self, fields: int, height: int, width: int) -> None:
        self.height, self.width, self.stride = height, width, width + _REACH
        self.rows = min(height, max(2 * _REACH, BLOCK // self.stride))
        self._source = np.zeros((fields, self.rows + 2 * _REACH, self.stride), _F)
        self._down = np.zeros((fields, self.rows * self.stride + 2 * _REACH), _F)
        self._pair = np.empty((fields, self.rows * self.stride), _F)
        self._out = np.empty((fields, self.rows * self.stride), _F)

    def source(self, top: int) -> tuple[Plane, slice]:
        """Return the buffer for the fields of a strip that starts at ``top``, and the plane's rows to copy there."""
        first, last = max(0, top - _REACH), min(self.height, top + self.rows + _REACH)
        at = first - (top - _REACH)
        self._source[:, :at] = 0
        self._source[:, at + last - first :] = 0
        return self._source[:, at : at + last - first, : self.width], slice(first, last)

    def middle(self, rows: int) -> Plane:
        """Return the strip's own rows of the buffer, unblurred."""
        return self._source[:, _REACH : _REACH + rows, : self.width]

    def blur(self, rows: int) -> Plane:
        size, stride = rows * self.stride, self.stride
        source, pair = self._source.reshape(len(self._source), -1), self._pair[:, :size]
        down, out = self._down[:, _REACH : _REACH + size], self._out[:, :size]
        self._down[:, _REACH + size :] = 0
        for line, blurred, step in ((source, down, stride), (self._down, out, 1)):
            middle = _REACH * step
            np.multiply(line[:, middle : middle + size], _TAPS[0], out=blurred)
            for tap in range(1, _REACH + 1):
                before, after = middle - tap * step, middle + tap * step
                np.add(line[:, before : before + size], line[:, after : after + size], out=pair)
                np.multiply(pair, _TAPS[tap], out=pair)
                np.add(blurred, pair, out=blurred)
        return out.reshape(len(out), rows, stride)[..., : self.width]


def measure_plane(plane: Plane) -> PlaneStatistics:
    """Compute the statistics of a reference plane, once for all comparisons."""
    height, width = plane.shape
    mean, spread = np.empty_like(plane), np.empty_like(plane)
    strip_blur = _StripBlur(2, height, width)
    for top in range(0, height, strip_blur.rows):
        (values, squares), plane_rows = strip_blur.source(top)
        values[:] = plane[plane_rows]
        np.multiply(values, values, out=squares)
        strip = slice(top, min(height, top + strip_blur.rows))
        mu, square = strip_blur.blur(strip.stop - top)
        mean[strip] = mu
        np.multiply(mu, mu, out=mu)
        np.subtract(square, mu, out=square)
        np.add(square, square, out=square)
        np.add(square, _F(_C2), out=spread[strip])
    return PlaneStatistics(plane=plane, mean=mean, spread=spread)


def difference_norms(reference: PlaneStatistics, plane: Plane, requested: Collection[Norm]) -> dict[Norm, float]:
    """Return the requested norms (1: mean, 4: fourth root of the mean of fourth powers) of the difference maps.

    With d the difference of the planes, the variance of the second plane follows from blurs of d, d² and d times the
    first plane. This avoids cancellation where the planes are similar, and equal planes differ by exactly 0.
    """
    height, width = plane.shape
    strip_blur = _StripBlur(3, height, width)
    sums = _MapSums(strip_blur.rows, width, requested)
    a, b = (np.empty((strip_blur.rows, width), _F) for _ in range(2))
    edges = any(name != "ssim" for name, _ in requested)
    for top in range(0, height, strip_blur.rows):
        (difference, square, product), plane_rows = strip_blur.source(top)
        np.subtract(plane[plane_rows], reference.plane[plane_rows], out=difference)
        np.multiply(difference, difference, out=square)
        np.multiply(difference, reference.plane[plane_rows], out=product)
        strip = slice(top, min(height, top + strip_blur.rows))
        rows = strip.stop - top
        shift, square, product = strip_blur.blur(rows)
        x, y, mean = a[:rows], b[:rows], reference.mean[strip]
        if edges:
            np.subtract(reference.plane[strip], mean, out=x)  # the reference's detail, signed
            np.subtract(strip_blur.middle(rows)[0], shift, out=y)
            np.add(y, x, out=y)
            for detail in (x, y):
                np.abs(detail, out=detail)
                np.add(detail, _F(1), out=detail)
            np.divide(y, x, out=x)
            np.subtract(x, _F(1), out=x)
            np.abs(x, out=y)
            if any(name == "blur" for name, _ in requested):
                np.subtract(y, x, out=sums.doubled[:rows])
                sums.add("blur", rows)
            if any(name == "ring" for name, _ in requested):
                np.add(y, x, out=sums.doubled[:rows])
                sums.add("ring", rows)
        if any(name == "ssim" for name, _ in requested):
            np.multiply(mean, shift, out=x)
            np.subtract(product, x, out=product)  # covariance of the first and the difference
            np.multiply(shift, shift, out=x)
            np.subtract(square, x, out=square)  # variance of the difference
            np.add(product, product, out=product)
            np.add(product, reference.spread[strip], out=product)
            np.add(product, square, out=product)  # both variances plus C2
            np.divide(square, product, out=square)
            np.subtract(_F(1), square, out=square)
            np.subtract(_F(1), x, out=x)
            np.multiply(x, square, out=x)
            np.subtract(_F(1), x, out=x)
            np.abs(x, out=y)
            np.add(x, y, out=sums.doubled[:rows])
            sums.add("ssim", rows)
    return sums.norms(height * width)


class _MapSums:
    """Sum up maps in a fixed order: rows by halving, strips in float64, columns exactly.

    ``doubled``: the buffer for a map, with doubled values (x + |x| is twice the maximum of x and 0).
    """

    def __init__(self, rows: int, width: int, requested: Collection[Norm]) -> None:
        self.doubled = np.empty((rows, width), _F)
        self._spare = np.empty((rows, width), _F)
        self._totals = {norm: np.zeros(width, np.float64) for norm in requested}

    def add(self, name: Map, rows: int) -> None:
        values = self.doubled[:rows]
        fourth = self._totals.get((name, 4))
        if fourth is not None:
            powers = self._spare[:rows]
            np.multiply(values, values, out=powers)
            np.multiply(powers, powers, out=powers)
            np.add(fourth, _sum_rows(powers), out=fourth)
        first = self._totals.get((name, 1))
        if first is not None:
            np.add(first, _sum_rows(values), out=first)

    def norms(self, pixels: int) -> dict[Norm, float]:
        norms: dict[Norm, float] = {}
        for (name, power), columns in self._totals.items():
            mean = math.fsum(columns.tolist()) / pixels
            norms[name, power] = mean / 2 if power == 1 else math.sqrt(math.sqrt(mean)) / 2
        return norms


def _sum_rows(values: Plane) -> Plane:
    """Return the sum of the rows. Overwrites ``values``."""
    rows = len(values)
    while rows > 1:
        half = rows // 2
        np.add(values[:half], values[rows - half : rows], out=values[:half])
        rows -= half
    total: Plane = values[0]
    return total
