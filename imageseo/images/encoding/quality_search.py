"""Search for the quality that meets a target, by trial encodes scored with the metric."""

from __future__ import annotations

import errno
import math
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from imageseo.images.decoding.raster import open_raster
from imageseo.images.encoding import quality_model
from imageseo.images.encoding.foreign import GuardedCodec, PluginFailure
from imageseo.images.encoding.profiles import CodecSettings
from imageseo.model.protocols import Codec, Metric

if TYPE_CHECKING:
    from PIL.Image import Image

Size = tuple[int, int]

_MAX_EFFORT_OFFSET = 4.0
"""Maximum points of quality between trial effort and final effort; larger differences are noise."""

_WIDE_OFFSET_SHARE = 0.8
"""Share of this difference that remains above the wide anchor."""

PALETTE = "palette"
"""The coding of drawings with few colours, whose quality is the number of colours."""

COLORS = (64, 128, 256)
_MOST_COLORS = 2**16
"""Colours above which no palette is tried: it would look bad, and take seconds to find."""

_MEMORY = re.compile(r"out of memory|allocation failed|encoding error [12]\b", re.IGNORECASE)
"""Error messages of libavif, Pillow and libwebp (its codes 1 and 2) for exhausted memory."""


class QualityPoint(NamedTuple):
    """The qualities that meet the target at one anchor: at the final effort, and at the trial effort if it differs.

    ``density``: bytes per pixel at the final effort, if it was tried.
    """

    final: float
    trial: float | None
    density: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search at one anchor. ``target``: the score to meet; ``first``: the first quality to try; ``narrower``: the
    result at the narrower anchor, if any; ``is_widest``: no wider anchor follows.
    """

    format: str
    coding: str
    size: Size
    target: float
    first: float
    narrower: QualityPoint | None
    is_widest: bool


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of a decoder, encoder or metric means that memory was exhausted."""
    if isinstance(error, OSError) and error.errno is not None:  # the message contains a path
        return error.errno == errno.ENOMEM
    is_library_error = isinstance(error, (RuntimeError, ValueError, OSError))
    return isinstance(error, MemoryError) or (is_library_error and _MEMORY.search(str(error)) is not None)


def reference_for(metric: Metric, image: Image) -> Any:
    """Return the metric's reference for an anchor's image or its tiles; None if the metric rejects it.

    Raises MemoryError.
    """
    try:
        return metric.reference(scored_image(image).copy())
    except PluginFailure:
        raise
    except (OSError, ValueError) as error:
        if is_out_of_memory(error):
            raise MemoryError(f"{error}") from error
        return None


def run_search(
    codec: Codec, metric: Metric, settings: CodecSettings, search: Search, image: Image, reference: Any
) -> QualityPoint:
    """Run one search. If the encoder or metric rejects the size, the first quality is the result. Raises MemoryError.

    Trials at the final effort are expensive at the wide anchor. There, the search runs at the trial effort, is
    corrected by the difference of the efforts at the narrower anchor, and refined by a single encode at the final
    effort. Above the wide anchor, only the trial effort is used.

    ``reference``: from ``reference_for`` for ``image``.
    """
    settings = settings.for_coding(search.coding)
    scored = scored_image(image)
    uses_tiles = scored is not image
    target = search.target + (quality_model.tile_bias(search.format) if uses_tiles else 0.0)
    trials_by_effort: dict[int | None, list[tuple[float, int]]] = {}

    def score(quality: int, effort: int | None) -> float:
        data = codec.encode(scored.copy(), quality=quality, effort=effort, xmp=None, coding=search.coding)
        with _decode(codec, data) as decoded:
            decoded.load()
            result = metric.score(reference, decoded)
        trials_by_effort.setdefault(effort, []).append((target - result, len(data)))
        return result

    def density() -> float | None:
        """Return bytes per pixel, extrapolated from the trial closest to the target."""
        nearest = min(trials_by_effort.get(settings.effort, ()), key=lambda trial: abs(trial[0]), default=(0.0, 0))
        miss, size = nearest
        return size / scored.width / scored.height * math.exp(miss * quality_model.COST_PER_POINT) or None

    def find_colors() -> float:
        """Return the smallest number of colours that meets the target; 0 if none does."""
        try:
            is_drawn = reference is not None and scored.convert("RGB").getcolors(_MOST_COLORS) is not None
            numbers = COLORS if is_drawn else ()
            return next((float(number) for number in numbers if score(number, settings.effort) >= target), 0.0)
        except PluginFailure:
            raise
        except Exception as error:
            if is_out_of_memory(error):
                raise MemoryError(f"{error}") from error
            return 0.0

    def find(effort: int | None, first: float, trials: int = quality_model.TRIALS) -> float:
        score_at_effort = partial(score, effort=effort)
        try:
            if reference is not None:
                return quality_model.search(score_at_effort, target, first=first, format=search.format, trials=trials)
        except PluginFailure:  # it must not decide the quality either
            raise
        except Exception as error:  # encoders may raise any exception; low memory must not decide the quality
            if is_out_of_memory(error):
                raise MemoryError(f"{error}") from error
        return first

    if search.coding == PALETTE:
        return QualityPoint(find_colors(), None, density())
    narrower = search.narrower
    if settings.trial_effort is None or (narrower is None and search.is_widest):
        return QualityPoint(find(settings.effort, search.first), None, density())
    if narrower is None or narrower.trial is None:
        final = find(settings.effort, search.first)
        return QualityPoint(final, find(settings.trial_effort, final), density())
    trial = find(settings.trial_effort, search.first)
    effort_offset = min(_MAX_EFFORT_OFFSET, max(-_MAX_EFFORT_OFFSET, narrower.final - narrower.trial))
    if uses_tiles:
        return QualityPoint(trial + effort_offset * _WIDE_OFFSET_SHARE, trial)
    return QualityPoint(find(settings.effort, trial + effort_offset, trials=1), trial, density())


def _decode(codec: Codec, data: bytes) -> Image:
    return codec.decode(data) if isinstance(codec, GuardedCodec) else open_raster(data, codec.name)


def scored_image(image: Image) -> Image:
    """Return the image that is scored for an anchor: the image itself or, if it is wide, a sheet of its tiles."""
    size = quality_model.scored_size(image.size)
    if size == image.size:
        return image
    from PIL import Image as Images

    sheet = Images.new(image.mode, size)
    for (left, top), at in quality_model.tiles(image.size):
        sheet.paste(image.crop((left, top, left + quality_model.TILE, top + quality_model.TILE)), at)
    return sheet
