"""The process that encodes: it is told what to make on stdin, and says what becomes of it on stdout."""

from __future__ import annotations

import hashlib
import os
import pickle
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO

from imageseo.images.encoding import factory
from imageseo.images.encoding.isolation import SourceStarted, StoreMessage, Task, WorkerDone, send
from imageseo.images.encoding.scheduler import work_through
from imageseo.images.encoding.tasks import EncodeJob
from imageseo.model.errors import ImageseoError
from imageseo.model.protocols import Store, StoredBlob


def main() -> None:
    """Work through one task. Faults that a user can mend travel home; anything else ends the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us ends us
    # What a library prints must not come between the messages.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        _work(out)
        out.close()
    except BrokenPipeError:  # nobody listens any more
        os._exit(0)


def _work(out: IO[bytes]) -> None:
    task: Task = pickle.load(sys.stdin.buffer)
    _limit(task.memory)

    def began(source: EncodeJob) -> None:
        send(out, SourceStarted(source.asset.sha256))

    try:
        tuner = factory.tuner(task.settings, _Telling(factory.store(task.settings, task.project), out))
        with ThreadPoolExecutor(max_workers=task.workers, thread_name_prefix="imageseo") as executor:
            for outcome in work_through(task.sources, tuner, executor, workers=task.workers, began=began):
                send(out, outcome)
    except ImageseoError as error:
        send(out, WorkerDone(error))
    else:
        send(out, WorkerDone())


class _Telling:
    """A store that is only read here: what is to be kept is sent home, where it is known from then on."""

    def __init__(self, store: Store, out: IO[bytes]) -> None:
        self._store = store
        self._out = out
        self._put: dict[str, StoredBlob] = {}
        self._data: dict[StoredBlob, bytes] = {}

    def find(self, key: str) -> StoredBlob | None:
        if key in self._put:
            return self._put[key]
        stored = self._store.find(key)
        if stored is not None:
            send(self._out, StoreMessage(key, None))
        return stored

    def read(self, stored: StoredBlob) -> bytes | None:
        mine = self._data.get(stored)
        return self._store.read(stored) if mine is None else mine

    def path(self, sha256: str) -> Path:
        return self._store.path(sha256)

    def put(self, key: str, data: bytes) -> StoredBlob:
        stored = self._put[key] = StoredBlob(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
        self._data[stored] = data
        send(self._out, StoreMessage(key, data))
        return stored

    def intact(self, stored: StoredBlob) -> bool:
        return self._store.intact(stored)


def _limit(memory: int) -> None:
    """Let no decoder take the machine's memory: it gets an error instead."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with suppress(OSError, ValueError):  # a smaller limit that stands already
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limit = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
