"""Upload entries in the background, each confirmed by the server before anything says that it is there."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from threading import Condition

from imageseo.model.errors import ImageseoError
from imageseo.model.protocols import Store, StoredBlob
from imageseo.storage.remote_errors import RemoteError
from imageseo.storage.shared import names
from imageseo.storage.shared.account import StoreAccount
from imageseo.storage.shared.places import StorePlace
from imageseo.storage.shared.threads import Threads

Entry = tuple[str, StoredBlob]


@dataclass(slots=True, kw_only=True)
class Uploads:
    """Uploads entries of the ``local`` store. After the first error no other request is made.

    The first entry goes alone: without the right to write, the server refuses one request instead of thousands.
    ``confirmed``: what the server has.
    """

    place: StorePlace
    local: Store
    threads: Threads
    account: StoreAccount
    confirmed: set[Entry] = field(default_factory=set)
    _waiting: deque[Entry] = field(default_factory=deque)
    _queued: set[Entry] = field(default_factory=set)
    _running: int = 0
    _succeeded: bool = False
    _changed: Condition = field(default_factory=Condition)

    def add(self, key: str, stored: StoredBlob) -> None:
        """Upload an entry soon, unless it is there."""
        with self._changed:
            entry = (key, stored)
            if entry in self.confirmed or entry in self._queued or self.account.write_fault is not None:
                return
            self._queued.add(entry)
            self._waiting.append(entry)
            self._start()

    def wait(self, seconds: float) -> bool:
        """Wait until all is uploaded, or something failed. Return whether all is uploaded."""
        end = time.monotonic() + seconds
        with self._changed:
            while self._queued and self.account.write_fault is None:
                if not self._changed.wait(max(0.0, end - time.monotonic())) and time.monotonic() >= end:
                    break
            self.account.unfinished = len(self._queued)
            return not self._queued

    def stop(self) -> None:
        """Start no more requests."""
        with self._changed:
            self._waiting.clear()

    def _start(self) -> None:
        """Hand entries to the threads: one until it has succeeded, then all."""
        while self._waiting and (self._succeeded or not self._running):
            entry = self._waiting.popleft()
            self._running += 1
            self.threads.submit(lambda entry=entry: self._upload(entry))  # type: ignore[misc]

    def _upload(self, entry: Entry) -> None:
        key, stored = entry
        fault: RemoteError | None = None
        data = None
        try:
            # Read again and verified: what others get is what the name says, whatever has happened to the file.
            if self.account.write_fault is None:
                data = self.local.read(stored)
            if data is not None:
                self.place.write(names.entry_path(key, stored), data)
        except RemoteError as error:
            fault = error
        except ImageseoError as error:  # a local disk that fails is reported where the build needs it
            fault = RemoteError(error.message, error.hint, reason="invalid")
        with self._changed:
            self._running -= 1
            self._queued.discard(entry)
            if fault is not None:
                self.account.write_fault = self.account.write_fault or fault
                self._waiting.clear()
                self._queued.clear()
            elif data is not None:
                self._succeeded = True
                self.confirmed.add(entry)
                self.account.written += 1
                self.account.written_bytes += len(data)
            self._start()
            self._changed.notify_all()
