"""The worker process: read a task from stdin, encode, and write the outcomes to stdout."""

from __future__ import annotations

import hashlib
import os
import pickle
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import IO

from imageseo.config.plugins import silence
from imageseo.images.encoding import factory
from imageseo.images.encoding.isolation import SourceStarted, StoreMessage, WorkerDone, WorkerTask, send_message
from imageseo.images.encoding.scheduler import run_jobs
from imageseo.images.encoding.tasks import EncodeJob
from imageseo.model.errors import ImageseoError
from imageseo.model.protocols import Store, StoredBlob

_NICENESS = 10
_LOOK = 0.5  # seconds
_MODULES = (
    "imageseo.images.metrics.ssimulacra2",
    "imageseo.images.resizers.pillow",
    "imageseo.images.codecs.avif",
    "imageseo.images.codecs.webp",
)


def main(is_spare: bool = False) -> None:
    """Run one task. Errors that a user can fix are sent to the parent; any other ends the process.

    ``is_spare``: no task is there yet; what every task needs is imported meanwhile.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process ends this one
    # Output of libraries must not mix with the messages.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if is_spare:
        _import_libraries()
    try:
        _run_task(out)
        out.close()
    except BrokenPipeError:  # the parent is gone
        os._exit(0)


def _import_libraries() -> None:
    for name in ("numpy", "PIL.Image", "PIL.JpegImagePlugin", "PIL.AvifImagePlugin", "PIL.WebPImagePlugin", *_MODULES):
        with suppress(Exception):  # the task shows what is missing
            import_module(name)


def _run_task(out: IO[bytes]) -> None:
    try:
        task: WorkerTask = pickle.load(sys.stdin.buffer)
    except EOFError:  # there was none, and the parent is gone
        os._exit(0)
    _limit_memory(task.memory)
    if task.parent is not None:
        _stay_in_background(task.parent)
    silence()  # the parent process has reported plug-ins that cannot be loaded
    sys.path.extend(each for each in task.path if each not in sys.path)

    def on_start(source: EncodeJob) -> None:
        send_message(out, SourceStarted(source.asset.sha256))

    try:
        tuner = factory.tuner(task.settings, _ForwardingStore(factory.store(task.settings, task.project), out))
        with ThreadPoolExecutor(max_workers=task.workers, thread_name_prefix="imageseo") as executor:
            for outcome in run_jobs(task.sources, tuner, executor, workers=task.workers, on_start=on_start):
                send_message(out, outcome)
    except ImageseoError as error:
        send_message(out, WorkerDone(error))
    else:
        send_message(out, WorkerDone())


class _ForwardingStore:
    """A store that is read-only in this process: entries to add are sent to the parent process."""

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
            send_message(self._out, StoreMessage(key, None))
        return stored

    def read(self, stored: StoredBlob) -> bytes | None:
        own = self._data.get(stored)
        return self._store.read(stored) if own is None else own

    def path(self, sha256: str) -> Path:
        return self._store.path(sha256)

    def put(self, key: str, data: bytes) -> StoredBlob:
        stored = self._put[key] = StoredBlob(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
        self._data[stored] = data
        send_message(self._out, StoreMessage(key, data))
        return stored

    def intact(self, stored: StoredBlob) -> bool:
        return self._store.intact(stored)


def _stay_in_background(parent: int) -> None:
    """Lower this process's priority, and end it soon after the parent process, which may be killed."""
    if os.name == "nt":  # no such priority, and the parent's id stays
        return
    os.nice(_NICENESS)

    def end_with_parent() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK)
        os._exit(0)

    threading.Thread(target=end_with_parent, daemon=True).start()


def _limit_memory(memory: int) -> None:
    """Limit this process's memory: a decoder that exceeds it gets an error."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with suppress(OSError, ValueError):  # a smaller limit is already set
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limit = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
