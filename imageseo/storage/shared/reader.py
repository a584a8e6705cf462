"""Look up and read many entries of a shared store at once: a listing for a shard, a request for each entry found."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from imageseo.model.protocols import StoredBlob
from imageseo.model.regular_file import MAX_BYTES
from imageseo.storage.remote import RemoteFile
from imageseo.storage.remote_errors import RemoteError
from imageseo.storage.shared import names
from imageseo.storage.shared.account import StoreAccount
from imageseo.storage.shared.places import StorePlace
from imageseo.storage.shared.records import Records, decode_site
from imageseo.storage.shared.threads import Threads

_In = TypeVar("_In")
_Out = TypeVar("_Out")
_LEAST_RATE = 4.0  # entries a second; encoding on one core is not much slower
_EMPTY = Records()
_SLACK = 2.0  # seconds beyond the limit of a request, for what the library does around it


class Fetched(NamedTuple):
    """The result of reading a key. ``data``: None if there is nothing usable; ``damaged``: paths of other bytes."""

    stored: StoredBlob | None
    data: bytes | None
    damaged: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class EntryReader:
    """Reads entries. ``site``: the one whose list is looked at before any shard. ``timeout``: of one request.

    Every method may raise RemoteError, and what opening the URL raises.
    """

    place: StorePlace
    site: str
    timeout: float
    threads: Threads
    account: StoreAccount
    clock: Callable[[], float] = time.monotonic
    _listed: Records | None = None
    _shards: dict[str, Records] = field(default_factory=dict)

    def probe(self) -> None:
        """Make one request that needs no right to write, and learn from it what the site used last."""
        if self._listed is None:
            self._listed = self._wait(self._read_site)

    def look_up(self, keys: Iterable[str]) -> dict[str, tuple[StoredBlob, ...]]:
        """Return what the store has under each key; keys without anything are left out."""
        self.probe()
        assert self._listed is not None
        found = {key: self._listed.find(key) for key in keys}
        shards = {key[:2] for key, entries in found.items() if not entries} - self._shards.keys()
        for shard, listing in self._map(lambda shard: self.place.files(f"{names.ENTRIES}/{shard}"), sorted(shards)):
            self._shards[shard] = self._records(listing)
        for key, entries in found.items():
            found[key] = entries or self._shards[key[:2]].find(key)
        return {key: entries for key, entries in found.items() if entries}

    def fetch(self, entries: Mapping[str, Sequence[StoredBlob]]) -> Iterator[tuple[str, Fetched]]:
        """Yield each key with its verified bytes, as they arrive. Raises RemoteError also if that is too slow."""
        start = self.clock()
        for done, ((key, _), fetched) in enumerate(self._map(lambda item: self._fetch(*item), entries.items()), 1):
            self.account.damaged += [path for path in fetched.damaged if path not in self.account.damaged]
            yield key, fetched
            seconds = self.clock() - start
            if seconds > self.timeout and done < _LEAST_RATE * seconds and done < len(entries):
                message = f"the server is too slow: {done:,} of {len(entries):,} entries in {seconds:.0f} s"
                raise RemoteError(message, "Check the network, or raise `store.timeout`.", reason="time")

    def _fetch(self, key: str, entries: Sequence[StoredBlob]) -> Fetched:
        damaged: list[str] = []
        for stored in entries:
            path = names.entry_path(key, stored)
            data = b"" if stored.bytes == 0 else None
            if 0 < stored.bytes <= MAX_BYTES:
                data = self.place.fetch(path, stored.bytes)
                if data is None:  # removed since it was listed
                    continue
            if data is not None and hashlib.sha256(data).hexdigest() == stored.sha256 and len(data) == stored.bytes:
                return Fetched(stored, data, tuple(damaged))
            damaged.append(path)
        return Fetched(None, None, tuple(damaged))

    def _records(self, listing: Iterable[RemoteFile]) -> Records:
        """Return the entries of a listing. What has another size than its name says is named, and left out."""
        found = []
        for file in listing:
            entry = names.parse_entry(file.path)
            if entry is not None and file.size == entry[1].bytes:
                found.append(entry)
            elif entry is not None and file.path not in self.account.damaged:
                self.account.damaged.append(file.path)
        return Records.of(found)

    def _read_site(self) -> Records:
        listed = [file for file in self.place.files(f"{names.SITES}/{self.site}") if names.parse_site(file.path)]
        for file in sorted(listed, key=lambda each: each.modified or 0.0, reverse=True)[:2]:
            data = self.place.fetch(file.path, file.size) if file.size <= MAX_BYTES else None
            decoded = decode_site(data, file.path.rpartition("/")[2]) if data is not None else None
            if decoded is not None:
                return decoded[1]
        return _EMPTY

    def _wait(self, task: Callable[[], Records]) -> Records:
        ((_, records),) = self._map(lambda _: task(), [""])
        return records

    def _map(self, call: Callable[[_In], _Out], values: Iterable[_In]) -> Iterator[tuple[_In, _Out]]:
        try:
            for value, future in self.threads.map(call, values, patience=self.timeout + _SLACK):
                yield value, future.result()
        except TimeoutError:
            hint = "Check the network, or raise `store.timeout`."
            raise RemoteError("the server does not answer in time", hint, reason="time") from None
