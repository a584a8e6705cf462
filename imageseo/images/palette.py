"""Reduce a drawing to few colours: a palette that k-means refines on the colours, each weighted by its pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

MOST_COLORS = 2**16
"""Colours above which an image is no drawing; Pillow then stops counting."""

_ROUNDS = 4  # of k-means; eight give 0.2 points of score more
_GRID = 64  # centres are multiples of 1/64: all sums and products are exact, so that every machine finds the same ones
_OPAQUE = 0xFFFFFF


def count_colors(image: Image) -> int | None:
    """Return the number of colours of an image without its transparency; None if there are too many."""
    found = image.convert("RGB").getcolors(MOST_COLORS)
    return None if found is None else len(found)


def reduce_colors(image: Image, number: int) -> Image:
    """Return an RGB or RGBA image with at most ``number`` colours (up to 256), and its transparency unchanged.

    Without dithering, which shows and costs bytes. Raises ValueError for an image with too many colours.
    """
    import numpy as np
    from PIL import Image as Images

    plain = image.convert("RGB")
    found = plain.getcolors(MOST_COLORS)
    if found is None:
        raise ValueError(f"the image has more than {MOST_COLORS:,} colours")
    if len(found) <= number:
        return image
    found.sort(key=lambda entry: entry[1])  # Pillow's order depends on its hash table
    colors = np.array([color for _, color in found], np.uint8)
    centers, nearest = _find_centers(colors, np.array([count for count, _ in found], np.float64), number)
    table = np.zeros(_OPAQUE + 1, np.uint8)
    table[_codes(colors)] = nearest
    pixels = np.frombuffer(plain.convert("RGBA").tobytes(), "<u4") & _OPAQUE
    reduced = Images.frombytes("P", image.size, table[pixels].tobytes())
    reduced.putpalette(np.rint(centers).clip(0, 255).astype(np.uint8).tobytes())
    result = reduced.convert("RGB")
    if image.mode == "RGBA":
        result.putalpha(image.getchannel("A"))
    return result


def _find_centers(
    colors: NDArray[np.uint8], counts: NDArray[np.float64], number: int
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the palette and the index of each colour in it. ``colors``: colours × 3; ``counts``: pixels of each."""
    import numpy as np
    from PIL import Image as Images

    # Of Pillow's methods this one, as the start of k-means, has the best scores for its bytes.
    start = Images.frombytes("RGB", (len(colors), 1), colors.tobytes()).quantize(
        number, Images.Quantize.MAXCOVERAGE, dither=Images.Dither.NONE
    )
    centers = np.array(start.getpalette(), np.float64)[: 3 * number].reshape(-1, 3)
    values = colors.astype(np.float64)
    nearest = _nearest(values, centers)
    for _ in range(_ROUNDS):
        weights = np.bincount(nearest, counts, len(centers))
        for channel in range(3):
            sums = np.bincount(nearest, counts * values[:, channel], len(centers))
            means = np.where(weights > 0, sums / np.maximum(weights, 1), centers[:, channel])
            centers[:, channel] = np.rint(means * _GRID) / _GRID
        nearest = _nearest(values, centers)
    return centers, nearest


def _nearest(values: NDArray[np.float64], centers: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the index of the centre nearest to each colour."""
    import numpy as np

    found = np.empty(len(values), np.intp)
    squares = (centers * centers).sum(axis=1)
    for first in range(0, len(values), 8192):  # limits the memory of the distances
        block = values[first : first + 8192]
        found[first : first + 8192] = (squares - 2 * (block @ centers.T)).argmin(axis=1)
    return found


def _codes(colors: NDArray[np.uint8]) -> NDArray[np.uint32]:
    import numpy as np

    padded = np.zeros((len(colors), 4), np.uint8)
    padded[:, :3] = colors
    return padded.view("<u4").ravel()
