"""Reads the files of a built site: links are followed within the site alone, and only regular files are opened."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import BinaryIO

from imageseo.model import regular_file

_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
_LINK_ERRORS = (errno.ELOOP, errno.EMLINK)  # what the systems say of a link that must not be followed


class OutsideError(OSError):
    """A link leads out of the site."""


class SiteFolder:
    """The files below ``root`` by site path, with ``/``. Each folder is examined once."""

    def __init__(self, root: Path) -> None:
        self.root = os.path.realpath(root)
        self._prefix = os.path.join(self.root, "")  # noqa: PTH118 - a string, because a Path costs more than the system calls
        self._inside: dict[str, bool] = {"": True}

    def read(self, path: str, *, limit: int = regular_file.MAX_BYTES) -> bytes:
        """Return the bytes of a file. Raises OSError, and its kinds OutsideError, NotRegularError, TooLargeError."""
        handle = self._open(path)
        try:
            return regular_file.read_handle(handle, path, limit=limit)
        finally:
            os.close(handle)

    def begin(self, path: str, count: int) -> bytes:
        """Return the first bytes of a file. Raises OSError."""
        handle = self._open(path)
        try:
            return regular_file.read_handle(handle, path, limit=count, cut=True)
        finally:
            os.close(handle)

    def open(self, path: str) -> BinaryIO:
        """Open a file, to be read in pieces. Raises OSError."""
        return os.fdopen(self._open(path), "rb")

    def status(self, path: str) -> os.stat_result:
        """Return the status of a regular file. Raises OSError."""
        name = self.locate(path)
        status = os.stat(name)  # noqa: PTH116 - a Path costs more than the call
        regular_file.check(path, status)
        return status

    def locate(self, path: str) -> str:
        """Return the file behind a site path, links resolved. Raises OutsideError; the file need not exist."""
        name = self._checked(path)
        return self._resolve(name, path) if os.path.islink(name) else name  # noqa: PTH114 - as above

    def _checked(self, path: str) -> str:
        folder = path.rpartition("/")[0]
        if folder not in self._inside:
            self._inside[folder] = self._is_inside(folder)
        if not self._inside[folder]:
            raise _outside(path)
        return f"{self._prefix}{path}"

    def _is_inside(self, folder: str) -> bool:
        outer, _, name = folder.rpartition("/")
        full = f"{self._prefix}{folder}"
        # In a folder that is inside, all that is no link is inside; Windows has other links too.
        if os.name == "posix" and self._inside.get(outer) and name not in ("", "..") and not os.path.islink(full):  # noqa: PTH114
            return True
        return self._holds(os.path.realpath(full))

    def _open(self, path: str) -> int:
        name = self._checked(path)
        if not _NO_LINKS:
            return regular_file.open_handle(self.locate(path))
        try:
            return regular_file.open_handle(name, regular_file.FLAGS | _NO_LINKS)
        except OSError as error:
            if error.errno not in _LINK_ERRORS:
                raise
        return regular_file.open_handle(self._resolve(name, path), regular_file.FLAGS | _NO_LINKS)

    def _resolve(self, name: str, path: str) -> str:
        target = os.path.realpath(name)
        if not self._holds(target):
            raise _outside(path)
        return target

    def _holds(self, real: str) -> bool:
        return real == self.root or real.startswith(self._prefix)


def _outside(path: str) -> OutsideError:
    return OutsideError(errno.EXDEV, "a symbolic link leads out of the site, and is not followed", path)
