"""The files that GitHub reads: valid by their schemas, pinned, and in step with pyproject.toml."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FILES = {
    "vendor.github-workflows": WORKFLOWS,
    "vendor.github-actions": sorted((GITHUB / "actions").rglob("action.yml")),
    "vendor.github-issue-forms": [
        path for path in sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml")) if path.stem != "config"
    ],
    "vendor.dependabot": [GITHUB / "dependabot.yml"],
    "vendor.github-issue-config": [GITHUB / "ISSUE_TEMPLATE/config.yml"],
}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def workflow(name: str) -> Any:
    return yaml.safe_load((GITHUB / f"workflows/{name}.yml").read_text("utf-8"))


@pytest.mark.parametrize("schema", FILES)
def test_files_follow_the_schemas_that_check_jsonschema_ships(schema: str) -> None:
    assert FILES[schema]
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, FILES[schema])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_pin_actions_and_may_read_only(path: Path) -> None:
    text = path.read_text("utf-8")
    uses = re.findall(r"^ +(?:- )?uses: (.*)$", text, re.MULTILINE)
    assert uses
    assert not [each for each in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)]
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}


def test_only_the_job_that_publishes_may_prove_who_it_is() -> None:
    jobs = workflow("release")["jobs"]
    assert {name: job.get("permissions") for name, job in jobs.items()} == {
        "build": None,
        "publish": {"id-token": "write"},
    }
    assert jobs["publish"]["environment"]["name"] == "pypi"


def test_the_python_versions_are_those_of_the_classifiers() -> None:
    named = [
        match[1]
        for each in PYPROJECT["project"]["classifiers"]
        if (match := re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", each))
    ]
    assert workflow("test")["jobs"]["quick"]["strategy"]["matrix"]["python"] == named
    assert PYPROJECT["project"]["requires-python"] == f">={named[0]}"


def test_the_quick_tests_are_chosen_by_markers_that_exist() -> None:
    (command,) = [
        step["run"] for step in workflow("test")["jobs"]["quick"]["steps"] if "pytest" in str(step.get("run"))
    ]
    chosen = set(re.findall(r"not (\w+)", command))
    markers = {each.partition(":")[0] for each in PYPROJECT["tool"]["pytest"]["ini_options"]["markers"]}
    assert chosen
    assert chosen <= markers
