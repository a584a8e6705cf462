"""Bytes under their own hash in a folder: written whole or not at all, swept of what a killed writer left."""

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

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed by anybody: it needs no lock
    fcntl = None  # type: ignore[assignment]

_SHARD, _NAME = re.compile(r"[0-9a-f]{2}"), re.compile(r"[0-9a-f]{64}")
_YOUNG = 3600.0  # seconds; no put takes as long
_RACE = 2.0  # seconds; file systems stamp in steps of up to so many


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What lies in the folder of blobs, all in order. ``sizes``: hash -> bytes.

    ``odd``: paths of what stands where a blob should and is no plain file; ``strangers``: of what is not ours.
    """

    sizes: dict[str, int]
    odd: tuple[str, ...]
    strangers: tuple[str, ...]


class Blobs:
    """A folder of blobs, safe for any number of threads and processes at once. Every method may raise OSError.

    A blob is stamped with a time long ago that only its own hash leads to. Whoever writes into it, under whatever
    name, moves that time: so size and time alone tell a blob that is as it was written. (A disk that decays does not
    show so; ``read`` and ``check`` look at the bytes.)
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder / "blobs")
        self._temporary = folder / "tmp"

    def path(self, sha256: str) -> str:
        return f"{self._folder}{os.sep}{sha256[:2]}{os.sep}{sha256}"

    def size(self, sha256: str) -> int | None:
        """Bytes of a blob, not read; None when there is none, and what is no plain file is none."""
        found = self._stat(sha256)
        return None if found is None else found.st_size

    def intact(self, sha256: str, size: int) -> bool:
        """Whether a blob is as it was written, told without reading it."""
        found = self._stat(sha256)
        return found is not None and found.st_size == size and found.st_mtime_ns == _stamp(sha256)

    def read(self, sha256: str, size: int) -> bytes | None:
        """The bytes, verified; None when there are none or they are damaged, and damaged ones are removed.

        ``size``: what it must be; a blob of another, as large as that may be, is not read.
        """
        found = self._stat(sha256)
        data = None
        if found is not None and found.st_size == size:
            try:
                data = Path(self.path(sha256)).read_bytes()
            except FileNotFoundError:
                return None
        if found is not None and data is not None and hashlib.sha256(data).hexdigest() == sha256:
            # A copy of the folder lost its times on the way. What was touched just now may be touched again unseen.
            if found.st_mtime_ns != _stamp(sha256) and abs(time.time() - found.st_mtime) > _RACE:
                self._set_stamp(self.path(sha256), sha256)
            return data
        with suppress(OSError):  # where we may only read it stays, and is never believed
            self.remove(sha256)
        return None

    def check(self, sha256: str) -> bool:
        """Whether a blob's bytes have its hash; read in pieces, so that its size does not matter."""
        with Path(self.path(sha256)).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256

    def put(self, data: bytes, *, distrusted: Collection[str] = ()) -> str:
        """Keep bytes; their hash. A blob of that hash and size which is there already stays, unless its hash is among
        the ``distrusted``; it is ``young`` again.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 in distrusted or self.size(sha256) != len(data):
            self._write(self.path(sha256), data, sha256)
        elif self.intact(sha256, len(data)):
            self._set_stamp(self.path(sha256), sha256)  # as it was, which moves the time of its change
        return sha256

    def young(self, sha256: str) -> bool:
        """Whether a blob was put within the last hour, by the clock of the file system."""
        found = self._stat(sha256)
        return found is not None and time.time() - found.st_ctime < _YOUNG

    def remove(self, sha256: str) -> bool:
        """Take a blob away; see :func:`discard`."""
        return remove_path(self.path(sha256))

    def inventory(self) -> Inventory:
        """Everything below the folder."""
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
        """How many temporary files lie about, of live writers too."""
        return sum(1 for _ in _files(self._temporary))

    def sweep(self) -> None:
        """Remove temporary files whose writer is gone: a live one holds a lock on its own."""
        for path in list(_files(self._temporary)):
            with suppress(OSError):
                if fcntl is None:
                    path.unlink()
                    continue
                with path.open("rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()

    def _stat(self, sha256: str) -> os.stat_result | None:
        try:
            found = os.lstat(self.path(sha256))  # a Path costs more than the call
        except FileNotFoundError:
            return None
        return found if stat.S_ISREG(found.st_mode) else None

    def _set_stamp(self, path: str, sha256: str) -> None:
        with suppress(OSError):  # on a file system without times every blob is read, and all is well
            os.utime(path, ns=(_stamp(sha256), _stamp(sha256)))

    def _write(self, path: str, data: bytes, sha256: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._temporary.mkdir(parents=True, exist_ok=True)
        file = self._locked()
        name = Path(file.name)
        try:
            with file:
                file.write(data)
                file.flush()
                self._set_stamp(file.name, sha256)
                if fcntl is not None:  # still locked, so that no sweep comes between
                    _place(name, Path(path))
            if fcntl is None:
                _replace(name, Path(path), len(data))
        except BaseException:
            with suppress(OSError):
                name.unlink()
            raise

    def _locked(self) -> IO[bytes]:
        """A new temporary file that no sweep takes away."""
        while True:
            file = (self._temporary / f"{os.getpid()}-{secrets.token_hex(8)}").open("xb")
            if fcntl is None:
                return file
            with suppress(OSError):  # a file system without locks: its sweeps remove nothing either
                fcntl.flock(file, fcntl.LOCK_EX)
            # A sweep may have come between opening and locking.
            if Path(file.name).exists():
                return file
            file.close()


def remove_path(path: str) -> bool:
    """Take away what lies at a path of ours, a link without what it leads to.

    False for a folder that holds something: that was made by somebody and is nobody's to delete. Raises OSError.
    """
    try:
        os.unlink(path)  # noqa: PTH108 - paths are text here, thousands of times
    except FileNotFoundError:
        return True
    except OSError as error:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            raise
        try:
            os.rmdir(path)  # noqa: PTH106
        except OSError as why:
            if why.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise why from error
            return False
    return True


def _stamp(sha256: str) -> int:
    """The time of a blob, ns: a whole second of 2001 to 2017, for archives keep no less."""
    return (1_000_000_000 + int(sha256[:8], 16) % 500_000_000) * 1_000_000_000


def _place(name: Path, path: Path) -> None:
    try:
        name.replace(path)
    except IsADirectoryError:
        if not remove_path(str(path)):
            raise
        name.replace(path)


def _replace(name: Path, path: Path, size: int) -> None:
    """Rename on Windows, where a reader of the target may be in the way for a moment."""
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
    """The entries of a folder by name; none when it is not there."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []


def _files(folder: str | Path) -> Iterator[Path]:
    """Every plain file below a folder; nothing when there is no folder."""
    for base, _, names in os.walk(folder):
        for path in (Path(base, name) for name in names):
            if path.is_file() and not path.is_symlink():
                yield path
