"""Look after a shared store: what it holds, what in it is damaged, and what no site needs any more."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from imageseo.model.errors import StoreError
from imageseo.model.regular_file import MAX_BYTES
from imageseo.storage.remote import RemoteFile
from imageseo.storage.remote_errors import RemoteError
from imageseo.storage.shared import names
from imageseo.storage.shared.address import SETTING, StoreAddress
from imageseo.storage.shared.places import StorePlace, open_place
from imageseo.storage.shared.records import Records, decode_site
from imageseo.storage.shared.threads import Threads

_In = TypeVar("_In")
_Out = TypeVar("_Out")
DAY = 86_400.0
"""Seconds; nothing younger is removed, since a build that has not written its list yet may use it."""
_SHOWN = 1000  # paths that are kept for the report


class SiteUse(NamedTuple):
    """A site that uses the store. ``age``: seconds since its newest list was written, None if that is unknown."""

    id: str
    label: str
    entries: int
    age: float | None


@dataclass(slots=True, kw_only=True)
class SharedInfo:
    """What a shared store holds. ``oldest``, ``newest``: age of entries in seconds. ``strangers``: other files."""

    entries: int = 0
    bytes: int = 0
    oldest: float | None = None
    newest: float | None = None
    strangers: int = 0
    sites: tuple[SiteUse, ...] = ()


@dataclass(slots=True, kw_only=True)
class SharedResult:
    """What ``verify`` or ``prune`` found, or removed. ``paths``: the first of them. ``kept``: entries in use."""

    checked: int = 0
    found: int = 0
    bytes: int = 0
    kept: int = 0
    young: int = 0
    paths: list[str] = field(default_factory=list)

    def add(self, file: RemoteFile) -> None:
        self.found += 1
        self.bytes += file.size
        if len(self.paths) < _SHOWN:
            self.paths.append(file.path)


class SharedKeeper:
    """Maintenance of the store at an address; one shard at a time is in memory. Every method may raise StoreError."""

    def __init__(
        self, address: StoreAddress, *, place: StorePlace | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._address = address
        self._place = place or open_place(address)
        self._clock = clock

    def info(self) -> SharedInfo:
        """Return what the store holds."""
        info, now = SharedInfo(), self._clock()
        for file in self._entries():
            if names.parse_entry(file.path) is None:
                info.strangers += 1
                continue
            info.entries += 1
            info.bytes += file.size
            if file.modified is not None:
                age = max(0.0, now - file.modified)
                info.oldest = age if info.oldest is None else max(info.oldest, age)
                info.newest = age if info.newest is None else min(info.newest, age)
        newest = self._newest(self._lists())
        info.sites = tuple(
            SiteUse(site, label, len(records), None if file.modified is None else max(0.0, now - file.modified))
            for site, file in sorted(newest.items())
            for label, records in [self._read(file)]
        )
        return info

    def verify(self, *, apply: bool = False) -> SharedResult:
        """Read every entry, and find those whose bytes do not fit their names. ``apply``: remove them."""
        result = SharedResult()
        for file, is_sound in self._map(self._is_sound, self._entries()):
            result.checked += 1
            if not is_sound:
                result.add(file)
                if apply:
                    self._remove(file)
        return result

    def prune(
        self,
        *,
        older_than: float = 30 * DAY,
        max_bytes: int | None = None,
        forget: Collection[str] = (),
        apply: bool = False,
    ) -> SharedResult:
        """Find entries that no site's list names and that are older than ``older_than`` seconds, at least a day.

        ``max_bytes``: only the oldest of them, until the rest fits. ``forget``: ids of sites whose lists do not count.
        ``apply``: remove them, and lists that are superseded as long ago. Ages are by the server's clock then.
        """
        floor = max(DAY, older_than)
        now = self._server_time() if apply else self._clock()
        lists = self._lists()
        current, outdated = self._current(lists, forget, now - floor)
        live = self._live(current)
        result = SharedResult()
        total = 0
        candidates: list[RemoteFile] = []
        for file in self._entries():
            entry = names.parse_entry(file.path)
            if entry is None:
                continue
            result.checked += 1
            total += file.size
            if bytes.fromhex(entry[0]) in live:
                result.kept += 1
            elif file.modified is None or now - file.modified <= floor:
                result.young += 1
            else:
                candidates.append(file)
        if apply:  # a site may have written a list meanwhile
            known = {file.path for file in lists}
            live = self._live([file for file in self._lists() if file.path not in known])
            for file in outdated:
                self._remove(file)
        for file in sorted(candidates, key=lambda each: (each.modified or 0.0, each.path)):
            if max_bytes is not None and total <= max_bytes:
                break
            entry = names.parse_entry(file.path)
            if apply and entry is not None and bytes.fromhex(entry[0]) in live:
                continue
            result.add(file)
            total -= file.size
            if apply:
                self._remove(file)
        return result

    def _current(
        self, lists: list[RemoteFile], forget: Collection[str], since: float
    ) -> tuple[list[RemoteFile], list[RemoteFile]]:
        """Return the lists that count, the newest of each site and all younger ones, and the others."""
        newest = self._newest(lists)
        unknown = set(forget) - newest.keys()
        if unknown:
            raise StoreError(
                f"--forget: {self._address.name} has no site {', '.join(sorted(unknown))}",
                hint="`imageseo cache info --remote` lists the sites.",
            )
        current: list[RemoteFile] = []
        outdated: list[RemoteFile] = []
        for file in lists:
            site = (names.parse_site(file.path) or ("",))[0]
            counts = file == newest[site] or file.modified is None or file.modified >= since
            (current if counts and site not in forget else outdated).append(file)
        return current, outdated

    def _live(self, lists: list[RemoteFile]) -> set[bytes]:
        """Return the keys that lists name."""
        live: set[bytes] = set()
        for file in lists:
            live.update(bytes.fromhex(key) for key, _ in self._read(file)[1])
        return live

    def _read(self, file: RemoteFile) -> tuple[str, Records]:
        data = self._guarded(lambda: self._place.fetch(file.path, file.size)) if file.size <= MAX_BYTES else None
        decoded = decode_site(data, file.path.rpartition("/")[2]) if data is not None else None
        if decoded is None:
            raise StoreError(
                f"{self._address.name}: {file.path} cannot be read, so it is not known what its site needs; "
                "nothing was removed",
                hint="Build that site once more with `store.remote_mode` read-write, and delete this file.",
            )
        return decoded

    def _lists(self) -> list[RemoteFile]:
        return [file for file in self._guarded(lambda: self._place.files(names.SITES)) if names.parse_site(file.path)]

    @staticmethod
    def _newest(lists: list[RemoteFile]) -> dict[str, RemoteFile]:
        newest: dict[str, RemoteFile] = {}
        for file in sorted(lists, key=lambda each: (each.modified or 0.0, each.path)):
            newest[(names.parse_site(file.path) or ("",))[0]] = file
        return newest

    def _entries(self) -> Iterator[RemoteFile]:
        """Yield every file in the folder of entries."""
        for _, files in self._map(lambda shard: self._place.files(f"{names.ENTRIES}/{shard}"), iter(names.SHARDS)):
            yield from files

    def _is_sound(self, file: RemoteFile) -> bool:
        entry = names.parse_entry(file.path)
        if entry is None:
            return True  # somebody else's file
        if file.size != entry[1].bytes or file.size > MAX_BYTES:
            return False
        data = self._place.fetch(file.path, file.size) if file.size else b""
        return data is None or hashlib.sha256(data).hexdigest() == entry[1].sha256

    def _remove(self, file: RemoteFile) -> None:
        self._guarded(lambda: self._place.remove(file.path))

    def _server_time(self) -> float:
        """Return the time of the server, which dates the files: clocks of machines may differ."""
        folder = f"{names.VERSION}/clock"
        path = f"{folder}/{secrets.token_hex(8)}"
        self._guarded(lambda: self._place.write(path, b"imageseo\n"))
        try:
            listed = self._guarded(lambda: self._place.files(folder))
        finally:
            self._guarded(lambda: self._place.remove(path))
        return next((file.modified for file in listed if file.path == path and file.modified), self._clock())

    def _map(self, call: Callable[[_In], _Out], values: Iterator[_In]) -> Iterator[tuple[_In, _Out]]:
        threads = Threads(self._address.parallel, "imageseo-store-care")
        results = threads.map(call, values, patience=self._address.timeout + 5.0)
        try:
            while (found := self._guarded(lambda: next(results, None))) is not None:
                value, future = found
                yield value, self._guarded(future.result)
        finally:
            threads.close()

    def _guarded(self, work: Callable[[], _Out]) -> _Out:
        try:
            return work()
        except RemoteError as error:
            raise StoreError(f"{SETTING}: {self._address.name}: {error.message}", hint=error.hint) from None
        except TimeoutError:
            message = f"{SETTING}: {self._address.name}: the server does not answer in time"
            raise StoreError(message, hint="Check the network, or raise `store.timeout`.") from None
