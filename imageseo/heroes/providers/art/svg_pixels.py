"""Draw an SVG as pixels, without fonts of the system."""

from __future__ import annotations

import io
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def draw_svg(image: Image.Image, svg: str, boxes: Iterable[tuple[int, int, int, int]] = ()) -> None:
    """Draw an SVG of the same size over an RGB image. ``boxes``: the parts to draw, as Pillow's boxes; empty: all."""
    import resvg_py

    width, height = image.size
    whole = f'width="{width}" height="{height}">'
    for box in (tuple(boxes) if whole in svg else ()) or ((0, 0, width, height),):
        left, top, right, bottom = max(0, box[0]), max(0, box[1]), min(width, box[2]), min(height, box[3])
        size = right - left, bottom - top
        part = f'width="{size[0]}" height="{size[1]}" viewBox="{left} {top} {size[0]} {size[1]}">'
        png = resvg_py.svg_to_bytes(svg_string=svg.replace(whole, part, 1), skip_system_fonts=True)
        with Image.open(io.BytesIO(bytes(png))) as drawn:
            image.paste(drawn.convert("RGB"), (left, top), drawn.getchannel("A"))


def rasterize(svg: str) -> NDArray[np.uint8]:
    """Draw an SVG, (height, width, 4); labels of a template are in the brand's font."""
    import resvg_py

    png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)
    with Image.open(io.BytesIO(bytes(png))) as image:
        return np.asarray(image.convert("RGBA"))
