"""Pairs of pictures whose SSIMULACRA 2 is known: made of whole numbers alone, so that they are the same anywhere.

The scores in ``metric_scores.json`` are those of the reference tool (github.com/cloudinary/ssimulacra2, 2.1).
``python -m tests.support.metric_pairs PATH/TO/ssimulacra2`` writes them anew.
"""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SCORES = Path(__file__).parent / "metric_scores.json"
SIZES = ((128, 128), (200, 151), (256, 171), (320, 213), (427, 641), (1280, 853))

Whole: TypeAlias = NDArray[Any]  # int64, (height, width, 3); the stubs make floats of whole quotients


def _levels(values: Whole) -> Whole:
    clipped: Whole = np.clip(values, 0, 255)
    return clipped


def _dice(seed: int, *shape: int) -> Whole:
    """0 to 255, at random."""
    return np.frombuffer(random.Random(seed).randbytes(math.prod(shape)), np.uint8).reshape(shape).astype(np.int64)


def _noise(width: int, height: int, cell: int, seed: int) -> Whole:
    """0 to 255, bilinear between random points ``cell`` px apart."""
    columns, rows = width // cell + 2, height // cell + 2
    grid = _dice(seed, rows, columns)
    x, y = np.arange(width), np.arange(height)[:, None]
    left, top = x // cell, y // cell
    upper = grid[top, left] * (cell - x % cell) + grid[top, left + 1] * (x % cell)
    lower = grid[top + 1, left] * (cell - x % cell) + grid[top + 1, left + 1] * (x % cell)
    return (upper * (cell - y % cell) + lower * (y % cell)) // (cell * cell)


def _clouds(width: int, height: int, seed: int) -> Whole:
    """0 to 255, with detail at every scale, as nature has it."""
    total = np.zeros((height, width), np.int64)
    for k in range(7):
        total += (_noise(width, height, 1 << k, seed + k) - 128) * (1 << k)
    return _levels(128 + total // 72)


def hills(width: int, height: int) -> Whole:
    """A bright sky, rough ground in the shade, a ragged ridge between both."""
    x, y = np.arange(width), np.arange(height)[:, None]
    below = y * 512 // height + x * 200 // width + _clouds(width, height, 7) > 480
    sky, ground, tint = (_clouds(width, height, seed) for seed in (20, 30, 40))
    bands = [
        np.where(below, ground * weight // 256 + tint * 40 // 256, base + sky * 60 // 256)
        for weight, base in ((150, 120), (170, 160), (70, 190))
    ]
    return _levels(np.stack(bands, axis=-1))


def signs(width: int, height: int) -> Whole:
    """Flat panels of strong colours, full of strokes a pixel or two wide."""
    x, y = np.arange(width), np.arange(height)[:, None]
    panels, rows = width // 48 + 1, height // 32 + 1
    picture = _dice(3, rows, panels, 3)[y // 32, x // 48]
    strokes = _dice(4, height // 2 + 1, width // 3 + 1)[y // 2, x // 3] < 90
    written = strokes & (y % 8 < 5) & (x % 48 > 6)
    return np.where(written[..., None], 255 - picture // 2, picture)


def _block(values: Whole, axis: int) -> Whole:
    """Walsh-Hadamard of 8 along an axis of length 8: unnormalised, its own inverse but for a factor of 8."""
    for stride in (1, 2, 4):
        shape = list(values.shape)
        shape[axis : axis + 1] = [8 // (2 * stride), 2, stride]
        split = np.moveaxis(values.reshape(shape), axis + 1, 0)
        values = np.stack([split[0] + split[1], split[0] - split[1]], axis=axis + 1).reshape(values.shape)
    return values


def blocks(picture: Whole, step: int) -> Whole:
    """Transformed by 8×8 px and rounded to multiples of ``step``, the coarser the less the eye would mind."""
    height, width = picture.shape[:2]
    padded = np.pad(picture, ((0, -height % 8), (0, -width % 8), (0, 0)), mode="edge")
    tiles = padded.reshape(padded.shape[0] // 8, 8, padded.shape[1] // 8, 8, 3)
    coded = _block(_block(tiles, 1), 3)
    order = np.array([0, 4, 2, 6, 1, 5, 3, 7])  # sequencies of the natural order
    steps = step * 8 + (order[:, None] + order[None, :]) * step * 2
    steps[0, 0] = step * 2
    grid = steps[None, :, None, :, None]
    kept = (coded + grid // 2) // grid * grid
    plain = (_block(_block(kept, 1), 3) + 32) // 64
    return _levels(plain.reshape(padded.shape)[:height, :width])


def soft(picture: Whole, reach: int) -> Whole:
    """The mean of (2 reach + 1)² px."""
    height, width = picture.shape[:2]
    padded = np.pad(picture, ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    total, side = np.zeros_like(picture), range(2 * reach + 1)
    for y in side:
        for x in side:
            total += padded[y : y + height, x : x + width]
    return _levels(total // len(side) ** 2)


def grain(picture: Whole, size: int) -> Whole:
    return _levels(picture + (_dice(9, *picture.shape) - 128) * size // 128)


def smeared(picture: Whole, cell: int) -> Whole:
    """Colour, not light, at a ``cell``-th of the resolution, as 4:2:0 does."""
    height, width = picture.shape[:2]
    light = (picture[..., 0] * 77 + picture[..., 1] * 150 + picture[..., 2] * 29) // 256
    colour = np.pad(picture - light[..., None], ((0, -height % cell), (0, -width % cell), (0, 0)), mode="edge")
    tiles = colour.reshape(colour.shape[0] // cell, cell, colour.shape[1] // cell, cell, 3)
    means = tiles.sum(axis=(1, 3), keepdims=True) // (cell * cell)
    return _levels(light[..., None] + np.broadcast_to(means, tiles.shape).reshape(colour.shape)[:height, :width])


def banded(picture: Whole, step: int) -> Whole:
    return _levels(picture // step * step + step // 2)


PICTURES: Mapping[str, Callable[[int, int], Whole]] = {"hills": hills, "signs": signs}
HARMS: Mapping[str, tuple[Callable[[Whole, int], Whole], tuple[int, int]]] = {
    "blocks": (blocks, (12, 40)),
    "soft": (soft, (1, 2)),
    "grain": (grain, (10, 40)),
    "smeared": (smeared, (2, 8)),
    "banded": (banded, (8, 24)),
}


@cache
def picture(name: str, width: int, height: int) -> Whole:
    return PICTURES[name](width, height)


def image(pixels: Whole) -> Image.Image:
    return Image.fromarray(pixels.astype(np.uint8))


def pairs() -> Iterator[tuple[str, Whole, Whole]]:
    """What the pair is, the picture, and the same harmed; all harms of a picture in a row."""
    for width, height in SIZES:
        for name in PICTURES if width < 1280 else ["hills"]:
            whole = picture(name, width, height)
            for harm, (spoil, strengths) in HARMS.items():
                for strength in strengths if width < 1280 else strengths[:1]:
                    yield f"{name} {width}x{height} {harm} {strength}", whole, spoil(whole, strength)


def main(tool: str) -> None:
    scores = {}
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder, name)) for name in ("a.png", "b.png")]
        for title, before, after in pairs():
            image(before).save(paths[0])
            image(after).save(paths[1])
            done = subprocess.run([tool, *paths], capture_output=True, text=True, check=True)
            scores[title] = round(float(done.stdout), 3)
    SCORES.write_text(json.dumps(scores, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
