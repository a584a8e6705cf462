"""A local store in front of a shared one: what others have encoded is read, what is encoded here is offered."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import RLock

from imageseo.model import regular_file
from imageseo.model.errors import ImageseoError, MissingExtraError, StoreError
from imageseo.model.protocols import StoredBlob
from imageseo.storage.atomic import write_atomic
from imageseo.storage.local_keys import is_local
from imageseo.storage.remote_errors import RemoteError
from imageseo.storage.shared import names
from imageseo.storage.shared.account import StoreAccount
from imageseo.storage.shared.address import SETTING, StoreAddress
from imageseo.storage.shared.places import StorePlace, open_place
from imageseo.storage.shared.reader import EntryReader
from imageseo.storage.shared.records import Records, encode_site
from imageseo.storage.shared.threads import Threads
from imageseo.storage.shared.uploads import Uploads
from imageseo.storage.store import FolderStore

_DAY = 86_400.0


class SharedStore:
    """A store like ``FolderStore``. Entries that it lacks are copied from the shared store, and verified.

    The shared store is asked for the first time when the local one lacks something, or at once if it is required. If
    it fails, it is not used any more, and ``account`` says why; if it is required, StoreError is raised. New entries
    are uploaded in the background; ``finish`` waits for them. ``site``: the label of the site.
    """

    def __init__(
        self,
        local: FolderStore,
        address: StoreAddress,
        *,
        site: str,
        place: StorePlace | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.local = local
        self.address = address
        self.account = StoreAccount(address.name)
        self._label = site
        self._site = site_id(site)
        self._place = place or open_place(address)
        self._clock = clock
        self._lock = RLock()
        self._looked_up: set[str] = set()
        self._readers = Threads(address.parallel, "imageseo-store-read")
        self._writers = Threads(max(1, address.parallel // 2), "imageseo-store-write")
        self._entries = EntryReader(
            place=self._place,
            site=self._site,
            timeout=address.timeout,
            threads=self._readers,
            account=self.account,
        )
        self._uploads = Uploads(place=self._place, local=local, threads=self._writers, account=self.account)
        if address.required:
            self._guarded(self._entries.probe)

    @property
    def folder(self) -> Path:
        return self.local.folder

    def find(self, key: str) -> StoredBlob | None:
        """Return the entry of the key, which the local store has now, or None. Raises StoreError."""
        stored = self.local.find(key)
        if stored is None and key not in self._looked_up and not is_local(key):
            self.prepare([key], counted=False)
            stored = self.local.find(key)
        return stored

    def read(self, stored: StoredBlob) -> bytes | None:
        """Return the bytes, verified; None if missing or damaged."""
        return self.local.read(stored)

    def intact(self, stored: StoredBlob) -> bool:
        """Whether the bytes exist unchanged in the local store."""
        return self.local.intact(stored)

    def path(self, sha256: str) -> Path:
        """The file in the local store."""
        return self.local.path(sha256)

    def put(self, key: str, data: bytes) -> StoredBlob:
        """Store bytes, and upload them in the background unless they are for this machine alone."""
        stored = self.local.put(key, data)
        if self.address.writes and self.account.fault is None and not is_local(key):
            self._uploads.add(key, stored)
        return stored

    def prepare(self, keys: Iterable[str], *, counted: bool = True) -> None:
        """Copy the entries of many keys into the local store, as far as the shared one has them.

        ``counted``: what it lacks is counted as missed.
        """
        with self._lock:
            missing = [
                key
                for key in dict.fromkeys(keys)
                if key not in self._looked_up and not is_local(key) and self.local.find(key) is None
            ]
            self._looked_up.update(missing)
            left = set(missing)
            if missing and self.account.fault is None:
                self._guarded(lambda: self._copy(self._entries.look_up(missing), left))
            if counted and left:
                reason = self.account.fault.reason if self.account.fault is not None else "absent"
                self.account.missed[reason] += len(left)

    def fetch(self, entries: Mapping[str, StoredBlob]) -> Collection[str]:
        """Copy entries that are known to be in the shared store, without looking them up; return the keys that failed.

        For what another process has just written: ``flush`` there, then ``fetch`` here.
        """
        with self._lock:
            wanted = {key: (stored,) for key, stored in entries.items() if self.local.find(key) != stored}
            left = set(wanted)
            if wanted and self.account.fault is None:
                self._guarded(lambda: self._copy(wanted, left))
            return left

    def flush(self, seconds: float | None = None) -> bool:
        """Wait until everything put here is in the shared store; return whether it is. ``seconds``: at most."""
        return self._uploads.wait(self.address.finish if seconds is None else seconds)

    def finish(self, keys: Collection[str], *, wait: bool = True) -> None:
        """Upload what is left, and then the list of all entries that the site uses. ``keys``: of those entries.

        ``wait``: at most ``address.finish`` seconds; else only what is confirmed already counts. The list is written
        when the server has confirmed every entry in it, once a day or if it has changed. Raises StoreError if the store
        is required.
        """
        if not self.address.writes or self.account.fault is not None:
            return
        keys = [key for key in keys if not is_local(key)]
        digest = hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()
        if keys and not self._is_registered(digest):
            end = time.monotonic() + (self.address.finish if wait else 0.0)
            self._guarded(lambda: self._register(keys, digest, end))
        else:
            self._uploads.wait(self.address.finish if wait else 0.0)
        if self.address.required and self.account.write_fault is not None:
            raise self._fault(self.account.write_fault)

    def close(self) -> None:
        """Start no more requests."""
        self._uploads.stop()
        self._readers.close()
        self._writers.close()

    def _copy(self, entries: Mapping[str, Collection[StoredBlob]], left: set[str]) -> None:
        """Put entries into the local store; remove their keys from ``left``."""
        for key, fetched in self._entries.fetch({key: tuple(found) for key, found in entries.items()}):
            if fetched.stored is None or fetched.data is None:
                if fetched.damaged:
                    left.discard(key)
                    self.account.missed["hash"] += 1
                continue
            self._uploads.confirmed.add((key, fetched.stored))
            self.local.put(key, fetched.data)
            self.account.read += 1
            self.account.read_bytes += len(fetched.data)
            left.discard(key)

    def _register(self, keys: Collection[str], digest: str, end: float) -> None:
        members = {key: stored for key in keys if (stored := self.local.find(key)) is not None}
        unknown = [key for key, stored in members.items() if (key, stored) not in self._uploads.confirmed]
        self._uploads.wait(max(0.0, end - time.monotonic()))
        unknown = [key for key in unknown if (key, members[key]) not in self._uploads.confirmed]
        there = self._entries.look_up(unknown) if unknown else {}
        for key in unknown:
            if members[key] in there.get(key, ()):
                self._uploads.confirmed.add((key, members[key]))
            else:
                self._uploads.add(key, members[key])
        if not self._uploads.wait(max(0.0, end - time.monotonic())) or self.account.write_fault is not None:
            return
        if not self._uploads.confirmed.issuperset(members.items()):
            return  # an entry was lost here: the list would lead nowhere
        data = encode_site(self._label, Records.of(members.items()))
        try:
            self._place.write(names.site_path(self._site, hashlib.sha256(data).hexdigest()), data)
        except RemoteError as error:
            self.account.write_fault = error
            return
        with suppress(OSError):
            write_atomic(self._marker, digest.encode())

    @property
    def _marker(self) -> Path:
        """The file that says which list was written last."""
        return self.local.folder / "shared" / f"{self.address.digest}-{self._site}"

    def _is_registered(self, digest: str) -> bool:
        try:
            age = self._clock() - os.stat(self._marker).st_mtime  # noqa: PTH116 - in every build
            return 0 <= age < _DAY and regular_file.read_text(self._marker, "ascii") == digest
        except (OSError, UnicodeDecodeError):
            return False

    def _guarded(self, work: Callable[[], None]) -> None:
        """Run requests; a failure ends the use of the shared store, or the build if it is required."""
        try:
            work()
        except RemoteError as error:
            self.account.fault = error
        except MissingExtraError as error:
            self.account.fault = RemoteError(error.message, error.hint, reason="invalid")
            if self.address.required:
                raise
        if self.account.fault is not None:
            self._uploads.stop()
            if self.address.required:
                raise self._fault(self.account.fault)

    def _fault(self, error: RemoteError) -> ImageseoError:
        hint = f"{error.hint} Without `store.required` the build goes on without the store."
        return StoreError(f"{SETTING}: {self.address.name}: {error.message}", hint=hint)


def site_id(label: str) -> str:
    """Return the name of a site's folder in the shared store."""
    return hashlib.sha256(label.encode("utf-8", "surrogateescape")).hexdigest()[:16]
