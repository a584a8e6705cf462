"""The order of the work: one queue for the whole site, the largest first, and never too many pixels at once."""

from __future__ import annotations

import hashlib
import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, cast

from imageseo.core.profiles import Policy, Way
from imageseo.model.image import Asset, VariantSpec
from imageseo.ports import Codec

if TYPE_CHECKING:
    from PIL.Image import Image

MEMORY = 600 * 2**20
"""Bytes that decoded images may take at once, by the estimates below; a larger single source still gets its turn."""

_DECODE = {"webp": 18, "avif": 16}
"""Bytes a pixel while decoding and shrinking: the image, the decoder's planes or coefficients, one conversion."""
_DECODE_OTHER = 12
_HELD = 4
_WEIGHT = {"avif": 6.0}
"""CPU a pixel, relative to WebP's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file to decode once, and what to make of it. ``xmp``: to write into every variant."""

    path: Path
    asset: Asset
    specs: tuple[VariantSpec, ...]
    xmp: bytes = b""

    @property
    def memory(self) -> int:
        """Bytes while it is decoded, estimated."""
        pixels = self.asset.width * self.asset.height
        return pixels * _DECODE.get(self.asset.format, _DECODE_OTHER) + self.asset.bytes

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        return tuple(dict.fromkeys((spec.width, spec.height) for spec in self.specs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A variant's bytes."""

    spec: VariantSpec
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Why one spec, or with ``spec`` None all of a source, could not be made."""

    source: Source
    problem: str
    spec: VariantSpec | None = None


def work_through(
    sources: Iterable[Source],
    codecs: Mapping[str, Codec],
    policy: Policy,
    executor: Executor,
    *,
    workers: int,
) -> Iterator[Made | Failed]:
    """Decode each source once, encode each of its specs; outcomes as they come.

    At most ``workers`` tasks are handed out at once, so that the largest that is ready always goes next. A source is
    opened when its decoding fits the memory beside what is held already, and before the encoders run dry.
    """
    waiting = deque(sorted(sources, key=lambda source: (-sum(map(_cost, source.specs)), source.asset.sha256)))
    ready: list[tuple[float, int, VariantSpec, Source, Image]] = []
    pushed = count()
    opening: dict[Future[dict[tuple[int, int], Image]], Source] = {}
    encoding: dict[Future[bytes], tuple[VariantSpec, Source]] = {}
    held: dict[Source, int] = {}
    left: dict[Source, int] = {}
    try:
        while waiting or ready or opening or encoding:
            while len(opening) + len(encoding) < workers and (waiting or ready):
                fits = bool(waiting) and (not held or sum(held.values()) + waiting[0].memory <= MEMORY)
                if fits and len(ready) < 2 * workers:
                    source = waiting.popleft()
                    held[source] = source.memory
                    opening[executor.submit(open_source, source)] = source
                elif ready:
                    _, _, spec, source, image = heapq.heappop(ready)
                    codec, way = codecs[spec.format], policy.way(spec.format)
                    encoding[executor.submit(encode_one, codec, image, spec, way, source.xmp)] = (spec, source)
                    del image
                else:
                    break
            done = wait(cast("set[Future[object]]", {*opening, *encoding}), return_when=FIRST_COMPLETED).done
            for future in [future for future in opening if future in done]:
                source = opening.pop(future)
                try:
                    images = future.result()
                except Exception as error:  # a damaged file makes a decoder raise anything at all
                    del held[source]
                    yield Failed(source=source, problem=_words(error))
                    continue
                held[source], left[source] = sum(map(_bytes, images)), len(source.specs)
                for spec in source.specs:
                    heapq.heappush(ready, (-_cost(spec), next(pushed), spec, source, images[spec.width, spec.height]))
                del images
            for encoded in [future for future in encoding if future in done]:
                spec, source = encoding.pop(encoded)
                left[source] -= 1
                if not left[source]:
                    del held[source], left[source]
                yield _outcome(encoded, spec, source)
    finally:
        for started in (*opening, *encoding):
            cast("Future[object]", started).cancel()


def _outcome(encoded: Future[bytes], spec: VariantSpec, source: Source) -> Made | Failed:
    try:
        return Made(spec=spec, data=encoded.result())
    except Exception as error:  # a codec's limits (WebP ends at 16,383 px) cost one variant, not the build
        return Failed(source=source, spec=spec, problem=_words(error))


def open_source(source: Source) -> dict[tuple[int, int], Image]:
    """The images to encode. Raises ValueError when the file is not the one that was probed, else as Pillow does."""
    from imageseo.pixels import render

    data = source.path.read_bytes()
    if hashlib.sha256(data).hexdigest() != source.asset.sha256:
        # Its variants would lie in the store under another file's key.
        raise ValueError("the file changed during the build")
    return render(data, source.asset.format, source.asset.orientation, source.sizes)


def encode_one(codec: Codec, image: Image, spec: VariantSpec, way: Way, xmp: bytes) -> bytes:
    """One variant. Works on a copy: Pillow keeps a save's settings on the image, and formats share one."""
    quality = way.quality if spec.quality is None else spec.quality
    return codec.encode(image.copy(), quality=quality or 0, effort=way.effort, xmp=xmp or None)


def _cost(spec: VariantSpec) -> float:
    return spec.width * spec.height * _WEIGHT.get(spec.format, 1.0)


def _bytes(size: tuple[int, int]) -> int:
    return size[0] * size[1] * _HELD


def _words(error: Exception) -> str:
    return f"{error}" if isinstance(error, (OSError, ValueError)) else f"{type(error).__name__}: {error}"
