"""The table at the end of a build: at most twelve lines, readable on narrow terminals, plain without one."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from imageseo.cli.main import cli
from imageseo.integrations.build_table import LINES, layout, table_lines
from imageseo.lint.code_frame import display_width
from imageseo.model.site_report import BuildDownloads, ByteChange, DownloadRow
from imageseo.pipeline.result import BuildResult
from tests.support.small_sites import photo, write

PAGE = '<!doctype html><html lang="en"><head><title>Home</title></head><body><main><article><h1>H</h1>{}</article>'


def downloads(number: int, name: str = "images/photo-{}.jpg") -> BuildDownloads:
    rows = [
        DownloadRow(
            picture=name.format(at),
            pages=1,
            phone=ByteChange(before=4_000_000 - at, after=28_000),
            desktop=ByteChange(before=4_000_000 - at, after=61_000),
        )
        for at in range(number)
    ]
    whole = ByteChange(before=8_000_000 * number, after=90_000)
    return BuildDownloads(pictures=2 * number, phone=whole, desktop=whole, new=rows)


def text(number: int, columns: int, name: str = "images/photo-{}.jpg") -> list[str]:
    return ["".join(part for part, _ in line) for line in layout(downloads(number, name), columns)]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [40, 55, 56, 80, 200])
@pytest.mark.parametrize("number", [1, 3, 4, 5, 9, 10, 11, 5000])
def test_it_has_at_most_twelve_lines_that_fit(number: int, columns: int) -> None:
    for name in ("images/photo-{}.jpg", "a/very/long/folder/with/many/parts/写真-from-the-harbour-{}.jpg"):
        lines = text(number, columns, name)
        assert len(lines) <= LINES
        assert all(display_width(line) <= columns for line in lines)
        whole = " ".join(lines)
        assert "3.8 MiB" in whole
        assert "27.3 KiB" in whole
        assert "59.6 KiB" in whole
        listed = sum(f"-{at}.jpg" in whole for at in range(min(number, 20)))
        if listed < number:
            assert f"{number - listed:,} more new image{'s' if number - listed > 1 else ''}" in whole
        assert f"all {2 * number:,} images" in whole


def test_a_name_cannot_control_the_terminal() -> None:
    lines = text(1, 80, "a\x1b[31m\x1b]0;x\x07\u202e{}.jpg")
    assert not any(character in line for line in lines for character in "\x1b\x07\u202e")


def test_it_is_coloured_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BuildResult, "downloads", property(lambda self: downloads(3)))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.delenv("NO_COLOR", raising=False)
    result = BuildResult(new_variants=frozenset(["x"]))
    colored = table_lines(result, Terminal())
    assert all("\x1b[" in line for line in colored)
    plain = table_lines(result, io.StringIO())
    assert not any("\x1b" in line for line in plain)
    monkeypatch.setenv("NO_COLOR", "1")
    assert table_lines(result, Terminal()) == plain
    assert table_lines(BuildResult(), Terminal()) == []


def test_a_build_ends_with_it_unless_nothing_was_encoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    write(
        tmp_path,
        {
            "imageseo.toml": 'profile = "fast"\nsite_url = "https://example.org/"\nencode.isolate = false\n',
            "public/index.html": PAGE.format('<img src="a.jpg" alt="A">'),
            "public/a.jpg": photo(),
        },
    )
    run = CliRunner()
    first = run.invoke(cli, ["build", "public", "--report", "report.html"])
    lines = first.stdout.splitlines()
    assert lines[-3].startswith("build: ")
    assert lines[-2].split() == ["browsers", "download", "before", "phone", "desktop"]
    assert lines[-1].startswith("a.jpg")
    assert "report written to report.html" in first.stderr
    assert '<time datetime="2023-11-14">' in (tmp_path / "report.html").read_text()
    again = run.invoke(cli, ["build", "public"])
    assert again.stdout.splitlines()[-1].startswith("build: ")
    warm = json.loads(run.invoke(cli, ["build", "public", "--format", "json"]).stdout)["downloads"]
    assert warm["new"] == []
    assert warm["pictures"] == 1
    write(tmp_path, {"public/index.html": PAGE.format('<img src="a.jpg" alt="A"><img src="b.jpg" alt="B">')})
    write(tmp_path, {"public/b.jpg": photo(seed=3)})
    cold = json.loads(run.invoke(cli, ["build", "public", "--format", "json"]).stdout)["downloads"]
    assert [row["picture"] for row in cold["new"]] == ["b.jpg"]
    (row,) = cold["new"]
    assert row["phone"]["before"] == (tmp_path / "public/b.jpg").stat().st_size > row["phone"]["after"]
    assert cold["phone"]["after"] == warm["phone"]["after"] + row["phone"]["after"]
