"""The fuzzer itself, and a short run of it with a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import ANY

import pytest

from tests.fuzz.__main__ import main, save
from tests.fuzz.dom import doms
from tests.fuzz.images import images
from tests.fuzz.inputs import COMMANDS, FILES
from tests.fuzz.jobs import Failure, InputJob, PageJob
from tests.fuzz.mutations import smallest
from tests.fuzz.pages import pages
from tests.fuzz.project import Outcome
from tests.support.browser import needs_chromium


def test_equal_seeds_give_equal_inputs() -> None:
    first, second = (pages(random.Random(3), 20, [b"<p>x"], [b"<p>y"]) for _ in range(2))
    assert first == second
    assert images(random.Random(3), 20) == images(random.Random(3), 20)


def test_smallest_input_still_fails() -> None:
    assert smallest(b"x" * 40 + b"<svg>" + b"y" * 99 + b"<img>" + b"z" * 7, lambda data: b"<svg>" in data) == b"<svg>"


@pytest.mark.parametrize(
    ("code", "text", "fault"),
    [
        (0, "", None),
        (1, "findings", None),
        (2, "", "exit-code"),
        (3, "x", "exit-code"),
        (1, "a: the rule crashed: KeyError", "crash"),
        (0, "Traceback (most recent call last)", "crash"),
    ],
)
def test_exit_code_and_output_are_judged(code: int, text: str, fault: str | None) -> None:
    found = Outcome(code=code, text=text, seconds=0.0).fault
    assert (found.partition(":")[0] if found else None) == fault


class FragileJob:
    """Fails for every file with ``!``."""

    def batch(self, rnd: random.Random) -> dict[str, bytes]:
        return {}

    def failures(self, files: Mapping[str, bytes]) -> list[Failure]:
        return [Failure(fault="bang: it fails")] if any(b"!" in data for data in files.values()) else []


def test_failure_is_saved_as_small_case(tmp_path: Path) -> None:
    files = {f"site/{number}.html": b"text " * 50 + (b"!" if number == 5 else b"") + b" more" for number in range(9)}
    save(FragileJob(), files, Failure(fault="bang: it fails"), tmp_path)
    (case,) = tmp_path.iterdir()
    assert (case / "site/5.html").read_bytes() == b"!"
    assert (case / "failure.txt").read_text("utf-8").strip() == "bang: it fails"
    assert len(list(case.rglob("*.html"))) == 1


@pytest.mark.slow
def test_pages_are_changed_and_unmutated_inputs_are_valid(tmp_path: Path) -> None:
    job = PageJob(tmp_path / "pages")
    page = b"<title>T</title><p><img src=a.jpg>"
    assert job.failures({"site/p.html": page}) == []
    assert job.changed == 1
    inputs = InputJob(tmp_path / "inputs")
    inputs.project.reset({**{name: text.encode() for name, text in FILES.items()}, **inputs.made})
    assert [inputs.project.run(*words).code in (0, 1) for words in COMMANDS] == [True] * len(COMMANDS)


@pytest.mark.slow
@pytest.mark.browser
@needs_chromium
def test_mutated_inputs_are_survived(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawing = b"<svg><picture data-imageseo><source><img src=a></picture></svg>"
    with doms() as browser:
        assert browser.differences([(b"<svg><img src=a></svg>", drawing), (b"<p>x", b"<p>x")]) == [ANY, None]
    code = main(["--batches", "1", "--minutes", "0.3", "--seed", "1", "--cases", str(tmp_path)])
    cases = [path.read_text("utf-8") for path in tmp_path.rglob("failure.txt")]
    assert (code, cases) == (0, []), capsys.readouterr().out
