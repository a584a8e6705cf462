"""Bytes under their own hash in a folder: written whole or not at all, swept of what a killed writer left."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed by anybody: it needs no lock
    fcntl = None  # type: ignore[assignment]


class Blobs:
    """A folder of blobs, safe for any number of threads and processes at once. Every method may raise OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder / "blobs")
        self._temporary = folder / "tmp"

    def path(self, sha256: str) -> str:
        return f"{self._folder}{os.sep}{sha256[:2]}{os.sep}{sha256}"

    def size(self, sha256: str) -> int | None:
        """Bytes of a blob, not read; None when there is none."""
        try:
            return os.stat(self.path(sha256)).st_size  # noqa: PTH116 - a Path costs more than the call
        except FileNotFoundError:
            return None

    def read(self, sha256: str) -> bytes | None:
        """The bytes, verified; None when there are none or they are damaged, and damaged ones are removed."""
        try:
            data = Path(self.path(sha256)).read_bytes()
        except FileNotFoundError:
            return None
        if hashlib.sha256(data).hexdigest() == sha256:
            return data
        with suppress(OSError):  # where we may only read it stays, and is never believed
            self.remove(sha256)
        return None

    def put(self, data: bytes) -> str:
        """Keep bytes; their hash. A blob of that hash and size which is there already is left alone."""
        sha256 = hashlib.sha256(data).hexdigest()
        if self.size(sha256) != len(data):
            self._write(Path(self.path(sha256)), data)
        return sha256

    def remove(self, sha256: str) -> None:
        Path(self.path(sha256)).unlink(missing_ok=True)

    def sizes(self) -> dict[str, int]:
        """Hash -> bytes of every blob, sorted."""
        return {path.name: path.stat().st_size for path in sorted(_files(self._folder))}

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

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._temporary.mkdir(parents=True, exist_ok=True)
        file = self._locked()
        name = Path(file.name)
        try:
            with file:
                file.write(data)
                file.flush()
                if fcntl is not None:  # still locked, so that no sweep comes between
                    name.replace(path)
            if fcntl is None:
                _replace(name, path, len(data))
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


def _files(folder: str | Path) -> Iterator[Path]:
    """Every file below a folder; nothing when there is no folder."""
    for base, _, names in os.walk(folder):
        for name in names:
            yield Path(base, name)
