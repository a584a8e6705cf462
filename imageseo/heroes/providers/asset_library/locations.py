"""Where a library's files lie: a folder of this machine, or any fsspec URL whose files are fetched once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from pathlib import Path, PurePosixPath
from typing import Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

from imageseo.heroes.providers.asset_library.entry import SUFFIXES
from imageseo.model.errors import ProviderError
from imageseo.model.protocols import Progress
from imageseo.storage.atomic import write_atomic
from imageseo.storage.remote import Limits, Remote, RemoteError, validated_url

KEY = "providers.library.folder"
_NAME = "mend or make it, or name another place: `providers.library.folder` in the settings"
_FEW = 8  # files to fetch that are worth a progress bar


class Location(Protocol):
    """``shown``: as the user knows it. ``name``: which place it is, for what is kept of it."""

    shown: str
    name: str

    def files(self) -> Mapping[str, str]:
        """Path of every file -> a stamp that is another when the file changed. Raises ProviderError."""
        ...

    def at(self, path: str) -> Path:
        """Where a file lies on this machine."""
        ...

    def digest(self, path: str) -> str:
        """``sha256:…`` of a file. Raises OSError."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes. Raises OSError, ProviderError."""
        ...


def open_location(folder: str, project: Path, cache: Path, progress: Progress | None = None) -> Location:
    """The place of the setting ``providers.library.folder``; nothing is read yet."""
    if "://" not in folder:
        return Folder(project / folder, folder)
    url = validated_url(folder, KEY)
    if urlsplit(url).scheme == "file":
        return Folder(Path(url2pathname(urlsplit(url).path)), url)
    return Bucket(url, cache / "library", progress=progress)


class Folder:
    """A folder of this machine."""

    def __init__(self, folder: Path, shown: str) -> None:
        self.folder, self.shown = folder, shown
        self.name = str(folder.resolve())

    def files(self) -> Mapping[str, str]:
        if not self.folder.is_dir():
            what = "is a file, no folder" if self.folder.exists() else "does not exist"
            raise ProviderError(
                f"library: the folder of pictures {self.shown} {what}",
                hint="make it and put pictures into it, or name another: `providers.library.folder` in the settings",
            )
        try:
            return dict(sorted(_walk(str(self.folder), "")))
        except OSError as error:
            raise ProviderError(f"library: {self.shown} cannot be read: {error.strerror or error}") from error

    def at(self, path: str) -> Path:
        return self.folder / path

    def digest(self, path: str) -> str:
        with self.at(path).open("rb") as file:
            return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()

    def read(self, path: str) -> bytes:
        return self.at(path).read_bytes()


class Bucket:
    """Files below an fsspec URL. Each is fetched once and kept below ``cache`` under its hash; what was fetched and is
    gone from there is removed. Keys and endpoint come from the environment.
    """

    def __init__(
        self, url: str, cache: Path, *, progress: Progress | None = None, limits: Limits | None = None
    ) -> None:
        self.shown = self.name = url
        self._remote = Remote(url, limits or Limits(), KEY)
        self._folder = cache / hashlib.sha256(url.encode()).hexdigest()[:16]
        self._progress = progress
        self._held: dict[str, tuple[str, str]] = {}  # path -> stamp of the server, sha256 in hex

    def files(self) -> Mapping[str, str]:
        try:
            there = {path: stamp for path, stamp in self._remote.stamps().items() if _ours(path)}
        except RemoteError as trouble:
            raise self._unread(self.shown, trouble) from None
        if not there:
            raise ProviderError(f"library: there are no pictures at {self.shown}", hint=_NAME)
        before = self._book()
        self._held = {path: before[path] for path, stamp in there.items() if self._stands(path, stamp, before)}
        lacking = {path: stamp for path, stamp in there.items() if path not in self._held}
        shows = self._progress is not None and len(lacking) >= _FEW
        with self._progress.task("Fetched", len(lacking)) if self._progress and shows else nullcontext() as step:
            for path, stamp in lacking.items():
                data = self._fetched(path)
                if data is not None:  # else it went away since it was listed
                    self._keep(path, stamp, data)
                if step:
                    step.advance()
        if self._held != before:
            self._note()
        return {path: digest for path, (_, digest) in sorted(self._held.items())}

    def at(self, path: str) -> Path:
        digest = self._held[path][1]
        return self._folder / digest[:2] / (digest + PurePosixPath(path).suffix.lower())

    def digest(self, path: str) -> str:
        return f"sha256:{self._held[path][1]}"

    def read(self, path: str) -> bytes:
        """The bytes that the place had when it was listed; a copy that was damaged since is fetched again."""
        stamp, digest = self._held[path]
        with suppress(OSError):
            if hashlib.sha256(data := self.at(path).read_bytes()).hexdigest() == digest:
                return data
        fetched = self._fetched(path)
        if fetched is None or hashlib.sha256(fetched).hexdigest() != digest:
            raise ProviderError(f"library: {self.shown}/{path} changed while it was read", hint="run again")
        self._keep(path, stamp, fetched)
        return fetched

    def _fetched(self, path: str) -> bytes | None:
        try:
            return self._remote.get(path)
        except RemoteError as trouble:
            raise self._unread(f"{self.shown}/{path}", trouble) from None

    def _keep(self, path: str, stamp: str, data: bytes) -> None:
        self._held[path] = (stamp, hashlib.sha256(data).hexdigest())
        try:
            write_atomic(self.at(path), data)
        except OSError as error:
            problem = f"library: {self.at(path)}: cannot be written: {error.strerror or error}"
            raise ProviderError(problem, hint="make room: pictures of a URL are kept in the cache") from error

    def _stands(self, path: str, stamp: str, before: Mapping[str, tuple[str, str]]) -> bool:
        """Whether the copy of a file is there and the server's has not changed since."""
        known = before.get(path)
        if not stamp or known is None or known[0] != stamp:
            return False
        return (self._folder / known[1][:2] / (known[1] + PurePosixPath(path).suffix.lower())).is_file()

    def _book(self) -> dict[str, tuple[str, str]]:
        try:
            rows = json.loads((self._folder / "files.json").read_bytes())
            return {str(path): (str(stamp), str(digest)) for path, (stamp, digest) in rows.items()}
        except (OSError, ValueError, TypeError, AttributeError):  # nothing is known then, and all is fetched again
            return {}

    def _note(self) -> None:
        """Write down what is held, and remove what no path leads to any more."""
        with suppress(OSError):
            write_atomic(self._folder / "files.json", json.dumps(self._held, sort_keys=True).encode())
            wanted = {self.at(path) for path in self._held}
            for path in [*self._folder.glob("??/*")]:
                if path not in wanted:
                    path.unlink(missing_ok=True)

    def _unread(self, what: str, trouble: RemoteError) -> ProviderError:
        return ProviderError(f"library: {what} cannot be read: {trouble.message}", hint=trouble.hint)


def _ours(path: str) -> bool:
    """Whether a file is a picture or says something of one; hidden ones, and names that lead elsewhere, are not."""
    name = PurePosixPath(path)
    return not any(part.startswith(".") for part in name.parts) and name.suffix.lower() in (*SUFFIXES, ".toml")


def _walk(folder: str, above: str) -> Iterator[tuple[str, str]]:
    """Path and stamp of every file below a folder; hidden ones, and folders behind links, are left out."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path, f"{above}{entry.name}/")
            elif entry.is_file():
                stat = entry.stat()
                yield above + entry.name, f"{stat.st_size}:{stat.st_mtime_ns}"
