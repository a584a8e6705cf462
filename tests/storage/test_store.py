"""The store: finding, verification, other processes, full disks, kills and damaged files."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imageseo.model.errors import StoreError
from imageseo.model.protocols import Store, StoredBlob
from imageseo.storage.blobs import Blobs
from imageseo.storage.index import IndexEntry, PrunePolicy
from imageseo.storage.store import FolderStore

DAY = 86_400.0
ROOT = Path(__file__).parents[2]


def key(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def blob(folder: Path, stored: StoredBlob) -> Path:
    return folder / "v1" / "blobs" / stored.sha256[:2] / stored.sha256


def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "site" / ".cache" / "imageseo"


def test_stored_bytes_are_returned(folder: Path) -> None:
    store: Store = FolderStore(folder)
    assert store.find(key(1)) is None
    assert not folder.exists(), "`find` creates no folder"
    stored = store.put(key(1), b"bytes")
    assert stored == StoredBlob(sha256=hashlib.sha256(b"bytes").hexdigest(), bytes=5)
    for again in (store, FolderStore(folder)):
        assert again.find(key(1)) == stored
        assert again.read(stored) == b"bytes"
        assert again.find(key(2)) is None
    assert store.read(StoredBlob(sha256=key(0), bytes=1)) is None


def test_equal_bytes_are_stored_once(folder: Path) -> None:
    store = FolderStore(folder)
    assert store.put(key(1), b"same") == store.put(key(2), b"same")
    info = store.info()
    assert (info.entries, info.blobs, info.bytes, info.leftovers) == (2, 1, 4, 0)


def test_key_can_be_replaced(folder: Path) -> None:
    store = FolderStore(folder)
    store.put(key(1), b"old")
    new = store.put(key(1), b"new!")
    assert FolderStore(folder).find(key(1)) == new
    assert store.info().entries == 1


def test_key_that_is_not_a_digest_is_rejected(folder: Path) -> None:
    for wrong in ("../../etc/passwd", "", "A" * 64):
        with pytest.raises(ValueError, match="64 hex digits"):
            FolderStore(folder).put(wrong, b"")


def test_folder_is_marked_for_git_and_backups(folder: Path) -> None:
    FolderStore(folder).put(key(1), b"x")
    assert (folder / ".gitignore").read_text("utf-8").splitlines()[-1] == "*"
    assert (folder / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55")


def test_damaged_blob_is_a_miss(folder: Path) -> None:
    store = FolderStore(folder)
    stored = store.put(key(1), b"precious")
    blob(folder, stored).write_bytes(b"pretious")
    assert store.find(key(1)) == stored, "its size is right, and it has not been read yet"
    assert store.read(stored) is None
    assert store.find(key(1)) is None
    assert FolderStore(folder).find(key(1)) is None
    assert store.read(store.put(key(1), b"precious")) == b"precious"


@pytest.mark.parametrize("damage", [b"", b"prec", b"precious and more", None])
def test_blob_of_wrong_size_or_missing_is_a_miss_without_reading(folder: Path, damage: bytes | None) -> None:
    stored = FolderStore(folder).put(key(1), b"precious")
    if damage is None:
        blob(folder, stored).unlink()
    else:
        blob(folder, stored).write_bytes(damage)
    store = FolderStore(folder)
    assert store.find(key(1)) is None
    assert store.read(store.put(key(1), b"precious")) == b"precious"
    assert store.verify().removed == 0


def test_foreign_files_in_the_folder_are_ignored(folder: Path) -> None:
    store = FolderStore(folder)
    stored = store.put(key(1), b"x")
    (folder / "v1" / "keys" / key(1)[:2] / "Thumbs.db").write_bytes(b"?")
    (folder / "v1" / "keys" / ".DS_Store").write_bytes(b"?")
    again = FolderStore(folder)
    assert again.find(key(1)) == stored
    assert again.info().entries == 1


def test_concurrent_threads_store_all_entries(folder: Path) -> None:
    store = FolderStore(folder)
    threads = [
        threading.Thread(target=lambda: [store.put(key(n), b"%d" % (n % 7)) for n in range(60)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (store.info().entries, store.info().blobs, store.info().leftovers) == (60, 7, 0)
    assert store.verify().removed == 0


PUT_MANY = (
    "import sys, hashlib; from pathlib import Path; from imageseo.storage.store import FolderStore\n"
    "store = FolderStore(Path(sys.argv[1]))\n"
    "for n in range(150): store.put(hashlib.sha256(b'%d' % n).hexdigest(), b'%d' % n * 5000)\n"
)


def test_concurrent_processes_store_the_same_keys(folder: Path) -> None:
    running = [subprocess.Popen([sys.executable, "-c", PUT_MANY, str(folder)], cwd=ROOT) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    store = FolderStore(folder)
    info = store.info()
    assert (info.entries, info.blobs, info.leftovers) == (150, 150, 0)
    assert store.verify().removed == 0
    assert store.read(FolderStore(folder).put(key(7), b"7" * 5000)) == b"7" * 5000


def test_temporary_file_of_a_killed_writer_is_removed(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys, os, signal; from pathlib import Path; from imageseo.storage.store import FolderStore\n"
        "store = FolderStore(Path(sys.argv[1])); store.put('0' * 64, b'whole')\n"
        "Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "store.put('1' * 64, b'half')\n"
    )
    assert run(code, folder).returncode == -signal.SIGKILL
    assert any((folder / "v1" / "tmp").iterdir()), "the writer was killed while writing"
    store = FolderStore(folder)
    assert store.find("0" * 64) is not None
    assert store.find("1" * 64) is None
    store.put("1" * 64, b"half")
    clean = FolderStore(tmp_path / "clean")
    clean.put("0" * 64, b"whole")
    clean.put("1" * 64, b"half")
    assert files(folder) == files(tmp_path / "clean")


def test_temporary_file_of_an_active_writer_is_kept(folder: Path) -> None:
    """Another process pauses between writing and renaming; the store is opened and pruned; then it continues."""
    code = (
        "import sys; from pathlib import Path; from imageseo.storage.store import FolderStore\n"
        "store, replace = FolderStore(Path(sys.argv[1])), Path.replace\n"
        "store.put('0' * 64, b'first')\n"
        "def slow(self, target):\n"
        "    print('written', flush=True); sys.stdin.readline(); return replace(self, target)\n"
        "Path.replace = slow\n"
        "store.put('1' * 64, b'second')\n"
    )
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "written\n"
        store = FolderStore(folder)
        store.put("2" * 64, b"third")
        store.prune()
        assert store.info().leftovers == 1
        other.communicate("go on\n")
        assert other.returncode == 0
    assert FolderStore(folder).find("1" * 64) is not None


def test_full_disk_is_an_error_with_a_hint_and_leaves_no_file(folder: Path) -> None:
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from imageseo.model.errors import StoreError; from imageseo.storage.store import FolderStore\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "store = FolderStore(Path(sys.argv[1])); store.put('0' * 64, b'fits')\n"
        "try: store.put('1' * 64, b'x' * 50_000)\n"
        "except StoreError as error: print(error)\n"
    )
    done = run(code, folder)
    assert done.returncode == 0, done.stderr
    assert "File too large" in done.stdout
    assert "imageseo cache prune" in done.stdout
    assert "cache_dir" in done.stdout
    info = FolderStore(folder).info()
    assert (info.entries, info.blobs, info.leftovers) == (1, 1, 0)
    assert FolderStore(folder).find("1" * 64) is None


@pytest.mark.skipif(
    not hasattr(os, "setuid") or os.getuid() != 0, reason="only root can become an unprivileged user here"
)
def test_read_only_folder_is_read_but_not_written(folder: Path, tmp_path: Path) -> None:
    stored = FolderStore(folder).put("0" * 64, b"there")
    damaged = FolderStore(folder).put("2" * 64, b"damaged")
    blob(folder, damaged).write_bytes(b"DAMAGED")
    for path in [tmp_path, *tmp_path.parents]:
        if path.is_relative_to("/tmp/pytest-of-root"):
            path.chmod(path.stat().st_mode | 0o055)
    code = (
        "import os, sys; from pathlib import Path\n"
        "from imageseo.model.errors import StoreError; from imageseo.storage.store import FolderStore\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "store = FolderStore(Path(sys.argv[1])); stored = store.find('0' * 64); print(store.read(stored))\n"
        "bad = store.find('2' * 64); print(store.read(bad), store.find('2' * 64))\n"
        "again = store.put('2' * 64, b'damaged'); print(store.read(again), store.find('2' * 64) == again == bad)\n"
        "aside = store.path(again.sha256); print(aside.read_bytes()); del store; print(aside.parents[2].exists())\n"
        "store = FolderStore(Path(sys.argv[1]))\n"
        "try: store.put('1' * 64, b'new')\n"
        "except StoreError as error: print(error)\n"
    )
    before = files(folder)
    done = run(code, folder)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:2] == ["b'there'", "None None"]
    assert lines[2:5] == ["b'damaged' True", "b'damaged'", "False"], "stored only for this build"
    assert "Permission denied" in lines[5]
    assert str(folder) in lines[5]
    assert "cache_dir" in lines[6]
    assert files(folder) == before
    assert stored.bytes == 5


def test_file_instead_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"")
    store = FolderStore(tmp_path / "cache")
    for act in (lambda: store.find(key(1)), lambda: store.put(key(1), b"x"), store.info):
        with pytest.raises(StoreError, match="Not a directory"):
            act()


def test_verify_removes_damaged_blobs_and_keys_without_blob(folder: Path) -> None:
    store = FolderStore(folder)
    good, flipped, short, gone = (store.put(key(n), b"%d" % n * 10) for n in range(4))
    blob(folder, flipped).write_bytes(b"x" * 10)
    blob(folder, short).write_bytes(b"x")
    blob(folder, gone).unlink()
    (folder / "v1" / "tmp" / "1-abc").write_bytes(b"left by a kill")
    upkeep = store.verify()
    assert (upkeep.checked, upkeep.removed, upkeep.bytes) == (3, 2, 11)
    assert [store.find(key(n)) for n in range(4)] == [good, None, None, None]
    info = store.info()
    assert (info.entries, info.blobs, info.leftovers) == (1, 1, 0)


class Now:
    def __init__(self) -> None:
        self.seconds = 1_000 * DAY

    def __call__(self) -> float:
        return self.seconds


def add_aged_entries(folder: Path, now: Now) -> None:
    """Ten entries of 100 bytes, entry n last used n + 0.5 days ago."""
    store = FolderStore(folder, clock=now)
    for n in range(10):
        stored = store.put(key(n), b"%d" % n * 100)
        entry = folder / "v1" / "keys" / key(n)[:2] / f"{key(n)[2:]}.{stored.sha256}.{stored.bytes}"
        os.utime(entry, (0, now.seconds - (n + 0.5) * DAY))


def test_prune_removes_entries_by_age(folder: Path) -> None:
    now = Now()
    add_aged_entries(folder, now)
    upkeep = FolderStore(folder, clock=now).prune(older_than=5 * DAY)
    assert (upkeep.checked, upkeep.removed, upkeep.bytes) == (10, 5, 500)
    store = FolderStore(folder, clock=now)
    assert [store.find(key(n)) is None for n in range(10)] == [False] * 5 + [True] * 5


def test_find_counts_as_use(folder: Path) -> None:
    now = Now()
    add_aged_entries(folder, now)
    assert FolderStore(folder, clock=now).find(key(9))
    FolderStore(folder, clock=now).prune(older_than=5 * DAY)
    assert FolderStore(folder, clock=now).find(key(9))


def test_prune_by_size_removes_the_longest_unused(folder: Path) -> None:
    now = Now()
    add_aged_entries(folder, now)
    store = FolderStore(folder, clock=now)
    assert store.prune(max_bytes=350).removed == 7
    assert [store.find(key(n)) is not None for n in range(10)] == [True] * 3 + [False] * 7
    assert store.prune(max_bytes=350).removed == 0


def test_prune_keeps_referenced_blobs_and_removes_orphans(folder: Path) -> None:
    now = Now()
    store = FolderStore(folder, clock=now)
    for n in (1, 2):
        store.put(key(n), b"shared")
    old = next((folder / "v1" / "keys" / key(1)[:2]).iterdir())
    os.utime(old, (0, 0))
    os.utime(next((folder / "v1" / "keys" / key(2)[:2]).iterdir()), (now.seconds, now.seconds))
    orphan = store.put(key(3), b"orphan")
    next((folder / "v1" / "keys" / key(3)[:2]).iterdir()).unlink()
    upkeep = store.prune(older_than=DAY)
    assert (upkeep.removed, upkeep.bytes) == (1, 6)
    assert not blob(folder, orphan).exists()
    assert store.read(StoredBlob(sha256=hashlib.sha256(b"shared").hexdigest(), bytes=6)) == b"shared"


def entry_of(folder: Path, name: object) -> Path:
    return next((folder / "v1" / "keys" / key(name)[:2]).glob(f"{key(name)[2:]}.*"))


def test_prune_removes_entries_that_are_not_needed(folder: Path) -> None:
    now = Now()
    add_aged_entries(folder, now)
    needed = frozenset([key(1), key(2), key("elsewhere")])
    before = files(folder)
    dry = FolderStore(folder, clock=now).prune(needed=needed, dry=True)
    assert (dry.checked, dry.removed, dry.bytes, dry.spared) == (10, 8, 800, 0)
    assert files(folder) == before
    assert FolderStore(folder, clock=now).prune(needed=needed) == dry, "it does what the dry run reported"
    store = FolderStore(folder, clock=now)
    assert [n for n in range(10) if store.find(key(n))] == [1, 2]
    assert store.prune(needed=needed, older_than=2 * DAY, max_bytes=0).removed == 2


def test_dry_run_reports_age_size_and_orphans(folder: Path) -> None:
    now = Now()
    add_aged_entries(folder, now)
    entry_of(folder, 9).unlink()
    options: dict[str, float] = {"older_than": 7 * DAY, "max_bytes": 350}
    before = files(folder)
    dry = FolderStore(folder, clock=now).prune(**options, dry=True)  # type: ignore[arg-type]
    assert files(folder) == before
    assert (dry.checked, dry.removed, dry.bytes) == (9, 6, 700)
    assert FolderStore(folder, clock=now).prune(**options) == dry  # type: ignore[arg-type]


def test_entries_used_recently_are_kept_during_a_build(folder: Path) -> None:
    """It is not known yet what the build needs. With a real process."""
    code = (
        "import sys; from pathlib import Path; from imageseo.storage.store import FolderStore\n"
        "store = FolderStore(Path(sys.argv[1])); store.find('0' * 64); store.put('1' * 64, b'new')\n"
        "print('working', flush=True); sys.stdin.readline()\n"
    )
    store = FolderStore(folder)
    for name in ("0", "2"):
        store.put(name * 64, name.encode())
    old = next((folder / "v1/keys/22").iterdir())
    os.utime(old, (0, 0))
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "working\n"
        done = store.prune(needed=["3" * 64])
        assert (done.removed, done.spared) == (1, 2)
        done = store.prune(needed=["3" * 64], max_bytes=3)
        assert (done.removed, done.spared) == (1, 1), "the size limit applies during a build, too"
        other.communicate("go on\n")
    done = store.prune(needed=["3" * 64])
    assert (done.removed, done.spared) == (1, 0)
    assert store.info().blobs == 0


@pytest.mark.parametrize("old", [False, True])
def test_blob_is_kept_whose_key_a_build_is_about_to_write(
    folder: Path, old: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The blob is there before its key: just written, or old and used again."""
    build = FolderStore(folder)
    build.put(key("other"), b"other")
    Blobs(folder / "v1").put(b"new")
    monkeypatch.setattr("imageseo.storage.blobs._YOUNG", 1.0)
    if old:
        time.sleep(1.1)
    choose = PrunePolicy.choose

    def meanwhile(self: PrunePolicy, *arguments: Any) -> tuple[set[IndexEntry], int]:
        build.put(key("new"), b"new")
        return choose(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(PrunePolicy, "choose", meanwhile)
        FolderStore(folder).prune()
    stored = FolderStore(folder).find(key("new"))
    assert stored is not None
    assert blob(folder, stored).read_bytes() == b"new"


def test_blob_without_key_is_removed_after_the_build(folder: Path) -> None:
    build = FolderStore(folder)
    build.put(key("other"), b"other")
    Blobs(folder / "v1").put(b"new")
    assert FolderStore(folder).prune(dry=True) == FolderStore(folder).prune()
    assert build.info().leftovers == 1
    del build
    assert FolderStore(folder).prune().bytes == 3
    assert FolderStore(folder).info().leftovers == 0


def test_time_in_the_future_counts_as_now(folder: Path) -> None:
    now = Now()
    add_aged_entries(folder, now)
    os.utime(entry_of(folder, 9), (0, now.seconds + 5_000 * DAY))
    assert FolderStore(folder, clock=now).prune(older_than=5 * DAY).removed == 4
    assert FolderStore(folder, clock=now).find(key(9)), "a clock that was set back removes nothing"
    now.seconds += 6 * DAY
    assert FolderStore(folder, clock=now).prune(older_than=5 * DAY).removed == 6, "from now on it ages"
    store = FolderStore(folder, clock=now)
    store.put(key(1), b"x")
    os.utime(entry_of(folder, 1), (0, now.seconds + 5_000 * DAY))
    assert FolderStore(folder, clock=now).find(key(1))
    assert entry_of(folder, 1).stat().st_mtime == now.seconds, "use corrects it, too"


def test_entry_used_since_it_was_listed_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = Now()
    add_aged_entries(folder, now)
    choose = PrunePolicy.choose

    def meanwhile(self: PrunePolicy, *arguments: Any) -> tuple[set[IndexEntry], int]:
        assert FolderStore(folder, clock=now).find(key(9))
        return choose(self, *arguments)

    monkeypatch.setattr(PrunePolicy, "choose", meanwhile)
    assert FolderStore(folder, clock=now).prune(older_than=8 * DAY).removed == 1
    assert FolderStore(folder, clock=now).find(key(9))


def odd_folder(path: Path) -> None:
    path.mkdir()


def odd_full_folder(path: Path) -> None:
    path.mkdir()
    (path / "foreign").write_bytes(b"work")


def odd_link(path: Path) -> None:
    twin = path.parents[3] / "twin"
    twin.write_bytes(b"precious")
    path.symlink_to(twin)


def odd_endless_link(path: Path) -> None:
    path.symlink_to("/dev/zero")


def odd_pipe(path: Path) -> None:
    os.mkfifo(path)


def odd_huge_file(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def odd_empty_file(path: Path) -> None:
    path.touch()


@pytest.mark.parametrize(
    "make",
    [odd_folder, odd_full_folder, odd_link, odd_endless_link, odd_pipe, odd_huge_file, odd_empty_file],
)
@pytest.mark.parametrize("found_before", [False, True])
def test_blob_path_that_is_not_a_blob_is_a_miss(folder: Path, make: Callable[[Path], None], found_before: bool) -> None:
    stored = FolderStore(folder).put(key(1), b"precious")
    store = FolderStore(folder)
    if found_before:
        assert store.find(key(1)) == stored
    blob(folder, stored).unlink()
    make(blob(folder, stored))
    assert not store.intact(stored)
    assert store.read(stored) is None
    assert store.find(key(1)) is None
    again = store.put(key(1), b"precious")
    assert store.find(key(1)) == again == stored
    assert store.read(again) == b"precious"
    assert store.path(again.sha256).read_bytes() == b"precious"
    if make is odd_full_folder:
        assert (blob(folder, stored) / "foreign").read_bytes() == b"work", "not deleted, since imageseo did not make it"
    else:
        assert FolderStore(folder).read(stored) == b"precious"
    twin = folder / "twin"
    assert not twin.exists() or twin.read_bytes() == b"precious"


@pytest.mark.parametrize("make", [odd_folder, odd_full_folder, odd_link, odd_endless_link, odd_pipe, odd_empty_file])
def test_verify_and_prune_handle_paths_that_are_not_blobs(folder: Path, make: Callable[[Path], None]) -> None:
    store = FolderStore(folder)
    stored, kept = store.put(key(1), b"precious"), store.put(key(2), b"kept")
    blob(folder, stored).unlink()
    make(blob(folder, stored))
    store.info()
    store.prune(older_than=DAY)
    done = store.verify()
    full = make is odd_full_folder
    assert (done.checked, done.removed) == (2, 0 if full else 1)
    assert done.strangers == ((f"v1/blobs/{stored.sha256[:2]}/{stored.sha256}",) if full else ())
    assert os.path.lexists(blob(folder, stored)) == full
    assert FolderStore(folder).find(key(1)) is None
    assert FolderStore(folder).read(kept) == b"kept"
    assert store.info().entries == 1


def test_foreign_files_are_listed_and_kept(folder: Path) -> None:
    store = FolderStore(folder)
    stored = store.put(key(1), b"x")
    shard = f"v1/blobs/{stored.sha256[:2]}"
    names = [
        f"{shard}/{stored.sha256.upper()}",  # from a file system without upper and lower case
        f"{shard}/.DS_Store",
        f"{shard}/{'0' * 62 if shard.endswith('ff') else 'f' * 64}",  # of another shard
        "v1/blobs/notes.txt",
        f"v1/keys/{key(1)[:2]}/Thumbs.db",
        f"v1/keys/{key(1)[:2]}/{key(2)[2:].upper()}.{stored.sha256}.1",
        "v1/keys/AB/entry",
    ]
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"?")
    strange_key = folder / "v1/keys" / key(1)[:2] / f"{key(3)[2:]}.{stored.sha256}.1"
    strange_key.mkdir()
    before = files(folder)
    for done in (store.verify(), store.prune(max_bytes=10), store.prune(older_than=DAY, needed=[key(1)])):
        assert done.strangers == tuple(sorted({*names[:-1], "v1/keys/AB", strange_key.relative_to(folder).as_posix()}))
        assert (done.checked, done.removed, done.bytes) == (1, 0, 0)
    assert files(folder) == before
    assert store.info().blobs == 1
    assert FolderStore(folder).find(key(1)) == stored


def test_intact_does_not_read_the_file(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = FolderStore(folder).put(key(1), b"precious")
    store = FolderStore(folder)
    with monkeypatch.context() as blind:
        blind.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
        assert store.intact(stored)
    # Published files are hard links to blobs: a tool that writes into one changes the store.
    os.link(blob(folder, stored), tmp_path / "published")
    (tmp_path / "published").write_bytes(b"pretious")
    assert not store.intact(stored)
    assert store.read(stored) is None
    assert not store.intact(StoredBlob(sha256=key(0), bytes=1))


def test_copy_without_times_is_read_once(folder: Path) -> None:
    stored = FolderStore(folder).put(key(1), b"precious")
    store = FolderStore(folder)
    blob(folder, stored).touch()
    assert store.read(stored) == b"precious"
    assert not store.intact(stored), "changed just now: it may be changed again with the same time"
    os.utime(blob(folder, stored), (time.time() - 60, time.time() - 60))
    assert not store.intact(stored)
    assert store.read(stored) == b"precious"
    assert store.intact(stored)


def test_store_imports_no_imaging_library() -> None:
    done = run(
        "import sys, imageseo.storage.store; print([name for name in ('PIL', 'numpy', 'lxml') if name in sys.modules])"
    )
    assert done.stdout.strip() == "[]"
