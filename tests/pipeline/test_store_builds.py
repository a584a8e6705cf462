"""The store in complete builds: pruned during a build, shared by two builds, read-only, damaged."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from imageseo.storage.store import FolderStore
from tests.support import small_sites

ROOT = Path(__file__).parents[2]
PAGE = (
    "<!doctype html><html lang=en><head><title>T</title></head><body><main><article><h1>T</h1>"
    "{}</article></main></body></html>"
)
# A build that stops before it publishes the first page, says so, and waits for a line.
PAUSED = (
    "import sys\n"
    "from imageseo.cli import main as cli\n"
    "from imageseo.storage.output import OutputFolder\n"
    "for name in ('put', 'link'):\n"
    "    def wait(self, *arguments, real=getattr(OutputFolder, name), **options):\n"
    "        global waited\n"
    "        if not waited:\n"
    "            waited = True; print('made', file=sys.stderr, flush=True); sys.stdin.readline()\n"
    "        return real(self, *arguments, **options)\n"
    "    waited = False; setattr(OutputFolder, name, wait)\n"
    "sys.exit(cli.main())\n"
)


def site(folder: Path, *names: str) -> Path:
    tags = "".join(f'<p><img src="{name}.jpg" alt="A hill"></p>' for name in names)
    photos = {f"public/{name}.jpg": small_sites.photo(500 + 10 * len(name), 300, seed=len(name)) for name in names}
    more = {f"public/{name}/index.html": PAGE.format(f'<img src="../{name}.jpg" alt="A hill">') for name in names}
    small_sites.write(folder, {"public/index.html": PAGE.format(tags), **photos, **more})
    settings = 'cache_dir = "../cache"\nprofile = "fast"\nwidths = [160, 320]\nsite_url = "https://example.org/"\n'
    (folder / "imageseo.toml").write_text(settings)
    return folder


def pristine(folder: Path) -> None:
    """Restore the output as a generator writes it that empties its output folder before every build."""
    for path in folder.glob("public/**/*.*"):
        if re.search(r"-\d+w\.[0-9a-f]{8}\.", path.name) or path.name == "sitemap.xml":
            path.unlink()
    names = sorted(path.stem for path in folder.glob("public/*.jpg"))
    site(folder, *names)


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "imageseo", *words]


def run(folder: Path, *words: str, before: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*before, *command(*words)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=300,
    )


def tree(folder: Path) -> Mapping[str, bytes]:
    root = folder / "public"
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def summary(done: subprocess.CompletedProcess[str]) -> Mapping[str, int]:
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)["summary"]
    assert isinstance(found, dict)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("warm", [False, True])
def test_build_completes_although_all_blobs_are_pruned(tmp_path: Path, warm: bool) -> None:
    """Another process removes every blob after the variants were found or made, before they are published."""
    folder = site(tmp_path / "site", "a", "hill")
    wanted = tree(site(tmp_path / "other" / "site", "a", "hill"))
    assert run(tmp_path / "other" / "site", "build", "public").returncode == 0
    wanted = tree(tmp_path / "other" / "site")
    if warm:
        assert run(folder, "build", "public").returncode == 0
        pristine(folder)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", PAUSED, "build", "public"],
        cwd=folder, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as building:  # fmt: skip
        assert building.stderr is not None
        assert any("made" in line for line in building.stderr)
        pruned = run(folder, "cache", "prune", "--max-size", "0", "--format", "json")
        assert json.loads(pruned.stdout)["removed"] > 0
        for left in (tmp_path / "cache/v1/blobs").rglob("?" * 64):  # pruning keeps these for an hour
            left.unlink()
        assert FolderStore(tmp_path / "cache").info().blobs == 0
        said, _ = building.communicate("go on\n")
        assert building.returncode == 0, said
    assert tree(folder) == wanted


@pytest.mark.slow
def test_concurrent_builds_share_a_store(tmp_path: Path) -> None:
    alone = site(tmp_path / "alone" / "site", "a", "hill", "lake")
    assert run(alone, "build", "public").returncode == 0
    folders = [site(tmp_path / name, "a", "hill", "lake") for name in ("one", "two")]
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda folder=folder: results.append(run(folder, "build", "public").returncode))
        for folder in folders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [0, 0]
    assert all(tree(folder) == tree(alone) for folder in folders)
    store = FolderStore(tmp_path / "cache")
    assert store.info().leftovers == 0
    assert store.verify().removed == 0
    # Entries that one of the sites needs are kept; others are removed.
    for folder, removed in zip(folders, (False, True), strict=True):
        for name in ("hill", "lake"):
            (folder / "public" / name / "index.html").write_text(PAGE.format('<img src="../a.jpg" alt="A hill">'))
        (folder / "public" / "index.html").write_text(PAGE.format('<img src="a.jpg" alt="A hill">'))
        assert run(folder, "build", "public").returncode == 0
        dry = json.loads(run(folder, "cache", "prune", "--unreachable", "--dry-run", "--format", "json").stdout)
        done = json.loads(run(folder, "cache", "prune", "--unreachable", "--format", "json").stdout)
        assert (dry["dry"], done["dry"]) == (True, False)
        assert done["removed"] == dry["removed"]
        assert (done["removed"] > 0) == removed
    assert store.info().entries > 0
    pristine(folders[0])
    for name in ("hill", "lake"):
        (folders[0] / "public" / name / "index.html").write_text(PAGE.format('<img src="../a.jpg" alt="A hill">'))
    (folders[0] / "public" / "index.html").write_text(PAGE.format('<img src="a.jpg" alt="A hill">'))
    assert summary(run(folders[0], "build", "public", "--format", "json")).get("encoded", 0) == 0


def test_prune_unreachable_requires_a_build(tmp_path: Path) -> None:
    folder = site(tmp_path / "site", "a")
    FolderStore(tmp_path / "cache").put("0" * 64, b"of an older version")
    done = run(folder, "cache", "prune", "--unreachable")
    assert done.returncode == 2
    assert "build the site first" in done.stderr
    assert FolderStore(tmp_path / "cache").info().entries == 1


@pytest.mark.slow
def test_prune_options_and_output(tmp_path: Path) -> None:
    folder = site(tmp_path / "site", "a")
    assert run(folder, "build", "public").returncode == 0
    wrong = run(folder, "cache", "prune", "--older-than", "soon")
    assert wrong.returncode == 2
    assert "expected an age such as 30d, 12h or 4w" in wrong.stderr
    (tmp_path / "cache/v1/blobs/notes.txt").write_text("mine")
    entry = next(path for path in sorted((tmp_path / "cache/v1/keys").rglob("*")) if path.is_file())
    os.utime(entry, (0, time.time() - 86_000))
    for age, removed in (("1w", 0), ("2", 0), ("12h", 1)):
        told = run(folder, "cache", "prune", "--older-than", age, "--dry-run", "--format", "json")
        assert [json.loads(told.stdout)[name] for name in ("removed", "dry", "strangers")] == [
            *(removed, True),
            ["v1/blobs/notes.txt"],
        ]
    assert entry.exists()
    said = run(folder, "cache", "prune", "--unreachable", "--dry-run").stdout
    assert re.fullmatch(
        r"0 of \d+ entries would be removed, 0 B would be freed\n"
        r"not part of the cache, left alone: v1/blobs/notes\.txt\n",
        said,
    )
    assert json.loads(run(folder, "cache", "prune", "--days", "7", "--format", "json").stdout)["removed"] == 0


@pytest.fixture
def unprivileged() -> list[str]:
    """Prefix for a command so that file modes apply to it: root may write anywhere."""
    if os.name == "nt":
        pytest.skip("folders have no modes here")
    if os.getuid():
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root, and no setpriv to give its powers up")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Make a folder read-only within the context."""
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for path in folders:
        path.chmod(0o555)
    try:
        yield
    finally:
        for path in folders:
            path.chmod(0o755)


