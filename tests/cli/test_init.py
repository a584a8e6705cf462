"""Command `init`: options, exit codes, and what is written where."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from imageseo.cli.main import cli
from imageseo.model.errors import SiteError
from tests.support.small_sites import tree, write


def call(*words: str) -> Result:
    return CliRunner().invoke(cli, ["init", *words], standalone_mode=False)


def test_a_dry_run_is_a_diff_that_git_applies(tmp_path: Path) -> None:
    files = {"mkdocs.yml": "# Ä\nsite_name: A\nplugins: [search]", ".gitignore": "a\r\nb", "docs/a.md": "# A\n"}
    dry, wet = write(tmp_path / "dry", files), write(tmp_path / "wet", files)
    shown = call(str(dry), "--dry-run", "--ci", "github").stdout_bytes
    assert tree(dry) == {path: text.encode() for path, text in files.items()}
    subprocess.run(["git", "apply", "-"], cwd=dry, input=shown, check=True)
    assert call(str(wet), "--ci", "github").return_value == 0
    (wet / ".imageseo-init.json").unlink()
    assert tree(dry) == tree(wet)


def test_the_next_command_enters_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a/mkdocs.yml": "site_name: A\n"})
    monkeypatch.chdir(tmp_path)
    assert call("a").stdout.endswith("\nNext:\n  cd a && mkdocs build\n  then: imageseo lint site\n")
    monkeypatch.chdir(tmp_path / "a")
    assert call().stdout.endswith("\nNext:\n  mkdocs build\n  then: imageseo lint site\n")


def test_wrong_usage(tmp_path: Path) -> None:
    write(tmp_path, {"mkdocs.yml": "site_name: A\n"})
    assert "--undo takes neither" in str(call(str(tmp_path), "--undo", "--ci", "github").exception)
    assert "none of astro, docusaurus" in str(call(str(tmp_path), "--generator", "mkdoc").exception)
    assert isinstance(call(str(tmp_path / "none")).exception, SiteError)
    assert tree(tmp_path).keys() == {"mkdocs.yml"}


def test_an_undo_that_keeps_something_exits_with_1(tmp_path: Path) -> None:
    write(tmp_path, {"mkdocs.yml": "site_name: A\n"})
    call(str(tmp_path))
    write(tmp_path, {"mkdocs.yml": "plugins:\n  - imageseo:\n      profile: small\n"})
    assert "--- a/mkdocs.yml" not in call(str(tmp_path), "--undo", "--dry-run").stdout
    done = call(str(tmp_path), "--undo")
    assert done.return_value == 1
    assert "remove imageseo there by hand" in done.stdout
    assert call(str(tmp_path), "--undo").stdout.startswith("nothing to do: no record")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="a folder without write permission")
def test_a_folder_without_write_permission_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, {"mkdocs.yml": "site_name: A\n"})
    tmp_path.chmod(0o500)
    try:
        assert "cannot be written" in str(call(str(tmp_path)).exception)
    finally:
        tmp_path.chmod(0o700)


def test_what_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"mkdocs.yml": "site_name: A\n", ".gitignore/a": "", ".github/a": ""})
    before = tree(tmp_path)
    assert ".gitignore: cannot be written" in str(call(str(tmp_path), "--ci", "github").exception)
    assert tree(tmp_path) == before
    assert not (tmp_path / ".github/workflows").exists()


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    write(tmp_path, {"shared.yml": "site_name: A\n", "a/b.txt": ""})
    (tmp_path / "a/mkdocs.yml").symlink_to("../shared.yml")
    call(str(tmp_path / "a"))
    assert (tmp_path / "a/mkdocs.yml").is_symlink()
    assert "- imageseo" in (tmp_path / "shared.yml").read_text("utf-8")
    call(str(tmp_path / "a"), "--undo")
    assert (tmp_path / "shared.yml").read_text("utf-8") == "site_name: A\n"
