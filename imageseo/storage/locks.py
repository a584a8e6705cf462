"""Locks on open files and folders. The system releases them when the handle is closed or its process ends or is killed.

The library filelock does not fit: its native lock is exclusive and needs a writable file, and its shared lock is a
SQLite database in a writable folder.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

HAS_FLOCK = fcntl is not None
"""False on Windows, where folders cannot be locked and open files cannot be removed."""

_OFFSET = 1024  # bytes; Windows denies access to a locked range, so it begins after the text of the file


def try_lock(handle: int, *, shared: bool = False) -> bool:
    """Lock an open file without waiting. Return False while another handle has a conflicting lock.

    ``shared``: compatible with other shared locks (not on Windows). Raises OSError where the file system has no locks,
    as on some network shares.
    """
    if fcntl is None:
        import msvcrt

        os.lseek(handle, _OFFSET, os.SEEK_SET)
        with suppress(OSError):
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
            return True
        return False
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_for_lock(handle: int) -> None:
    """Lock an open file exclusively, waiting for other locks to end; without effect on Windows. Raises OSError."""
    if fcntl is not None:
        fcntl.flock(handle, fcntl.LOCK_EX)


def mark_in_use(folder: Path) -> int | None:
    """Mark a folder as used by a build, by a shared lock on it; writing rights are not needed.

    Return the handle to close at the end; None where the folder does not exist or cannot be locked.
    """
    if not HAS_FLOCK:
        return None
    with suppress(OSError), ExitStack() as cleanup:
        handle = os.open(folder, os.O_RDONLY)
        cleanup.callback(os.close, handle)
        if try_lock(handle, shared=True):
            cleanup.pop_all()
            return handle
    return None


def is_in_use(folder: Path) -> bool:
    """Whether a build uses a folder; True where that cannot be determined. Raises OSError."""
    if not HAS_FLOCK:
        return True
    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not try_lock(handle)
    except OSError:
        return True
    finally:
        os.close(handle)
