"""The shared store: reading, verifying, uploading, and a server that is away, slow, read-only or wrong."""

from __future__ import annotations

import hashlib
import os
import pickle
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imageseo.model.errors import SettingsError, StoreError
from imageseo.storage.remote import RemoteFile
from imageseo.storage.shared import names
from imageseo.storage.shared.address import StoreAddress
from imageseo.storage.shared.maintenance import DAY, SharedKeeper
from imageseo.storage.shared.records import Records
from imageseo.storage.shared.store import SharedStore
from imageseo.storage.store import FolderStore
from tests.support import s3_servers
from tests.support.proxies import Fault, Proxy, flip, proxy
from tests.support.s3_servers import BUCKET, Server, moto_server, quick_clients, rclone_server, s3

__all__ = ["moto_server", "quick_clients", "rclone_server", "s3"]  # fixtures

KEYS = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(6)]
DATA = {key: f"variant {key}".encode() * 20 for key in KEYS}
OPTIONS: dict[str, Any] = {"mode": "read-write", "required": False, "timeout": 5.0, "parallel": 4, "finish": 20.0}


def opened(folder: Path, remote: str, *, site: str = "example.org", **options: Any) -> SharedStore:
    address = StoreAddress.of(remote, folder, **{**OPTIONS, **options})
    return SharedStore(FolderStore(folder), address, site=site)


def fill(folder: Path, remote: str, **options: Any) -> SharedStore:
    store = opened(folder, remote, **options)
    for key, data in DATA.items():
        store.put(key, data)
    store.finish(KEYS)
    return store


def files(share: Path, part: str) -> list[Path]:
    return sorted(path for path in (share / "v1" / part).rglob("*") if path.is_file() and "README" not in path.name)


@pytest.fixture
def share(tmp_path: Path) -> Path:
    return tmp_path / "share"


@pytest.fixture
def proxied(s3: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    with proxy(s3.endpoint) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.endpoint)
        yield running


