"""Arithmetic with identical results on all machines: + - * /, sqrt, comparisons and integers only.

numpy selects implementations of sin, exp, power and cbrt by CPU, and these differ in the last bit; IEEE 754 defines the
operations used here exactly. Scalars stay Python floats, since numpy 1 and 2 promote numpy scalars differently.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

# Actually float32; the type stubs widen products with Python floats, numpy does not.
Field: TypeAlias = NDArray[np.floating[Any]]

_MASK = 0xFFFFFFFF


def mix_bits(value: int) -> int:
    """Hash an integer to 32 bits (the finaliser `lowbias32`)."""
    value &= _MASK
    value = ((value ^ (value >> 16)) * 0x7FEB352D) & _MASK
    value = ((value ^ (value >> 15)) * 0x846CA68B) & _MASK
    return value ^ (value >> 16)


class Dice:
    """Random numbers from a seed and a stream name, so that styles do not influence each other."""

    def __init__(self, seed: int, stream: str) -> None:
        state = mix_bits(seed) ^ mix_bits(seed >> 32)
        for byte in stream.encode():
            state = mix_bits(state * 31 + byte + 0x9E3779B9)
        self._state = state

    def bits(self) -> int:
        self._state = (self._state + 0x9E3779B9) & _MASK
        return mix_bits(self._state)

    def real(self, low: float = 0.0, high: float = 1.0) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * (self.bits() / 4294967296.0)

    def integer(self, low: int, high: int) -> int:
        """Return a whole number in [low, high]."""
        return low + self.bits() % (high - low + 1)

    def chance(self, probability: float) -> bool:
        return self.real() < probability


def hash_noise(x: NDArray[np.uint32], y: NDArray[np.uint32], salt: int) -> Field:
    """Return white noise in [0, 1) at integer points; 24 bits, so exact in float32."""
    value = x * np.uint32(0x9E3779B1) + y * np.uint32(0x85EBCA77) + np.uint32(mix_bits(salt))
    value ^= value >> np.uint32(16)
    value *= np.uint32(0x7FEB352D)
    value ^= value >> np.uint32(15)
    value *= np.uint32(0x846CA68B)
    value ^= value >> np.uint32(16)
    return (value >> np.uint32(8)).astype(np.float32) * np.float32(1.0 / 16777216.0)


def _lattice(rows: int, columns: int, salt: int) -> Field:
    y, x = np.arange(rows, dtype=np.uint32)[:, None], np.arange(columns, dtype=np.uint32)[None, :]
    return hash_noise(x, y, salt)


def fade(t: Field) -> Field:
    """Return the quintic ease of [0, 1], whose first and second derivatives are continuous."""
    return t * t * t * (t * (t * 6.0 - 15.0) + 10.0)


def step(low: float, high: float, value: Field) -> Field:
    """Return a smooth step from 0 at ``low`` to 1 at ``high`` (which may be smaller)."""
    t = clip((value - low) * (1.0 / (high - low)))
    return t * t * (3.0 - 2.0 * t)


def clip(value: Field, low: float = 0.0, high: float = 1.0) -> Field:
    return np.minimum(np.maximum(value, np.float32(low)), np.float32(high))


def blend(a: Field, b: Field, t: Field) -> Field:
    return a + (b - a) * t


def line(x: Field, salt: int) -> Field:
    """Return value noise along a line, in [0, 1): ``x`` (not negative) in cells."""
    cell = np.floor(x)
    t = fade(x - cell)
    index = cell.astype(np.uint32)
    zero = np.zeros_like(index)
    return blend(hash_noise(index, zero, salt), hash_noise(index + np.uint32(1), zero, salt), t)


def lines(x: Field, salt: int, octaves: int, gain: float = 0.5) -> Field:
    """Return a sum of octaves of ``line``, scaled to about [0, 1]."""
    total, weight, total_weight = np.zeros_like(x), 1.0, 0.0
    for octave in range(octaves):
        total = total + line(x * float(2**octave), salt + octave * 101) * weight
        total_weight += weight
        weight *= gain
    return total * (1.0 / total_weight)


def plane(x: Field, y: Field, salt: int) -> Field:
    """Return value noise in [0, 1) at any points, in cells (not negative)."""
    if x.shape[0] == 1 and y.shape[1] == 1:
        return _separable(x[0], y[:, 0], salt)
    cx, cy = np.floor(x), np.floor(y)
    tx, ty = fade(x - cx), fade(y - cy)
    columns, rows = int(cx.max()) + 2, int(cy.max()) + 2
    lattice = _lattice(rows, columns, salt).ravel()
    index = cy.astype(np.int32) * columns + cx.astype(np.int32)
    top = blend(lattice[index], lattice[index + 1], tx)
    index += columns
    return blend(top, blend(lattice[index], lattice[index + 1], tx), ty)


def _separable(x: Field, y: Field, salt: int) -> Field:
    """Return ``plane`` for a grid of columns and rows: interpolate rows first, then gather columns."""
    cx, cy = np.floor(x), np.floor(y)
    ix, iy = cx.astype(np.int32), cy.astype(np.int32)
    lattice = _lattice(int(iy[-1]) + 2, int(ix[-1]) + 2, salt)
    top, below = lattice[iy], lattice[iy + 1]
    rows = blend(top, below, fade(y - cy)[:, None])
    slope = rows[:, 1:] - rows[:, :-1]
    out: Field = rows[:, ix] + slope[:, ix] * fade(x - cx)[None, :]
    return out


def clouds(x: Field, y: Field, salt: int, octaves: int, gain: float = 0.5) -> Field:
    """Return a sum of octaves of ``plane``, scaled to about [0, 1], shifted and rotated to hide the lattice."""
    rotate = x.shape == y.shape
    total: Field | None = None
    weight, total_weight = 1.0, 0.0
    for octave in range(octaves):
        scale = float(2**octave)
        layer = plane(x * scale + 0.37 * octave, y * scale + 0.61 * octave, salt + octave * 131) * weight
        total = layer if total is None else total + layer
        if rotate:
            x, y = x * 0.8 + y * 0.6, y * 0.8 - x * 0.6 + float(x.max()) * 0.6
        total_weight += weight
        weight *= gain
    assert total is not None
    return total * (1.0 / total_weight)


@dataclass(frozen=True)
class Canvas:
    """The pixel grid: ``x`` (1, w) and ``y`` (h, 1) in units of the height, y down; ``px``: one pixel."""

    width: int
    height: int

    @property
    def aspect(self) -> float:
        return self.width / self.height

    @property
    def px(self) -> float:
        return 1.0 / self.height

    @property
    def x(self) -> Field:
        return ((np.arange(self.width, dtype=np.float32) + 0.5) * (1.0 / self.height))[None, :].astype(np.float32)

    @property
    def y(self) -> Field:
        return ((np.arange(self.height, dtype=np.float32) + 0.5) * (1.0 / self.height))[:, None].astype(np.float32)


def total(values: Iterable[float]) -> float:
    """Add in order: Python's own ``sum`` of floats depends on its version."""
    result = 0.0
    for value in values:
        result += value
    return result


