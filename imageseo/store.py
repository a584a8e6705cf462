"""The variant store: a folder, content-addressed, verified on read, atomic on write."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from imageseo.blobs import Blobs
from imageseo.errors import StoreError
from imageseo.files import write_atomic
from imageseo.ports import Clock, Stored

_KEY = re.compile(r"[0-9a-f]{64}")
_ENTRY = re.compile(r"([0-9a-f]{62})\.([0-9a-f]{64})\.(\d+)")
_DAY = 86_400.0
_NOTES = {
    # So that the folder is neither committed nor backed up by accident.
    ".gitignore": b"# made by imageseo\n*\n",
    "CACHEDIR.TAG": b"Signature: 8a477f597d28d172789f06886806bc55\n# made by imageseo\n",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreInfo:
    """What a store holds. ``bytes``: of its blobs; ``leftovers``: files that nothing leads to."""

    folder: Path
    entries: int
    blobs: int
    bytes: int
    leftovers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """What ``verify`` or ``prune`` looked at and took away, in bytes too."""

    checked: int
    removed: int
    bytes: int


class FolderStore:
    """A store in a local folder, safe for any number of threads and processes at once.

    A key is an **empty file whose name says everything** (``keys/ab/<rest of the key>.<sha256>.<bytes>``): it
    cannot be half-written, and a warm build learns all keys of a shard from one directory listing instead of
    opening a file for each. Where the file system fails, StoreError says what and what to do.
    """

    def __init__(self, folder: Path, *, clock: Clock = time.time) -> None:
        self.folder = folder
        self._keys = folder / "v1" / "keys"
        self._blobs = Blobs(folder / "v1")
        self._clock = clock  # only for when an entry was last used, which nothing but `prune` asks
        self._shards: dict[str, dict[str, Stored]] = {}
        self._prepared = False

    def find(self, key: str) -> Stored | None:
        """What lies under ``key`` (64 hex digits), or None; a blob that is gone or of another size counts as none."""
        stored = self._shard(key).get(key)
        if stored is None:
            return None
        try:
            size = self._blobs.size(stored.sha256)
        except OSError as error:
            raise self._fault("read", error) from error
        if size != stored.bytes:
            self._forget(key, stored)
            return None
        self._mark_used(self._entry(key, stored))
        return stored

    def read(self, stored: Stored) -> bytes | None:
        """The bytes, verified by their hash; None when they are gone or damaged (damaged ones are removed)."""
        try:
            return self._blobs.read(stored.sha256)
        except OSError as error:
            raise self._fault("read", error) from error

    def locate(self, sha256: str) -> Path:
        """Where the bytes of that hash lie, for readers that want a file; nothing is verified."""
        return Path(self._blobs.path(sha256))

    def put(self, key: str, data: bytes) -> Stored:
        """Keep ``data`` under ``key``, in place of what was there. Nothing half-written ever stands in the store."""
        shard = self._shard(key)
        try:
            self._prepare()
            stored = Stored(sha256=self._blobs.put(data), bytes=len(data))
            entry = Path(self._entry(key, stored))
            entry.parent.mkdir(parents=True, exist_ok=True)
            entry.touch()
        except OSError as error:
            raise self._fault("write", error) from error
        before = shard.get(key)
        if before is not None and before != stored:
            self._forget(key, before)
        shard[key] = stored
        return stored

    def info(self) -> StoreInfo:
        """What the store holds."""
        try:
            entries, blobs = list(self._entries()), self._blobs.sizes()
            stray = blobs.keys() - {stored.sha256 for _, stored in entries}
            return StoreInfo(
                folder=self.folder,
                entries=len(entries),
                blobs=len(blobs),
                bytes=sum(blobs.values()),
                leftovers=len(stray) + self._blobs.leftovers(),
            )
        except OSError as error:
            raise self._fault("read", error) from error

    def verify(self) -> Upkeep:
        """Read every blob; remove what is damaged, and keys that lead nowhere. Raises when it cannot be removed."""
        try:
            self._blobs.sweep()
            sizes = self._blobs.sizes()
            bad = {sha256 for sha256 in sizes if self._blobs.read(sha256) is None}
            for sha256 in bad:
                self._blobs.remove(sha256)
            for path, stored in self._entries():
                if sizes.get(stored.sha256) != stored.bytes or stored.sha256 in bad:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise self._fault("write", error) from error
        self._shards.clear()
        return Upkeep(checked=len(sizes), removed=len(bad), bytes=sum(sizes[sha256] for sha256 in bad))

    def prune(self, *, older_than: float | None = None, max_bytes: int | None = None) -> Upkeep:
        """Remove entries unused for ``older_than`` seconds, then the longest unused until the rest fits ``max_bytes``.

        Blobs that nothing leads to go too; of a build that runs at the same time that may cost one encode.
        """
        now, removed = self._clock(), 0
        try:
            self._blobs.sweep()
            sizes = self._blobs.sizes()
            total = sum(sizes.values())
            entries = sorted((path.stat().st_mtime, path, stored) for path, stored in self._entries())
            users: dict[str, list[Path]] = {}
            for _, path, stored in entries:
                users.setdefault(stored.sha256, []).append(path)
            freed = sum(self._remove_blob(sha256, sizes) for sha256 in sizes.keys() - users.keys())
            for used, path, stored in entries:
                too_old = older_than is not None and now - used > older_than
                too_much = max_bytes is not None and total - freed > max_bytes
                if not (too_old or too_much):
                    continue
                path.unlink(missing_ok=True)
                removed += 1
                users[stored.sha256].remove(path)
                if not users[stored.sha256] and stored.sha256 in sizes:
                    freed += self._remove_blob(stored.sha256, sizes)
        except OSError as error:
            raise self._fault("write", error) from error
        self._shards.clear()
        return Upkeep(checked=len(entries), removed=removed, bytes=freed)

    def _remove_blob(self, sha256: str, sizes: dict[str, int]) -> int:
        self._blobs.remove(sha256)
        return sizes.pop(sha256)

    def _entry(self, key: str, stored: Stored) -> str:
        return f"{self._keys}{os.sep}{key[:2]}{os.sep}{key[2:]}.{stored.sha256}.{stored.bytes}"

    def _shard(self, key: str) -> dict[str, Stored]:
        """Every key that begins with the same two digits, listed once in this store's life."""
        if not _KEY.fullmatch(key):
            raise ValueError(f"a key is 64 hex digits, not {key!r}")
        name = key[:2]
        if name not in self._shards:
            # Two entries of one key: only from codecs that call themselves the same and are not. Any will do.
            self._shards[name] = {name + entry[:62]: stored for entry, stored in self._list(name)}
        return self._shards[name]

    def _list(self, shard: str) -> Iterator[tuple[str, Stored]]:
        for name in _names(self._keys / shard, self._fault):
            if match := _ENTRY.fullmatch(name):
                yield name, Stored(sha256=match[2], bytes=int(match[3]))

    def _entries(self) -> Iterator[tuple[Path, Stored]]:
        for name in _names(self._keys, self._fault):
            if len(name) == 2:
                yield from ((self._keys / name / entry, stored) for entry, stored in self._list(name))

    def _forget(self, key: str, stored: Stored) -> None:
        self._shard(key).pop(key, None)
        with suppress(OSError):  # where we may only read, an entry that leads nowhere stays
            Path(self._entry(key, stored)).unlink()

    def _mark_used(self, entry: str) -> None:
        """Move an entry's time forward, at most once a day, so that ``prune`` keeps what is in use."""
        with suppress(OSError):
            now = self._clock()
            if now - os.stat(entry).st_mtime > _DAY:  # noqa: PTH116 - as above, thousands of times
                os.utime(entry, (now, now))

    def _prepare(self) -> None:
        """Before the first write: clear what a killed build left, and leave a note of what the folder is."""
        if self._prepared:
            return
        self._blobs.sweep()
        for name, text in _NOTES.items():
            if not (self.folder / name).exists():
                write_atomic(self.folder / name, text)
        self._prepared = True

    def _fault(self, verb: str, error: OSError) -> StoreError:
        where = error.filename or self.folder
        return StoreError(
            f"cannot {verb} {where}: {error.strerror or error}",
            hint=f"Make {self.folder} writable and give it room (`imageseo cache prune` frees some), "
            "or point `cache_dir` at another folder.",
        )


def _names(folder: Path, fault: Callable[[str, OSError], StoreError]) -> list[str]:
    """What a folder holds, sorted; nothing when it is not there."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names are all we want
    except FileNotFoundError:
        return []
    except OSError as error:
        raise fault("read", error) from error
