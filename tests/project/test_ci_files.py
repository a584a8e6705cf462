"""The hook of pre-commit and the action of GitHub: their steps run here as they run there."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.small_sites import photo, run, write

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github/actions/lint/action.yml"
PAGE = '<!doctype html><html lang="en"><head><title>A</title></head><body><main><h1>A</h1>{}</main></body></html>'
BAD = '<img src="a.jpg" width="500" height="300">'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write(tmp_path, {"my site/index.html": PAGE.format(BAD), "my site/a.jpg": photo()})


def action() -> Any:
    return yaml.safe_load(ACTION.read_text("utf-8"))


def step(name: str) -> Any:
    return next(each for each in action()["runs"]["steps"] if each["name"] == name)


def act(name: str, folder: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """A step as the runner runs it: inputs with their defaults in its variables, and what it writes to its output."""
    given = {key: str(each.get("default", "")) for key, each in action()["inputs"].items()} | inputs
    env = {key: given[text.removeprefix("${{ inputs.").removesuffix(" }}")] for key, text in step(name)["env"].items()}
    written = folder / "output.txt"
    written.write_text("", "utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step(name)["run"]],
        cwd=folder,
        env={**os.environ, **env, "PATH": path, "GITHUB_OUTPUT": str(written)},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = written.read_text("utf-8").splitlines()
    return done, dict(line.split("=", 1) for line in lines)


def test_the_action_writes_sarif_and_fails_after_it_is_uploaded(site: Path) -> None:
    done, outputs = act("Lint", site, directory="my site")
    assert done.returncode == 0, done.stderr
    assert outputs == {"report": "imageseo.sarif", "failed": "true"}
    results = json.loads((site / "imageseo.sarif").read_text("utf-8"))["runs"][0]["results"]
    assert "alt-missing" in {each["ruleId"] for each in results}
    names = [each["name"] for each in action()["runs"]["steps"]]
    assert names.index("Show it in code scanning") < names.index("Fail where findings do")
    assert step("Fail where findings do")["if"] == "steps.lint.outputs.failed == 'true'"
    assert subprocess.run(["bash", "-c", step("Fail where findings do")["run"]], check=False).returncode == 1


@pytest.mark.slow
def test_inputs_of_the_action_are_options_and_never_code(site: Path) -> None:
    evil = '$(touch owned); `touch owned` "'
    done, outputs = act("Lint", site, directory=evil)
    assert done.returncode == 2, "a folder of that name is not there"
    assert outputs == {}
    told, outputs = act("Lint", site, directory="my site", args="'--ignore=$(touch owned)*'")
    assert told.returncode == 2
    assert "no rule matches '$(touch owned)*'" in told.stderr
    done, outputs = act(
        "Lint",
        site,
        directory="my site",
        format="json",
        output="all of it.json",
        args="--select alt-missing --baseline 'my known.json' --update-baseline",
    )
    assert done.returncode == 0, done.stderr
    assert outputs == {"report": "all of it.json", "failed": "false"}
    assert (site / "my known.json").is_file()
    known = {"baseline": "my known.json", "args": "--select alt-missing"}
    done, outputs = act("Lint", site, directory="my site", format="github", **known)
    assert "::error" not in done.stdout
    assert outputs == {"report": "", "failed": "false"}
    done, outputs = act("Lint", site, **{"directory": "my site", "format": "text", "fail-on": "never"})
    assert outputs == {"report": "", "failed": "false"}
    assert not (site / "owned").exists()


def test_every_input_of_the_action_is_told_and_used() -> None:
    text = ACTION.read_text("utf-8")
    manual = (ROOT / "site_example/docs/how-to/lint.md").read_text("utf-8")
    for name, told in action()["inputs"].items():
        assert told["description"]
        assert f"inputs.{name}" in text
        assert f"| `{name}` |" in manual
    scripts = [each["run"] for each in action()["runs"]["steps"] if "run" in each]
    assert not any("${{" in script for script in scripts), "text of others would be code there"


def test_the_hook_of_pre_commit_runs_what_is_installed(site: Path) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert (hook["id"], hook["language"], hook["pass_filenames"]) == ("imageseo-lint", "python", False)
    (site / "my site").rename(site / "site")
    done = run(*shlex.split(hook["entry"]), *hook["args"], cwd=site)
    assert done.returncode == 1
    assert "alt-missing" in done.stdout
