"""From a picture to opaque frames of 8-bit RGB that a metric can look at."""

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
"""Greys at 0.1 and 0.9 of sRGB's range: a dark and a light page, as the reference tool has them."""

LEAST = 57
"""Sides below this (px) are continued by reflection: SSIMULACRA2 stops halving below 8 px and needs four halvings."""


def frames(image: Image) -> tuple[Frame, ...]:
    """The picture as seen: one frame of an opaque picture, one on each of ``BACKDROPS`` of any other.

    ``image``: RGB or RGBA, anything else raises ValueError, as does a picture without pixels.
    """
    if image.mode not in ("RGB", "RGBA") or not all(image.size):
        raise ValueError(f"a metric looks at RGB or RGBA pictures, not at {image.mode} of {image.width}×{image.height}")
    if image.mode == "RGB":
        return (_large_enough(np.asarray(image)),)
    alpha = image.getchannel("A")
    opaque = image.convert("RGB")
    if alpha.getextrema() == (255, 255):
        return (_large_enough(np.asarray(opaque)),)
    seen = []
    for grey in BACKDROPS:
        page = opaque.copy()
        page.paste((grey, grey, grey), (0, 0, *page.size))
        page.paste(opaque, (0, 0), alpha)
        seen.append(_large_enough(np.asarray(page)))
    return tuple(seen)


def same_size(reference: tuple[int, int], image: Image) -> None:
    """Raises ValueError unless ``image`` has the reference's width and height."""
    if image.size != reference:
        raise ValueError(
            f"a metric compares pictures of equal size, not {reference[0]}×{reference[1]} "
            f"with {image.width}×{image.height}"
        )


def paired(references: Sequence[Any], images: Sequence[Frame]) -> Iterator[tuple[Any, Frame]]:
    """What to compare: backdrop by backdrop, where a picture that hides them looks the same on each."""
    for number in range(max(len(references), len(images))):
        yield references[number % len(references)], images[number % len(images)]


def _large_enough(frame: Frame) -> Frame:
    height, width = frame.shape[:2]
    if min(height, width) >= LEAST:
        return frame
    return np.pad(frame, ((0, max(0, LEAST - height)), (0, max(0, LEAST - width)), (0, 0)), mode="symmetric")
