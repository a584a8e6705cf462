"""The variant store: a folder, content-addressed, verified on read, atomic on write."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from imageseo.model.errors import StoreError
from imageseo.model.protocols import Clock, StoredBlob
from imageseo.storage.atomic import write_atomic
from imageseo.storage.blobs import Blobs, remove_path
from imageseo.storage.index import KeyIndex, PrunePolicy
from imageseo.storage.locks import is_in_use, mark_in_use

_NOTES = {
    # So that the folder is neither committed nor backed up by accident.
    ".gitignore": b"# made by imageseo\n*\n",
    "CACHEDIR.TAG": b"Signature: 8a477f597d28d172789f06886806bc55\n# made by imageseo\n",
}
# A running build marks at most once a day what it uses, and takes less than a day.
_BUILD = 2 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreInfo:
    """What a store holds. ``bytes``: of its blobs; ``leftovers``: files that nothing leads to."""

    folder: Path
    entries: int
    blobs: int
    bytes: int
    leftovers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceResult:
    """What ``verify`` or ``prune`` looked at and took away, in bytes too.

    ``spared``: entries that stay only because a build is at work. ``strangers``: paths, seen from the store's folder,
    of what somebody else put there; it is left alone.
    """

    checked: int
    removed: int
    bytes: int
    spared: int = 0
    strangers: tuple[str, ...] = ()


class FolderStore:
    """A store in a local folder, safe for any number of threads and processes at once.

    Where the file system fails, StoreError says what and what to do. A blob that was damaged or taken away since and
    cannot be put back (we may only read, or the disk is full) is kept in a temporary folder until the store is gone.
    """

    def __init__(self, folder: Path, *, clock: Clock = time.time) -> None:
        self.folder = folder
        self._home = folder / "v1"
        self._entries = KeyIndex(self._home)
        self._blobs = Blobs(self._home)
        self._clock = clock  # only for when an entry was last used, which nothing but `prune` asks
        self._shards: dict[str, dict[str, StoredBlob]] = {}
        self._prepared = False
        self._holding: weakref.finalize[[int], FolderStore] | None = None
        self._aside: Blobs | None = None
        self._set_aside: set[str] = set()  # hashes of what lies there
        self._bad: set[str] = set()  # hashes of blobs that were found damaged or gone
        self._lost: set[str] = set()  # keys that led to those

    def find(self, key: str) -> StoredBlob | None:
        """What lies under ``key`` (64 hex digits), or None; a blob that is gone or of another size counts as none."""
        shard = self._shard(key)
        stored = shard.get(key)
        if stored is None or stored.sha256 in self._set_aside:
            return stored
        try:
            sound = stored.sha256 not in self._bad and self._blobs.size(stored.sha256) == stored.bytes
        except OSError as error:
            raise self._fault("read", error) from error
        if not sound:
            shard.pop(key, None)
            self._entries.forget(key, stored)
            self._lost.add(key)
            return None
        self._entries.mark(key, stored, self._clock())
        return stored

    def read(self, stored: StoredBlob) -> bytes | None:
        """The bytes, verified by their hash; None when they are gone or damaged (damaged ones are removed)."""
        try:
            data = self._of(stored.sha256).read(stored.sha256, stored.bytes)
        except OSError as error:
            raise self._fault("read", error) from error
        if data is None:
            self._bad.add(stored.sha256)
        return data

    def intact(self, stored: StoredBlob) -> bool:
        """Whether the bytes are there as they were written, judging by size and time, without reading them.

        False where that is uncertain; ``read`` verifies. Not for files that must be certain, such as masters.
        """
        try:
            return stored.sha256 not in self._bad and self._of(stored.sha256).intact(stored.sha256, stored.bytes)
        except OSError:
            return False

    def path(self, sha256: str) -> Path:
        """Where the bytes of that hash lie, for readers that want a file; nothing is verified."""
        return Path(self._of(sha256).path(sha256))

    def put(self, key: str, data: bytes) -> StoredBlob:
        """Keep ``data`` under ``key``, replacing what was there. The store never holds a partial file."""
        shard = self._shard(key)
        before = shard.get(key)
        try:
            self._prepare()
            stored = StoredBlob(sha256=self._blobs.put(data, distrusted=self._bad), bytes=len(data))
            self._entries.add(key, stored, self._clock())
            self._bad.discard(stored.sha256)
        except OSError as error:
            if key not in self._lost:
                raise self._fault("write", error) from error
            stored = self._put_aside(data)
        if before is not None and before != stored:
            self._entries.forget(key, before)
        shard[key] = stored
        return stored

    def info(self) -> StoreInfo:
        """What the store holds."""
        try:
            entries, _ = self._entries.inventory()
            blobs = self._blobs.inventory().sizes
            stray = blobs.keys() - {entry.stored.sha256 for entry in entries}
            return StoreInfo(
                folder=self.folder,
                entries=len(entries),
                blobs=len(blobs),
                bytes=sum(blobs.values()),
                leftovers=len(stray) + self._blobs.leftovers(),
            )
        except OSError as error:
            raise self._fault("read", error) from error

    def verify(self) -> MaintenanceResult:
        """Read every blob; remove what is damaged, and keys that lead nowhere. Raises when it cannot be removed."""
        try:
            self._blobs.sweep()
            found = self._blobs.inventory()
            bad = {sha256: size for sha256, size in found.sizes.items() if not self._blobs.check(sha256)}
            for sha256 in bad:
                self._blobs.remove(sha256)
            odd = [path for path in found.odd if not remove_path(path)]
            entries, strangers = self._entries.inventory()
            for entry in entries:
                if self._blobs.size(entry.stored.sha256) != entry.stored.bytes:
                    remove_path(entry.path)
        except OSError as error:
            raise self._fault("write", error) from error
        self._shards.clear()
        return MaintenanceResult(
            checked=len(found.sizes) + len(found.odd),
            removed=len(bad) + len(found.odd) - len(odd),
            bytes=sum(bad.values()),
            strangers=self._named(*found.strangers, *odd, *strangers),
        )

    def prune(
        self,
        *,
        older_than: float | None = None,
        max_bytes: int | None = None,
        needed: Collection[str] | None = None,
        dry: bool = False,
    ) -> MaintenanceResult:
        """Remove entries unused for ``older_than`` seconds, and whose key is not among the ``needed``; then the longest
        unused until the rest fits ``max_bytes``. ``dry``: say what would go, and leave it.

        Blobs without an entry are removed too. A build that runs at the same time makes missing ones again; its needs
        are not known yet, so what was used lately stays until it is done, and so do blobs of its last hour. A time in
        the future counts as now.
        """
        now = self._clock()
        self._release()
        try:
            if not dry:
                self._blobs.sweep()
            found = self._blobs.inventory()
            entries, strangers = self._entries.inventory()
            if not dry:
                self._entries.mend_times(entries, now)
            lately = now - _BUILD if is_in_use(self._home) else None
            plan = PrunePolicy(older_than=older_than, max_bytes=max_bytes, needed=needed, lately=lately)
            goes, spared = plan.choose(entries, found.sizes, now)
            gone = goes if dry else {entry for entry in goes if self._entries.remove_unused(entry)}
            led_to = {entry.stored.sha256 for entry in entries if entry not in gone}
            # A build, that began meanwhile perhaps, puts bytes before the key that leads to them.
            spares = lately is not None or is_in_use(self._home)
            freed = 0
            for sha256 in found.sizes.keys() - led_to:
                if spares and self._blobs.young(sha256):
                    continue
                freed += found.sizes[sha256]
                if not dry:
                    self._blobs.remove(sha256)
        except OSError as error:
            raise self._fault("write", error) from error
        self._shards.clear()
        return MaintenanceResult(
            checked=len(entries),
            removed=len(gone),
            bytes=freed,
            spared=spared,
            strangers=self._named(*found.strangers, *found.odd, *strangers),
        )

    def _shard(self, key: str) -> dict[str, StoredBlob]:
        """Every key that begins with the same two digits, listed once in this store's life."""
        if key[:2] not in self._shards:
            self._hold()
            try:
                self._shards[key[:2]] = self._entries.shard(key)
            except OSError as error:
                raise self._fault("read", error) from error
        return self._shards[key[:2]]

    def _of(self, sha256: str) -> Blobs:
        return self._aside if self._aside is not None and sha256 in self._set_aside else self._blobs

    def _put_aside(self, data: bytes) -> StoredBlob:
        try:
            if self._aside is None:
                folder = tempfile.mkdtemp(prefix="imageseo-")
                weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
                self._aside = Blobs(Path(folder))
            stored = StoredBlob(sha256=self._aside.put(data), bytes=len(data))
        except OSError as error:
            raise self._fault("write", error) from error
        self._bad.discard(stored.sha256)
        self._set_aside.add(stored.sha256)
        return stored

    def _hold(self) -> None:
        """Let others know that a build works with this store, as long as this object lives."""
        if self._holding is None and (handle := mark_in_use(self._home)) is not None:
            self._holding = weakref.finalize(self, os.close, handle)

    def _release(self) -> None:
        if self._holding is not None:
            self._holding()
            self._holding = None

    def _prepare(self) -> None:
        """Before the first write: clear what a killed build left, and leave a note of what the folder is."""
        if self._prepared:
            return
        self._home.mkdir(parents=True, exist_ok=True)
        self._hold()
        self._blobs.sweep()
        for name, text in _NOTES.items():
            if not (self.folder / name).exists():
                write_atomic(self.folder / name, text)
        self._prepared = True

    def _named(self, *paths: str) -> tuple[str, ...]:
        """Paths as people know them."""
        return tuple(Path(path).relative_to(self.folder).as_posix() for path in sorted(paths))

    def _fault(self, verb: str, error: OSError) -> StoreError:
        where = error.filename or self.folder
        return StoreError(
            f"cannot {verb} {where}: {error.strerror or error}",
            hint=f"Make {self.folder} writable and give it room (`imageseo cache prune` frees some), "
            "or point `cache_dir` at another folder.",
        )
