"""The budget history: one line per commit, the same for the same site, never lost by a failing run."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from imageseo.config import load
from imageseo.lint import parallel
from imageseo.lint.budget_history import HistoryError, append, history_entry
from tests.lint.test_lint import site_of
from tests.support import pictures, small_sites

KIB = 1024


def entry_of(folder: Path, *, kib: int = 40) -> dict[str, Any]:
    (folder / "a.png").write_bytes(pictures.save(pictures.photo(800, 450), "PNG")[: kib * KIB].ljust(kib * KIB, b"\0"))
    site = site_of(
        folder, {"a.html": '<h1>t</h1><img src="a.png" alt="" width="800" height="450" fetchpriority="high">'}
    )
    return history_entry(
        parallel.lint_pages(site, load({"budgets": {"image-count": {"mobile": {"warn": 4}}}}, "x")), folder
    )


def git(folder: Path, *words: str) -> None:
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    when = {"GIT_AUTHOR_DATE": "2026-01-02T03:04:05+00:00", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05+00:00"}
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, env={**who, **when})


def test_line_has_the_status_of_each_budget(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "m")
    entry = entry_of(tmp_path)
    assert (entry["version"], entry["date"], entry["pages"], entry["images"]) == (1, "2026-01-02T03:04:05+00:00", 1, 1)
    assert len(entry["commit"]) == 40
    assert entry["lcp_ms"] == round(1671 + 5.4 * 40)
    rows = {(each["metric"], each["viewport"]): each for each in entry["budgets"]}
    assert rows["lcp-bytes", "mobile"] == {
        "metric": "lcp-bytes",
        "viewport": "mobile",
        "pages": "*",
        "count": 1,
        "most": 40 * KIB,
        "p75": 40 * KIB,
        "on": "a.html",
        "warn": 100 * KIB,
        "error": 150 * KIB,
        "warned": 0,
        "broken": 0,
        "headroom": round(1 - 40 / 150, 4),
    }
    assert rows["image-count", "mobile"]["most"] == 1


def test_each_commit_has_one_line_of_json(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    append(path, {"commit": "a", "n": 1})
    append(path, {"commit": "a", "n": 2})
    append(path, {"commit": "b", "n": 3})
    append(path, {"commit": None, "n": 4})
    append(path, {"commit": None, "n": 5})
    assert [json.loads(text)["n"] for text in path.read_text("utf-8").splitlines()] == [2, 3, 4, 5]


def test_undecodable_file_names_are_preserved(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    page = os.fsdecode(b"caf\xe9.html")
    append(path, {"commit": "a", "on": page})
    append(path, {"commit": "b", "on": "ä.html"})
    assert [json.loads(text)["on"] for text in path.read_text("utf-8").splitlines()] == [page, "ä.html"]


def test_commit_and_date_are_null_outside_a_repository(tmp_path: Path) -> None:
    entry = entry_of(tmp_path)
    assert (entry["commit"], entry["date"]) == (None, None)


@pytest.mark.parametrize("text", ["not json\n", "[1]\n", "[" * 100_000 + "\n", '{"a": ' + "1" * 5000 + "}\n"])
def test_file_that_is_not_a_history_is_refused_and_unchanged(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.md"
    path.write_text(text, "utf-8")
    with pytest.raises(HistoryError, match=r"notes.md:1: found '.*', expected a line of JSON"):
        append(path, {"commit": "a"})
    assert path.read_text("utf-8") == text


@pytest.mark.slow
def test_command_line_writes_the_history(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    entry_of(tmp_path / "site")
    done = small_sites.run("imageseo", "lint", "site", "--budget-report", "history.jsonl", cwd=tmp_path)
    assert "Traceback" not in done.stderr
    entry = json.loads((tmp_path / "history.jsonl").read_text("utf-8"))
    assert entry["pages"] == 1
    assert {"errors", "warnings", "infos"} <= entry.keys()
    more = ("--budget-report", "some.jsonl", "--ignore", "alt-*")
    small_sites.run("imageseo", "lint", "site", *more, cwd=tmp_path)
    some = json.loads((tmp_path / "some.jsonl").read_text("utf-8"))
    assert entry.keys() - some.keys() == {"errors", "warnings", "infos"}, "the missing keys are the counts of findings"
    assert {each["metric"] for each in entry["budgets"]} == {"lcp-bytes"}


def test_only_newlines_separate_lines(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    append(path, {"commit": "a", "on": "page\u2028two\x85.html"})
    append(path, {"commit": "b", "on": "b.html"})
    assert [json.loads(text)["commit"] for text in path.read_text("utf-8").split("\n")[:-1]] == ["a", "b"]
