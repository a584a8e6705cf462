"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import itertools
import os
from pathlib import Path

_numbers = itertools.count()


def write_atomic(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``: readers see the old file or the new one, never a part, also after a kill.

    The temporary file stands beside the target (one file system, so that the rename is atomic) and is removed
    when writing fails. Folders are made. An existing file keeps its mode, a new one follows the umask.
    Raises OSError.
    """
    # The process and a counter make the name one that nobody else writes to; mkstemp's random names cost three calls
    # more a file, and a build writes thousands.
    temporary = f"{path.parent}{os.sep}.imageseo-{os.getpid()}-{next(_numbers)}.part"
    try:
        handle = os.open(temporary, _FLAGS, 0o666)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(temporary, _FLAGS, 0o666)
    try:
        with os.fdopen(handle, "wb", buffering=0) as stream:
            _write_all(stream.fileno(), data)
            with contextlib.suppress(OSError):
                mode = os.stat(path).st_mode & 0o777  # noqa: PTH116 - as above
                os.chmod(temporary, mode)  # noqa: PTH101
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108
        raise


_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