@pytest.mark.slow
@pytest.mark.parametrize("damaged", [False, True])
@pytest.mark.parametrize("with_state", [False, True])
def test_build_with_a_read_only_warm_store(
    tmp_path: Path, unprivileged: list[str], damaged: bool, with_state: bool
) -> None:
    folder = site(tmp_path / "site", "a", "hill")
    assert run(folder, "build", "public").returncode == 0
    wanted = tree(folder)
    pristine(folder)
    cache = tmp_path / "cache"
    if not with_state:
        for file in (cache / "memo").iterdir():
            file.unlink()
    if damaged:
        for path in (cache / "v1/blobs").rglob("*"):
            if path.is_file():
                path.write_bytes(bytes(path.stat().st_size))
    before = {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()}
    with read_only(cache):
        done = run(folder, "build", "public", "--format", "json", before=unprivileged)
    assert summary(done)["variants"] > 0
    assert tree(folder) == wanted
    assert {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()} == before


def test_build_with_a_read_only_cold_store_reports_it(tmp_path: Path, unprivileged: list[str]) -> None:
    folder = site(tmp_path / "site", "a")
    (tmp_path / "cache").mkdir()
    with read_only(tmp_path / "cache"):
        done = run(folder, "build", "public", before=unprivileged)
    assert done.returncode not in (0, 3), done.stdout + done.stderr
    assert "cannot write" in done.stderr
    assert "cache_dir" in done.stderr
    assert "Traceback" not in done.stderr