def test_bucket_is_read_by_a_second_machine(proxied: Proxy, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"s3://{BUCKET}/{request.node.name.replace('[', '-').strip(']')}"
    first = fill(tmp_path / "a", url)
    assert first.account.written == len(KEYS)
    assert proxied.count("PUT") == len(KEYS) + 1, "one request for each entry, and one for the list of the site"
    assert proxied.requests[-1][1].find("/sites/") > 0, "the list is last"
    proxied.requests.clear()
    second = opened(tmp_path / "b", url, mode="read")
    second.prepare(KEYS)
    assert [second.read(found) for key in KEYS if (found := second.find(key))] == list(DATA.values())
    assert len(proxied.requests) == len(KEYS) + 2, "no request but one for each entry, and two for the list"
    second.put(hashlib.sha256(b"new").hexdigest(), b"new")
    second.finish(KEYS)
    assert proxied.count("PUT") == 0, "a reader never tries to write"
    # Entries that no list names are found by one listing for each shard.
    proxied.requests.clear()
    third = opened(tmp_path / "c", url, site="other.example")
    third.prepare(KEYS)
    assert third.account.read == len(KEYS)
    assert proxied.count("GET", "list-type") == 1 + len({key[:2] for key in KEYS})
    # What arrives with other bytes is refused and named.
    proxied.fault = lambda method, path: Fault(corrupt=flip) if "/entries/" in path and method == "GET" else None
    fourth = opened(tmp_path / "d", url)
    fourth.prepare(KEYS[:1])
    assert fourth.find(KEYS[0]) is None
    assert fourth.account.missed["hash"] == 1
    assert KEYS[0][2:] in "".join(fourth.account.lines())


def test_writer_without_rights_asks_once(proxied: Proxy, tmp_path: Path) -> None:
    proxied.fault = lambda method, path: Fault(status=403) if method == "PUT" else None
    store = fill(tmp_path / "a", f"s3://{BUCKET}/refused")
    assert proxied.count("PUT") <= 2, "the first one, and once more with credentials read again"
    assert [line for line in store.account.lines() if "warning" in line and "access denied" in line]
    assert store.account.fault is None, "it still reads"


def test_server_that_never_answers_costs_one_wait(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with s3_servers.broken(None) as server:
        for name, value in s3_servers.environment(server.endpoint).items():
            monkeypatch.setenv(name, value)
        store = opened(tmp_path, f"s3://{BUCKET}/x", timeout=0.5)
        for key in KEYS:
            assert store.find(key) is None
        store.prepare(KEYS)
        assert len([line for line in store.account.lines() if "warning" in line]) == 1
        assert "in time" in store.account.lines()[-1]
        with pytest.raises(StoreError, match="in time") as fault:
            opened(tmp_path, f"s3://{BUCKET}/x", timeout=0.5, required=True)
        assert fault.value.exit_code == 2
        assert s3_servers.SECRET not in f"{fault.value}"


def test_folder_is_shared(tmp_path: Path, share: Path) -> None:
    assert fill(tmp_path / "a", str(share)).account.written == len(KEYS)
    second = opened(tmp_path / "b", share.as_uri(), mode="read")
    second.prepare(KEYS)
    assert second.account.read == len(KEYS)
    assert {path.stat().st_nlink for path in files(share, "entries")} == {1}, "no hard links"
    # Wrong size and wrong bytes are refused and named, and replaced by the next writer.
    first, other = files(share, "entries")[:2]
    first.write_bytes(first.read_bytes() + b"?")
    other.write_bytes(flip(other.read_bytes()))
    third = opened(tmp_path / "c", str(share), site="other")
    third.prepare(KEYS)
    assert (third.account.read, len(third.account.damaged)) == (len(KEYS) - 2, 2)
    for key, data in DATA.items():
        third.put(key, data)
    third.finish(KEYS)
    assert not [
        path for path in files(share, "entries") if hashlib.sha256(path.read_bytes()).hexdigest() not in path.name
    ]


def test_list_waits_for_every_member(tmp_path: Path, share: Path) -> None:
    (share / "v1/entries").mkdir(parents=True)
    (share / names.ENTRIES / KEYS[3][:2]).write_text("a file in the place of a folder")
    store = fill(tmp_path / "a", str(share))
    assert store.account.write_fault is not None
    assert files(share, "sites") == []


def test_two_writers_of_one_key_both_win(tmp_path: Path, share: Path) -> None:
    for name in "ab":
        fill(tmp_path / name, str(share))
    assert len(files(share, "entries")) == len(KEYS)
    assert len(files(share, "sites")) == 1


def test_missing_folder_is_one_warning(tmp_path: Path) -> None:
    store = fill(tmp_path / "a", str(tmp_path / "not/mounted"))
    assert store.find("0" * 64) is None
    assert len([line for line in store.account.lines() if "no such folder" in line]) == 1


@pytest.mark.parametrize("url", ["s3://KEY:hunter2@bucket/x", "sftp://u:hunter2@host/x", "s3://bucket/x?sig=hunter2"])
def test_secret_in_the_url_is_masked(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"store\.remote") as fault:
        opened(tmp_path, url)
    assert "hunter2" not in f"{fault.value} {fault.value!r} {fault.value.__cause__}"


def test_address_survives_a_pickle(tmp_path: Path) -> None:
    address = StoreAddress.of("s3://bucket/x", tmp_path, **OPTIONS)
    assert pickle.loads(pickle.dumps(address)) == address


def test_records_find_every_key_in_little_memory(tmp_path: Path, share: Path) -> None:
    store = fill(tmp_path / "a", str(share))
    entries = [(key, found) for key in KEYS if (found := store.find(key))]
    records = Records.of(entries)
    assert len(bytes(records)) == 72 * len(KEYS)
    assert sorted(records) == sorted(entries)
    assert [records.find(key) for key, _ in entries] == [(found,) for _, found in entries]
    assert records.find("f" * 64) == ()


def kept(share: Path) -> set[str]:
    return {path.parent.name + path.name[:62] for path in files(share, "entries")}


def age(share: Path, days: float, part: str = "entries") -> None:
    for path in files(share, part):
        os.utime(path, (time.time() - days * DAY,) * 2)


def test_prune_spares_what_any_site_uses(tmp_path: Path, share: Path) -> None:
    one, two = opened(tmp_path / "a", str(share), site="one"), opened(tmp_path / "b", str(share), site="two")
    for store, keys in ((one, KEYS[:2]), (two, KEYS[1:4])):
        for key in KEYS:
            store.put(key, DATA[key])
        store.flush()
        store.finish(keys)
    age(share, 40)
    age(share, 400, "sites")
    (share / names.ENTRIES / "README.txt").write_text("a stranger")
    keeper = SharedKeeper(StoreAddress.of(str(share), tmp_path, **OPTIONS))
    found = keeper.prune()
    assert (found.found, found.kept) == (2, 4)
    assert kept(share) >= set(KEYS), "it only lists"
    assert [site.label for site in keeper.info().sites if site.entries == 3] == ["two"]
    (young,) = (path for path in files(share, "entries") if KEYS[4][2:] in path.name)
    os.utime(young)
    assert keeper.prune(older_than=0, apply=True).found == 1, "nothing younger than a day is removed"
    assert kept(share) >= set(KEYS[:5])
    assert not set(KEYS[5:]) & kept(share)
    with pytest.raises(StoreError, match="no site"):
        keeper.prune(forget=["0" * 16])
    # A list that cannot be read stops everything: nobody knows what its site needs.
    (first, *_) = files(share, "sites")
    first.write_bytes(flip(first.read_bytes()))
    with pytest.raises(StoreError, match="nothing was removed"):
        keeper.prune(apply=True)


def test_clock_of_this_machine_does_not_matter(tmp_path: Path, share: Path) -> None:
    store = opened(tmp_path / "a", str(share))
    for key, data in DATA.items():
        store.put(key, data)
    assert store.flush()
    late = SharedKeeper(StoreAddress.of(str(share), tmp_path, **OPTIONS), clock=lambda: time.time() + 400 * DAY)
    assert late.prune(apply=True).found == 0
    assert len(files(share, "entries")) == len(KEYS)


def test_verify_names_and_removes_damaged_entries(tmp_path: Path, share: Path) -> None:
    fill(tmp_path / "a", str(share))
    bad = files(share, "entries")[2]
    bad.write_bytes(flip(bad.read_bytes()))
    keeper = SharedKeeper(StoreAddress.of(str(share), tmp_path, **OPTIONS))
    assert keeper.verify().paths == [bad.relative_to(share).as_posix()]
    assert bad.exists()
    assert keeper.verify(apply=True).found == 1
    assert not bad.exists()
    assert keeper.verify().found == 0


def test_new_credentials_are_used_in_the_same_process(
    rclone_server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in s3_servers.environment(rclone_server.endpoint, secret="wrong").items():
        monkeypatch.setenv(name, value)
    url = f"s3://{BUCKET}/renewed"
    before = fill(tmp_path / "a", url)
    assert before.account.fault is not None
    assert before.account.fault.reason == "refused"
    assert s3_servers.KEY not in "".join(before.account.lines())
    for name, value in rclone_server.environment.items():
        monkeypatch.setenv(name, value)
    assert fill(tmp_path / "b", url).account.written == len(KEYS)


def test_cut_and_slow_responses_cost_no_build(proxied: Proxy, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"s3://{BUCKET}/{request.node.name.replace('[', '-').strip(']')}"
    fill(tmp_path / "a", url)
    # The library tries again what broke off once.
    seen: set[str] = set()

    def once(method: str, path: str) -> Fault | None:
        is_first = "/entries/" in path and path not in seen
        seen.add(path)
        return Fault(status=503, code="SlowDown") if method == "GET" and is_first else None

    proxied.fault = once
    again = opened(tmp_path / "b", url)
    again.prepare(KEYS)
    assert (again.account.read, again.account.fault) == (len(KEYS), None)
    for name, fault in (
        ("cut", Fault(cut=7)),
        ("slow", Fault(delay=1.5)),
        ("fails", Fault(status=500, code="InternalError")),
        ("expired", Fault(status=400, code="ExpiredToken")),
    ):
        proxied.fault = lambda method, path, fault=fault: fault if "/entries/" in path and method == "GET" else None  # type: ignore[misc]
        store = opened(tmp_path / name, url, timeout=0.6)
        store.prepare(KEYS)
        assert store.account.read == 0
        assert store.account.missed.total() == len(KEYS)
        assert store.account.lines(), name
        assert store.put(KEYS[0], DATA[KEYS[0]]) == store.find(KEYS[0])


def test_sixteen_writers_of_one_key(proxied: Proxy, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"s3://{BUCKET}/{request.node.name.replace('[', '-').strip(']')}"
    stores = [opened(tmp_path / str(number), url) for number in range(16)]
    for store in stores:
        store.put(KEYS[0], DATA[KEYS[0]])
    assert all(store.flush() for store in stores)
    reader = opened(tmp_path / "reader", url)
    found = reader.find(KEYS[0])
    assert found is not None
    assert reader.read(found) == DATA[KEYS[0]]
    # What another process has just written is read without a look-up.
    other = opened(tmp_path / "client", url)
    proxied.requests.clear()
    assert other.fetch({KEYS[0]: found}) == set()
    assert len(proxied.requests) == 1


def test_listing_of_many_entries_takes_little_memory(tmp_path: Path) -> None:
    class Listed:
        """A place with a shard of a store of millions of entries."""

        def files(self, folder: str) -> list[RemoteFile]:
            if not folder.startswith(names.ENTRIES):
                return []
            digest = "a" * 64
            return [RemoteFile(f"{folder}/{number:062x}.{digest}.5", 5, 0.0) for number in range(20_000)]

        def fetch(self, file: str, size: int) -> bytes | None:
            return None

        def write(self, file: str, data: bytes) -> None:
            raise AssertionError

        remove = write

    address = StoreAddress.of("s3://bucket/x", tmp_path, **OPTIONS)
    store = SharedStore(FolderStore(tmp_path), address, site="x", place=Listed())  # type: ignore[arg-type]
    store.prepare([f"00{5:062x}", f"01{6:062x}"])
    assert sum(len(bytes(each)) for each in store._entries._shards.values()) == 2 * 72 * 20_000
    assert store.account.missed == {"absent": 2}
