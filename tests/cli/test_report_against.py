"""``imageseo report DIR --against BASE``: its bases, its options, its exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec import json as msgjson

from imageseo.cli.commands.report_against import parse_report
from imageseo.cli.main import cli
from imageseo.model.errors import SiteError
from imageseo.pipeline.comparison import markdown
from imageseo.pipeline.comparison.changes import compare
from tests.support.site_reports import picture, report
from tests.support.small_sites import photo, write

PAGE = '<!doctype html><html lang="en"><head><title>A</title></head><body><main><h1>A</h1>{}</main></body></html>'
IMAGE = '<p><img src="a.jpg" alt="A photo" width="1600" height="1200"></p>'

Command = Callable[..., Result]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """A project with two states of a site, not built by imageseo; returns what runs `report` there."""
    write(
        tmp_path,
        {
            "imageseo.toml": 'site_url = "https://example.org/"\n',
            "base/index.html": PAGE.format(IMAGE),
            "base/a.jpg": photo(1600, 1200),
            "head/index.html": PAGE.format(IMAGE + '<img src="b.jpg">'),
            "head/a.jpg": photo(2400, 1800),
            "head/b.jpg": photo(200, 100),
        },
    )
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli, ["report", *words], standalone_mode=False)

    return run


def failure(result: Result) -> str:
    return str(getattr(result.exception, "message", result.exception))


def test_folders_and_json_reports_are_compared(command: Command, tmp_path: Path) -> None:
    shown = command("head", "--against", "base")
    assert shown.return_value == 0, shown.output
    assert shown.stdout.startswith("<!-- imageseo:images -->\n## Images in this change\n")
    for text in ("images: 1 added, 1 replaced", "`b.jpg`", "`a.jpg`", "`alt-missing`", "LCP bytes grew on 1 page"):
        assert text in shown.stdout
    assert command("base", "--format", "json", "--output", "base.json").return_value == 0
    with_json = command("head", "--against", "base.json", "--output", "out/comment.md", "--id", "docs.v2-a_b")
    assert (with_json.return_value, with_json.stdout) == (0, "")
    written = (tmp_path / "out/comment.md").read_text("utf-8")
    assert written == shown.stdout.replace("imageseo:images", "imageseo:docs.v2-a_b")
    assert len({command("head", "--against", "base.json").stdout for _ in range(20)}) == 1
    fields = json.loads(command("head", "--against", "base.json", "--format", "json").stdout)
    assert (fields["version"], fields["title"]) == (1, "comparison")
    assert [each["after"]["source"] for each in fields["pictures"]["added"]] == ["b.jpg"]


def test_growth_beyond_the_limit_fails_and_the_comment_is_written(command: Command, tmp_path: Path) -> None:
    failed = command("head", "--against", "base", "--fail-on-growth", "20%", "--output", "comment.md")
    assert failed.return_value == 1
    assert "index.html: the LCP bytes grew by " in failed.stderr
    assert "--fail-on-growth allows 20 %" in failed.stderr
    assert (tmp_path / "comment.md").is_file()
    assert command("head", "--against", "base", "--fail-on-growth", "900%").return_value == 0
    assert command("base", "--against", "base", "--fail-on-growth", "0%").return_value == 0
    assert command("base", "--against", "head", "--fail-on-growth", "0%").return_value == 0, "it shrank"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--against", "base", "--fail-on-growth", "lots"), "found 'lots', expected a share such as 20%"),
        (("--against", "base", "--fail-on-growth", "-3%"), "expected a share such as 20%"),
        (("--against", "base", "--fail-on-growth", "20"), "expected a share such as 20%"),
        (("--against", "base", "--id", "a --> b"), "expected up to 64 letters"),
        (("--against", "base", "--id", "a--b"), "expected up to 64 letters"),
        (("--against", "base", "--id", ""), "expected up to 64 letters"),
        (("--against", "base", "--preview-url", "javascript:alert(1)"), "expected https://"),
        (("--against", "base", "--format", "html"), "--against has the formats markdown and json"),
        (("--format", "markdown"), "--format markdown requires --against BASE"),
        (("--fail-on-growth", "20%"), "--fail-on-growth requires --against BASE"),
        (("--id", "x", "--preview-url", "https://e.org"), "--id and --preview-url requires --against BASE"),
        (("--against", "nowhere"), "--against nowhere: no such file or folder"),
        (("--against", "nowhere.json"), "--against nowhere.json: no such file or folder"),
        (("--against", "head/a.jpg"), "--against head/a.jpg: found bytes that are no text"),
        (("--against", "imageseo.toml"), "line 1, column 1: not valid JSON"),
        (("--against", "/dev/null"), "--against /dev/null: cannot be read"),
        (("--against", "base", "--output", "base"), "the comparison cannot be written"),
    ],
)
def test_wrong_options_and_bases_are_told(words: tuple[str, ...], told: str, command: Command) -> None:
    if "html" in words:
        pytest.importorskip("imageseo.pipeline.reports.html")
    result = command("head", *words)
    assert told in failure(result), result.output
    assert getattr(result.exception, "exit_code", None) == 2


def broken(**changes: Any) -> bytes:
    fields = msgjson.decode(msgjson.encode(report([picture("a.jpg")])))
    return msgjson.encode({**fields, **changes})


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "line 1, column 1: not valid JSON"),
        (b"{", "line 1, column 2: not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "found other JSON, expected the JSON of `imageseo report`"),
        (b'{"title": "lint", "version": 1}', "found the JSON of `lint`"),
        (broken(version=2), "`version`: found 2, expected 1"),
        (broken(version="1"), "`version`: found '1', expected 1"),
        (broken(version=None), "`version`: found None"),
        (broken(totals=3), "expected `object`, got `int` - at `totals`"),
        (broken(pictures=[{}]), "at `pictures[0]`"),
        (b'{"title": "report", "version": 1}', "missing required field"),
        (broken().replace(b'"version":1', b'"version":NaN'), "NaN is no number of JSON"),
        (b'{"title": "\xff"}', "found bytes that are no text"),
    ],
)
def test_a_base_that_is_no_report_is_told(data: bytes, told: str) -> None:
    with pytest.raises(SiteError) as raised:
        parse_report(data, "--against base.json")
    assert told in raised.value.message
    assert raised.value.message.startswith("--against base.json: ")
    assert raised.value.hint


def test_names_that_are_no_text_do_not_end_the_command() -> None:
    text = broken().replace(b'"source":"a.jpg"', b'"source":"\\ud800.jpg"').replace(b"a-480w", b"\\udc80\\ud800")
    found = parse_report(text, "base.json")
    shown = markdown.render(compare(found, report()), name="images")
    assert "�.jpg" in shown
    shown.encode()


def test_encodings_of_other_shells_and_keys_of_later_versions_are_read() -> None:
    text = broken(later=[1]).decode()
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):  # PowerShell writes UTF-16
        assert parse_report(text.encode(encoding), "base.json").pictures[0].source == "a.jpg"
