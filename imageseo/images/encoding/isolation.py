"""Encode in a separate process: a decoder that crashes or exhausts memory costs one image, not the build."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import IO

from imageseo.config.settings import Settings
from imageseo.images.encoding.spare_worker import SpareWorker, start_worker
from imageseo.images.encoding.tasks import EncodedVariant, EncodeFailure, EncodeJob, EngineUnavailable, Outcomes
from imageseo.model.errors import ImageseoError, SiteError
from imageseo.model.image import VariantSpec
from imageseo.model.protocols import Store

_BASE_MEMORY = 2 * 2**30
_MEMORY_PER_THREAD = 256 * 2**20
"""Bytes of memory that a worker may use in addition to its largest source, in total and per thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerTask:
    """The input of a worker. ``memory``: its limit in bytes, where the system can enforce one.

    ``path``: where the parent process finds modules, and so plug-ins. ``parent``: id of the process that it ends
    with, for a worker in the background; its priority is low.
    """

    settings: Settings
    project: Path
    sources: tuple[EncodeJob, ...]
    workers: int
    memory: int
    path: tuple[str, ...] = ()
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class SourceStarted:
    """Message: the worker is about to open a source file."""

    digest: str


@dataclass(frozen=True, slots=True)
class StoreMessage:
    """Message: data for the store, or (``data`` None) a key that the worker used from the store."""

    key: str
    data: bytes | None


@dataclass(frozen=True, slots=True)
class WorkerDone:
    """The last message of a worker: all work is done, or ``error`` stopped it."""

    error: ImageseoError | None = None


class Cancelled(Exception):
    """The engine was cancelled; what it has yielded is complete."""


class Cancellation:
    """Ends an engine from another thread, at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_set = False

    def cancel(self) -> None:
        with self._lock:
            self._is_set = True
            if self._process is not None:
                self._process.kill()

    def check(self) -> None:
        """Raise Cancelled if the engine was cancelled."""
        if self._is_set:
            raise Cancelled

    @contextmanager
    def ending(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """Let ``cancel`` kill a process."""
        with self._lock:
            self._process = process
            if self._is_set:
                process.kill()
        try:
            yield
        finally:
            with self._lock:
                self._process = None


Message = SourceStarted | StoreMessage | EncodedVariant | EncodeFailure | WorkerDone


@dataclass(slots=True)
class _PendingSpecs:
    """The pending specs by source digest, the sources started, and those that ran out of memory."""

    pending: dict[str, list[VariantSpec]]
    started: set[str] = field(default_factory=set)
    out_of_memory: set[str] = field(default_factory=set)

    def remove(self, outcome: EncodedVariant | EncodeFailure) -> None:
        source = outcome.source.asset.sha256 if isinstance(outcome, EncodeFailure) else outcome.spec.source
        if outcome.spec is None:
            self.pending.pop(source, None)
        elif source in self.pending:
            self.pending[source].remove(outcome.spec)
            if not self.pending[source]:
                del self.pending[source]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEngine:
    """An engine like ``scheduler.run_jobs``, in another process.

    When that process dies, the source files that it had started are retried, each alone: one that kills its process
    again has failed, the others continue. ``workers``: threads of the process; ``store``: receives the search results
    of the process. ``cancellation``: for work in the background, beside a program that must respond. ``spare``: may
    have a process that is used first.
    """

    settings: Settings
    project: Path
    workers: int
    store: Store
    cancellation: Cancellation | None = None
    spare: SpareWorker | None = None

    def __call__(self, sources: Sequence[EncodeJob]) -> Outcomes:
        """Yield the outcomes as they arrive.

        Raises the worker's ImageseoError, EngineUnavailable if no process can be started, or Cancelled.
        """
        waiting = list(sources)
        first = True
        while waiting:
            state = _PendingSpecs({source.asset.sha256: list(source.specs) for source in waiting})
            exit_reason = yield from self._run_worker(waiting, state, alone=False, first=first)
            first = False
            suspects = _remaining_jobs(waiting, state, state.started if exit_reason else state.out_of_memory)
            if exit_reason and not suspects:
                raise SiteError(
                    f"the process that encodes images {exit_reason} before it opened an image",
                    hint="give the build more memory, or set `encode.isolate` to false to encode in the main process",
                )
            for source in suspects:
                yield from self._run_alone(source)
            waiting = (
                _remaining_jobs(waiting, state, state.pending.keys() - state.started - state.out_of_memory)
                if exit_reason
                else []
            )

    def _run_alone(self, source: EncodeJob) -> Outcomes:
        state = _PendingSpecs({source.asset.sha256: list(source.specs)})
        exit_reason = yield from self._run_worker([source], state, alone=True, first=False)
        if exit_reason and state.pending:
            yield EncodeFailure(source=source, problem=f"its decoder or encoder {exit_reason}")

    def _run_worker(
        self, sources: Sequence[EncodeJob], state: _PendingSpecs, *, alone: bool, first: bool
    ) -> Generator[EncodedVariant | EncodeFailure, None, str | None]:
        """Yield one worker's outcomes. Return how it died, or None if it finished."""
        memory = _BASE_MEMORY + _MEMORY_PER_THREAD * self.workers + 2 * max(source.memory for source in sources)
        task = WorkerTask(
            settings=self.settings,
            project=self.project,
            sources=tuple(sources),
            workers=1 if alone else self.workers,
            memory=memory,
            path=tuple(each for each in sys.path if each),
            parent=None if self.cancellation is None else os.getpid(),
        )
        background = task.parent is not None
        spare = self.spare.take() if self.spare is not None and not background else None
        with (
            spare or _start_process(first=first, background=background) as process,
            self.cancellation.ending(process) if self.cancellation is not None else nullcontext(),
        ):
            try:
                for message in _read_messages(process, task):
                    match message:
                        case SourceStarted(digest=digest):
                            state.started.add(digest)
                        case StoreMessage(key=key, data=data):
                            self.store.put(key, data) if data is not None else self.store.find(key)
                        case WorkerDone(error=None):
                            process.wait()
                            return None
                        case WorkerDone(error=error):
                            assert error is not None
                            raise error
                        case EncodeFailure(out_of_memory=True, source=source) if not alone:
                            # Other sources may have used the memory: it may succeed alone.
                            state.out_of_memory.add(source.asset.sha256)
                        case EncodedVariant() | EncodeFailure():
                            state.remove(message)
                            yield message
            finally:
                if process.poll() is None:
                    process.kill()
            if self.cancellation is not None:
                self.cancellation.check()
            return _describe_exit(process.wait())


