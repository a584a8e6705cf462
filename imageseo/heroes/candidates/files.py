"""Store the files of candidates: in the folder of masters, or in their bucket. git ignores the folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from imageseo.heroes.masters.store import is_url
from imageseo.model import regular_file
from imageseo.model.errors import SiteError
from imageseo.storage.atomic import is_partial_file, write_atomic
from imageseo.storage.remote import Remote
from imageseo.storage.remote_errors import RemoteError
from imageseo.storage.remote_system import RemoteLimits, validated_url

NAME = ".candidates"
_IGNORED = b"# made by imageseo: candidates of heroes, not for git\n*\n"
_MAX_BYTES = 256 * 2**20


class CandidateFiles(Protocol):
    """Named files. ``where``: for messages. ``keeps_masters``: masters beside it are never removed."""

    where: str
    keeps_masters: bool

    def names(self) -> tuple[str, ...]:
        """Return the names of all files, sorted. Raises SiteError."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a file, None if there is none. Raises SiteError."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Write or replace a file. Raises SiteError."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file if it exists. Raises SiteError."""
        ...


def open_files(masters: str, project: Path) -> CandidateFiles:
    """Return the files beside the masters of the setting ``hero.masters``, without accessing them.

    Raises SettingsError for an invalid URL.
    """
    if not is_url(masters):
        return FolderFiles(project / masters / NAME, keeps_masters=False)
    url = validated_url(masters)
    if urlsplit(url).scheme.lower() != "file":
        return RemoteFiles(url)
    from urllib.request import url2pathname

    return FolderFiles(Path(url2pathname(urlsplit(url).path)) / NAME, keeps_masters=True)


class FolderFiles:
    """Candidates in a folder of the disk."""

    def __init__(self, folder: Path, *, keeps_masters: bool = False) -> None:
        self.where = str(folder)
        self.keeps_masters = keeps_masters
        self._folder = folder

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._walk()))

    def _walk(self) -> Iterator[str]:
        for folder, _, names in os.walk(self._folder):
            for name in names:
                if not is_partial_file(name):
                    yield os.path.relpath(Path(folder, name), self._folder).replace(os.sep, "/")

    def read(self, name: str) -> bytes | None:
        try:
            return regular_file.read(self._folder / name, limit=_MAX_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._error(name, "read", error) from error

    def write(self, name: str, data: bytes) -> None:
        try:
            if not (self._folder / ".gitignore").exists():
                write_atomic(self._folder / ".gitignore", _IGNORED)
            write_atomic(self._folder / name, data)
        except OSError as error:
            raise self._error(name, "written", error) from error

    def remove(self, name: str) -> None:
        try:
            (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise self._error(name, "removed", error) from error

    def _error(self, name: str, action: str, error: OSError) -> SiteError:
        return SiteError(
            f"{self._folder / name}: cannot be {action}: {error.strerror or error}",
            hint="Check permissions and free disk space, and run again; no image is lost.",
        )


class RemoteFiles:
    """Candidates in a bucket, below the URL of the masters."""

    keeps_masters = True

    def __init__(self, url: str, *, limits: RemoteLimits | None = None) -> None:
        self.where = f"{url}/{NAME}"
        self._remote = Remote(self.where, limits or RemoteLimits())

    def names(self) -> tuple[str, ...]:
        try:
            return tuple(self._remote.stamps())
        except RemoteError as error:
            raise self._error("", "listed", error) from None

    def read(self, name: str) -> bytes | None:
        try:
            return self._remote.get(name)
        except RemoteError as error:
            raise self._error(name, "read", error) from None

    def write(self, name: str, data: bytes) -> None:
        try:
            self._remote.put(name, data)
        except RemoteError as error:
            raise self._error(name, "written", error) from None

    def remove(self, name: str) -> None:
        try:
            self._remote.remove(name)
        except RemoteError as error:
            raise self._error(name, "removed", error) from None

    def _error(self, name: str, action: str, error: RemoteError) -> SiteError:
        place = f"{self.where}/{name}".rstrip("/")
        return SiteError(f"{place}: cannot be {action}: {error.message}", hint=error.hint)
