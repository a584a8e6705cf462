"""Access to a library's files: a local folder, or any fsspec URL whose files are downloaded once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from pathlib import Path, PurePosixPath
from typing import Protocol
from urllib.parse import urlsplit

from imageseo.heroes.providers.asset_library.entry import IMAGE_SUFFIXES
from imageseo.model import regular_file
from imageseo.model.errors import ProviderError
from imageseo.model.progress import Progress
from imageseo.storage.atomic import write_atomic
from imageseo.storage.remote import Remote
from imageseo.storage.remote_errors import RemoteError
from imageseo.storage.remote_system import RemoteLimits, validated_url

KEY = "providers.library.folder"
_HINT = "create the folder or fix the setting `providers.library.folder`"
_MIN_DOWNLOADS_SHOWN = 8  # minimum number of downloads that get a progress bar


class LibraryLocation(Protocol):
    """``label``: the location as shown to the user. ``name``: identifies the location in the cache."""

    label: str
    name: str

    def files(self) -> Mapping[str, str]:
        """Return the path of every file -> a stamp that changes with the file. Raises ProviderError."""
        ...

    def local_path(self, path: str) -> Path:
        """Return the path of a file on this machine."""
        ...

    def digest(self, path: str) -> str:
        """Return ``sha256:…`` of a file. Raises OSError."""
        ...

    def read(self, path: str) -> bytes:
        """Return the bytes of a file. Raises OSError, ProviderError."""
        ...


def open_location(folder: str, project: Path, cache: Path, progress: Progress | None = None) -> LibraryLocation:
    """Return the location of the setting ``providers.library.folder``; nothing is read yet."""
    if "://" not in folder:
        return Folder(project / folder, folder)
    url = validated_url(folder, KEY)
    if urlsplit(url).scheme == "file":
        from urllib.request import url2pathname  # with http and ssl, which builds do not need

        return Folder(Path(url2pathname(urlsplit(url).path)), url)
    return Bucket(url, cache / "library", progress=progress)


class Folder:
    """A local folder."""

    def __init__(self, folder: Path, label: str) -> None:
        self.folder, self.label = folder, label
        self.name = str(folder.resolve())

    def files(self) -> Mapping[str, str]:
        if not self.folder.is_dir():
            what = "is a file, not a folder" if self.folder.exists() else "does not exist"
            raise ProviderError(
                f"library: the image folder {self.label} {what}",
                hint="create it and add images, or change the setting `providers.library.folder`",
            )
        try:
            return dict(sorted(_walk(str(self.folder), "")))
        except OSError as error:
            raise ProviderError(f"library: {self.label} cannot be read: {error.strerror or error}") from error

    def local_path(self, path: str) -> Path:
        return self.folder / path

    def digest(self, path: str) -> str:
        with regular_file.open_binary(self.local_path(path)) as file:
            return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()

    def read(self, path: str) -> bytes:
        return regular_file.read(self.local_path(path))


class Bucket:
    """Files below an fsspec URL.

    Each file is downloaded once and cached below ``cache`` under its hash; cached copies of files that were removed
    from the URL are deleted. Keys and endpoint come from the environment.
    """

    def __init__(
        self, url: str, cache: Path, *, progress: Progress | None = None, limits: RemoteLimits | None = None
    ) -> None:
        self.label = self.name = url
        self._remote = Remote(url, limits or RemoteLimits(), KEY)
        self._folder = cache / hashlib.sha256(url.encode()).hexdigest()[:16]
        self._progress = progress
        self._copies: dict[str, tuple[str, str]] = {}  # path -> stamp of the server, hexadecimal sha256

    def files(self) -> Mapping[str, str]:
        try:
            stamps = {path: stamp for path, stamp in self._remote.stamps().items() if _is_library_file(path)}
        except RemoteError as error:
            raise self._read_error(self.label, error) from None
        if not stamps:
            raise ProviderError(f"library: there are no images at {self.label}", hint=_HINT)
        previous = self._read_listing()
        self._copies = {
            path: previous[path] for path, stamp in stamps.items() if self._is_current(path, stamp, previous)
        }
        missing = {path: stamp for path, stamp in stamps.items() if path not in self._copies}
        show_progress = self._progress is not None and len(missing) >= _MIN_DOWNLOADS_SHOWN
        with (
            self._progress.task("Downloads", len(missing))
            if self._progress and show_progress
            else nullcontext() as task
        ):
            for path, stamp in missing.items():
                data = self._fetch(path)
                if data is not None:  # None: it was removed after the listing
                    self._save_copy(path, stamp, data)
                if task:
                    task.advance()
        if self._copies != previous:
            self._write_listing()
        return {path: digest for path, (_, digest) in sorted(self._copies.items())}

    def local_path(self, path: str) -> Path:
        digest = self._copies[path][1]
        return self._folder / digest[:2] / (digest + PurePosixPath(path).suffix.lower())

    def digest(self, path: str) -> str:
        return f"sha256:{self._copies[path][1]}"

    def read(self, path: str) -> bytes:
        """Return the bytes as of the listing; a damaged copy is downloaded again."""
        stamp, digest = self._copies[path]
        with suppress(OSError):
            if hashlib.sha256(data := regular_file.read(self.local_path(path))).hexdigest() == digest:
                return data
        fetched = self._fetch(path)
        if fetched is None or hashlib.sha256(fetched).hexdigest() != digest:
            raise ProviderError(f"library: {self.label}/{path} changed while it was being read", hint="run again")
        self._save_copy(path, stamp, fetched)
        return fetched

    def _fetch(self, path: str) -> bytes | None:
        try:
            return self._remote.get(path)
        except RemoteError as error:
            raise self._read_error(f"{self.label}/{path}", error) from None

    def _save_copy(self, path: str, stamp: str, data: bytes) -> None:
        self._copies[path] = (stamp, hashlib.sha256(data).hexdigest())
        try:
            write_atomic(self.local_path(path), data)
        except OSError as error:
            problem = f"library: {self.local_path(path)} cannot be written: {error.strerror or error}"
            raise ProviderError(problem, hint="free disk space: downloaded images are kept in the cache") from error

    def _is_current(self, path: str, stamp: str, previous: Mapping[str, tuple[str, str]]) -> bool:
        """Whether a file has a copy and has not changed on the server since."""
        copy = previous.get(path)
        if not stamp or copy is None or copy[0] != stamp:
            return False
        return (self._folder / copy[1][:2] / (copy[1] + PurePosixPath(path).suffix.lower())).is_file()

    def _read_listing(self) -> dict[str, tuple[str, str]]:
        try:
            rows = json.loads(regular_file.read(self._folder / "files.json"))
            return {str(path): (str(stamp), str(digest)) for path, (stamp, digest) in rows.items()}
        except (OSError, ValueError, TypeError, AttributeError):  # unreadable: all files are downloaded again
            return {}

    def _write_listing(self) -> None:
        """Save the list of copies, and delete copies that are not in it."""
        with suppress(OSError):
            write_atomic(self._folder / "files.json", json.dumps(self._copies, sort_keys=True).encode())
            current = {self.local_path(path) for path in self._copies}
            for path in [*self._folder.glob("??/*")]:
                if path not in current:
                    path.unlink(missing_ok=True)

    def _read_error(self, what: str, error: RemoteError) -> ProviderError:
        return ProviderError(f"library: {what} cannot be read: {error.message}", hint=error.hint)


def _is_library_file(path: str) -> bool:
    """Whether a file is an image or a sidecar; hidden files and paths outside the library are excluded."""
    name = PurePosixPath(path)
    return not any(part.startswith(".") for part in name.parts) and name.suffix.lower() in (*IMAGE_SUFFIXES, ".toml")


def _walk(folder: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield path and stamp of every file below a folder, except hidden files and folders behind links."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path, f"{prefix}{entry.name}/")
            elif entry.is_file():
                stat = entry.stat()
                yield prefix + entry.name, f"{stat.st_size}:{stat.st_mtime_ns}"