def root(value: float, degree: int) -> float:
    """Return the positive ``degree``-th root by Newton's method with exact operations only."""
    if value <= 0.0:
        return 0.0
    guess = value if value > 1.0 else 1.0
    for _ in range(200):
        power = 1.0
        for _ in range(degree - 1):
            power *= guess
        better = guess - (guess - value / power) / degree
        if better >= guess:
            break
        guess = better
    return guess


@cache
def _gamma() -> tuple[Field, Field]:
    """Return sRGB's curve over t = sqrt(linear) at 1024 nodes, and the differences; in units of 0..255."""
    nodes = []
    for index in range(1025):
        linear = (index / 1024.0) * (index / 1024.0)
        encoded = 12.92 * linear
        if linear > 0.0031308:
            twelfth = root(linear, 12)
            encoded = 1.055 * twelfth * twelfth * twelfth * twelfth * twelfth - 0.055
        nodes.append(encoded * 255.0)
    table = np.array(nodes, dtype=np.float32)
    return table[:-1], table[1:] - table[:-1]


def encode(linear: Field) -> Field:
    """Convert linear light in [0, 1] to sRGB in [0, 255]."""
    values, slopes = _gamma()
    t = np.sqrt(clip(linear)) * np.float32(1024.0)
    index = np.minimum(t.astype(np.int32), 1023)
    out: Field = values[index] + slopes[index] * (t - index.astype(np.float32))
    return out


def flatten(lightness: Field, a: Field, b: Field, salt: int) -> NDArray[np.uint8]:
    """Convert OKLab planes (h, w) to dithered 8-bit sRGB (h, w, 3).

    Noise of one level, equal in all channels, hides banding: a value of 7.3 becomes 8 at three of ten points. Source of
    the matrices: Björn Ottosson, "A perceptual color space for image processing".
    """
    height, width = lightness.shape
    l_ = lightness + 0.3963377774 * a + 0.2158037573 * b
    m_ = lightness - 0.1055613458 * a - 0.0638541728 * b
    s_ = lightness - 0.0894841775 * a - 1.2914855480 * b
    l_, m_, s_ = l_ * l_ * l_, m_ * m_ * m_, s_ * s_ * s_
    rows = np.arange(height, dtype=np.uint32)[:, None]
    columns = np.arange(width, dtype=np.uint32)[None, :]
    out = np.empty((height, width, 3), dtype=np.uint8)
    weights = (
        (4.0767416621, -3.3077115913, 0.2309699292),
        (-1.2684380046, 2.6097574011, -0.3413193965),
        (-0.0041960863, -0.7034186147, 1.7076147010),
    )
    noise = hash_noise(columns, rows, salt)
    for channel, (wl, wm, ws) in enumerate(weights):
        value = encode(l_ * wl + m_ * wm + s_ * ws)
        out[..., channel] = clip(value + noise, 0.0, 255.0).astype(np.uint8)
    return out
