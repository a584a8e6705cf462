"""Atomic writing of files: a reader sees the old file or the complete new one."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import secrets
from pathlib import Path

from imageseo.model import regular_file

_numbers = itertools.count()
_token = secrets.token_hex(4)  # process ids repeat, in containers even at the same time
_PART = re.compile(r"\.imageseo-(\d+)-[0-9a-f]{8}-\d+\.part")


def write_atomic(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``: readers see the old file or the complete new one, even if the process is killed.

    The temporary file is in the folder of the target (same file system, so that the rename is atomic) and is removed
    if writing fails. Missing folders are created. An existing file keeps its mode, a new one follows the umask.
    Raises OSError.
    """
    # Process id, token and counter make the name unique; mkstemp needs three more calls per file, and a build writes
    # thousands.
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
    """Write ``data`` to ``path`` atomically. Return False if the file has this content already. Raises OSError."""
    with contextlib.suppress(OSError):
        if regular_file.read(path) == data:
            return False
    write_atomic(path, data)
    return True


_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def is_partial_file(name: str) -> bool:
    """Whether a file's name is that of a temporary file of ``write_atomic``."""
    return _PART.fullmatch(name) is not None


def remove_partial_files(root: Path, *, find: re.Pattern[str] | None = None) -> list[str]:
    """Remove temporary files of ended processes below a folder; those of running processes stay.

    Return the paths of files whose name contains the pattern ``find``, relative, with ``/``: one walk for both.
    """
    found: list[str] = []
    for folder, _, names in os.walk(root):
        base = os.path.relpath(folder, root).replace(os.sep, "/")
        prefix = "" if base == "." else f"{base}/"
        for name in names:
            if find is not None and find.search(name):
                found.append(f"{prefix}{name}")
            match = _PART.fullmatch(name)
            if match is not None and not _is_running(int(match[1])):
                with contextlib.suppress(OSError):
                    Path(folder, name).unlink()
    return sorted(found)


def _is_running(process: int) -> bool:
    if process == os.getpid():
        return False  # called before this process writes: the file is of an earlier process with the same id
    if os.name == "nt":
        return True  # os.kill with signal 0 ends the process on Windows
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
