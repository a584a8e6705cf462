"""Lines of text drawn from masks of their glyphs, each rasterised once: many cards share fonts and sizes."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from PIL import Image

from imageseo.heroes.providers.art.cards.card_svg import Line
from imageseo.heroes.providers.art.cards.faces import Face

_PARTS = 4
"""Places of a glyph between two pixels, in each direction."""
_LIMIT = 20_000  # masks that are kept: about 60 MB


class _Mask(NamedTuple):
    """Coverage of pixels, and the place of its corner from the glyph's origin in px."""

    image: Image.Image
    left: int
    top: int


@dataclass
class GlyphMasks:
    """Draws lines. Used by one thread at a time."""

    _masks: dict[tuple[int, int, float, int, int], _Mask | None] = field(default_factory=dict)
    _faces: dict[int, Face] = field(default_factory=dict)  # kept, so that an id means one face

    def draw(self, image: Image.Image, lines: Iterable[tuple[Line, str]]) -> None:
        """Draw lines in their colours (``#rrggbb``) over an RGB image."""
        for line, color in lines:
            for face, glyph in line.content.glyphs:
                x, y = line.x + glyph.x * line.size, line.y - glyph.y * line.size
                column, across = divmod(round(x * _PARTS), _PARTS)
                row, down = divmod(round(y * _PARTS), _PARTS)
                mask = self._mask(face, glyph.number, line.size, across, down)
                if mask is not None:
                    image.paste(color, (column + mask.left, row + mask.top), mask.image)

    def _mask(self, face: Face, number: int, size: float, across: int, down: int) -> _Mask | None:
        key = (id(face), number, size, across, down)
        if key not in self._masks:
            if len(self._masks) >= _LIMIT:
                self._masks.clear()
            self._faces[id(face)] = face
            self._masks[key] = _rasterized(face, number, size, across / _PARTS, down / _PARTS)
        return self._masks[key]


def _rasterized(face: Face, number: int, size: float, x: float, y: float) -> _Mask | None:
    import resvg_py

    ink, shape = face.ink(number), face.outline(number)
    if ink is None or not shape:
        return None
    left, top = math.floor(ink[0] * size + x) - 1, math.floor(-ink[1] * size + y) - 1
    width, height = math.ceil(ink[2] * size + x) + 1 - left, math.ceil(-ink[3] * size + y) + 1 - top
    scale = size / 1000.0
    png = resvg_py.svg_to_bytes(
        svg_string=f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<path transform="matrix({scale:.6f} 0 0 {scale:.6f} {x - left:.3f} {y - top:.3f})" d="{shape}"/></svg>',
        skip_system_fonts=True,
    )
    with Image.open(io.BytesIO(bytes(png))) as drawn:
        return _Mask(drawn.getchannel("A"), left, top)
