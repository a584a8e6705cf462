"""Draw an SVG as pixels, without fonts of the system."""

from __future__ import annotations

import io
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def draw_svg(image: Image.Image, svg: str, bands: Iterable[tuple[int, int]] = ()) -> None:
    """Draw an SVG of the same size over an RGB image. ``bands``: the rows to draw, from and to; empty: all."""
    import resvg_py

    width, height = image.size
    whole = f'width="{width}" height="{height}">'
    for first, last in (tuple(bands) if whole in svg else ()) or ((0, height),):
        top, bottom = max(0, first), min(height, last)
        part = f'width="{width}" height="{bottom - top}" viewBox="0 {top} {width} {bottom - top}">'
        png = resvg_py.svg_to_bytes(svg_string=svg.replace(whole, part, 1), skip_system_fonts=True)
        with Image.open(io.BytesIO(bytes(png))) as drawn:
            image.paste(drawn.convert("RGB"), (0, top), drawn.getchannel("A"))


def rasterize(svg: str) -> NDArray[np.uint8]:
    """Draw an SVG, (height, width, 4); labels of a template are in the brand's font."""
    import resvg_py

    png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)
    with Image.open(io.BytesIO(bytes(png))) as image:
        return np.asarray(image.convert("RGBA"))
