"""`init --ci`: a workflow that builds the site, keeps the cache, shows what lint finds and what a change does."""

from __future__ import annotations

from pathlib import Path

from imageseo.integrations.setup import ci_github, ci_gitlab
from imageseo.integrations.setup.changes import FileChange, UnsafePatchError, new_file, read_config
from imageseo.integrations.setup.ci_job import CiJob
from imageseo.integrations.setup.generator import FoundGenerator, first_of, text_of

HOSTS = ("github", "gitlab")
GITHUB = ".github/workflows/imageseo.yml"
GITLAB = ".gitlab-ci.yml"
_SOURCE = "git+https://github.com/imageseo/imageseo"


def plan(folder: Path, found: FoundGenerator, host: str, cache: str) -> FileChange | None:
    """Return the change that creates the workflow; None if it is there already. Raises UnsafePatchError."""
    job = _job(folder, found, cache)
    path, text = (GITHUB, ci_github.workflow(job)) if host == "github" else (GITLAB, ci_gitlab.pipeline(job))
    if not (folder / path).exists():
        return new_file(path, text)
    there = read_config(folder / path)
    if there.replace("\r\n", "\n") == text or (host == "gitlab" and "imageseo lint" in there):
        return None
    raise UnsafePatchError(f"{path}:1", "is there already, with other steps", lines=text)


def _job(folder: Path, found: FoundGenerator, cache: str) -> CiJob:
    return CiJob(
        tools=found.ci.install,
        python=_python_install(folder, found),
        build=(found.ci.build,) if found.ci.build else (),
        after=() if found.runs_plugin else (f"imageseo build {found.output}",),
        output=found.output,
        cache_folder=cache,
        image=found.ci.image,
        has_modules=(folder / ".gitmodules").is_file(),
    )


def _python_install(folder: Path, found: FoundGenerator) -> str:
    """Return the pip command: the project's own requirements, and imageseo unless they have it."""
    extra = f"[{found.extra}]" if found.extra else ""
    ours = f'"imageseo{extra} @ {_SOURCE}"'
    name = first_of(folder, "requirements.txt", "docs/requirements.txt")
    if not name:
        return f"pip install {ours}"
    return f"pip install -r {name}" + ("" if "imageseo" in text_of(folder / name) else f" {ours}")
