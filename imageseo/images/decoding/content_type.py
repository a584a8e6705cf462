"""What a picture is, told from its pixels: photographs ramp, what was drawn or typed steps between flat colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imageseo.model.image import ContentType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

VERSION = "kinds 1"
"""Changes whenever an equal picture could get another kind; enters the store's keys."""

_TILE = 64
_TILES = 72
"""At most 0.3 megapixels are looked at, in pieces of the picture as it is: a shrink would turn steps into ramps."""
_LEVEL = 3  # a difference up to here is grain, dither or a slow gradient
_RAMP = 6  # up to here an edge may be an encoder's ringing
_STEP = 32  # from here on an edge is steep


def classify(image: Image) -> ContentType:
    """The kind of a decoded picture in any mode, at its full size. Equal pixels give an equal kind.

    A wrong answer costs bytes and never the look: every kind's codings reach their target or are not kept.
    """
    tiles = _tiles(image)
    counts = _differences(tiles)
    total = counts[0].sum()
    below = counts.cumsum(axis=1) / total
    steps = 1 - below[:, _STEP - 1]
    ramps = below[:, _STEP - 1] - below[:, _RAMP]
    steep = steps / (steps + ramps + 1e-9)
    equal, level = below[:, 0], below[:, _LEVEL]
    # Type on a clean ground or a soft one; then, with more ramps allowed, what a JPEG or a shrink has made of it.
    clean = (steep >= 0.5) & (level >= 0.5)
    coarse = ((equal >= 0.4) & (steep >= 0.25)) | ((equal >= 0.2) & (steep >= 0.45))
    drawn = (steps >= 0.004) & (clean | coarse)
    empty = (equal >= 0.95) & ~drawn
    toned = ~drawn & ~empty
    if drawn.sum() < 0.22 * (drawn.sum() + toned.sum()):
        return ContentType.PHOTO
    return ContentType.SCREEN if toned.sum() > 0.05 * len(tiles) else ContentType.LINE


def _tiles(image: Image) -> NDArray[np.uint8]:
    """Pieces of the picture, spread over all of it: tiles × channels × rows × columns."""
    import numpy as np

    width, height = image.size
    across, down = -(-width // _TILE), -(-height // _TILE)
    cells = [(column, row) for row in range(down) for column in range(across)]
    if len(cells) > _TILES:
        # Steps of the golden ratio's kin in the plane: even everywhere, and in line with no column of a page.
        cells.sort(key=lambda cell: (cell[0] * 3242174889 + cell[1] * 2447445414) % 2**32)
        cells = sorted(cells[:_TILES])
    wide, high = min(width, _TILE), min(height, _TILE)
    pieces = []
    for column, row in cells:
        left, top = min(column * _TILE, width - wide), min(row * _TILE, height - high)
        piece = _plain(image.crop((left, top, left + wide, top + high)))
        pieces.append(np.frombuffer(piece.tobytes(), np.uint8).reshape(high, wide, -1).transpose(2, 0, 1))
    return np.stack(pieces)


def _plain(piece: Image) -> Image:
    """Eight bits a channel; premultiplied, so that what is transparent is flat whatever colour it hides."""
    if piece.mode in ("L", "RGB", "RGBa"):
        return piece
    if piece.has_transparency_data:
        return piece.convert("RGBA").convert("RGBa")
    if piece.mode.startswith("I") or piece.mode == "F":
        return piece.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
    return piece.convert("RGB")


def _differences(tiles: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How often each difference (0 to 255) from the neighbours to the left and above occurs: tiles × 256."""
    import numpy as np

    count, _, high, wide = tiles.shape
    largest = np.zeros((count, max(1, high - 1), max(1, wide - 1)), np.uint8)
    for channel in tiles.transpose(1, 0, 2, 3):
        if wide > 1:
            here, left = channel[:, high > 1 :, 1:], channel[:, high > 1 :, :-1]
            np.maximum(largest, np.maximum(here, left) - np.minimum(here, left), out=largest)
        if high > 1:
            here, above = channel[:, 1:, wide > 1 :], channel[:, :-1, wide > 1 :]
            np.maximum(largest, np.maximum(here, above) - np.minimum(here, above), out=largest)
    places = largest.reshape(count, -1) + np.arange(count)[:, None] * 256
    return np.bincount(places.ravel(), minlength=count * 256).reshape(count, 256)
