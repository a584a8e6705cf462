"""A typed program that uses the public API passes mypy in strict mode against the installed package."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import imageseo

# Everything in `imageseo.__all__` is used, and each result has a type of its own: `assert_type` does not accept Any.
PROGRAM = '''
"""Build, check and report on a site."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import assert_type

import imageseo
from imageseo import (
    Budget,
    BuildResult,
    Finding,
    GenerateReport,
    ImageseoError,
    LintResult,
    Location,
    MeasureResult,
    Settings,
    SettingsError,
    Severity,
    build_site,
    generate_heroes,
    lint_site,
    load_settings,
    measure_site,
)


def describe(finding: Finding) -> str:
    place: Location = finding.location
    line: int | None = place.line
    assert_type(finding.severity, Severity)
    return f"{place.page}:{line or 1}: {finding.severity.value} {finding.rule}: {finding.message} {finding.hint}"


def is_severe(finding: Finding) -> bool:
    return finding.severity in (Severity.WARN, Severity.ERROR) and finding.severity.rank > Severity.INFO.rank


def limit(budget: Budget) -> int | None:
    return budget.error if budget.metric == "lcp-bytes" else budget.warn


def publish(folder: Path, project: str) -> Iterator[str]:
    settings = load_settings({"site_url": "https://example.org/"})
    assert_type(settings, Settings)
    assert_type(load_settings(project=project), Settings)
    assert_type(load_settings(folder / "imageseo.toml"), Settings)

    heroes = generate_heroes(pages=["index.html"], project=project, folder=folder, settings=settings)
    assert_type(heroes, GenerateReport)
    built = build_site(folder, project=project, settings={"formats": ["avif"]}, frozen=True)
    assert_type(built, BuildResult)
    checked = lint_site(str(folder), select=("alt-*",), ignore=["alt-dup"])
    assert_type(checked, LintResult)
    measured = measure_site(folder, check=True, sample=3)
    assert_type(measured, MeasureResult)

    counts: Mapping[str, int] = built.summary
    changed: tuple[str, ...] = built.changed
    failed: bool = heroes.failed or built.failed or checked.failed or measured.failed
    yield f"{counts.get('pages', 0)} pages, {len(changed)} files, failed: {failed}"
    yield from (describe(each) for each in (*built.findings, *checked.findings, *measured.findings) if is_severe(each))


def main() -> int:
    try:
        print(*publish(Path("public"), "."), sep="\\n")
    except SettingsError as error:
        faults: tuple[str, ...] = error.faults
        print(imageseo.__version__, *faults, file=sys.stderr)
        return 2
    except ImageseoError as error:
        print(error.message, error.hint, file=sys.stderr)
        return 3
    return 0
'''
WRONG = """
import imageseo

imageseo.build_site(3)
imageseo.build_site("public", projct=".")
imageseo.lint_site("public", select=1)
imageseo.buildsite("public")
imageseo.lint_site("public").findings[0].severty
length: str = imageseo.build_site("public").counts["pages"]
"""


def mypy(folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Check a program outside the repository, with no settings but strictness."""
    (folder / "program.py").write_text(program, "utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-error-summary", "program.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder, and so one cache of mypy, for all programs."""
    return tmp_path_factory.mktemp("program")


@pytest.mark.slow
def test_typed_program_passes_strict_mypy(folder: Path) -> None:
    done = mypy(folder, PROGRAM)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [name for name in imageseo.__all__ if not re.search(rf"\b{name}\b", PROGRAM)] == []


@pytest.mark.slow
def test_misuse_of_the_api_is_a_type_error(folder: Path) -> None:
    done = mypy(folder, WRONG)
    assert done.stderr == ""
    lines = {int(line) for line in re.findall(r"^program\.py:(\d+): error", done.stdout, re.MULTILINE)}
    assert lines == {4, 5, 6, 7, 8, 9}, done.stdout
