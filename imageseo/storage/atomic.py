"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import secrets
from pathlib import Path

_numbers = itertools.count()
_token = secrets.token_hex(4)  # process numbers repeat, in containers at once
_PART = re.compile(r"\.imageseo-(\d+)-[0-9a-f]{8}-\d+\.part")


def write_atomic(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``: readers see the old file or the new one, never a part, also after a kill.

    The temporary file stands beside the target (one file system, so that the rename is atomic) and is removed
    when writing fails. Folders are made. An existing file keeps its mode, a new one follows the umask.
    Raises OSError.
    """
    # The process and a counter make the name one that nobody else writes to; mkstemp's random names cost three calls
    # more a file, and a build writes thousands.
    temporary = f"{path.parent}{os.sep}.imageseo-{os.getpid()}-{_token}-{next(_numbers)}.part"
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


def write_if_changed(path: Path, data: bytes) -> bool:
    """``write_atomic``, unless the file holds the very same already: False then. Raises OSError."""
    if path.is_file() and path.read_bytes() == data:
        return False
    write_atomic(path, data)
    return True


_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def remove_partial_files(root: Path) -> None:
    """Remove what killed writers left below a folder. Files of processes that still run are theirs."""
    for folder, _, names in os.walk(root):
        for name in names:
            match = _PART.fullmatch(name)
            if match is not None and not _runs(int(match[1])):
                with contextlib.suppress(OSError):
                    Path(folder, name).unlink()


def _runs(process: int) -> bool:
    if process == os.getpid():
        return False  # nothing is being written while a build begins: an earlier process of this number left it
    if os.name == "nt":
        return True  # there, asking is killing
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
