"""One process of a command at a time per project: a second one waits for the first, or is refused."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from imageseo.model import regular_file
from imageseo.model.errors import SiteError
from imageseo.storage.atomic import write_atomic
from imageseo.storage.locks import try_lock

_PAUSE = 0.1  # s


@contextmanager
def single_instance(
    path: Path,
    report: Callable[[str], None],
    *,
    command: str = "imageseo generate",
    refused: str = "",
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Lock the file ``path`` for this process; wait while another process has the lock, and ``report`` it once.

    ``refused``: what to do instead of waiting, as the hint of a SiteError that is raised then.

    The system releases the lock when the process ends or is killed: a leftover file does not block. Raises SiteError.
    """
    try:
        if not (path.parent / ".gitignore").exists():  # so that the cache is not committed by accident
            write_atomic(path.parent / ".gitignore", b"# made by imageseo\n*\n")
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise SiteError(
            f"{path}: cannot be written: {error.strerror or error}", hint="Make the cache folder writable."
        ) from error
    try:
        reported = False
        while not _try_lock(handle):
            if not reported:
                other = f"another `{command}`{_format_holder(path)} is running here"
                if refused:
                    raise SiteError(other, hint=refused)
                report(f"{other}: waiting for it to finish")
                reported = True
            sleep(_PAUSE)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0) if hasattr(os, "pwrite") else None
        yield
    finally:
        os.close(handle)  # this releases the lock


@contextmanager
def defer_interrupt() -> Iterator[None]:
    """Defer Ctrl-C to the end of the block, so that an image is both stored and pinned, or neither."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread only
        return
    received: list[tuple[int, FrameType | None]] = []
    previous = signal.signal(signal.SIGINT, lambda number, frame: received.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if received and callable(previous):
        previous(*received[0])


def _try_lock(handle: int) -> bool:
    try:
        return try_lock(handle)
    except OSError:  # a file system without locks: run unguarded
        return True


def _format_holder(path: Path) -> str:
    try:
        process = regular_file.read_text(path, "ascii", limit=4096).strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return f" (process {process})" if process.isdigit() else ""
