"""Locks on open files and folders: they conflict, are shared, and end with their process."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from imageseo.storage import locks

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not locks.HAS_FLOCK, reason="folders cannot be locked on Windows")
HOLD = (
    "import os, sys; from imageseo.storage.locks import try_lock\n"
    "print(try_lock(os.open(sys.argv[1], os.O_RDWR)), flush=True); sys.stdin.readline()\n"
)


def test_exclusive_lock_excludes_other_handles_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first, second = (os.open(path, os.O_RDWR | os.O_CREAT) for _ in range(2))
    assert locks.try_lock(first)
    assert not locks.try_lock(second)
    assert not locks.try_lock(second, shared=True)
    os.close(first)
    assert locks.try_lock(second)
    os.close(second)


def test_lock_ends_when_its_process_is_killed(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    handle = os.open(tmp_path / "lock", os.O_RDWR)
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert not locks.try_lock(handle)
        other.kill()
    locks.wait_for_lock(handle)
    os.close(handle)


def test_folder_is_in_use_while_any_build_marks_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    first, second = locks.mark_in_use(tmp_path), locks.mark_in_use(tmp_path)
    assert first is not None
    assert second is not None
    os.close(first)
    assert locks.is_in_use(tmp_path)
    os.close(second)
    assert not locks.is_in_use(tmp_path)


def test_missing_folder_is_not_in_use(tmp_path: Path) -> None:
    assert locks.mark_in_use(tmp_path / "missing") is None
    assert not locks.is_in_use(tmp_path / "missing")


def test_file_system_without_locks_counts_as_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", fail)
    next_handle = os.dup(0)
    os.close(next_handle)
    assert locks.mark_in_use(tmp_path) is None
    assert locks.is_in_use(tmp_path)
    unused = os.dup(0)
    os.close(unused)
    assert unused == next_handle, "no handle stays open"
    with pytest.raises(OSError, match="No locks"):
        locks.try_lock(0)
