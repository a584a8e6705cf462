"""The baseline: known findings stay known, new ones fail, and an invalid file never counts as an empty one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from imageseo.lint import baseline
from imageseo.lint.baseline import Baseline, BaselineError
from imageseo.lint.fingerprint import with_fingerprints
from imageseo.model.finding import Finding, Location, Severity


def finding(page: str, line: int, message: str, *, image: str | None = "a.png", rule: str = "alt-missing") -> Finding:
    where = Location(page=page, line=line, column=1, image=image)
    return Finding(rule=rule, severity=Severity.ERROR, message=message, location=where)


FOUND = with_fingerprints(
    [finding("a.html", 3, "x"), finding("a.html", 9, "x"), finding("b/ü.html", 1, "7 images", image=None, rule="r")]
)


def always(_: object) -> bool:
    return True


def test_written_baseline_is_read_back_and_has_one_line_per_finding(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "baseline.json"
    assert baseline.write(path, Baseline.of(FOUND))
    assert baseline.read(path) == Baseline.of(FOUND)
    text = path.read_text("utf-8")
    lines = [line for line in text.splitlines() if '"fingerprint"' in line]
    assert len(lines) == 3, "one line per finding"
    assert lines[2].strip().endswith('"rule": "r", "page": "b/ü.html", "subject": "# images"}')
    assert not baseline.write(path, Baseline.of(reversed(FOUND))), "the file does not depend on the order of findings"
    assert baseline.write(path, Baseline())
    assert json.loads(path.read_text("utf-8")) == {"version": 1, "findings": []}


def test_moved_and_renumbered_findings_are_known_and_an_additional_one_is_new() -> None:
    known = Baseline.of(FOUND)
    moved = [replace(each, location=replace(each.location, line=99), fingerprint="") for each in FOUND[:2]]
    more = finding("b/ü.html", 50, "1,024 images", image=None, rule="r")
    new, old = known.split(with_fingerprints([*moved, more, finding("a.html", 120, "x")]))
    assert (len(old), len(new)) == (3, 1)
    assert new[0].location.line == 120


def test_resolved_entries_are_listed_only_if_the_run_covers_them() -> None:
    known = Baseline.of(FOUND)
    left = with_fingerprints([finding("a.html", 3, "x")])
    assert [entry.page for entry in known.gone(left, always)] == ["a.html", "b/ü.html"]
    assert [entry.page for entry in known.gone(left, lambda entry: entry.rule == "r")] == ["b/ü.html"]
    renewed = known.renewed(left, lambda entry: entry.rule != "r")
    assert sorted(entry.page for entry in renewed.entries.values()) == ["a.html", "b/ü.html"]


def test_missing_file_gives_no_baseline(tmp_path: Path) -> None:
    assert baseline.read(tmp_path / "none.json") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", "line 1, column 1"),
        (b'{"version": 1, "findings": [', "line 1, column"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "expected an object, found a list"),
        (b'{"findings": []}', "version: expected 1, found nothing"),
        (b'{"version": "1", "findings": []}', "version: expected 1, found text"),
        (b'{"version": true, "findings": []}', "version: expected 1, found true or false"),
        (b'{"version": 2, "findings": []}', "version 2 is not supported; this imageseo reads up to version 1"),
        (b'{"version": 1}', "findings: expected a list, found nothing"),
        (b'{"version": 1, "findings": [1]}', r"findings\[0\]: expected an object, found a number"),
        (
            b'{"version": 1, "findings": [{"fingerprint": "x", "rule": "r", "page": 7, "subject": ""}]}',
            r"findings\[0\]\.page: expected text, found a number",
        ),
        (b"[" * 100_000, "brackets"),
        (b'{"version": ' + b"1" * 5000 + b"}", "unreadable value"),
    ],
)
def test_invalid_baseline_is_reported_with_path_and_position(tmp_path: Path, text: bytes, expected: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_bytes(text)
    with pytest.raises(BaselineError, match=expected) as caught:
        baseline.read(path)
    assert str(path) in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 2


def test_folder_as_baseline_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="cannot be read"):
        baseline.read(tmp_path)
    with pytest.raises(BaselineError, match="cannot be written"):
        baseline.write(tmp_path, Baseline())
