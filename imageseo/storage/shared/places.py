"""Where the files of a shared store are: in a bucket, or in a folder such as a network share."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from imageseo.model import regular_file
from imageseo.storage.atomic import is_partial_file, write_atomic
from imageseo.storage.blobs import list_folder
from imageseo.storage.remote import Remote, RemoteFile
from imageseo.storage.remote_errors import RemoteError, translate_error
from imageseo.storage.shared.address import SETTING, StoreAddress


class StorePlace(Protocol):
    """Files below a URL or in a folder. Every method may be called by several threads, and may raise RemoteError."""

    def files(self, folder: str) -> list[RemoteFile]:
        """Return the files below a folder, sorted; it need not exist."""

    def fetch(self, file: str, size: int) -> bytes | None:
        """Return the bytes of a file, at most one more than ``size``; None if it does not exist."""

    def write(self, file: str, data: bytes) -> None:
        """Write a file; readers see all of it or nothing."""

    def remove(self, file: str) -> None:
        """Remove a file if it exists."""


def open_place(address: StoreAddress) -> StorePlace:
    """Open the place of a shared store; a URL's libraries are imported by the first request."""
    if address.url is not None:
        return Remote(address.url, address.limits, SETTING)
    assert address.folder is not None
    return FolderPlace(address.folder)


class FolderPlace:
    """A folder, which may be on a network share. Nothing in it is linked: other machines may not see the same file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_found = False

    def files(self, folder: str) -> list[RemoteFile]:
        self._find()
        try:
            return sorted(self._listed(folder))
        except OSError as error:
            raise self._fault(error) from None

    def fetch(self, file: str, size: int) -> bytes | None:
        self._find()
        try:
            return regular_file.begin(self._folder / file, size + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._fault(error) from None

    def write(self, file: str, data: bytes) -> None:
        self._find()
        try:
            write_atomic(self._folder / file, data)
        except OSError as error:
            raise self._fault(error) from None

    def remove(self, file: str) -> None:
        try:
            (self._folder / file).unlink(missing_ok=True)
        except OSError as error:
            raise self._fault(error) from None

    def _listed(self, folder: str) -> Iterator[RemoteFile]:
        for entry in list_folder(f"{self._folder}{os.sep}{folder}"):
            path = f"{folder}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from self._listed(path)
            elif entry.is_file(follow_symlinks=False) and not is_partial_file(entry.name):
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:  # another process removed it
                    continue
                yield RemoteFile(path, status.st_size, status.st_mtime)

    def _find(self) -> None:
        """Check once that the folder or the one around it exists: else a share is not mounted."""
        if self._is_found:
            return
        if not (self._folder.is_dir() or self._folder.parent.is_dir()):
            hint = f"Mount the share, create the folder, or correct `{SETTING}`."
            raise RemoteError("there is no such folder", hint, final=True, reason="absent")
        self._is_found = True

    def _fault(self, error: OSError) -> RemoteError:
        if error.errno == errno.EROFS:
            hint = "Make it writable, or set `store.remote_mode` to read."
            return RemoteError("the folder is read-only", hint, final=True, reason="refused")
        if isinstance(error, NotADirectoryError | IsADirectoryError):
            message, hint = "a file is in the place of a folder", f"Remove it, or correct `{SETTING}`."
            return RemoteError(message, hint, final=True, reason="invalid")
        if isinstance(error, PermissionError):
            hint = "Check the rights of the folder, or set `store.remote_mode` to read."
            return RemoteError("access denied", hint, final=True, reason="refused")
        fault = translate_error(error, SETTING)
        return fault if isinstance(fault, RemoteError) else RemoteError("a file vanished", "Run again.")
