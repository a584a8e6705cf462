"""Store masters in a folder of the project, or at an fsspec URL with a verified local cache."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from imageseo.heroes.lock.lock import describe_mismatch
from imageseo.heroes.lock.parser import RESTORE
from imageseo.heroes.masters.remote_cache import RemoteCache, name_has_digest
from imageseo.model import git_lfs, regular_file
from imageseo.model.errors import LockError, PointerError, SettingsError, SiteError
from imageseo.model.protocols import MasterStore
from imageseo.storage.atomic import write_atomic
from imageseo.storage.remote import Remote
from imageseo.storage.remote_errors import RemoteError
from imageseo.storage.remote_system import RemoteLimits, validated_url


def is_url(masters: str) -> bool:
    """Whether ``hero.masters`` is a URL, not a folder."""
    return "://" in masters


def restore_hint(vault: MasterStore) -> str:
    """Describe how to restore a pinned master that is missing or has changed."""
    return f"restore the pinned file in {vault.where}" if is_url(vault.where) else "restore it from version control"


def open_master_store(masters: str, project: Path, cache: Path, *, fresh: bool = False) -> MasterStore:
    """Return the master store of the setting ``hero.masters``, without accessing it.

    ``fresh``: verify digests at the server even if they are cached, to be sure that all masters exist.
    Raises SettingsError for a URL that contains a password or is inside the project.
    """
    if not is_url(masters):
        return FolderMasterStore(project, masters)
    url = validated_url(masters)
    if urlsplit(url).scheme.lower() != "file":
        return RemoteMasterStore(url, cache, fresh=fresh)
    from urllib.request import url2pathname  # with http and ssl, which builds do not need

    folder = Path(url2pathname(urlsplit(url).path))
    if folder.resolve().is_relative_to(project.resolve()):
        inside = folder.resolve().relative_to(project.resolve()).as_posix()
        fault = f"hero.masters: found {url!r}, a folder of the project; expected its relative path {inside}"
        raise SettingsError((fault,))
    return FolderMasterStore(folder, ".", where=url, shared=True)


class FolderMasterStore:
    """Masters in a folder that is committed together with the lock.

    ``shared``: several projects or branches use the folder, so nothing is removed from it: another lock may still
    pin a master that this one does not.
    """

    def __init__(self, project: Path, folder: str, *, where: str = "", shared: bool = False) -> None:
        self.where = where or folder
        self._project = project
        self._folder = PurePosixPath(folder)
        self._shared = shared

    def file(self, name: str) -> str:
        """Return the path relative to the project, such as ``heroes/x.png``."""
        return (self._folder / name).as_posix()

    def digest(self, file: str) -> str | None:
        """Return the digest of a file, None if it does not exist.

        Raises LockError if it cannot be read, and its subclass PointerError for a Git LFS pointer.
        """
        if git_lfs.is_pointer_file(self._project / file):
            raise PointerError(git_lfs.describe(file, "image"), hint=git_lfs.PULL)
        return _digest(self._project / file)

    def read(self, file: str, sha256: str) -> bytes:
        """Return the verified bytes. Raises LockError."""
        try:
            data = regular_file.read(self._project / file)
        except OSError as error:
            raise LockError(f"{describe_mismatch(file, sha256, None)} ({error})", hint=RESTORE) from error
        if git_lfs.is_pointer(data):
            raise PointerError(git_lfs.describe(file, "image"), hint=git_lfs.PULL)
        if (found := _sha256(data)) != sha256:
            raise LockError(describe_mismatch(file, sha256, found), hint=RESTORE)
        return data

    def put(self, name: str, data: bytes) -> str:
        """Write a master atomically. Raises SiteError."""
        file = self.file(name)
        try:
            write_atomic(self._project / file, data)
        except OSError as error:
            raise SiteError(
                f"{self._project / file}: cannot be written: {error.strerror or error}",
                hint="Check permissions and free disk space, and run again; the pins made so far are kept.",
            ) from error
        return file

    def discard(self, file: str, sha256: str) -> None:
        """Remove a master if it is the pinned one. Raises SiteError if it cannot be removed, LockError if not read."""
        path = self._project / file
        if self._shared or _digest(path) != sha256:
            return
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise SiteError(
                f"{path}: cannot be removed: {error.strerror or error}",
                hint="No page uses it any more: remove it by hand, and run again.",
            ) from error

    def path(self, file: str) -> Path | None:
        """Return the path of a file, None if it does not exist."""
        path = self._project / file
        return path if path.is_file() else None


class RemoteMasterStore:
    """Masters at an fsspec URL; each is fetched once, verified, and cached below ``cache`` by its hash.

    ``shared``: as in FolderMasterStore, because a bucket has no branches. ``fresh``: as in ``open_master_store``.
    Endpoint and keys are read from the environment by the underlying libraries.
    """

    def __init__(
        self, url: str, cache: Path, *, limits: RemoteLimits | None = None, fresh: bool = False, shared: bool = True
    ) -> None:
        self.where = validated_url(url)
        self._remote = Remote(self.where, limits or RemoteLimits())
        self._cache = RemoteCache(cache / "masters", self.where)
        self._fresh = fresh
        self._shared = shared

    def file(self, name: str) -> str:
        """Return the bare name; its location is in the settings."""
        return name

    def digest(self, file: str) -> str | None:
        """Return the digest of a file, None if it does not exist; without a request if it is cached.

        The cache has the files that this machine wrote or verified and whose names contain the first digits of their
        hash, as all names that ``generate`` makes do. Raises LockError.
        """
        sha256 = self._cache.last_digest(file)
        if sha256 and not self._fresh and self._cache.path(sha256):
            return sha256  # verified in this run
        data = self._cache.read(sha256) if sha256 else None
        if data is not None and not self._fresh:
            return sha256
        try:
            if data is not None and self._remote.holds(self._checked_name(file), data):
                return sha256
            data = self._remote.get(self._checked_name(file))
        except RemoteError as error:
            raise self._read_error(file, error) from None
        if data is None:
            return None
        self._reject_pointer(file, data)
        found = _sha256(data)
        if name_has_digest(file, found):
            self._cache.add(file, found, data)
        return found

    def read(self, file: str, sha256: str) -> bytes:
        """Return the verified bytes, from the cache if possible. Raises LockError, also for a wrong hash."""
        data = self._cache.read(sha256)
        if data is not None:
            return data
        try:
            data = self._remote.get(self._checked_name(file))
        except RemoteError as error:
            raise self._read_error(file, error) from None
        self._reject_pointer(file, data)
        found = None if data is None else _sha256(data)
        if data is None or found != sha256:
            hint = f"Restore the file in {self.where}, or delete the entry and run `imageseo generate`."
            raise LockError(describe_mismatch(file, sha256, found), hint=hint)
        self._cache.add(file, sha256, data)
        return data

    def put(self, name: str, data: bytes) -> str:
        """Upload a master and verify that it arrived. Raises SiteError."""
        file = self.file(name)
        try:
            self._remote.put(self._checked_name(file), data)
        except RemoteError as error:
            raise SiteError(
                f"{self.where}/{file}: cannot be written: {error.message}",
                hint=f"{error.hint} The pins made so far are kept.",
            ) from None
        self._cache.add(file, _sha256(data), data)
        return file

    def discard(self, file: str, sha256: str) -> None:
        """Remove a master if it is the pinned one and the bucket is not shared. Raises SiteError."""
        if self._shared:
            return
        try:
            data = self._cache.read(sha256)
            if data is None or not self._remote.holds(self._checked_name(file), data):
                data = self._remote.get(self._checked_name(file))
            if data is not None and _sha256(data) == sha256:
                self._remote.remove(self._checked_name(file))
                self._cache.forget(file)
        except RemoteError as error:
            raise SiteError(
                f"{self.where}/{file}: cannot be removed: {error.message}",
                hint=f"{error.hint} No page uses it any more: it may be removed by hand.",
            ) from None

    def path(self, file: str) -> Path | None:
        """Return the path of the verified copy; None if there is no file, or it cannot be cached. Raises LockError."""
        sha256 = self.digest(file)
        return self._cache.path(sha256) if sha256 and self._cache.last_digest(file) == sha256 else None

    def _checked_name(self, file: str) -> str:
        path = PurePosixPath(file)
        if path.is_absolute() or ".." in path.parts or not path.parts or re.search(r"[\\\x00-\x1f?#*]|://|^~", file):
            raise LockError(f"{file!r} is not a valid name of a master", hint=RESTORE)
        return file

    def _reject_pointer(self, file: str, data: bytes | None) -> None:
        if data is not None and git_lfs.is_pointer(data):
            hint = f"Run `git lfs pull` where the file comes from, and copy it to {self.where} again."
            raise PointerError(git_lfs.describe(f"{self.where}/{file}", "image"), hint=hint)

    def _read_error(self, file: str, error: RemoteError) -> LockError:
        return LockError(f"{self.where}/{file}: cannot be read: {error.message}", hint=error.hint)


def _sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _digest(path: Path) -> str | None:
    try:
        with regular_file.open_binary(path) as file:
            return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise LockError(f"{path}: cannot be read: {error}", hint="Make the file readable.") from error
