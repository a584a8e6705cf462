"""The index of a store: an empty file per key, named by hash and size of its blob, so that one listing reads many."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from imageseo.model.protocols import StoredBlob
from imageseo.storage.blobs import list_folder, remove_path

_KEY = re.compile(r"[0-9a-f]{64}")
_SHARD = re.compile(r"[0-9a-f]{2}")
_ENTRY = re.compile(r"([0-9a-f]{62})\.([0-9a-f]{64})\.(\d{1,18})")
_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class IndexEntry:
    """A key on disk. ``used``: time of last use, seconds since the epoch; ``path``: its file."""

    used: float
    path: str
    key: str
    stored: StoredBlob


class KeyIndex:
    """A folder of keys (``ab/<rest of the key>.<sha256>.<bytes>``). Every method may raise OSError.

    An empty file cannot be half-written. Its modification time is the last use of the key; only pruning reads it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder / "keys")

    def path(self, key: str, stored: StoredBlob) -> str:
        return f"{self._folder}{os.sep}{key[:2]}{os.sep}{key[2:]}.{stored.sha256}.{stored.bytes}"

    def shard(self, key: str) -> dict[str, StoredBlob]:
        """Return all keys that begin with the same two digits. Raises ValueError if ``key`` is not a key."""
        if not _KEY.fullmatch(key):
            raise ValueError(f"a key is 64 hex digits, not {key!r}")
        try:
            names = sorted(os.listdir(f"{self._folder}{os.sep}{key[:2]}"))  # noqa: PTH208 - only names are needed
        except FileNotFoundError:
            return {}
        # Two entries of one key come only from different codecs that report the same version. Either is valid.
        matches = (_ENTRY.fullmatch(name) for name in names)
        return {key[:2] + match[1]: StoredBlob(sha256=match[2], bytes=int(match[3])) for match in matches if match}

    def add(self, key: str, stored: StoredBlob, now: float) -> None:
        path = Path(self.path(key, stored))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (now, now))

    def forget(self, key: str, stored: StoredBlob) -> None:
        with suppress(OSError):  # in a read-only store, an entry without a blob stays
            remove_path(self.path(key, stored))

    def mark(self, key: str, stored: StoredBlob, now: float) -> None:
        """Set an entry's time to ``now``, at most once a day; also backwards, if it is in the future."""
        path = self.path(key, stored)
        with suppress(OSError):
            if abs(now - os.stat(path).st_mtime) > _DAY:  # noqa: PTH116 - a Path costs more than the call
                os.utime(path, (now, now))

    def remove_unused(self, entry: IndexEntry) -> bool:
        """Remove a key. Return False if it was used since it was listed, or is already removed."""
        try:
            if os.stat(entry.path).st_mtime > entry.used + 1:  # noqa: PTH116 - as above
                return False
        except FileNotFoundError:
            return False
        return remove_path(entry.path)

    def mend_times(self, entries: Iterable[IndexEntry], now: float) -> None:
        """Set times in the future (from a wrong clock) to ``now``; otherwise these entries would never expire."""
        for entry in entries:
            if entry.used > now:
                with suppress(FileNotFoundError):
                    os.utime(entry.path, (now, now))

    def inventory(self) -> tuple[list[IndexEntry], list[str]]:
        """Return all keys, and the paths of everything that is not a key."""
        entries: list[IndexEntry] = []
        strangers: list[str] = []
        for shard in list_folder(self._folder):
            if not _SHARD.fullmatch(shard.name) or not shard.is_dir(follow_symlinks=False):
                strangers.append(shard.path)
                continue
            for file in list_folder(shard.path):
                match = _ENTRY.fullmatch(file.name)
                if match is None or not file.is_file(follow_symlinks=False):
                    strangers.append(file.path)
                    continue
                stored = StoredBlob(sha256=match[2], bytes=int(match[3]))
                with suppress(FileNotFoundError):  # another process removed it
                    used = file.stat(follow_symlinks=False).st_mtime
                    entries.append(IndexEntry(used=used, path=file.path, key=shard.name + match[1], stored=stored))
        return entries, strangers


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunePolicy:
    """What to prune. None: no limit.

    ``older_than``: seconds since the last use; ``max_bytes``: of all blobs; ``needed``: keys to keep. ``lately``: time
    in seconds; entries used since then stay even if they are not ``needed``.
    """

    older_than: float | None = None
    max_bytes: int | None = None
    needed: Collection[str] | None = None
    lately: float | None = None

    def choose(
        self, entries: Iterable[IndexEntry], sizes: Mapping[str, int], now: float
    ) -> tuple[set[IndexEntry], int]:
        """Return the entries to remove and how many stay only because of ``lately``. ``sizes``: bytes of each blob."""
        removable: set[IndexEntry] = set()
        spared = 0
        users = Counter(entry.stored.sha256 for entry in entries)
        total = sum(size for sha256, size in sizes.items() if sha256 in users)
        for entry in sorted(entries):
            old = self.older_than is not None and now - entry.used > self.older_than
            idle = self.needed is not None and entry.key not in self.needed
            spare = idle and self.lately is not None and entry.used >= self.lately
            if old or (idle and not spare) or (self.max_bytes is not None and total > self.max_bytes):
                removable.add(entry)
                users[entry.stored.sha256] -= 1
                if not users[entry.stored.sha256]:
                    total -= sizes.get(entry.stored.sha256, 0)
            else:
                spared += spare
        return removable, spared
