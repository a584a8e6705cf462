"""A PNG's gAMA and cHRM chunks as a colour profile, for browsers obey them as they do a profile."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

Triple = tuple[float, float, float]
Matrix = tuple[Triple, Triple, Triple]

SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
"""White, red, green and blue as x, y."""

_D50: Triple = (0.9642, 1.0, 0.8249)
_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))


def profile(info: Mapping[str | tuple[int, int], object], *, grey: bool) -> bytes:
    """An ICC profile that says what the chunks say; ``b""`` when there is nothing to obey.

    ``info``: Pillow's, of a PNG without a profile of its own. As in Chromium an sRGB chunk ends the matter, and
    chromaticities count beside a gamma only.
    """
    gamma, white_and_primaries = info.get("gamma"), info.get("chromaticity", SRGB)
    if "srgb" in info or not isinstance(gamma, float) or not 0.01 <= gamma <= 10:
        return b""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(256 / gamma))
    if grey:
        return _icc(b"GRAY", {b"kTRC": curve})
    try:
        return matrix_profile(white_and_primaries, curve)
    except (ArithmeticError, ValueError, TypeError, struct.error):  # three primaries on a line span no colours
        return b""


def matrix_profile(white_and_primaries: object, curve: bytes) -> bytes:
    """An ICC profile of a display. ``white_and_primaries``: eight numbers as ``SRGB``; ``curve``: an ICC curve tag."""
    columns = _transposed(_to_d50(*_pairs(white_and_primaries)))
    colorants = {name: _xyz(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)}
    return _icc(b"RGB ", {**colorants, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})


def _pairs(values: object) -> list[tuple[float, float]]:
    """White, red, green and blue as x, y."""
    if not isinstance(values, tuple) or len(values) != 8:
        raise ValueError("four points are eight numbers")
    return [(float(values[at]), float(values[at + 1])) for at in range(0, 8, 2)]


def _to_d50(white: tuple[float, float], *primaries: tuple[float, float]) -> Matrix:
    """Linear RGB to XYZ under D50, columns the primaries (Lindbloom, with Bradford's adaptation)."""
    points = _transposed(_matrix([_xyz_of(point) for point in primaries]))
    under = _xyz_of(white)
    amounts = _times(_inverse(points), under)
    scaled = _matrix([_triple(a * b for a, b in zip(row, amounts, strict=True)) for row in points])
    cones = zip(_times(_BRADFORD, _D50), _times(_BRADFORD, under), strict=True)
    ratios = [wanted / found for wanted, found in cones]
    bent = _matrix([_triple(ratio * value for value in row) for ratio, row in zip(ratios, _BRADFORD, strict=True)])
    return _product(_product(_inverse(_BRADFORD), bent), scaled)


def _xyz_of(point: tuple[float, float]) -> Triple:
    x, y = point
    return x / y, 1.0, (1 - x - y) / y


def _triple(values: Iterable[float]) -> Triple:
    first, second, third = values
    return first, second, third


def _matrix(rows: list[Triple]) -> Matrix:
    first, second, third = rows
    return first, second, third


def _transposed(matrix: Matrix) -> Matrix:
    return _matrix([_triple(column) for column in zip(*matrix, strict=True)])


def _times(matrix: Matrix, vector: Triple) -> Triple:
    return _triple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def _product(one: Matrix, two: Matrix) -> Matrix:
    return _transposed(_matrix([_times(one, column) for column in _transposed(two)]))


def _inverse(matrix: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    cofactors: Matrix = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    whole = a * cofactors[0][0] + b * cofactors[1][0] + c * cofactors[2][0]
    return _matrix([_triple(value / whole for value in row) for row in cofactors])


def _xyz(values: Triple) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def _icc(space: bytes, tags: Mapping[bytes, bytes]) -> bytes:
    """A version 2 display profile with these tags."""
    tags = {b"wtpt": _xyz(_D50), **tags}
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for name, value in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(value))
        body += value.ljust(-(-len(value) // 4) * 4, b"\0")
    head = struct.pack(">I4xI4s4s4s", start + len(body), 0x02400000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _xyz(_D50)[8:]
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body
