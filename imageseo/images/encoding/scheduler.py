"""The order of the work: one queue for the whole site, the largest first, and never too many pixels at once."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from imageseo.images.encoding.quality_model import scored_size
from imageseo.images.encoding.quality_search import QualityPoint, Search, reference_for, search_one
from imageseo.images.encoding.tasks import (
    HELD,
    DecodedSource,
    EncodedVariant,
    EncodeJob,
    Outcomes,
    convert_file,
    declined_spec,
    encode_one,
    failure_of,
    is_whole_file,
    open_source,
)
from imageseo.images.encoding.tuner import QualityStudy, Size, Tuner, needs_search
from imageseo.model.errors import StoreError
from imageseo.model.image import VariantSpec

if TYPE_CHECKING:
    from PIL.Image import Image

MEMORY = 600 * 2**20
"""Bytes that decoded images may take at once, by the estimates below; a larger single source still gets its turn."""

AHEAD = 3.0
"""Seconds of encoding a worker, roughly, that lie ready before the next source is opened."""

_REFERENCE = 100
"""Bytes a pixel that a metric keeps of a picture, and takes for a while to judge another one."""

_SECONDS: dict[str, tuple[float, ...]] = {
    "avif": (9.0, 8.0, 6.0, 5.0, 4.0, 3.0, 0.5, 0.35, 0.17, 0.05, 0.05),
    "webp": (0.02, 0.025, 0.03, 0.05, 0.07, 0.09, 0.125),
}
"""CPU a megapixel by effort; only the order of the work follows from it."""


def work_through(
    sources: Iterable[EncodeJob],
    tuner: Tuner,
    executor: Executor,
    *,
    workers: int,
    began: Callable[[EncodeJob], None] | None = None,
) -> Outcomes:
    """Decode each source once, search the qualities that are not known, encode each spec; outcomes as they come.

    At most ``workers`` tasks are handed out at once, so that the largest that is ready always goes next. Searches go
    before encodes, which wait for them; a source is opened when its decoding fits the memory beside what is held
    already, and before the encoders run dry. ``began``: is told of each source before it is opened.
    """
    queue = _Queue(tuner=tuner, executor=executor, began=began)
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
    """What waits, what is ready and what runs. ``running``: what to do with each task's end."""

    tuner: Tuner
    executor: Executor
    began: Callable[[EncodeJob], None] | None = None
    waiting: deque[EncodeJob] = field(default_factory=deque)
    tasks: deque[Callable[[], None]] = field(default_factory=deque)  # of searches, that encodes wait for
    ready: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    running: dict[Future[Any], Callable[[Future[Any]], Outcomes]] = field(default_factory=dict)
    held: dict[EncodeJob, int] = field(default_factory=dict)
    left: dict[EncodeJob, int] = field(default_factory=dict)
    lying: float = 0.0  # seconds in `ready`
    pushed: Iterator[int] = field(default_factory=count)

    def fill(self, workers: int) -> bool:
        """Hand out work until all workers have some; False when there is none left."""
        while len(self.running) < workers:
            if self.tasks:
                self.tasks.popleft()()
            elif self.waiting and self.lying < AHEAD * workers and self._fits(self.waiting[0]):
                source = self.waiting.popleft()
                self.held[source] = source.memory
                if self.began is not None:
                    self.began(source)
                if all(is_whole_file(source.asset, spec) for spec in source.specs):
                    self.left[source] = len(source.specs)
                    self._push_whole(source)
                else:
                    self._run(partial(self._opened, source), open_source, source, self.tuner.policy)
            elif self.ready:
                cost, _, begin = heapq.heappop(self.ready)
                self.lying = self.lying + cost if self.ready else 0.0
                begin()
            else:
                break
        return bool(self.running)

    def cost(self, spec: VariantSpec) -> float:
        """Seconds that an encode takes, roughly."""
        efforts = _SECONDS.get(spec.format, (0.05,))
        effort = self.tuner.policy.way(spec.format).effort
        each = efforts[len(efforts) // 2] if effort is None else efforts[min(effort, len(efforts) - 1)]
        return spec.width * spec.height * each * 1e-6

    def _run(self, then: Callable[[Future[Any]], Outcomes], task: Callable[..., object], *given: object) -> None:
        self.running[self.executor.submit(task, *given)] = then

    def _fits(self, source: EncodeJob) -> bool:
        return not self.held or sum(self.held.values()) + source.memory <= MEMORY

    def _opened(self, source: EncodeJob, done: Future[DecodedSource]) -> Outcomes:
        try:
            opened = done.result()
        except Exception as error:  # a damaged file makes a decoder raise anything at all
            del self.held[source]
            yield failure_of(source, error)
            return
        specs = [spec for spec in source.specs if not is_whole_file(source.asset, spec)]
        study = self.tuner.study(source.asset, opened.kind, specs)
        if study.qualities:
            self.tuner.keep_kind(source.asset, opened.kind)
        self.left[source] = len(source.specs)
        self._hold(source, opened.images)
        self._push_whole(source)
        now = [spec for spec in specs if not (study.todo and needs_search(spec, self.tuner.policy))]
        self._push(source, study, now, opened.images)
        if study.todo:
            later = [spec for spec in specs if spec not in set(now)]
            largest = max(_bytes(scored_size(size)) for size, _ in study.todo)
            self.held[source] += largest // HELD * _REFERENCE
            self._look(source, study, later, opened.images)

    def _look(
        self, source: EncodeJob, study: QualityStudy, specs: list[VariantSpec], images: dict[Size, Image]
    ) -> None:
        """Begin with the study's next anchor: first what the metric keeps of the picture, for all searches alike."""
        then = partial(self._looked, source, study, specs, images)
        self.tasks.append(partial(self._run, then, reference_for, self.tuner.metric, images[study.todo[0][0]]))

    def _looked(
        self,
        source: EncodeJob,
        study: QualityStudy,
        specs: list[VariantSpec],
        images: dict[Size, Image],
        done: Future[Any],
    ) -> Outcomes:
        then = partial(self._searched, source, study, specs, images)
        image, metric = images[study.todo[0][0]], self.tuner.metric
        try:
            reference = done.result()
        except Exception as error:
            yield from self._give_up(source, specs, error)
            return
        for search in study.searches():
            codec, way = self.tuner.codecs[search.format], self.tuner.policy.way(search.format)
            given = (codec, metric, way, search, image, reference)
            self.tasks.append(partial(self._run, partial(then, search), search_one, *given))

    def _searched(
        self,
        source: EncodeJob,
        study: QualityStudy,
        specs: list[VariantSpec],
        images: dict[Size, Image],
        search: Search,
        done: Future[QualityPoint],
    ) -> Outcomes:
        try:
            found = done.result()
            self.tuner.keep(source.asset, search, found)
        except StoreError:
            raise
        except Exception as error:  # a machine out of memory, say; its siblings are waited for
            study.fault = error
            found = QualityPoint(search.first, None)
        if not study.learn(search, found):
            return
        if study.fault is not None:
            yield from self._give_up(source, specs, study.fault)
        elif study.todo:
            self._look(source, study, specs, images)
        else:
            self._hold(source, images)
            self._push(source, study, specs, images)

    def _give_up(self, source: EncodeJob, specs: Iterable[VariantSpec], error: Exception) -> Outcomes:
        for spec in specs:
            self._done(source)
            yield failure_of(source, error, spec)

    def _push(
        self, source: EncodeJob, study: QualityStudy, specs: list[VariantSpec], images: dict[Size, Image]
    ) -> None:
        for spec in specs:
            begin = partial(self._encode, source, study, spec, images[spec.width, spec.height])
            self._wait(self.cost(spec), begin)

    def _encode(self, source: EncodeJob, study: QualityStudy, spec: VariantSpec, image: Image) -> None:
        codec, way = self.tuner.codecs[spec.format], self.tuner.policy.way(spec.format)
        xmp = source.mark if spec.in_place else source.xmp
        self._run(partial(self._encoded, source, spec), encode_one, codec, image, study.attempts(spec), way, xmp)

    def _push_whole(self, source: EncodeJob) -> None:
        """What is made of the file itself needs no image of it."""
        for spec in source.specs:
            if is_whole_file(source.asset, spec):
                then = partial(self._encoded, source, spec)
                begin = partial(self._run, then, convert_file, source, spec, self.tuner.policy)
                self._wait(self.cost(spec) * source.asset.frames, begin)

    def _wait(self, cost: float, begin: Callable[[], None]) -> None:
        self.lying += cost
        heapq.heappush(self.ready, (-cost, next(self.pushed), begin))

    def _hold(self, source: EncodeJob, images: Iterable[Size]) -> None:
        anew = source.memory if any(is_whole_file(source.asset, spec) for spec in source.specs) else 0
        self.held[source] = sum(map(_bytes, images)) + anew

    def _encoded(self, source: EncodeJob, spec: VariantSpec, done: Future[bytes]) -> Outcomes:
        self._done(source)
        try:
            data = done.result()
            yield EncodedVariant(spec=spec, data=data) if data else declined_spec(source, spec)
        except Exception as error:  # a codec's limits (WebP ends at 16,383 px) cost one variant, not the build
            yield failure_of(source, error, spec)

    def _done(self, source: EncodeJob) -> None:
        """One spec less."""
        self.left[source] -= 1
        if not self.left[source]:
            del self.held[source], self.left[source]


def _bytes(size: Size) -> int:
    return size[0] * size[1] * HELD
