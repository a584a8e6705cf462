"""Convert images to opaque frames of 8-bit RGB for metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

Frame: TypeAlias = NDArray[np.uint8]
"""(height, width, 3), sRGB."""

BACKDROPS = (26, 230)
"""Greys at 0.1 and 0.9 of sRGB's range: a dark and a light page, as in the reference tool."""

MIN_SIDE = 57
"""Sides below this (px) are extended by reflection: SSIMULACRA2 stops halving below 8 px and needs four halvings."""


def opaque_frames(image: Image) -> tuple[Frame, ...]:
    """Return one frame of an opaque image, or one per backdrop of ``BACKDROPS`` of an image with transparency.

    ``image``: RGB or RGBA; other modes and images without pixels raise ValueError.
    """
    if image.mode not in ("RGB", "RGBA") or not all(image.size):
        raise ValueError(f"metrics score RGB or RGBA images, not {image.mode} of {image.width}×{image.height} px")
    if image.mode == "RGB":
        return (_pad_small(np.asarray(image)),)
    alpha = image.getchannel("A")
    opaque = image.convert("RGB")
    if alpha.getextrema() == (255, 255):
        return (_pad_small(np.asarray(opaque)),)
    frames = []
    for grey in BACKDROPS:
        page = opaque.copy()
        page.paste((grey, grey, grey), (0, 0, *page.size))
        page.paste(opaque, (0, 0), alpha)
        frames.append(_pad_small(np.asarray(page)))
    return tuple(frames)


def check_size(reference: tuple[int, int], image: Image) -> None:
    """Raise ValueError unless ``image`` has the reference's width and height."""
    if image.size != reference:
        raise ValueError(
            f"metrics compare images of equal size, not {reference[0]}×{reference[1]} with {image.width}×{image.height}"
        )


def pair_frames(references: Sequence[Any], images: Sequence[Frame]) -> Iterator[tuple[Any, Frame]]:
    """Yield the frames to compare by backdrop; the single frame of an opaque image is used for each backdrop."""
    for number in range(max(len(references), len(images))):
        yield references[number % len(references)], images[number % len(images)]


def _pad_small(frame: Frame) -> Frame:
    height, width = frame.shape[:2]
    if min(height, width) >= MIN_SIDE:
        return frame
    return np.pad(frame, ((0, max(0, MIN_SIDE - height)), (0, max(0, MIN_SIDE - width)), (0, 0)), mode="symmetric")
