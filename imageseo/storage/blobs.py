"""Blobs: files named by their own hash, written atomically; temporary files of killed writers are removed."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from imageseo.model import regular_file
from imageseo.storage.locks import HAS_FLOCK, try_lock, wait_for_lock

_SHARD, _NAME = re.compile(r"[0-9a-f]{2}"), re.compile(r"[0-9a-f]{64}")
_YOUNG = 3600.0  # seconds; no put takes that long
_RACE = 2.0  # seconds; the coarsest step of file times


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The content of the folder of blobs, sorted. ``sizes``: hash -> bytes.

    ``odd``: paths with the name of a blob that are not plain files; ``strangers``: paths that imageseo did not make.
    """

    sizes: dict[str, int]
    odd: tuple[str, ...]
    strangers: tuple[str, ...]


class Blobs:
    """A folder of blobs, safe for concurrent threads and processes. Every method may raise OSError.

    The modification time of a blob is set to a time in the past that is computed from its hash. Any write to the file,
    under any name, changes that time, so size and time show whether a blob is unchanged. (They do not show damage by
    the disk; ``read`` and ``check`` verify the bytes.)
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder / "blobs")
        self._temporary = folder / "tmp"

    def path(self, sha256: str) -> str:
        return f"{self._folder}{os.sep}{sha256[:2]}{os.sep}{sha256}"

    def size(self, sha256: str) -> int | None:
        """Return the size of a blob without reading it; None if it does not exist or is not a plain file."""
        status = self._stat(sha256)
        return None if status is None else status.st_size

    def intact(self, sha256: str, size: int) -> bool:
        """Whether a blob is unchanged, judged by size and time without reading it."""
        status = self._stat(sha256)
        return status is not None and status.st_size == size and status.st_mtime_ns == _stamp(sha256)

    def read(self, sha256: str, size: int) -> bytes | None:
        """Return the verified bytes; None if the blob is missing or damaged. A damaged blob is removed.

        ``size``: the expected size; a blob of another size is not read, however large it is.
        """
        status = self._stat(sha256)
        data = None
        if status is not None and status.st_size == size:
            try:
                data = regular_file.read(self.path(sha256), limit=size)
            except FileNotFoundError:
                return None
        if status is not None and data is not None and hashlib.sha256(data).hexdigest() == sha256:
            # The times were lost when the folder was copied. A recent change may be followed by one at the same time.
            if status.st_mtime_ns != _stamp(sha256) and abs(time.time() - status.st_mtime) > _RACE:
                self._set_stamp(self.path(sha256), sha256)
            return data
        with suppress(OSError):  # in a read-only store it stays, and is never used
            self.remove(sha256)
        return None

    def check(self, sha256: str) -> bool:
        """Whether a blob's bytes match its hash; read in chunks, so the size does not matter."""
        with regular_file.open_binary(self.path(sha256)) as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256

    def put(self, data: bytes, *, distrusted: Collection[str] = ()) -> str:
        """Store bytes and return their hash. An existing blob of that hash and size stays, and is ``young`` again,
        unless its hash is among the ``distrusted``.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 in distrusted or self.size(sha256) != len(data):
            self._write(self.path(sha256), data, sha256)
        elif self.intact(sha256, len(data)):
            self._set_stamp(self.path(sha256), sha256)  # the same time again: this updates the time of change (ctime)
        return sha256

    def young(self, sha256: str) -> bool:
        """Whether a blob was put within the last hour, by the file system's clock."""
        status = self._stat(sha256)
        return status is not None and time.time() - status.st_ctime < _YOUNG

    def remove(self, sha256: str) -> bool:
        """Remove a blob; see :func:`remove_path`."""
        return remove_path(self.path(sha256))

    def inventory(self) -> Inventory:
        """List everything in the folder."""
        sizes: dict[str, int] = {}
        odd: list[str] = []
        strangers: list[str] = []
        for shard in list_folder(self._folder):
            if not _SHARD.fullmatch(shard.name) or not shard.is_dir(follow_symlinks=False):
                strangers.append(shard.path)
                continue
            for entry in list_folder(shard.path):
                if not _NAME.fullmatch(entry.name) or not entry.name.startswith(shard.name):
                    strangers.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):  # another process removed it
                        sizes[entry.name] = entry.stat(follow_symlinks=False).st_size
                else:
                    odd.append(entry.path)
        return Inventory(sizes=sizes, odd=tuple(odd), strangers=tuple(strangers))

    def leftovers(self) -> int:
        """Count the temporary files, including those of active writers."""
        return sum(1 for _ in _files(self._temporary))

    def sweep(self) -> None:
        """Remove temporary files of ended writers; an active writer has a lock on its file."""
        for path in list(_files(self._temporary)):
            with suppress(OSError):
                if not HAS_FLOCK:
                    path.unlink()
                    continue
                with path.open("rb") as file:
                    if try_lock(file.fileno()):
                        path.unlink()

    def _stat(self, sha256: str) -> os.stat_result | None:
        try:
            status = os.lstat(self.path(sha256))  # a Path costs more than the call
        except FileNotFoundError:
            return None
        return status if stat.S_ISREG(status.st_mode) else None

    def _set_stamp(self, path: str, sha256: str) -> None:
        with suppress(OSError):  # without file times, every blob is read and verified instead
            os.utime(path, ns=(_stamp(sha256), _stamp(sha256)))

    def _write(self, path: str, data: bytes, sha256: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._temporary.mkdir(parents=True, exist_ok=True)
        file = self._open_temporary()
        name = Path(file.name)
        try:
            with file:
                file.write(data)
                file.flush()
                self._set_stamp(file.name, sha256)
                if HAS_FLOCK:  # still locked, so that `sweep` cannot remove it
                    _move(name, Path(path))
            if not HAS_FLOCK:
                _move_on_windows(name, Path(path), len(data))
        except BaseException:
            with suppress(OSError):
                name.unlink()
            raise

    def _open_temporary(self) -> IO[bytes]:
        """Create a temporary file, locked against ``sweep``."""
        while True:
            file = (self._temporary / f"{os.getpid()}-{secrets.token_hex(8)}").open("xb")
            with suppress(OSError):  # a file system without locks: `sweep` removes nothing there either
                wait_for_lock(file.fileno())
            # A sweep may have removed the file between opening and locking.
            if Path(file.name).exists():
                return file
            file.close()


def remove_path(path: str) -> bool:
    """Remove the file, link (not its target) or empty folder at a path of the store.

    Return False for a folder that is not empty: imageseo did not make it, so it is not deleted. Raises OSError.
    """
    try:
        os.unlink(path)  # noqa: PTH108 - thousands of calls; a Path costs more
    except FileNotFoundError:
        return True
    except OSError as error:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            raise
        try:
            os.rmdir(path)  # noqa: PTH106
        except OSError as reason:
            if reason.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise reason from error
            return False
    return True


def _stamp(sha256: str) -> int:
    """Return the time of a blob, ns: a whole second from 2001 to 2017, since archives store whole seconds."""
    return (1_000_000_000 + int(sha256[:8], 16) % 500_000_000) * 1_000_000_000


def _move(name: Path, path: Path) -> None:
    try:
        name.replace(path)
    except IsADirectoryError:
        if not remove_path(str(path)):
            raise
        name.replace(path)


def _move_on_windows(name: Path, path: Path, size: int) -> None:
    """Rename on Windows, where a reader of the target may block it for a moment."""
    for attempt in range(5):
        try:
            name.replace(path)
            return
        except PermissionError:
            if path.is_file() and path.stat().st_size == size:  # another process put the same bytes
                name.unlink()
                return
            if attempt == 4:
                raise
            time.sleep(0.05)


def list_folder(folder: str) -> list[os.DirEntry[str]]:
    """Return the entries of a folder, sorted by name; empty if it does not exist."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []


def _files(folder: str | Path) -> Iterator[Path]:
    """Yield every plain file below a folder; none if it does not exist."""
    for base, _, names in os.walk(folder):
        for path in (Path(base, name) for name in names):
            if path.is_file() and not path.is_symlink():
                yield path
