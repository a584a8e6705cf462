"""Reads files from outside: regular files alone, never more than a limit, and no named pipe is waited for."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader

MAX_BYTES = 256 * 2**20
"""The limit of every read that names no other: no page, image or setting of a site is larger."""

FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # a named pipe without a writer is opened at once, and then refused
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_PIECE = 2**30  # bytes; some systems read no more at once
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class NotRegularError(OSError):
    """What stands at a path is no regular file."""


class TooLargeError(OSError):
    """A file is larger than the limit of a read."""


def read(path: str | os.PathLike[str], *, limit: int = MAX_BYTES) -> bytes:
    """Return the bytes of a regular file. Raises OSError; NotRegularError, TooLargeError are kinds of it."""
    handle = open_handle(path)
    try:
        return read_handle(handle, path, limit=limit)
    finally:
        os.close(handle)


def read_text(path: str | os.PathLike[str], encoding: str = "utf-8", *, limit: int = MAX_BYTES) -> str:
    """Return the text of a regular file, each line ending with ``\\n``. Raises OSError, UnicodeDecodeError."""
    return read(path, limit=limit).decode(encoding).replace("\r\n", "\n").replace("\r", "\n")


def begin(path: str | os.PathLike[str], count: int) -> bytes:
    """Return the first bytes of a regular file. Raises OSError."""
    handle = open_handle(path)
    try:
        return read_handle(handle, path, limit=count, cut=True)
    finally:
        os.close(handle)


def open_binary(path: str | os.PathLike[str]) -> BufferedReader:
    """Open a regular file, to be read in pieces. Raises OSError."""
    return os.fdopen(open_handle(path), "rb")


def open_handle(path: str | os.PathLike[str], flags: int = FLAGS) -> int:
    """Return a handle of a regular file. Raises OSError."""
    try:
        handle = os.open(path, flags)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.EOPNOTSUPP):  # a socket, or a device without a driver
            raise _not_regular(path, os.stat(path).st_mode) from None  # noqa: PTH116 - a Path costs more than the call
        if error.errno == errno.EACCES and os.path.isdir(path):  # noqa: PTH112 - Windows opens no folder
            raise _not_regular(path, stat.S_IFDIR) from None
        raise
    try:
        check(path, os.fstat(handle))
    except BaseException:
        os.close(handle)
        raise
    return handle


def check(path: str | os.PathLike[str], status: os.stat_result) -> None:
    """Raise NotRegularError, or IsADirectoryError, unless a status is that of a regular file."""
    if not stat.S_ISREG(status.st_mode):
        raise _not_regular(path, status.st_mode)


def read_handle(handle: int, path: str | os.PathLike[str], *, limit: int, cut: bool = False) -> bytes:
    """Return the bytes from a handle. ``cut``: stop at the limit; otherwise TooLargeError is raised beyond it."""
    size = os.fstat(handle).st_size
    if size > limit and not cut:
        raise _too_large(path, limit)
    left = limit if cut else limit + 1  # a file may grow while it is read
    pieces: list[bytes] = []
    wanted = size + 1
    while left > 0 and (piece := os.read(handle, count := min(wanted, left, _PIECE))):
        pieces.append(piece)
        left -= len(piece)
        if size and len(piece) < count:
            break  # the end; of files without a size, such as those of /proc, a short read says nothing
        wanted = max(wanted - len(piece), 2**16)
    if left <= 0 and not cut:
        raise _too_large(path, limit)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _too_large(path: str | os.PathLike[str], limit: int) -> TooLargeError:
    size = f"{limit // 2**20:,} MiB" if limit >= 2**20 else f"{limit:,} bytes"
    return TooLargeError(errno.EFBIG, f"larger than {size}, which is not read", os.fspath(path))


def _not_regular(path: str | os.PathLike[str], mode: int) -> OSError:
    if stat.S_ISDIR(mode):
        return IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    kind = _KINDS.get(stat.S_IFMT(mode), "a special file")
    return NotRegularError(errno.EINVAL, f"it is {kind}, not a file", os.fspath(path))
