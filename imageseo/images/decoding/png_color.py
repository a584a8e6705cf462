"""Convert a PNG's gAMA and cHRM chunks to an ICC profile, because browsers apply them like one."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

Triple = tuple[float, float, float]
Matrix = tuple[Triple, Triple, Triple]

SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
"""White, red, green and blue as x, y."""

_D50: Triple = (0.9642, 1.0, 0.8249)
_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))


def icc_profile(info: Mapping[str | tuple[int, int], object], *, grey: bool) -> bytes:
    """Return an ICC profile equivalent to the chunks; ``b""`` when none apply.

    ``info``: Pillow's ``info`` of a PNG without an embedded profile. As in Chromium, an sRGB chunk overrides the
    others, and chromaticities only apply together with a gamma.
    """
    gamma, white_and_primaries = info.get("gamma"), info.get("chromaticity", SRGB)
    if "srgb" in info or not isinstance(gamma, float) or not 0.01 <= gamma <= 10:
        return b""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(256 / gamma))
    if grey:
        return _build_icc(b"GRAY", {b"kTRC": curve})
    try:
        return matrix_profile(white_and_primaries, curve)
    except (ArithmeticError, ValueError, TypeError, struct.error):  # three primaries on a line span no colours
        return b""


def matrix_profile(white_and_primaries: object, curve: bytes) -> bytes:
    """Return an ICC display profile. ``white_and_primaries``: eight numbers like ``SRGB``; ``curve``: an ICC tag."""
    columns = _transpose(_to_d50(*_pairs(white_and_primaries)))
    colorants = {name: _xyz_tag(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)}
    return _build_icc(b"RGB ", {**colorants, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})


def _pairs(values: object) -> list[tuple[float, float]]:
    """Split the numbers into white, red, green and blue as (x, y)."""
    if not isinstance(values, tuple) or len(values) != 8:
        raise ValueError("white point and primaries must be eight numbers")
    return [(float(values[at]), float(values[at + 1])) for at in range(0, 8, 2)]


def _to_d50(white: tuple[float, float], *primaries: tuple[float, float]) -> Matrix:
    """Return the matrix from linear RGB to XYZ under D50, one column per primary (Lindbloom, Bradford adaptation)."""
    points = _transpose(_matrix([_xy_to_xyz(point) for point in primaries]))
    source_white = _xy_to_xyz(white)
    amounts = _multiply_vector(_invert(points), source_white)
    scaled = _matrix([_triple(a * b for a, b in zip(row, amounts, strict=True)) for row in points])
    cones = zip(_multiply_vector(_BRADFORD, _D50), _multiply_vector(_BRADFORD, source_white), strict=True)
    ratios = [target / source for target, source in cones]
    adapted = _matrix([_triple(ratio * value for value in row) for ratio, row in zip(ratios, _BRADFORD, strict=True)])
    return _multiply(_multiply(_invert(_BRADFORD), adapted), scaled)


def _xy_to_xyz(point: tuple[float, float]) -> Triple:
    x, y = point
    return x / y, 1.0, (1 - x - y) / y


def _triple(values: Iterable[float]) -> Triple:
    first, second, third = values
    return first, second, third


def _matrix(rows: list[Triple]) -> Matrix:
    first, second, third = rows
    return first, second, third


def _transpose(matrix: Matrix) -> Matrix:
    return _matrix([_triple(column) for column in zip(*matrix, strict=True)])


def _multiply_vector(matrix: Matrix, vector: Triple) -> Triple:
    return _triple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def _multiply(left: Matrix, right: Matrix) -> Matrix:
    return _transpose(_matrix([_multiply_vector(left, column) for column in _transpose(right)]))


def _invert(matrix: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    cofactors: Matrix = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    determinant = a * cofactors[0][0] + b * cofactors[1][0] + c * cofactors[2][0]
    return _matrix([_triple(value / determinant for value in row) for row in cofactors])


def _xyz_tag(values: Triple) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def _build_icc(space: bytes, tags: Mapping[bytes, bytes]) -> bytes:
    """Build a version 2 display profile with these tags."""
    tags = {b"wtpt": _xyz_tag(_D50), **tags}
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for name, value in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(value))
        body += value.ljust(-(-len(value) // 4) * 4, b"\0")
    head = struct.pack(">I4xI4s4s4s", start + len(body), 0x02400000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _xyz_tag(_D50)[8:]
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body
