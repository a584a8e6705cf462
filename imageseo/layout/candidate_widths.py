"""Choose the widths of an image's variants: few, sharp on real screens, and of whole heights.

A width earns its file by the pixels that it spares some screen. A candidate whose height had to be rounded has another
aspect ratio than the file, so that browsers stretch it and the text below moves by a fraction of a pixel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from imageseo.model.finding import DESKTOP, LAPTOP, MOBILE, PHONE, Viewport
from imageseo.model.image import Asset
from imageseo.web.srcset.sizes import source_size

SCREENS: Mapping[Viewport, float] = {
    MOBILE: 2.0,
    PHONE: 1.5,
    DESKTOP: 2.0,
    Viewport(name="small phone", width=360, height=800, dpr=2.0): 1.0,
    LAPTOP: 1.0,
    Viewport(name="large laptop", width=1728, height=1117, dpr=2.0): 0.5,
    Viewport(name="wide", width=2560, height=1440, dpr=1.0): 0.5,
}
"""Screens on which an image should be sharp, with their weights."""
SHARP = 0.95
"""Share of a slot's device pixels from which a candidate looks sharp."""
WIDEST = 2560
"""px; the widest candidate where no theme or measurement tells the slot."""
SAME = 1.1
"""Candidates whose widths differ by less than this factor look the same; the smaller one is not worth its file."""
_FILE = 1.0  # what a candidate costs, in images of weight 1 whose pixels are loaded without use
_LOSSLESS = ("png", "gif")  # most often drawings and screenshots: their whole parts are sharp and small
# A drawing's bytes grow with its edges, not its area; resampled edges have more colours, and take half as much again.
_DRAWING_GROWTH, _RESAMPLED = 1.2, 1.4
_DRAWING_FILE = 2.0  # files of drawings take long to encode, and differ less
_STRETCH = 1.025  # a width may grow by this factor for a whole height
_MOST_PARTS = 8
# A whole part of a drawing is lighter than a narrower candidate whose edges were resampled; phones pay for bytes.
_PHONE = 1100  # px
_PART_WASTE_ON_PHONES, _PART_WASTE = 1.6, 2.0
_LOW = 8  # px
_EXACT = 0.02  # px of height: less is invisible, and rounds to the same layout


def candidate_widths(asset: Asset, sizes: str, *, known: bool) -> tuple[int, ...]:
    """Return the widths in px to encode, ascending: for each of ``SCREENS`` one that is sharp, and few in all.

    ``sizes``: of the image. ``known``: whether the slot is known, by the theme, a measurement or the author.
    """
    density = asset.width / asset.css_width
    wanted = {screen: min(source_size(sizes, screen) * screen.dpr * density, asset.width) for screen in SCREENS}
    # A browser takes the widest candidate where none suffices: a little less than the largest need looks the same.
    top = max(1.0, min(max(wanted.values()) * SHARP, asset.width if known else WIDEST))
    needs: dict[float, float] = {}
    for screen, px in wanted.items():
        need = max(1.0, min(px, top))
        needs[need] = needs.get(need, 0.0) + SCREENS[screen]
    parts = _whole_parts(asset.width, asset.height) if asset.format in _LOSSLESS else ()

    def waste(width: int, need: float) -> float:
        """Return the bytes that a screen which needs ``need`` px loads without use, in shares of those it needs."""
        if not parts:
            return (width / need) ** 2 - 1
        return math.pow(width / need, _DRAWING_GROWTH) * (1.0 if width in parts else _RESAMPLED) - 1

    file = _DRAWING_FILE if parts else _FILE
    return _cheapest(sorted(needs.items()), lambda need: _nearest(need, asset, parts), waste, file)


def _cheapest(
    needs: Sequence[tuple[float, float]],
    candidate: Callable[[float], int],
    waste: Callable[[int, float], float],
    file: float,
) -> tuple[int, ...]:
    """Return the candidates that cost least, in bytes loaded without use and in files.

    ``needs``: px and weight, ascending; neighbours share the candidate of the widest of them. ``file``: what
    each file costs.
    """
    best: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    for last, (widest, _) in enumerate(needs):
        width = candidate(widest)
        best.append(
            min(
                (cost + file + sum(weight * waste(width, px) for px, weight in needs[first : last + 1]), found)
                for first, (cost, found) in enumerate(best)
            )
        )
        best[-1] = best[-1][0], (*best[-1][1], width)
    return tuple(sorted(set(best[-1][1])))


def ladder_widths(asset: Asset, sizes: str, ladder: Sequence[int]) -> tuple[int, ...]:
    """Return the widths of a given ladder that some of ``SCREENS`` may need, ascending; the source's own width where
    the ladder would go beyond it.
    """
    top = min(asset.width, max(source_size(sizes, screen) for screen in SCREENS) * 2, max(ladder))
    rungs = sorted({rung for rung in ladder if rung < asset.width})
    wide = [rung for rung in rungs if rung >= top * SHARP]
    last = wide[0] if wide else asset.width
    if last * SAME >= asset.width:
        last = asset.width  # costs no more, and is sharper
    found = [last]
    for rung in reversed(rungs):
        if rung * SAME <= found[-1]:
            found.append(rung)
    return tuple(reversed(found))


def _nearest(least: float, asset: Asset, parts: Sequence[int]) -> int:
    """Return the best width from ``least`` on: the source's own if it is close, a whole part of it, a whole height."""
    if least * SAME >= asset.width:
        return asset.width
    waste = _PART_WASTE_ON_PHONES if least < _PHONE else _PART_WASTE
    part = next((part for part in parts if least <= part <= least * waste), None)
    return part or _with_whole_height(math.ceil(least), asset.width, asset.height)


@lru_cache(maxsize=4096)
def _whole_parts(width: int, height: int) -> tuple[int, ...]:
    """Return width / 8 … width / 1, where both sides are divisible; none if there is only the whole."""
    found = tuple(width // part for part in range(_MOST_PARTS, 0, -1) if width % part == height % part == 0)
    return found if len(found) > 1 else ()


@lru_cache(maxsize=4096)
def _with_whole_height(least: int, width: int, height: int) -> int:
    """Return the width from ``least`` on, at most a little wider, whose height is nearest to a whole number of px."""
    if least * height < _LOW * width:  # no height near it is whole
        return min(least, width)

    def error(candidate: int) -> tuple[float, int]:
        exact = candidate * height / width
        off = abs(exact - max(1, round(exact)))
        return (0.0 if off <= _EXACT else off, candidate)

    return min(range(least, min(width, max(least, int(least * _STRETCH))) + 1), key=error, default=min(least, width))
