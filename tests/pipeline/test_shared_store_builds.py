"""Builds with a shared store: a second machine encodes nothing, and a store that is away fails no build."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from imageseo.config.settings import Settings
from imageseo.integrations import directory, runner
from imageseo.integrations.progress import Quiet
from imageseo.model.errors import StoreError
from imageseo.pipeline.result import BuildResult
from tests.support import small_sites
from tests.support.small_sites import write

PAGE = (
    '<!doctype html><html lang="en"><head><title>T</title></head><body><main><article><h1>T</h1>'
    '<p><img src="a.jpg" alt="A photograph"></p></article></main></body></html>'
)


def build(project: Path, **store: object) -> BuildResult:
    settings = runner.load_mapping(
        {
            "site_url": "https://example.org/",
            "formats": ["webp"],
            "widths": [160, 320],
            "encode": {"isolate": False},
            **({"store": store} if store else {}),
        }
    )
    if not (project / "site").exists():
        write(project / "site", {"index.html": PAGE, "a.jpg": small_sites.photo(480, 320, seed=1)})
    return runner.build(
        directory.site(project / "site", project=project, settings=settings), settings, progress=Quiet()
    )


def variants(project: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((project / "site").rglob("*.webp"))}


def test_second_machine_encodes_nothing(tmp_path: Path) -> None:
    remote = str(tmp_path / "share")
    alone = build(tmp_path / "alone")
    assert alone.store == ()
    first = build(tmp_path / "a", remote=remote, remote_mode="read-write")
    assert first.counts["encoded"] == alone.counts["encoded"] > 0
    second = build(tmp_path / "b", remote=remote)
    assert second.counts["encoded"] == 0
    assert "entries read" in " ".join(second.store)
    assert variants(tmp_path / "alone") == variants(tmp_path / "a") == variants(tmp_path / "b")
    assert {path.stat().st_nlink for path in (tmp_path / "b/site").rglob("*.webp")} == {1}, "no hard links"
    # A warm build asks for nothing, and changes nothing.
    (tmp_path / "share").rename(tmp_path / "away")
    warm = build(tmp_path / "b", remote=str(tmp_path / "not/there"))
    assert (warm.store, warm.changed) == ((), ())
    # A byte changed in the local cache is not published.
    for path in (tmp_path / "b/.cache/imageseo/v1/blobs").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1] + b"?")
    for path in (tmp_path / "b/site").rglob("*.webp"):
        path.unlink()
    build(tmp_path / "b", remote=str(tmp_path / "away"))
    assert variants(tmp_path / "b") == variants(tmp_path / "a")


def test_store_that_is_away_fails_no_build_unless_it_is_required(tmp_path: Path) -> None:
    away = str(tmp_path / "not/mounted")
    result = build(tmp_path / "a", remote=away, remote_mode="read-write")
    assert not result.failed
    assert result.counts["encoded"] > 0
    assert result.summary["warnings"] == 0, "strict modes count it not"
    assert len([line for line in result.store if "warning" in line]) == 1
    with pytest.raises(StoreError, match="no such folder") as fault:
        build(tmp_path / "b", remote=away, required=True)
    assert fault.value.exit_code == 2
    assert not variants(tmp_path / "b")


def test_nothing_is_imported_without_a_shared_store(tmp_path: Path) -> None:
    loaded = {name for name in sys.modules if name.startswith("imageseo.storage.shared")}
    saved = {name: sys.modules.pop(name) for name in loaded}
    try:
        build(tmp_path / "a")
        assert not [name for name in sys.modules if name.startswith("imageseo.storage.shared")]
    finally:
        sys.modules.update(saved)
    assert Settings().store.remote is None
