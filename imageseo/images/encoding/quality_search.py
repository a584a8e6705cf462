"""Trials: one search for a quality, made with the encoder and the metric themselves."""

from __future__ import annotations

import errno
import math
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from imageseo.images.decoding.raster import open_raster
from imageseo.images.encoding import quality_model
from imageseo.images.encoding.profiles import CodecSettings
from imageseo.model.protocols import Codec, Metric

if TYPE_CHECKING:
    from PIL.Image import Image

Size = tuple[int, int]

_FAR = 4.0
"""Points of quality that a trial effort may differ from the final one by; what differs by more is noise."""

_NEARER = 0.8
"""What is left of that above the wide anchor."""

_MEMORY = re.compile(r"out of memory|allocation failed|encoding error [12]\b", re.IGNORECASE)
"""As libavif, Pillow and libwebp (by its codes 1 and 2) say that there was none left."""


class QualityPoint(NamedTuple):
    """What meets the target at one anchor: the quality at the final effort, and at that of trials where they differ.

    ``density``: bytes a pixel at the final effort, where it was tried.
    """

    final: float
    trial: float | None
    density: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One search to make. ``wanted``: the score to meet; ``first``: where it begins; ``narrow``: what was found at the
    narrower anchor, if any; ``last``: no wider anchor follows.
    """

    format: str
    coding: str
    size: Size
    wanted: float
    first: float
    narrow: QualityPoint | None
    last: bool


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of a decoder, encoder or metric means that there was no memory for it."""
    if isinstance(error, OSError) and error.errno is not None:  # its words hold a path
        return error.errno == errno.ENOMEM
    known = isinstance(error, (RuntimeError, ValueError, OSError))
    return isinstance(error, MemoryError) or (known and _MEMORY.search(str(error)) is not None)


def reference_for(metric: Metric, image: Image) -> Any:
    """What the metric keeps of an anchor's picture, or of its pieces; None where it refuses it.

    Raises MemoryError where it has no room.
    """
    try:
        return metric.reference(scored_image(image).copy())
    except (OSError, ValueError) as error:
        if is_out_of_memory(error):
            raise MemoryError(f"{error}") from error
        return None


def search_one(
    codec: Codec, metric: Metric, way: CodecSettings, search: Search, image: Image, reference: Any
) -> QualityPoint:
    """Make one search. Where encoder or metric refuse the size, what is usual has to do; where one has no memory, a
    MemoryError.

    Trials at the final effort are dear at the wide anchor. There the cheap effort finds the neighbourhood, corrected by
    what the efforts differ at the narrow anchor, and a single encode at the final effort tells the rest.

    What is wider still is tried at the cheap effort alone.

    ``reference``: as ``refer`` gives it for ``image``.
    """
    judged = scored_image(image)
    pieces = judged is not image
    wanted = search.wanted + (quality_model.tile_bias(search.format) if pieces else 0.0)
    tried: dict[int | None, list[tuple[float, int]]] = {}

    def score(quality: int, effort: int | None) -> float:
        data = codec.encode(judged.copy(), quality=quality, effort=effort, xmp=None, coding=search.coding)
        with open_raster(data, codec.name) as decoded:
            decoded.load()
            found = metric.score(reference, decoded)
        tried.setdefault(effort, []).append((wanted - found, len(data)))
        return found

    def density() -> float | None:
        """By the nearest trial."""
        miss, size = min(tried.get(way.effort, ()), key=lambda each: abs(each[0]), default=(0.0, 0))
        return size / judged.width / judged.height * math.exp(miss * quality_model.COST) or None

    def find(effort: int | None, first: float, trials: int = quality_model.TRIALS) -> float:
        of_effort = partial(score, effort=effort)
        try:
            if reference is not None:
                return quality_model.search(of_effort, wanted, first=first, format=search.format, trials=trials)
        except Exception as error:  # as encoders may raise; but a machine out of memory must not choose the quality
            if is_out_of_memory(error):
                raise MemoryError(f"{error}") from error
        return first

    narrow = search.narrow
    if way.trial is None or (narrow is None and search.last):
        return QualityPoint(find(way.effort, search.first), None, density())
    if narrow is None or narrow.trial is None:
        final = find(way.effort, search.first)
        return QualityPoint(final, find(way.trial, final), density())
    trial = find(way.trial, search.first)
    apart = min(_FAR, max(-_FAR, narrow.final - narrow.trial))
    if pieces:
        return QualityPoint(trial + apart * _NEARER, trial)
    return QualityPoint(find(way.effort, trial + apart, trials=1), trial, density())


def scored_image(image: Image) -> Image:
    """What an anchor's picture is judged by: itself, or where it is wide, pieces of it side by side."""
    size = quality_model.scored_size(image.size)
    if size == image.size:
        return image
    from PIL import Image as pillow

    made = pillow.new(image.mode, size)
    for (left, top), at in quality_model.tiles(image.size):
        made.paste(image.crop((left, top, left + quality_model.PIECE, top + quality_model.PIECE)), at)
    return made