def _start_process(*, first: bool, background: bool) -> subprocess.Popen[bytes]:
    """Start a worker. In the background it has a session of its own: a terminal's Ctrl-C is for the parent process."""
    try:
        return start_worker(background=background)
    except OSError as error:
        if first:  # a sandbox without processes, or an interpreter without execute permission
            raise EngineUnavailable(str(error)) from error
        # A worker has died already: its cause must not reach this process.
        raise SiteError(
            f"no further process can be started to encode images: {error}", hint="give the build more memory"
        ) from error


def _read_messages(process: subprocess.Popen[bytes], task: WorkerTask) -> Iterator[Message]:
    """Yield a worker's messages until it ends or dies, possibly in the middle of a message."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        pickle.dump(task, process.stdin)
    except BrokenPipeError:  # it died before it had read its task; the exit status shows how
        return
    finally:
        with suppress(BrokenPipeError):
            process.stdin.close()
    while True:
        try:
            yield pickle.load(process.stdout)
        except (EOFError, pickle.UnpicklingError):
            return


def send_message(stream: IO[bytes], message: Message) -> None:
    """Send one message from the worker and flush it, so that the started sources are known after a crash."""
    stream.write(pickle.dumps(message))
    stream.flush()


def _remaining_jobs(
    sources: Sequence[EncodeJob], state: _PendingSpecs, digests: Mapping[str, object] | set[str]
) -> list[EncodeJob]:
    """Return the given sources with their pending specs, in order."""
    return [
        replace(source, specs=tuple(state.pending[source.asset.sha256]))
        for source in sources
        if source.asset.sha256 in digests and source.asset.sha256 in state.pending
    ]


def _describe_exit(code: int) -> str:
    if code >= 0:
        return f"exited unexpectedly (exit status {code})"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"was killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
