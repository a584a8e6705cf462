"""`init --ci`: a workflow that builds the site, keeps the cache between runs, and shows what lint finds."""

from __future__ import annotations

from pathlib import Path

from imageseo.integrations.setup.changes import FileChange, UnsafePatchError, new_file, read_config
from imageseo.integrations.setup.generator import FoundGenerator, first_of, text_of

HOSTS = ("github", "gitlab")
GITHUB = ".github/workflows/imageseo.yml"
GITLAB = ".gitlab-ci.yml"
_SOURCE = "git+https://github.com/imageseo/imageseo"
_FIRST = "# Builds the site with its images, keeps the encoded variants between runs, and shows what lint finds."


def plan(folder: Path, found: FoundGenerator, host: str, cache: str) -> FileChange | None:
    """Return the change that creates the workflow; None if it is there already. Raises UnsafePatchError."""
    path, text = (
        (GITHUB, _github(folder, found, cache)) if host == "github" else (GITLAB, _gitlab(folder, found, cache))
    )
    if not (folder / path).exists():
        return new_file(path, text)
    there = read_config(folder / path)
    if there.replace("\r\n", "\n") == text or (host == "gitlab" and "imageseo lint" in there):
        return None
    raise UnsafePatchError(f"{path}:1", "is there already, with other steps", lines=text)


def _python_install(folder: Path, found: FoundGenerator) -> str:
    """Return the pip command: the project's own requirements, and imageseo unless they have it."""
    extra = f"[{found.extra}]" if found.extra else ""
    ours = f'"imageseo{extra} @ {_SOURCE}"'
    name = first_of(folder, "requirements.txt", "docs/requirements.txt")
    if not name:
        return f"pip install {ours}"
    return f"pip install -r {name}" + ("" if "imageseo" in text_of(folder / name) else f" {ours}")


def _commands(folder: Path, found: FoundGenerator) -> list[str]:
    python = _python_install(folder, found)
    return [*found.ci.install, python, *filter(None, (found.ci.build,))]


def _after(found: FoundGenerator) -> list[str]:
    return [] if found.runs_plugin else [f"imageseo build {found.output}"]


def _github(folder: Path, found: FoundGenerator, cache: str) -> str:
    node = '      - uses: actions/setup-node@v4\n        with:\n          node-version: "22"\n'
    ruby = '      - uses: ruby/setup-ruby@v1\n        with:\n          ruby-version: "3.3"\n'
    tools = node if found.ci.image.startswith("node") else ruby if found.ci.image.startswith("ruby") else ""
    has_modules = (folder / ".gitmodules").is_file()
    modules = "        with:\n          submodules: recursive\n" if has_modules else ""
    steps = "".join(
        f"      - run: {_quoted(line)}\n" for line in _commands(folder, found)[: -1 if found.ci.build else None]
    )
    builds = "".join(f"      - run: {_quoted(line)}\n" for line in [*filter(None, (found.ci.build,)), *_after(found)])
    return f"""\
{_FIRST}
name: imageseo
on:
  push:
  pull_request:
permissions:
  contents: read
  security-events: write # to show findings in code scanning
jobs:
  images:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
{modules}      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
{tools}{steps}      - uses: actions/cache@v4
        with:
          path: {cache}
          key: imageseo-${{{{ github.run_id }}}} # a cache is never changed: each run saves its own
          restore-keys: imageseo-
{builds}      - run: imageseo lint {found.output} --format sarif --output imageseo.sarif
      - uses: github/codeql-action/upload-sarif@v4
        if: ${{{{ !cancelled() && hashFiles('imageseo.sarif') != '' && !github.event.pull_request.head.repo.fork }}}}
        with:
          sarif_file: imageseo.sarif
          category: imageseo
      - run: imageseo cache prune --unreachable
        if: ${{{{ !cancelled() }}}}
"""


def _gitlab(folder: Path, found: FoundGenerator, cache: str) -> str:
    lint = [
        f"imageseo lint {found.output} --format gitlab --output imageseo-lint.json",
        "imageseo cache prune --unreachable",
    ]
    first, needs = "", ""
    own = _commands(folder, found)
    if found.ci.image:
        lines = "".join(f"    - {_quoted(line)}\n" for line in [*found.ci.install, found.ci.build])
        first = f"""\
site:
  image: {found.ci.image}
  script:
{lines}  artifacts:
    paths:
      - {found.output}

"""
        needs, own = "  needs: [site]\n", [_python_install(folder, found)]
    script = "".join(f"    - {_quoted(line)}\n" for line in [*own, *_after(found), lint[0]])
    has_modules = (folder / ".gitmodules").is_file()
    modules = "variables:\n  GIT_SUBMODULE_STRATEGY: recursive\n\n" if has_modules else ""
    return f"""\
{_FIRST}
{modules}{first}images:
  image: python:3.12
{needs}  cache:
    key: imageseo-$CI_COMMIT_REF_SLUG
    fallback_keys:
      - imageseo-$CI_DEFAULT_BRANCH
    when: always
    paths:
      - {cache}
  script:
{script}  after_script:
    - {lint[1]}
  artifacts:
    when: always
    paths:
      - {found.output}
    reports:
      codequality: imageseo-lint.json
"""


def _quoted(line: str) -> str:
    """Return a command as a YAML scalar."""
    plain = line[:1] not in "\"'[]{}&*!|>%@`#-?:," and ": " not in line and " #" not in line
    return line if plain else "'" + line.replace("'", "''") + "'"
