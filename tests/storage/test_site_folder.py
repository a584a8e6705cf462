"""Reading files from outside: regular files alone, links within the site, a limit; no other way to open one."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

import pytest

import imageseo
from imageseo.model import regular_file
from imageseo.model.regular_file import NotRegularError, TooLargeError
from imageseo.storage.site_folder import OutsideError, SiteFolder

PACKAGE = Path(imageseo.__file__).parent

# File and call -> why it may open a file by itself.
OWN_FILES = {
    "model/extras.py": "metadata of the installed distribution",
    "pipeline/incremental/build_state.py": "the files of this package",
    "layout/browser/tab.py": "a file of this package",
    "heroes/providers/art/title_card.py": "a file of this package",
    "storage/locks.py": "a folder",
    "storage/atomic.py": "a new file",
    "storage/blobs.py": "a new file, and those of writers of this store",
    "heroes/generate/process_lock.py": "a lock, opened for writing",
    "cli/main.py": "the null device",
    "cli/commands/completion.py": "the shell's own file, opened for writing",
    "heroes/providers/asset_library/languages.py": "a file of this package",
    "integrations/setup/ci_job.py": "a file of this package",
    "integrations/setup/comment_script.py": "a program of its own, which runs in CI without this package",
    "model/regular_file.py": "the function that all use",
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    (root / "img").mkdir(parents=True)
    (root / "img/a.txt").write_bytes(b"hello")
    (tmp_path / "secret").write_bytes(b"secret")
    links = {
        "inside": "img/a.txt",
        "folder": "img",
        "outside": "../secret",
        "away": "..",
        "twice": "outside",
        "loop": "loop",
        "nowhere": "nothing",
        "device": "/dev/zero",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(root / "socket"))
    return root


def test_only_regular_files_of_the_site_are_read(site: Path) -> None:
    files = SiteFolder(site)
    assert [files.read(path) for path in ("img/a.txt", "inside", "folder/a.txt")] == [b"hello"] * 3
    assert files.begin("inside", 2) == b"he"
    expected: dict[str, type[OSError]] = {
        "outside": OutsideError,
        "away/secret": OutsideError,
        "../secret": OutsideError,
        "twice": OutsideError,
        "device": OutsideError,
        "pipe": NotRegularError,
        "socket": NotRegularError,
        "img": IsADirectoryError,
        "nowhere": FileNotFoundError,
        "none": FileNotFoundError,
        "loop": OSError,
        "x" * 300: OSError,
    }
    for path, error in expected.items():
        for read in (files.read, lambda path: files.begin(path, 1), files.open, files.status):
            with pytest.raises(error):
                read(path)


def test_no_read_is_without_a_limit(site: Path) -> None:
    (site / "large").write_bytes(b"12345")
    assert regular_file.read(site / "large", limit=5) == b"12345"
    with pytest.raises(TooLargeError, match="larger than 4 bytes"):
        regular_file.read(site / "large", limit=4)
    os.truncate(site / "large", 2**40)  # its size is known before it is read
    with pytest.raises(TooLargeError, match="larger than 256 MiB"):
        SiteFolder(site).read("large")
    for path in ("/dev/zero", site / "pipe"):
        with pytest.raises(NotRegularError):
            regular_file.read(path)
        with pytest.raises(NotRegularError):
            regular_file.open_binary(path)
    if Path("/proc/self/maps").exists():  # files there have no size
        assert len(regular_file.read("/proc/self/maps")) > 4096
        assert len(regular_file.begin("/proc/self/maps", 64)) == 64


def test_every_file_is_opened_by_one_function() -> None:
    calls = (r"\.read_bytes\(", r"\.read_text\(", r"(?<![\w.])open\(", r"os\.open\(", r"\w\.open\(\"")
    call = re.compile("|".join((*calls, r"Image\.open\((?!io\.|file\))")))
    named = re.compile(r"regular_file\.\w+\(|``Image\.open``|def open\(")
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if any(call.search(named.sub("", line)) for line in path.read_text("utf-8").splitlines())
    }
    assert found - OWN_FILES.keys() == set()


def test_folders_are_told_from_the_ones_around_them(site: Path) -> None:
    (site / "img/deep").mkdir()
    (site / "img/deep/b.txt").write_bytes(b"deep")
    (site / "img/back").symlink_to("..")
    (site / "img/away").symlink_to("../..")
    files = SiteFolder(site)
    for path in ("img/a.txt", "img/deep/b.txt", "img/back/img/deep/b.txt", "folder/deep/b.txt", "img/../img/a.txt"):
        assert files.read(path) in (b"hello", b"deep")
    for path in ("img/away/secret", "img/back/img/away/secret", "folder/away/secret", "img/../../secret"):
        with pytest.raises(OutsideError):
            files.read(path)
    assert files.read(f"img/away/{site.name}/img/a.txt") == b"hello"  # out of the site, and in again
