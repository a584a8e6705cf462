"""Classify images by their pixels: photographs have gradients, drawings and text have steps between flat colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from imageseo.model.image import ContentType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

VERSION = "kinds 1"
"""Changed whenever an identical image could be classified differently; part of the cache keys."""

_TILE = 64
_TILES = 72
"""At most 0.3 megapixels are examined, in unscaled tiles: scaling down would turn steps into gradients."""
_LEVEL = 3  # differences up to this are grain, dithering or a slow gradient
_RAMP = 6  # edges up to this may be ringing of an encoder
_SOFT = 0.01
_MIXED = 1.8  # levels: screenshots without gradients have less than 1.3, those that palettes show badly 2.0 and more
_STEP = 32  # edges from this on are steep


@dataclass(frozen=True, slots=True)
class Content:
    """What is known about an image's pixels.

    ``soft_alpha``: whether much of it is partly transparent. ``mixed``: whether a screenshot holds photographs or
    gradients that no palette can show.
    """

    kind: ContentType
    soft_alpha: bool = False
    mixed: bool = False


def has_soft_alpha(image: Image) -> bool:
    """Whether more than a hundredth of an RGBA image is partly transparent: shadows and fades, not smooth edges."""
    if image.mode != "RGBA":
        return False
    counts = image.getchannel("A").histogram()
    return sum(counts[1:255]) > _SOFT * image.width * image.height


def is_mixed(image: Image) -> bool:
    """Whether a small RGB or RGBA image of a screenshot differs visibly from itself in the best 256 colours."""
    import numpy as np

    from imageseo.images.palette import count_colors, reduce_colors

    if count_colors(image) is None:
        return True
    plain = image.convert("RGB")
    difference = np.asarray(plain, np.float64) - np.asarray(reduce_colors(plain, 256), np.float64)
    return float(np.sqrt((difference**2).mean())) > _MIXED


def classify(image: Image) -> ContentType:
    """Return the content type of a decoded image in any mode, at its full size. Equal pixels give an equal result.

    A wrong result costs bytes but never quality: the codings of every content type reach their target or are dropped.
    """
    tiles = _cut_tiles(image)
    counts = _count_differences(tiles)
    total = counts[0].sum()
    below = counts.cumsum(axis=1) / total
    steps = 1 - below[:, _STEP - 1]
    ramps = below[:, _STEP - 1] - below[:, _RAMP]
    steep = steps / (steps + ramps + 1e-9)
    equal, level = below[:, 0], below[:, _LEVEL]
    # Text on a clean or a soft background; then, with more ramps allowed, text after JPEG encoding or scaling.
    clean = (steep >= 0.5) & (level >= 0.5)
    coarse = ((equal >= 0.4) & (steep >= 0.25)) | ((equal >= 0.2) & (steep >= 0.45))
    drawn = (steps >= 0.004) & (clean | coarse)
    flat = (equal >= 0.95) & ~drawn
    continuous = ~drawn & ~flat
    if drawn.sum() < 0.22 * (drawn.sum() + continuous.sum()):
        return ContentType.PHOTO
    return ContentType.SCREEN if continuous.sum() > 0.05 * len(tiles) else ContentType.LINE


def _cut_tiles(image: Image) -> NDArray[np.uint8]:
    """Return tiles spread over the whole image: tiles × channels × rows × columns."""
    import numpy as np

    width, height = image.size
    across, down = -(-width // _TILE), -(-height // _TILE)
    cells = [(column, row) for row in range(down) for column in range(across)]
    if len(cells) > _TILES:
        # A low-discrepancy order based on the plastic ratio: even everywhere, and not aligned with a page's columns.
        cells.sort(key=lambda cell: (cell[0] * 3242174889 + cell[1] * 2447445414) % 2**32)
        cells = sorted(cells[:_TILES])
    tile_width, tile_height = min(width, _TILE), min(height, _TILE)
    tiles = []
    for column, row in cells:
        left, top = min(column * _TILE, width - tile_width), min(row * _TILE, height - tile_height)
        tile = _to_plain_mode(image.crop((left, top, left + tile_width, top + tile_height)))
        tiles.append(np.frombuffer(tile.tobytes(), np.uint8).reshape(tile_height, tile_width, -1).transpose(2, 0, 1))
    return np.stack(tiles)


def _to_plain_mode(tile: Image) -> Image:
    """Convert to eight bits per channel, premultiplied so that transparent areas are flat."""
    if tile.mode in ("L", "RGB", "RGBa"):
        return tile
    if tile.has_transparency_data:
        return tile.convert("RGBA").convert("RGBa")
    if tile.mode.startswith("I") or tile.mode == "F":
        return tile.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
    return tile.convert("RGB")


def _count_differences(tiles: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count each difference (0 to 255) from the neighbours to the left and above: tiles × 256."""
    import numpy as np

    count, _, tile_height, tile_width = tiles.shape
    largest = np.zeros((count, max(1, tile_height - 1), max(1, tile_width - 1)), np.uint8)
    for channel in tiles.transpose(1, 0, 2, 3):
        if tile_width > 1:
            current, left = channel[:, tile_height > 1 :, 1:], channel[:, tile_height > 1 :, :-1]
            np.maximum(largest, np.maximum(current, left) - np.minimum(current, left), out=largest)
        if tile_height > 1:
            current, above = channel[:, 1:, tile_width > 1 :], channel[:, :-1, tile_width > 1 :]
            np.maximum(largest, np.maximum(current, above) - np.minimum(current, above), out=largest)
    places = largest.reshape(count, -1) + np.arange(count)[:, None] * 256
    return np.bincount(places.ravel(), minlength=count * 256).reshape(count, 256)
