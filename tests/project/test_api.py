"""The public functions: imported cheaply, from any thread, in programs without a ``__main__`` guard."""

from __future__ import annotations

import doctest
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import imageseo
from imageseo.model.finding import Severity
from tests.support import small_sites

ROOT = Path(__file__).parents[2]
PAGE = "<!doctype html><html lang=en><head><title>T</title></head><body><main><h1>T</h1>{}</main></body></html>"
FAST = {"profile": "fast", "widths": [160, 320], "encode": {"isolate": False}}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    small_sites.write(
        tmp_path,
        {
            "public/index.html": PAGE.format('<img src="a.jpg">'),
            "public/a.jpg": small_sites.photo(640, 360),
        },
    )
    return tmp_path


def test_every_public_name_can_be_imported() -> None:
    assert all(getattr(imageseo, name) is not None for name in imageseo.__all__)
    assert dir(imageseo) == sorted(imageseo.__all__)
    with pytest.raises(AttributeError, match="no_such"):
        _ = imageseo.no_such  # type: ignore[attr-defined]


def test_import_loads_no_library() -> None:
    code = "import sys; before = set(sys.modules); import imageseo; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()} - sys.stdlib_module_names
    assert loaded == {"imageseo"}


def test_site_is_built_and_checked(site: Path) -> None:
    first = imageseo.build_site(site / "public", project=site, settings=FAST)
    assert first.counts["variants"] > 0
    assert not first.failed
    assert "index.html" in first.changed
    again = imageseo.build_site(site / "public", project=site, settings=FAST)
    assert again.changed == ()
    found = imageseo.lint_site(site / "public", project=site, settings=FAST)
    assert [(each.rule, each.severity) for each in found.findings if each.severity is Severity.ERROR] == [
        ("alt-missing", imageseo.Severity.ERROR)
    ]
    assert found.failed
    (only,) = imageseo.lint_site(site / "public", project=site, settings=FAST, select=["alt-missing"]).findings
    where = only.location
    assert where == imageseo.Location(
        page="index.html", line=1, column=where.column, image="a.jpg", occurrence=where.occurrence
    )
    assert not imageseo.lint_site(site / "public", project=site, settings=FAST, ignore=["alt-missing"]).failed


def test_settings_of_a_mapping_are_validated_as_those_of_a_file(site: Path) -> None:
    with pytest.raises(imageseo.SettingsError) as caught:
        imageseo.load_settings({"profil": "fast", "lint": {"rules": {"alt-mising": "off"}}})
    text = "\n".join(caught.value.faults)
    assert "profil: unknown key, did you mean profile?" in text
    assert "alt-missing" in text
    with pytest.raises(imageseo.SettingsError, match="profile"):
        imageseo.build_site(site / "public", project=site, settings={"profile": "slow"})


def test_settings_are_those_of_the_project(site: Path) -> None:
    (site / "imageseo.toml").write_text('profile = "small"\n', encoding="utf-8")
    (site / "other.toml").write_text('profile = "fast"\n', encoding="utf-8")
    assert imageseo.load_settings(project=site).profile == "small"
    assert imageseo.load_settings(site / "other.toml", project=site).profile == "fast"
    assert imageseo.load_settings({}).profile == "default"
    assert isinstance(imageseo.load_settings({}), imageseo.Settings)


def test_heroes_are_generated_and_pinned(site: Path) -> None:
    (site / "heroes.toml").write_text('["/"]\nstyle = "topo"\nseed = 7\nalt = "Hills"\n', encoding="utf-8")
    settings = {"hero": {"width": 320, "height": 180}}
    report = imageseo.generate_heroes(project=site, folder=site / "public", settings=settings)
    assert not report.failed
    assert (site / "imageseo.lock").is_file()
    assert len(list((site / "heroes").glob("*.png"))) == 1
    again = imageseo.generate_heroes(project=site, folder=site / "public", settings=settings, frozen=True)
    assert not again.failed


def test_missing_site_is_an_error_of_the_user(tmp_path: Path) -> None:
    with pytest.raises(imageseo.ImageseoError, match="public"):
        imageseo.build_site(tmp_path / "public", project=tmp_path)


def test_threads_work_at_the_same_time(tmp_path: Path) -> None:
    results: dict[str, Any] = {}

    def work(name: str) -> None:
        folder = tmp_path / name
        files: dict[str, str | bytes] = {
            "public/index.html": PAGE.format('<img src="a.jpg">'),
            "public/a.jpg": small_sites.photo(320, 180),
        }
        small_sites.write(folder, files)
        built = imageseo.build_site(folder / "public", project=folder, settings=FAST)
        results[name] = built.counts, imageseo.lint_site(folder / "public", project=folder).findings

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 3
    assert results["one"] == results["two"] == results["three"]


@pytest.mark.slow
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_large_site_is_checked_by_a_program_without_a_guard(tmp_path: Path, start: str) -> None:
    """More than 150 pages are spread over processes: none of them may run the program again."""
    pages = {f"public/{number}.html": PAGE.format('<img src="gone.jpg" alt="A hill">') for number in range(160)}
    small_sites.write(tmp_path, dict(pages))
    (tmp_path / "program.py").write_text(
        "import sys, threading, time\n"
        "print('started', flush=True)\n"
        f"if {start == 'spawn'}: threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
        "import imageseo\n"
        "result = imageseo.lint_site('public', settings={'concurrency': 2})\n"
        "print(result.pages, sum(each.rule == 'img-missing' for each in result.findings))\n",
        encoding="utf-8",
    )
    command = [sys.executable, "program.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=small_sites.environment({}))
    assert done.stdout == "started\n160 160\n", done.stderr


def test_examples_of_the_manual_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_sites.write(
        tmp_path,
        {
            "public/index.html": PAGE.format('<img src="harbour.jpg">'),
            "public/harbour.jpg": small_sites.photo(640, 360),
        },
    )
    monkeypatch.chdir(tmp_path)
    manual = ROOT / "site_example/docs/reference/python.md"
    failed, tried = doctest.testfile(str(manual), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert (failed, tried > 8) == (0, True)
