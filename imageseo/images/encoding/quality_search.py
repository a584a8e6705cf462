"""Search for the quality that meets a target at a small size, by trial encodes scored with the metric."""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from imageseo.images.decoding.raster import open_raster
from imageseo.images.encoding import quality_model
from imageseo.images.encoding.foreign import GuardedCodec, PluginFailure
from imageseo.images.encoding.profiles import CodecSettings
from imageseo.images.encoding.scored_tiles import scored_image
from imageseo.model.protocols import Codec, Metric

if TYPE_CHECKING:
    from PIL.Image import Image

_MEMORY = re.compile(r"out of memory|allocation failed|encoding error [12]\b", re.IGNORECASE)
"""Error messages of libavif, Pillow and libwebp (its codes 1 and 2) for exhausted memory."""


class QualityPoint(NamedTuple):
    """What a search found. ``quality``: meets the target at the final effort, as far as known; fractional.

    ``bytes``: of the file at that quality, estimated from the nearest trial; None without a trial. ``lowered``: points
    by which the target is lowered, because they would cost too much.
    """

    quality: float
    bytes: float | None = None
    lowered: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search for the quality of one format and coding. ``target``: the score to meet."""

    format: str
    coding: str
    target: float


class Scorer:
    """Scores encoded files against an image, of which it keeps the metric's reference.

    Raises MemoryError, PluginFailure.
    """

    def __init__(self, metric: Metric, image: Image) -> None:
        self._metric = metric
        try:
            self._reference: Any = metric.reference(scored_image(image).copy())
        except PluginFailure:
            raise
        except (OSError, ValueError) as error:  # for example an image that is too thin
            if is_out_of_memory(error):
                raise MemoryError(f"{error}") from error
            self._reference = None

    def score(self, codec: Codec, data: bytes) -> float | None:
        """Return the score of a file, or None if the metric or the decoder rejects it."""
        if self._reference is None:
            return None
        try:
            with _decode(codec, data) as decoded:
                decoded.load()
                return self._metric.score(self._reference, scored_image(decoded))
        except PluginFailure:  # it must not decide the quality either
            raise
        except Exception as error:  # decoders may raise any exception; low memory must not decide the quality
            if is_out_of_memory(error):
                raise MemoryError(f"{error}") from error
            return None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of a decoder, encoder or metric means that memory was exhausted."""
    if isinstance(error, OSError) and error.errno is not None:  # the message contains a path
        return error.errno == errno.ENOMEM
    is_library_error = isinstance(error, (RuntimeError, ValueError, OSError))
    return isinstance(error, MemoryError) or (is_library_error and _MEMORY.search(str(error)) is not None)


def run_search(codec: Codec, scorer: Scorer, settings: CodecSettings, search: Search, image: Image) -> QualityPoint:
    """Run one search at the trial effort. If the encoder or metric rejects the image, the usual quality is the result.

    Raises MemoryError.
    """
    first = quality_model.initial_quality(search.format, search.target, is_text=search.coding != "")
    settings = settings.for_coding(search.coding)
    effort = settings.effort if settings.trial_effort is None else settings.trial_effort
    offset = 0.0 if settings.trial_effort is None else quality_model.trial_offset(search.format)
    trials: dict[float, int] = {}
    known: dict[int, float] = {}

    def score(quality: int) -> float:
        if quality in known:
            return known[quality]
        data = codec.encode(image.copy(), quality=quality, effort=effort, xmp=None, coding=search.coding)
        found = scorer.score(codec, data)
        if found is None:
            raise ValueError("the metric rejects the image")
        trials[found], known[quality] = len(data), found
        return found

    try:
        quality = quality_model.search(score, search.target, first=first + offset, format=search.format)
        nearest = min(trials, key=lambda found: abs(found - search.target))
        size = quality_model.bytes_at(search.target, trials[nearest], nearest)
        lowered = quality_model.points_to_lower(
            search.target, trials, size / image.width / image.height, format=search.format
        )
        if lowered:
            nearest_try = min(known, key=lambda each: (abs(known[each] - search.target + lowered), each))
            quality = quality_model.search(score, search.target - lowered, first=nearest_try, format=search.format)
    except (PluginFailure, MemoryError):
        raise
    except Exception as error:  # encoders may raise any exception; low memory must not decide the quality
        if is_out_of_memory(error):
            raise MemoryError(f"{error}") from error
        return QualityPoint(first)
    affordable = quality_model.affordable_score(trials)
    if affordable is not None and affordable < search.target - lowered:
        quality = quality_model.quality_scale(search.format)[next(each for each in known if known[each] == affordable)]
        lowered = min(quality_model.MOST_LOWERED, search.target - affordable)
    target = search.target - lowered
    nearest = min(trials, key=lambda found: abs(found - target))
    return QualityPoint(quality - offset, quality_model.bytes_at(target, trials[nearest], nearest), lowered)


def _decode(codec: Codec, data: bytes) -> Image:
    return codec.decode(data) if isinstance(codec, GuardedCodec) else open_raster(data, codec.name)
