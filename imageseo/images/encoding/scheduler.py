"""Schedule encoding: one queue for the whole site, the largest first, with limited memory for decoded images."""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from imageseo.images.encoding.profiles import EncodingPolicy
from imageseo.images.encoding.quality_search import QualityPoint, Scorer, run_search
from imageseo.images.encoding.scored_tiles import scored_size
from imageseo.images.encoding.tasks import (
    BYTES_PER_PIXEL,
    DecodedSource,
    EncodedVariant,
    EncodeJob,
    Outcomes,
    convert_file,
    is_whole_file,
    make_declined,
    make_failure,
    open_source,
)
from imageseo.images.encoding.tuner import WHOLE_FORMAT, QualityStudy, Size, Tuner, needs_search
from imageseo.images.encoding.variant_encoder import EncodedImage, encode_variant, run_whole_search
from imageseo.model.errors import StoreError
from imageseo.model.image import VariantSpec

if TYPE_CHECKING:
    from PIL.Image import Image

T = TypeVar("T")

MEMORY = 600 * 2**20
"""Estimated bytes that decoded images may use at once; a single larger source file is processed alone."""

AHEAD = 3.0
"""The next source file is opened when fewer estimated seconds of encoding per worker than this are ready."""

_REFERENCE = 100
"""Bytes per pixel that a metric needs for a reference and, temporarily, to score another image."""

_SECONDS: dict[str, tuple[float, ...]] = {
    "avif": (9.0, 8.0, 6.0, 5.0, 4.0, 3.0, 0.5, 0.35, 0.17, 0.05, 0.05),
    "webp": (0.02, 0.025, 0.03, 0.05, 0.07, 0.09, 0.125),
}
"""CPU seconds per megapixel by effort; they only affect the order of the work, and its progress."""


