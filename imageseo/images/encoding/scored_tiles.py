"""Choose the pixels of an image that are scored: all, or of a large image tiles spread over it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

Size = tuple[int, int]

TILE = 256
"""px. Scores of smaller tiles depend more on their seams than on the image."""
WHOLE = 600_000
"""px up to which an image is scored as a whole; of a larger one about a quarter, at most ``_MOST_TILES`` tiles."""
_MOST_TILES = 24  # 1.6 megapixels, for which the metric needs 160 MB


def scored_size(size: Size) -> Size:
    """Return the size of the image that is scored: the image itself, or the sheet of its tiles."""
    if size[0] * size[1] <= WHOLE:
        return size
    columns, rows = (math.ceil(side / TILE / 2) for side in size)
    if columns * rows > _MOST_TILES:
        share = math.sqrt(_MOST_TILES / columns / rows)
        columns = min(_MOST_TILES, max(1, int(columns * share)))
        rows = min(_MOST_TILES // columns, max(1, int(rows * share)))
        columns = min(math.ceil(size[0] / TILE / 2), _MOST_TILES // rows)
        rows = min(math.ceil(size[1] / TILE / 2), _MOST_TILES // columns)
    return columns * min(TILE, size[0]), rows * min(TILE, size[1])


def tiles(size: Size) -> Iterator[tuple[Size, Size]]:
    """Yield the upper left corners of all tiles, in the image and in the sheet."""
    sheet = scored_size(size)
    width, height = (min(TILE, side) for side in size)
    for top in range(0, sheet[1], height):
        for left in range(0, sheet[0], width):
            # Each tile is centred in its share of the image.
            across, down = (left + width / 2) / sheet[0], (top + height / 2) / sheet[1]
            x, y = round(across * size[0] - width / 2), round(down * size[1] - height / 2)
            yield (min(max(0, x), size[0] - width), min(max(0, y), size[1] - height)), (left, top)


def scored_image(image: Image) -> Image:
    """Return the image itself or, if it is large, a sheet of its tiles."""
    size = scored_size(image.size)
    if size == image.size:
        return image
    from PIL import Image as Images

    width, height = (min(TILE, side) for side in image.size)
    sheet = Images.new(image.mode, size)
    for (left, top), at in tiles(image.size):
        sheet.paste(image.crop((left, top, left + width, top + height)), at)
    return sheet
