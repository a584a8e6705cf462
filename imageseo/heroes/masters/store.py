"""Where masters lie: a folder of the project, or any fsspec URL with a verified cache before it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit
from urllib.request import url2pathname

from imageseo.heroes.lock.lock import broken
from imageseo.heroes.lock.parser import RESTORE
from imageseo.heroes.masters.remote_cache import RemoteCache, name_has_digest
from imageseo.model.errors import LockError, SettingsError, SiteError
from imageseo.model.protocols import MasterStore
from imageseo.storage.atomic import write_atomic
from imageseo.storage.remote import Limits, Remote, RemoteError, validated_url


def is_url(masters: str) -> bool:
    """Whether ``hero.masters`` names a URL and no folder."""
    return "://" in masters


def restore_hint(vault: MasterStore) -> str:
    """How a pinned master comes back that is gone or another file now."""
    return (
        f"put the pinned file back into {vault.where}" if is_url(vault.where) else "take it back from version control"
    )


def open_master_store(masters: str, project: Path, cache: Path, *, fresh: bool = False) -> MasterStore:
    """The vault of the setting ``hero.masters``; nothing is read or asked yet.

    ``fresh``: a digest is asked of the server even where the cache knows it, for who is about to say that all masters
    are there. Raises SettingsError for a URL with a password in it, or one that leads into the project.
    """
    if not is_url(masters):
        return FolderMasterStore(project, masters)
    url = validated_url(masters)
    if urlsplit(url).scheme.lower() != "file":
        return RemoteMasterStore(url, cache, fresh=fresh)
    folder = Path(url2pathname(urlsplit(url).path))
    if folder.resolve().is_relative_to(project.resolve()):
        inside = folder.resolve().relative_to(project.resolve()).as_posix()
        fault = f"hero.masters: found {url!r}, a folder of the project, expected its path from there: {inside}"
        raise SettingsError((fault,))
    return FolderMasterStore(folder, ".", where=url, shared=True)


class FolderMasterStore:
    """Masters in a folder, to be committed with the lock that names them.

    ``shared``: the folder is not the project's own, and nothing is ever removed from it: another branch's lock may
    name what this one does not.
    """

    def __init__(self, project: Path, folder: str, *, where: str = "", shared: bool = False) -> None:
        self.where = where or folder
        self._project = project
        self._folder = PurePosixPath(folder)
        self._shared = shared

    def file(self, name: str) -> str:
        """``heroes/x.png``: relative to the project."""
        return (self._folder / name).as_posix()

    def digest(self, file: str) -> str | None:
        """The digest of a file, None when there is none. Raises LockError when it cannot be read."""
        return _digest(self._project / file)

    def read(self, file: str, sha256: str) -> bytes:
        """The bytes, verified. Raises LockError."""
        try:
            data = (self._project / file).read_bytes()
        except OSError as error:
            raise LockError(f"{broken(file, sha256, None)} ({error})", hint=RESTORE) from error
        if (found := _sha256(data)) != sha256:
            raise LockError(broken(file, sha256, found), hint=RESTORE)
        return data

    def put(self, name: str, data: bytes) -> str:
        """Write a master, atomically. Raises SiteError."""
        file = self.file(name)
        try:
            write_atomic(self._project / file, data)
        except OSError as error:
            raise SiteError(
                f"{self._project / file}: cannot be written: {error.strerror or error}",
                hint="Make the folder writable, or make room, and run again; what is pinned so far stays.",
            ) from error
        return file

    def discard(self, file: str, sha256: str) -> None:
        """Remove a master that is what was pinned. Raises SiteError when it cannot be, LockError when not read."""
        path = self._project / file
        if self._shared or _digest(path) != sha256:
            return
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise SiteError(
                f"{path}: cannot be removed: {error.strerror or error}",
                hint="No page shows it any more: remove it by hand, and run again.",
            ) from error

    def path(self, file: str) -> Path | None:
        """Where a file lies, None when there is none."""
        path = self._project / file
        return path if path.is_file() else None


class RemoteMasterStore:
    """Masters at an fsspec URL; each is fetched once, verified, and kept below ``cache`` under its hash.

    ``shared``: as in FolderVault; a bucket has no branches. ``fresh``: as in ``of``. Endpoint and keys come from the
    environment, as the libraries below read them.
    """

    def __init__(
        self, url: str, cache: Path, *, limits: Limits | None = None, fresh: bool = False, shared: bool = True
    ) -> None:
        self.where = validated_url(url)
        self._remote = Remote(self.where, limits or Limits())
        self._kept = RemoteCache(cache / "masters", self.where)
        self._fresh = fresh
        self._shared = shared

    def file(self, name: str) -> str:
        """The bare name: where it lies, the setting says."""
        return name

    def digest(self, file: str) -> str | None:
        """The digest of what lies there, None when nothing does; without asking where the cache knows it.

        A cache knows what was put or verified by this machine and, like all that ``generate`` makes, has the first
        digits of its hash in its name. Raises LockError.
        """
        sha256 = self._kept.named(file)
        if sha256 and not self._fresh and self._kept.path(sha256):
            return sha256  # verified in this run
        data = self._kept.read(sha256) if sha256 else None
        if data is not None and not self._fresh:
            return sha256
        try:
            if data is not None and self._remote.holds(self._inside(file), data):
                return sha256
            data = self._remote.get(self._inside(file))
        except RemoteError as trouble:
            raise self._unread(file, trouble) from None
        if data is None:
            return None
        found = _sha256(data)
        if name_has_digest(file, found):
            self._kept.keep(file, found, data)
        return found

    def read(self, file: str, sha256: str) -> bytes:
        """The bytes, verified; from the cache where they are. Other bytes are refused and not kept. LockError."""
        data = self._kept.read(sha256)
        if data is not None:
            return data
        try:
            data = self._remote.get(self._inside(file))
        except RemoteError as trouble:
            raise self._unread(file, trouble) from None
        found = None if data is None else _sha256(data)
        if data is None or found != sha256:
            hint = f"Put the right file there, or delete the entry and run `imageseo generate`. Masters: {self.where}"
            raise LockError(broken(file, sha256, found), hint=hint)
        self._kept.keep(file, sha256, data)
        return data

    def put(self, name: str, data: bytes) -> str:
        """Send a master, and see that it arrived. Raises SiteError."""
        file = self.file(name)
        try:
            self._remote.put(self._inside(file), data)
        except RemoteError as trouble:
            raise SiteError(
                f"{self.where}/{file}: cannot be written: {trouble.message}",
                hint=f"{trouble.hint} What is pinned so far stays.",
            ) from None
        self._kept.keep(file, _sha256(data), data)
        return file

    def discard(self, file: str, sha256: str) -> None:
        """Remove a master that is what was pinned; one of a shared bucket stays. Raises SiteError."""
        if self._shared:
            return
        try:
            data = self._kept.read(sha256)
            if data is None or not self._remote.holds(self._inside(file), data):
                data = self._remote.get(self._inside(file))
            if data is not None and _sha256(data) == sha256:
                self._remote.remove(self._inside(file))
                self._kept.forget(file)
        except RemoteError as trouble:
            raise SiteError(
                f"{self.where}/{file}: cannot be removed: {trouble.message}",
                hint=f"{trouble.hint} No page shows it any more: it may be removed by hand.",
            ) from None

    def path(self, file: str) -> Path | None:
        """Where the verified copy lies; None when there is no file, or no copy could be kept. Raises LockError."""
        sha256 = self.digest(file)
        return self._kept.path(sha256) if sha256 and self._kept.named(file) == sha256 else None

    def _inside(self, file: str) -> str:
        path = PurePosixPath(file)
        if path.is_absolute() or ".." in path.parts or not path.parts or re.search(r"[\\\x00-\x1f?#*]|://|^~", file):
            raise LockError(f"{file!r} is no name of a master", hint=RESTORE)
        return file

    def _unread(self, file: str, trouble: RemoteError) -> LockError:
        return LockError(f"{self.where}/{file}: cannot be read: {trouble.message}", hint=trouble.hint)


def _sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise LockError(f"{path}: cannot be read: {error}", hint="Give the build the right to read it.") from error