def estimate_seconds(spec: VariantSpec, policy: EncodingPolicy) -> float:
    """Return the estimated seconds of an encode, to order the work and to show its progress."""
    efforts = _SECONDS.get(spec.format, (0.05,))
    effort = policy.way(spec.format).effort
    seconds = efforts[len(efforts) // 2] if effort is None else efforts[min(effort, len(efforts) - 1)]
    return spec.width * spec.height * seconds * 1e-6


def run_jobs(
    sources: Iterable[EncodeJob],
    tuner: Tuner,
    executor: Executor,
    *,
    workers: int,
    on_start: Callable[[EncodeJob], None] | None = None,
) -> Outcomes:
    """Decode each source file once, search unknown qualities, encode each spec; yield outcomes as they are ready.

    At most ``workers`` tasks are submitted at once, so that the largest one ready is always next. Searches precede
    encodes, which depend on them. A source file is opened when its decoding fits into the memory limit, and before the
    encoders run out of work. ``on_start``: called with each job before its source file is opened.
    """
    queue = _Queue(tuner=tuner, executor=executor, on_start=on_start)
    queue.waiting.extend(
        sorted(sources, key=lambda source: (-sum(queue.cost(spec) for spec in source.specs), source.asset.sha256))
    )
    try:
        while queue.fill(workers):
            for done in wait(queue.running, return_when=FIRST_COMPLETED).done:
                yield from queue.running.pop(done)(done)
    finally:
        for started in queue.running:
            started.cancel()


@dataclass(slots=True, kw_only=True)
class _Queue:
    """Waiting jobs, ready encodes and running tasks. ``running``: the callback for each task's result."""

    tuner: Tuner
    executor: Executor
    on_start: Callable[[EncodeJob], None] | None = None
    waiting: deque[EncodeJob] = field(default_factory=deque)
    search_tasks: deque[Callable[[], None]] = field(default_factory=deque)  # of searches, which precede encodes
    ready: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    running: dict[Future[Any], Callable[[Future[Any]], Outcomes]] = field(default_factory=dict)
    memory_in_use: dict[EncodeJob, int] = field(default_factory=dict)
    specs_left: dict[EncodeJob, int] = field(default_factory=dict)
    ready_seconds: float = 0.0  # estimated, of the encodes in `ready`
    counter: Iterator[int] = field(default_factory=count)

    def fill(self, workers: int) -> bool:
        """Submit tasks until all workers are busy. Return False when no work is left."""
        while len(self.running) < workers:
            if self.search_tasks:
                self.search_tasks.popleft()()
            elif self.waiting and self.ready_seconds < AHEAD * workers and self._fits_memory(self.waiting[0]):
                source = self.waiting.popleft()
                self.memory_in_use[source] = source.memory
                if self.on_start is not None:
                    self.on_start(source)
                if all(is_whole_file(source.asset, spec) for spec in source.specs):
                    self.specs_left[source] = len(source.specs)
                    self._queue_whole_files(source)
                else:
                    self._submit(partial(self._on_decoded, source), open_source, source, self.tuner.policy)
            elif self.ready:
                cost, _, start = heapq.heappop(self.ready)
                self.ready_seconds = self.ready_seconds + cost if self.ready else 0.0
                start()
            else:
                break
        return bool(self.running)

    def cost(self, spec: VariantSpec) -> float:
        return estimate_seconds(spec, self.tuner.policy)

    def _submit(self, callback: Callable[[Future[Any]], Outcomes], task: Callable[..., object], *args: object) -> None:
        self.running[self.executor.submit(task, *args)] = callback

    def _fits_memory(self, source: EncodeJob) -> bool:
        return not self.memory_in_use or sum(self.memory_in_use.values()) + source.memory <= MEMORY

    def _on_decoded(self, source: EncodeJob, done: Future[DecodedSource]) -> Outcomes:
        try:
            decoded = done.result()
        except Exception as error:  # a damaged file can make a decoder raise any exception
            del self.memory_in_use[source]
            yield make_failure(source, error)
            return
        specs = [spec for spec in source.specs if not is_whole_file(source.asset, spec)]
        study = self.tuner.study(source.asset, decoded.content, specs, source.formats)
        if study.points or study.todo or study.excluded:
            self.tuner.save_content(source.asset, decoded.content)
        self.specs_left[source] = len(source.specs)
        self._set_memory(source, decoded.images)
        self._queue_whole_files(source)
        now = [spec for spec in specs if not (study.todo and needs_search(spec, self.tuner.policy))]
        yield from self._queue_encodes(source, study, now, decoded.images)
        if study.todo:
            later = [spec for spec in specs if spec not in set(now)]
            self._start_searches(source, study, later, decoded.images)

    def _start_searches(
        self, source: EncodeJob, study: QualityStudy, specs: list[VariantSpec], images: dict[Size, Image]
    ) -> None:
        """Start the study's searches, which share one image; first compute the metric's reference, if they share it."""
        image, metric = images[study.probe_size], self.tuner.metric
        assert metric is not None  # a policy with targets requires one
        self.memory_in_use[source] += _score_memory(image)
        callback = partial(self._on_searched, source, study, specs, images)

        def start(scorer: Scorer) -> None:
            for format, coding in list(study.todo):
                codec, settings = self.tuner.codecs[format], self.tuner.policy.way(format)
                done = partial(callback, format, coding)
                if coding == WHOLE_FORMAT:
                    goal = study.goal_of_format(format, image.width)
                    args: tuple[Any, ...] = (run_whole_search, codec, metric, image, goal, settings)
                else:
                    args = (run_search, codec, scorer, settings, study.search(format, coding), image)
                self.search_tasks.append(partial(self._submit, done, *args))

        def on_scorer(done: Future[Scorer]) -> Outcomes:
            try:
                start(done.result())
            except Exception as error:
                yield from self._fail_specs(source, specs, error)

        self.search_tasks.append(partial(self._submit, on_scorer, Scorer, metric, image))

    def _on_searched(
        self,
        source: EncodeJob,
        study: QualityStudy,
        specs: list[VariantSpec],
        images: dict[Size, Image],
        format: str,
        coding: str,
        done: Future[QualityPoint],
    ) -> Outcomes:
        try:
            point = done.result()
            self.tuner.save(source.asset, format, coding, point)
        except StoreError:
            raise
        except Exception as error:  # for example out of memory; wait for the other searches
            study.error = error
            point = QualityPoint(0.0)
        if not study.add_result(format, coding, point):
            return
        if study.error is not None:
            yield from self._fail_specs(source, specs, study.error)
        else:
            self._set_memory(source, images)
            yield from self._queue_encodes(source, study, specs, images)

    def _fail_specs(self, source: EncodeJob, specs: Iterable[VariantSpec], error: Exception) -> Outcomes:
        for spec in specs:
            self._finish_spec(source)
            yield make_failure(source, error, spec)

    def _queue_encodes(
        self, source: EncodeJob, study: QualityStudy, specs: list[VariantSpec], images: dict[Size, Image]
    ) -> Outcomes:
        for spec in specs:
            if study.omits(spec):
                self._finish_spec(source)
                yield make_declined(source, spec)
            else:
                start = partial(self._start_encode, source, study, spec, images[spec.width, spec.height])
                self._queue_task(self.cost(spec), start)

    def _start_encode(self, source: EncodeJob, study: QualityStudy, spec: VariantSpec, image: Image) -> None:
        codec, settings = self.tuner.codecs[spec.format], self.tuner.policy.way(spec.format)
        xmp = source.in_place_xmp if spec.in_place else source.xmp
        goal = study.goal(spec)
        memory = _score_memory(image) if goal.quality is None else 0
        self.memory_in_use[source] += memory
        args = (codec, self.tuner.metric, image, goal, settings, xmp)
        self._submit(partial(self._on_variant, source, spec, memory), _timed, encode_variant, *args)

    def _queue_whole_files(self, source: EncodeJob) -> None:
        """Queue the specs that are made from the whole file, which need no decoded image."""
        for spec in source.specs:
            if is_whole_file(source.asset, spec):
                callback = partial(self._on_converted, source, spec)
                start = partial(self._submit, callback, _timed, convert_file, source, spec, self.tuner.policy)
                self._queue_task(self.cost(spec) * source.asset.frames, start)

    def _queue_task(self, cost: float, start: Callable[[], None]) -> None:
        self.ready_seconds += cost
        heapq.heappush(self.ready, (-cost, next(self.counter), start))

    def _set_memory(self, source: EncodeJob, images: Iterable[Size]) -> None:
        whole_file_memory = source.memory if any(is_whole_file(source.asset, spec) for spec in source.specs) else 0
        self.memory_in_use[source] = sum(map(_image_bytes, images)) + whole_file_memory

    def _on_variant(
        self, source: EncodeJob, spec: VariantSpec, memory: int, done: Future[tuple[EncodedImage, float]]
    ) -> Outcomes:
        self.memory_in_use[source] -= memory
        self._finish_spec(source)
        try:
            made, seconds = done.result()
            quality = made.quality if needs_search(spec, self.tuner.policy) else None
            yield EncodedVariant(spec=spec, data=made.data, quality=quality, score=made.score, seconds=seconds)
        except Exception as error:  # a codec's limit (16,383 px for WebP) costs one variant, not the build
            yield make_failure(source, error, spec)

    def _on_converted(self, source: EncodeJob, spec: VariantSpec, done: Future[tuple[bytes, float]]) -> Outcomes:
        self._finish_spec(source)
        try:
            data, seconds = done.result()
            yield EncodedVariant(spec=spec, data=data, seconds=seconds) if data else make_declined(source, spec)
        except Exception as error:  # a damaged frame costs one variant, not the build
            yield make_failure(source, error, spec)

    def _finish_spec(self, source: EncodeJob) -> None:
        """Count one spec as finished; release the source file after the last."""
        self.specs_left[source] -= 1
        if not self.specs_left[source]:
            del self.memory_in_use[source], self.specs_left[source]


def _timed(task: Callable[..., T], *args: object) -> tuple[T, float]:
    """Return the result of a task, and the seconds that it took."""
    start = time.perf_counter()
    return task(*args), time.perf_counter() - start


def _score_memory(image: Image) -> int:
    """Return the estimated bytes that a metric needs to score files against an image."""
    width, height = scored_size(image.size)
    return width * height * _REFERENCE


def _image_bytes(size: Size) -> int:
    return size[0] * size[1] * BYTES_PER_PIXEL
