"""Encoding in a process of its own: a decoder that crashes or eats memory costs one picture, not the build."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from imageseo.config.settings import Settings
from imageseo.images.encoding.tasks import EncodedVariant, EncodeFailure, EncodeJob, EngineUnavailable, Outcomes
from imageseo.model.errors import ImageseoError, SiteError
from imageseo.model.image import VariantSpec
from imageseo.model.protocols import Store

_START = "import sys; sys.path.append({path!r}); from imageseo.images.encoding.worker import main; main()"
_ROOM = 2 * 2**30
_ROOM_A_THREAD = 256 * 2**20
"""Bytes of memory that a worker may take beside what its largest source needs, and for each of its threads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a worker is asked to do. ``memory``: bytes that it may take, where the system can hold it to that."""

    settings: Settings
    project: Path
    sources: tuple[EncodeJob, ...]
    workers: int
    memory: int


@dataclass(frozen=True, slots=True)
class SourceStarted:
    """A worker's word that it opens a source."""

    digest: str


@dataclass(frozen=True, slots=True)
class StoreMessage:
    """What a worker learnt and wants kept in the store, or (``data`` None) found there and went by."""

    key: str
    data: bytes | None


@dataclass(frozen=True, slots=True)
class WorkerDone:
    """A worker's last word: all is done, or ``error`` stopped it."""

    error: ImageseoError | None = None


Message = SourceStarted | StoreMessage | EncodedVariant | EncodeFailure | WorkerDone


@dataclass(slots=True)
class _Round:
    """What is still owed of each source, by digest, and which of them were opened."""

    owed: dict[str, list[VariantSpec]]
    opened: set[str] = field(default_factory=set)
    starved: set[str] = field(default_factory=set)

    def settle(self, outcome: EncodedVariant | EncodeFailure) -> None:
        source = outcome.source.asset.sha256 if isinstance(outcome, EncodeFailure) else outcome.spec.source
        if outcome.spec is None:
            self.owed.pop(source, None)
        elif source in self.owed:
            self.owed[source].remove(outcome.spec)
            if not self.owed[source]:
                del self.owed[source]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEngine:
    """An engine as ``schedule.work_through`` is one, in another process.

    When that process dies, the sources that it had open are tried again, each alone: one that kills its process alone
    has failed, the others go on. ``workers``: threads of the process; ``store``: keeps what it learns, so that whoever
    asked knows it too.
    """

    settings: Settings
    project: Path
    workers: int
    store: Store

    def __call__(self, sources: Sequence[EncodeJob]) -> Outcomes:
        """The outcomes as they come. Raises ImageseoError as the work itself does, EngineAbsent where no process can be
        started.
        """
        waiting = list(sources)
        first = True
        while waiting:
            seen = _Round({source.asset.sha256: list(source.specs) for source in waiting})
            death = yield from self._run(waiting, seen, alone=False, first=first)
            first = False
            suspects = _again(waiting, seen, seen.opened if death else seen.starved)
            if death and not suspects:
                raise SiteError(
                    f"the process that encodes images {death} before it opened any",
                    hint="give the build more memory, or set `encode.isolate` to false to encode without it",
                )
            for source in suspects:
                yield from self._alone(source)
            waiting = _again(waiting, seen, seen.owed.keys() - seen.opened - seen.starved) if death else []

    def _alone(self, source: EncodeJob) -> Outcomes:
        seen = _Round({source.asset.sha256: list(source.specs)})
        death = yield from self._run([source], seen, alone=True, first=False)
        if death and seen.owed:
            yield EncodeFailure(source=source, problem=f"its decoder or encoder {death}")

    def _run(
        self, sources: Sequence[EncodeJob], seen: _Round, *, alone: bool, first: bool
    ) -> Generator[EncodedVariant | EncodeFailure, None, str | None]:
        """One worker's outcomes; how it died, or None when it did not."""
        room = _ROOM + _ROOM_A_THREAD * self.workers + 2 * max(source.memory for source in sources)
        task = Task(
            settings=self.settings,
            project=self.project,
            sources=tuple(sources),
            workers=1 if alone else self.workers,
            memory=room,
        )
        # At the end of the path: a checkout that is not installed is found, and nothing else changes its place. Without
        # the folder that we are in (-P), where a file may have the name of a module.
        command = [sys.executable, "-P", "-c", _START.format(path=str(Path(__file__).parents[3]))]
        with _started(command, first=first) as process:
            try:
                for message in _messages(process, task):
                    match message:
                        case SourceStarted(digest=digest):
                            seen.opened.add(digest)
                        case StoreMessage(key=key, data=data):
                            self.store.put(key, data) if data is not None else self.store.find(key)
                        case WorkerDone(error=None):
                            process.wait()
                            return None
                        case WorkerDone(error=error):
                            assert error is not None
                            raise error
                        case EncodeFailure(starved=True, source=source) if not alone:
                            # Perhaps its neighbours took the memory: by itself it may do.
                            seen.starved.add(source.asset.sha256)
                        case EncodedVariant() | EncodeFailure():
                            seen.settle(message)
                            yield message
            finally:
                if process.poll() is None:
                    process.kill()
            return _death(process.wait())


def _started(command: Sequence[str], *, first: bool) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    except OSError as error:
        if first:  # a sandbox without processes, or an interpreter that this user may not start
            raise EngineUnavailable(str(error)) from error
        # One has died already: what killed it must not come into this process.
        raise SiteError(
            f"no other process can be started to encode images: {error}", hint="give the build more memory"
        ) from error


def _messages(process: subprocess.Popen[bytes], task: Task) -> Iterator[Message]:
    """What a worker says until it ends or dies, in the middle of a word perhaps."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        pickle.dump(task, process.stdin)
    except BrokenPipeError:  # it died before it had read its task; how, its exit status says
        return
    finally:
        with suppress(BrokenPipeError):
            process.stdin.close()
    while True:
        try:
            yield pickle.load(process.stdout)
        except (EOFError, pickle.UnpicklingError):
            return


def send(stream: IO[bytes], message: Message) -> None:
    """A worker's side: one message, sent at once, so that what was opened is known when it crashes."""
    stream.write(pickle.dumps(message))
    stream.flush()


def _again(sources: Sequence[EncodeJob], seen: _Round, digests: Mapping[str, object] | set[str]) -> list[EncodeJob]:
    """These sources with what is still owed of them, in their order."""
    return [
        replace(source, specs=tuple(seen.owed[source.asset.sha256]))
        for source in sources
        if source.asset.sha256 in digests and source.asset.sha256 in seen.owed
    ]


def _death(code: int) -> str:
    if code >= 0:
        return f"ended by itself (exit status {code})"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"was killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
