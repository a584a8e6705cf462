"""A label in the upper right corner of an image, as pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imageseo.heroes.providers.art.cards.typeface import Typeface
from imageseo.heroes.providers.art.svg_pixels import draw_svg

if TYPE_CHECKING:
    from PIL.Image import Image

VERSION = 1
_SIZE = 0.042
"""Size of the type as a fraction of the image's height: 26 px of 630, of which a preview shows about half."""


def draw_label(image: Image, text: str, *, instead: str, language: str = "") -> None:
    """Draw white text on a dark plate. ``instead``: the text where no installed font has all characters of it."""
    typeface = Typeface(700, language)
    prepared, replaced = typeface.prepare(text)
    if replaced is not None:
        prepared = instead
    line = typeface.set_line(prepared, 0.04)
    size = _SIZE * image.height
    margin, across, down = size * 0.9, size * 0.6, size * 0.45
    cap = typeface.main.cap_height * size
    width, height = line.width * size + 2 * across, max(cap, (line.above + line.below) * size * 0.8) + 2 * down
    left = image.width - margin - width
    baseline = margin + (height + cap) / 2
    draw_svg(
        image,
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{image.width}" height="{image.height}">'
        f'<rect x="{left:.2f}" y="{margin:.2f}" width="{width:.2f}" height="{height:.2f}" rx="{size * 0.25:.2f}" '
        f'fill="#111111" fill-opacity="0.9"/><g fill="#ffffff">{line.markup(left + across, baseline, size)}</g></svg>',
    )
