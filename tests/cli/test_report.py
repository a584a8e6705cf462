"""The command `report`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from imageseo.cli.main import cli
from tests.support.small_sites import photo, write

PAGE = '<!doctype html><html lang="en"><head><title>Home</title></head><body><main><article><h1>H</h1>{}</article>'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write(
        tmp_path,
        {
            "imageseo.toml": 'profile = "fast"\nsite_url = "https://example.org/"\nencode.isolate = false\n',
            "public/index.html": PAGE.format('<img src="a.jpg" alt="A">'),
            "public/a.jpg": photo(),
        },
    )


def test_json_goes_to_standard_output_or_a_file(project: Path) -> None:
    run = CliRunner()
    before = run.invoke(cli, ["report", "public", "--format", "json"])
    assert before.exit_code == 0, before.output
    assert "1 page is read from public" in before.stderr
    assert json.loads(before.stdout)["pictures"][0]["uses"][0]["form"] == "none"
    run.invoke(cli, ["build", "public"])
    files = {path: path.read_bytes() for path in (project / "public").rglob("*") if path.is_file()}
    after = run.invoke(cli, ["report", "public", "--format", "json"])
    assert json.loads(after.stdout)["unrecorded"] == []
    assert after.stderr == ""
    written = run.invoke(cli, ["report", "public", "--format", "json", "--output", "out/r.json"])
    assert all(f"imageseo: {name}: " in written.stderr for name in ("phone", "desktop")), "the totals"
    assert (project / "out/r.json").read_text() == after.stdout
    assert written.stdout == ""
    assert files == {path: path.read_bytes() for path in (project / "public").rglob("*") if path.is_file()}


def test_a_report_that_cannot_be_written_and_a_missing_site_say_what_to_do(project: Path) -> None:
    write(project, {"file": "x"})
    run = CliRunner()
    for arguments, expected in (
        (["public", "--format", "json", "--output", "file/r.json"], "the report cannot be written"),
        (["nowhere"], "expected a folder"),
    ):
        result = run.invoke(cli, ["report", *arguments])
        assert result.exit_code == 1
        assert expected in str(result.exception)
