"""Encodes in the background, in a thread and a process of low priority, what the builds of a preview have postponed."""

from __future__ import annotations

import atexit
import hashlib
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from imageseo.config.settings import Settings
from imageseo.images.encoding.encode_result import EncodeResult
from imageseo.images.encoding.isolation import Cancellation, Cancelled
from imageseo.images.encoding.postponed import Postponed, Tried
from imageseo.model import regular_file
from imageseo.model.errors import ImageseoError
from imageseo.model.image import Asset, VariantSpec

if TYPE_CHECKING:
    from imageseo.images.encoding.profiles import Profile

_PATIENCE = 1.5
"""Seconds that the end of the program waits for the last variant to be stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundWork:
    """Specs to encode. ``settings``, ``accepts``: those of the preview. ``jobs``: as for ``Encoder.encode``."""

    settings: Settings
    accepts: Collection[Profile]
    project: Path
    jobs: Mapping[str, tuple[Path, Asset]]
    specs: Collection[VariantSpec]

    @classmethod
    def of(
        cls, postponed: Postponed, settings: Settings, accepts: Collection[Profile], project: Path
    ) -> BackgroundWork:
        return cls(
            settings=settings,
            accepts=accepts,
            project=project,
            jobs=dict(postponed.jobs),
            specs=tuple(postponed.specs),
        )

    def of_sources(self, sources: Collection[str]) -> BackgroundWork:
        return replace(self, specs=tuple(spec for spec in self.specs if spec.source in sources))


class BackgroundEncoder:
    """Encodes until it is stopped, which the end of the program does at once.

    ``finished``: called in the thread when nothing is left. ``failed``: gets the text of an error. ``encode``: for
    tests.
    """

    def __init__(
        self,
        *,
        finished: Callable[[], None],
        failed: Callable[[str], None],
        encode: Callable[[BackgroundWork, Cancellation], EncodeResult] | None = None,
    ) -> None:
        self.tried = Tried()
        self._finished, self._failed = finished, failed
        self._encode = encode or encode_work
        self._condition = threading.Condition()
        self._queue: list[BackgroundWork] = []
        self._running: BackgroundWork | None = None
        self._cancellation = Cancellation()
        self._stopped = False
        self._thread: threading.Thread | None = None

    @property
    def has_work(self) -> bool:
        with self._condition:
            return bool(self._queue) or self._running is not None

    def submit(self, work: BackgroundWork | None) -> None:
        """Encode this instead of all that was submitted before; None: nothing.

        What was not asked for before is encoded first: it is on the page that is being edited.
        """
        with self._condition:
            if self._stopped:
                return
            known = set(self._running.specs) if self._running is not None else set()
            self._queue = [] if work is None else [work]
            if work is not None and self._running is not None:
                new = {spec.source for spec in work.specs if spec not in known}
                if new:
                    self._queue.insert(0, work.of_sources(new))
                    self._cancellation.cancel()
            elif work is None:
                self._cancellation.cancel()
            if self._queue and self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="imageseo-background", daemon=True)
                self._thread.start()
                _call_at_exit(self.stop)
            self._condition.notify_all()

    def stop(self) -> None:
        """Stop; what is stored already stays."""
        with self._condition:
            self._stopped = True
            self._queue = []
            self._cancellation.cancel()
            self._condition.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_PATIENCE)

    def _loop(self) -> None:
        while (work := self._next()) is not None:
            try:
                result = self._confirm(work, self._encode(work, self._cancellation))
                self.tried = self.tried.with_result(result)
            except Cancelled:
                continue
            except ImageseoError as error:
                self._failed(str(error))
            except Exception as error:  # the preview goes on, with the images as they are
                self._failed(f"images cannot be encoded in the background: unexpected {type(error).__name__}: {error}")
            with self._condition:
                self._running = None
                is_done = not self._queue and not self._stopped
            if is_done:
                self._finished()

    def _next(self) -> BackgroundWork | None:
        with self._condition:
            self._running = None
            while not self._queue and not self._stopped:
                self._condition.wait()
            if self._stopped:
                return None
            self._cancellation = Cancellation()
            self._running = self._queue.pop(0)
            return self._running

    def _confirm(self, work: BackgroundWork, result: EncodeResult) -> EncodeResult:
        """Return a result without the failures of files that their generator has just written anew or removed.

        The next build asks for these again. All others are tried once more: a file may have been incomplete.
        """
        failed = {*result.failures, *(spec.source for spec in (*result.refused, *result.crashed))}
        if not failed:
            return result
        unchanged = {source for source in failed if _has_digest(work.jobs[source][0], source)}
        again = self._encode(work.of_sources(unchanged), self._cancellation) if unchanged else EncodeResult(variants={})
        lasting = {source for source in unchanged if _has_digest(work.jobs[source][0], source)}
        return replace(
            result,
            failures={source: bad for source, bad in again.failures.items() if source in lasting},
            refused=_of_sources(again.refused, lasting),
            crashed=_of_sources(again.crashed, lasting),
            declined={**result.declined, **again.declined},
        )


def encode_work(work: BackgroundWork, cancellation: Cancellation) -> EncodeResult:
    """Encode what the store lacks. Raises ImageseoError, Cancelled."""
    from imageseo.images.encoding.encoder_factory import EncoderFactory
    from imageseo.images.encoding.factory import store
    from imageseo.pipeline.composition import worker_count

    workers = worker_count(work.settings)
    # The threads are only used on a machine where no process can be started.
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="imageseo") as executor:
        factory = EncoderFactory.of(work.settings, work.project, work.accepts)
        variants = store(work.settings, work.project)
        return factory.encoder(variants, executor, workers=workers, cancellation=cancellation).encode(
            work.jobs, work.specs
        )


def _of_sources(reasons: Mapping[VariantSpec, str], sources: Collection[str]) -> dict[VariantSpec, str]:
    return {spec: reason for spec, reason in reasons.items() if spec.source in sources}


def _has_digest(path: Path, digest: str) -> bool:
    try:
        return hashlib.sha256(regular_file.read(path)).hexdigest() == digest
    except OSError:
        return False


def _call_at_exit(stop: Callable[[], None]) -> None:
    """Call a function at the end of this process, which may be one that `pelican -l -r` has forked."""
    multiprocessing = sys.modules.get("multiprocessing")
    if multiprocessing is not None and multiprocessing.parent_process() is not None:
        from multiprocessing.util import Finalize

        Finalize(None, stop, exitpriority=0)  # such a process does not call the functions of `atexit`
    else:
        atexit.register(stop)


def sources_of(specs: Iterable[VariantSpec]) -> frozenset[str]:
    """Return the digests of the source files of specs."""
    return frozenset(spec.source for spec in specs)
