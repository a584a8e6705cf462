"""Draw vector shapes with resvg: an SVG's pixels as OKLab planes."""

from __future__ import annotations

import io
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imageseo.heroes.providers.art.color import Lab, Paint, format_hex
from imageseo.heroes.providers.art.deterministic import Canvas, Field

UNIT = 1000.0
"""The height of every canvas in an SVG's own units; its width is that times the aspect."""


def paint_shapes(canvas: Canvas, ground: Lab, shapes: Iterable[str]) -> Paint:
    """Draw SVG elements on a ground; their coordinates are thousandths of the canvas's height."""
    import resvg_py

    width = UNIT * canvas.aspect
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{canvas.width}" height="{canvas.height}" '
        f'viewBox="0 0 {number(width)} {number(UNIT)}" preserveAspectRatio="none">'
        f'<rect width="100%" height="100%" fill="{format_hex(ground)}"/>{"".join(shapes)}</svg>'
    )
    png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)
    with Image.open(io.BytesIO(bytes(png))) as image:
        return Paint(from_srgb(np.asarray(image.convert("RGB"))))


def number(value: float) -> str:
    """Format a coordinate: two decimals are a hundredth of a pixel at 1,000 px."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def points(pairs: Iterable[tuple[float, float]]) -> str:
    """Format a list of points."""
    return " ".join(f"{number(x)},{number(y)}" for x, y in pairs)


def disc(x: float, y: float, radius: float, color: Lab) -> str:
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" fill="{format_hex(color)}"/>'


def box(x: float, y: float, width: float, height: float, color: Lab, radius: float = 0.0) -> str:
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" '
        f'rx="{number(radius)}" fill="{format_hex(color)}"/>'
    )


def outline(path: str, color: Lab, width: float) -> str:
    """Draw a path's line with round ends."""
    return (
        f'<path d="{path}" fill="none" stroke="{format_hex(color)}" stroke-width="{number(width)}" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def area(path: str, color: Lab) -> str:
    return f'<path d="{path}" fill="{format_hex(color)}"/>'


def from_srgb(pixels: NDArray[Any]) -> tuple[Field, Field, Field]:
    """Convert 8-bit sRGB (h, w, 3) to OKLab planes. Source: Björn Ottosson, as in ``deterministic.flatten``."""
    r, g, b = (_linear()[pixels[..., channel]] for channel in range(3))
    l_ = _cube_root(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    m_ = _cube_root(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    s_ = _cube_root(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * l_ + 0.7936177850 * m_ - 0.0040720468 * s_,
        1.9779984951 * l_ - 2.4285922050 * m_ + 0.4505937099 * s_,
        0.0259040371 * l_ + 0.7827717662 * m_ - 0.8086757660 * s_,
    )


@cache
def _linear() -> Field:
    from imageseo.heroes.providers.art.color import to_linear

    return np.array([to_linear(level / 255.0) for level in range(256)], dtype=np.float32)


def _cube_root(value: Field) -> Field:
    """Return cube roots by Newton's method: numpy's own differ between machines."""
    positive = np.maximum(value, np.float32(1e-6))
    guess = np.sqrt(np.sqrt(positive) * np.sqrt(np.sqrt(positive)))
    for _ in range(5):
        guess = guess - (guess - positive / (guess * guess)) * np.float32(1.0 / 3.0)
    out: Field = guess
    return out
