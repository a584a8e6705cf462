"""``imageseo doctor`` on a project's files: the stores, the lock file, live reload, misplaced plug-ins."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from imageseo.cli.commands import doctor
from imageseo.cli.commands.doctor import DoctorReport
from imageseo.cli.commands.doctor_check import Check, State
from imageseo.heroes.lock import lock as locks
from imageseo.model.hero import ALGORITHMIC_MEDIA, Pin, Recipe
from imageseo.storage.remote import Remote
from tests.support.distributions import install, on_path
from tests.support.small_sites import mkdocs_site, pelican_site, write

PNG = b"not looked at, only its hash"


def pin(page: str, file: str, data: bytes = PNG) -> Pin:
    recipe = Recipe(provider="procedural", seed=1, width=320, height=180, options={"style": "topo", "page": page})
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    return Pin(
        page=page,
        recipe=recipe,
        recipe_hash=recipe.key,
        file=file,
        file_sha256=digest,
        pixels_sha256=digest,
        digital_source_type=ALGORITHMIC_MEDIA,
        width=320,
        height=180,
    )


def pinned(folder: Path, *pins: Pin) -> Sequence[Pin]:
    locks.write(folder / locks.NAME, locks.Lock(pins))
    return pins


def checks(folder: Path) -> tuple[DoctorReport, dict[str, list[Check]]]:
    """Run all checks; return those of the project by name."""
    report = doctor.run_checks(folder, config=None, note=lambda text: None)
    found: dict[str, list[Check]] = {}
    for check in report.checks:
        if check.kind in ("store", "lock file", "configuration"):
            found.setdefault(check.name, []).append(check)
    return report, found


def test_a_new_project_has_nothing_to_complain_about(tmp_path: Path) -> None:
    report, found = checks(tmp_path)
    assert [(check.state, check.detail) for check in found[locks.NAME]] == [(State.ABSENT, "none: no hero is pinned")]
    (variants,), (masters,) = found["variants"], found["masters"]
    assert variants.state is masters.state is State.OK
    assert variants.detail.startswith(f"{tmp_path / '.cache/imageseo'}: made by the first build; writable, ")
    assert masters.detail == f"{tmp_path / 'heroes'}: 0 pinned files, 0 B; writable"
    assert report.exit_code == 0
    assert list(tmp_path.iterdir()) == []
    text = doctor.as_text(report)
    assert "\nstores:\n  + variants: " in text
    assert "\nlock file:\n  - imageseo.lock: none" in text


def test_stores_have_size_and_place(tmp_path: Path) -> None:
    from imageseo.storage.store import FolderStore

    write(tmp_path, {"imageseo.toml": 'cache_dir = "kept"\nhero.masters = "art"\n', "art/a.png": PNG})
    FolderStore(tmp_path / "kept").put("0" * 64, b"x" * 3000)
    pinned(tmp_path, pin("a.html", "art/a.png"))
    _, found = checks(tmp_path)
    assert f"{tmp_path / 'kept'}: 1 file, 2.9 KiB; writable" in found["variants"][0].detail
    assert found["masters"][0].detail == f"{tmp_path / 'art'}: 1 pinned file, {len(PNG)} B; writable"
    assert found[locks.NAME][0].detail == f"{tmp_path / locks.NAME}: version 1, 1 pin"


def test_names_that_no_system_accepts_are_no_crash(tmp_path: Path) -> None:
    long = "a" * 5000
    write(tmp_path, {"imageseo.toml": f'cache_dir = "{long}"\nhero.masters = "{long}"\n'})
    pelican_site(tmp_path)
    pinned(tmp_path, pin(f"content/{long}.md", f"heroes/{long}.png"))
    report, found = checks(tmp_path)
    assert report.exit_code == 1
    assert found["masters"][0].state is State.BROKEN


def test_a_store_that_cannot_be_used_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {".cache": "a file"})
    report, found = checks(tmp_path)
    assert (found["variants"][0].state, report.exit_code) == (State.BROKEN, 1)
    assert f"{tmp_path / '.cache'} is no folder" in found["variants"][0].detail
    (tmp_path / ".cache").unlink()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    report, found = checks(tmp_path)
    assert [found[name][0].state for name in ("variants", "masters")] == [State.LIMITED] * 2
    assert "not writable" in found["variants"][0].detail
    assert "`cache_dir`" in found["variants"][0].hint
    assert report.exit_code == 0, "a build that needs nothing new succeeds"
    assert "  ~ variants: " in doctor.as_text(report)
    monkeypatch.undo()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1))
    _, found = checks(tmp_path)
    assert found["variants"][0].state is State.LIMITED
    assert "only 1 B of the disk are free" in found["variants"][0].detail


def test_masters_that_are_missing_changed_or_pointers_are_named(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n"
    write(tmp_path, {"heroes/kept.png": PNG, "heroes/other.png": b"other", "heroes/lfs.png": pointer})
    for name, why in {"lost": "is missing", "other": "is not the pinned file", "lfs": "Git LFS"}.items():
        pinned(tmp_path, pin("a.md", "heroes/kept.png"), pin("b.md", f"heroes/{name}.png"))
        report, found = checks(tmp_path)
        (check,) = found["masters"]
        assert (check.state, report.exit_code) == (State.BROKEN, 1)
        assert "1 of 2 pinned masters missing or changed" in check.detail
        assert why in check.detail, name
        assert check.hint


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("lock_version = 1\nhero = 3\n", "", "heroes must be written as"),
        ("lock_version = 9\n", ":1", "lock_version is 9, this version of imageseo supports 1"),
        ("lock_version = 1\n<<<<<<< HEAD\n", ":2", "unresolved merge conflict"),
        ("lock_version = 1\n[[hero]\n", ":2", "not valid TOML"),
        ("\x00\xff", "", ""),
    ],
)
def test_a_broken_lock_file_is_one_check_and_exit_code_2(text: str, line: str, why: str, tmp_path: Path) -> None:
    (tmp_path / locks.NAME).write_bytes(text.encode("latin-1"))
    report, found = checks(tmp_path)
    (check,) = found[locks.NAME]
    assert (check.state, report.exit_code) == (State.BROKEN, 2)
    assert f"{tmp_path / locks.NAME}{line}: " in check.detail
    assert why in check.detail
    assert check.hint
    assert found["settings"][0].state is State.OK


def test_pins_of_pages_that_do_not_exist_are_named(tmp_path: Path) -> None:
    pelican_site(tmp_path, files={"heroes/a.png": PNG, "content/draft.txt": "a"})
    known = pin("content/first.md", "heroes/a.png")
    pinned(tmp_path, known, pin("content/draft.txt", "heroes/a.png"))
    assert [check.state for check in checks(tmp_path)[1][locks.NAME]] == [State.OK]
    gone = [pin(f"content/gone-{number}.md", "heroes/a.png") for number in range(4)]
    pinned(tmp_path, known, *gone)
    report, found = checks(tmp_path)
    _, check = found[locks.NAME]
    assert (check.state, report.exit_code) == (State.LIMITED, 0)
    assert "4 pins are of pages that do not exist: content/gone-0.md, " in check.detail
    assert check.detail.endswith(" and 1 more")
    assert "--prune" in check.hint


def test_a_bucket_is_listed_and_missing_masters_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"memory://{tmp_path.name}/masters"
    write(tmp_path, {"imageseo.toml": f'hero.masters = "{url}"\n'})
    Remote(url).put("a.png", PNG)
    pinned(tmp_path, pin("a.html", "a.png"))
    report, found = checks(tmp_path)
    assert found["masters"][0].detail == f"{url}: reachable, 1 file; no pinned master is missing"
    pinned(tmp_path, pin("a.html", "a.png"), pin("b.html", "b.png", b"b"))
    report, found = checks(tmp_path)
    assert (found["masters"][0].state, report.exit_code) == (State.BROKEN, 1)
    assert "1 of 2 pinned masters are missing: b.png" in found["masters"][0].detail


def test_an_unreachable_bucket_counts_only_if_a_master_is_not_cached(tmp_path: Path) -> None:
    from imageseo.heroes.masters.remote_cache import RemoteCache

    url = "ftp://127.0.0.1:9/masters"
    write(tmp_path, {"imageseo.toml": f'hero.masters = "{url}"\n'})
    (only,) = pinned(tmp_path, pin("a.html", "a.png"))
    report, found = checks(tmp_path)
    (check,) = found["masters"]
    assert (check.state, report.exit_code) == (State.BROKEN, 1)
    assert check.detail.startswith(f"{url}: the server ")
    assert "1 of 1 pinned masters are not cached here" in check.detail
    RemoteCache(tmp_path / ".cache/imageseo/masters", url).add("a.png", only.file_sha256, PNG)
    report, found = checks(tmp_path)
    assert (found["masters"][0].state, report.exit_code) == (State.LIMITED, 0)


def test_a_url_of_masters_that_no_library_can_open_is_a_broken_store(tmp_path: Path) -> None:
    for url in ("nowhere://bucket/masters", "s3://user:secret@bucket/masters"):
        write(tmp_path, {"imageseo.toml": f'hero.masters = "{url}"\n'})
        report, found = checks(tmp_path)
        assert report.exit_code in (1, 2)
        assert "secret" not in doctor.as_text(report)
        assert found["masters"][0].state is State.BROKEN


def serve_command(*options: click.Option) -> click.Command:
    return click.Command("serve", params=list(options), callback=lambda **given: None)


def test_live_reload_that_click_switches_off_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With click 8.3 the option of MkDocs 1.6.1 is parsed as `False` where it is not given (mkdocs#4081)."""
    import mkdocs.__main__ as generator

    mkdocs_site(tmp_path)
    assert "live reload" not in checks(tmp_path)[1]
    off = click.Option(["--livereload", "livereload"], is_flag=True, default=False)
    monkeypatch.setattr(generator, "serve_command", serve_command(off))
    report, found = checks(tmp_path)
    (check,) = found["live reload"]
    assert (check.state, report.exit_code) == (State.LIMITED, 0)
    assert check.detail.startswith("`mkdocs serve` ignores changes and reloads no page: click ")
    assert check.hint == 'pip install "click>=8.4", or run `mkdocs serve --livereload`'
    fixed = click.Option(["--no-livereload"], is_flag=True)  # ProperDocs
    monkeypatch.setattr(generator, "serve_command", serve_command(off, fixed))
    assert "live reload" not in checks(tmp_path)[1]
    for other in (serve_command(), None, serve_command(click.Option(["--needed"], required=True))):
        monkeypatch.setattr(generator, "serve_command", other)
        assert "live reload" not in checks(tmp_path)[1], "what is unknown is not told"


def test_entry_points_of_groups_that_do_not_exist_are_named(tmp_path: Path) -> None:
    groups = {"rule": {"shout": "shout"}, "providers": {"paint": "paint"}, "rules": {"lost": "lost"}}
    install(tmp_path / "path", "acme-kit", groups, {}, version="2.1")
    with on_path(tmp_path / "path"):
        report = doctor.run_checks(tmp_path, config=None, note=lambda text: None)
    found = {check.name: check for check in report.checks if check.kind == "plug-in"}
    assert found["shout"].detail == "acme-kit 2.1 (shout): there is no group imageseo.rule"
    assert found["shout"].hint == "did you mean imageseo.rules?"
    assert found["paint"].hint.startswith("the groups are imageseo.codecs, ")
    assert found["rule lost"].state is State.BROKEN
    assert report.exit_code == 0
    assert {check["state"] for check in json.loads(doctor.as_json(report))["checks"]} >= {"ok", "broken"}
