"""One `generate` at a time in a project: who comes second waits, and is told for whom."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from imageseo.model.errors import SiteError
from imageseo.storage.atomic import write_atomic

_PAUSE = 0.1  # s


@contextmanager
def single_instance(
    path: Path, say: Callable[[str], None], *, sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """Hold the file ``path`` for this process; wait while another one does, and ``say`` so once.

    The system lets go of it when a process ends, however that ends: nothing stale is ever left. Raises SiteError.
    """
    try:
        if not (path.parent / ".gitignore").exists():  # so that no cache is committed by accident
            write_atomic(path.parent / ".gitignore", b"# made by imageseo\n*\n")
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise SiteError(
            f"{path}: cannot be written: {error.strerror or error}", hint="Make the cache folder writable."
        ) from error
    try:
        told = False
        while not _taken(handle):
            if not told:
                say(f"another `imageseo generate`{_holder(path)} is at work here: waiting until it is done")
                told = True
            sleep(_PAUSE)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0) if hasattr(os, "pwrite") else None
        yield
    finally:
        os.close(handle)  # and with it the hold


@contextmanager
def defer_interrupt() -> Iterator[None]:
    """Ctrl-C waits until the block is done: a picture is kept and pinned, or neither."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread only
        return
    asked: list[tuple[int, FrameType | None]] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: asked.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked and callable(before):
        before(*asked[0])


def _taken(handle: int) -> bool:
    if os.name == "nt":
        import msvcrt

        with contextlib.suppress(OSError):
            # Beyond the text, which others may read; on this system a locked part is closed to them.
            os.lseek(handle, 1024, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
            return True
        return False
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system that knows no holds (some network shares): better unguarded than not at all
        return True
    return True


def _holder(path: Path) -> str:
    try:
        process = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return f" (process {process})" if process.isdigit() else ""
