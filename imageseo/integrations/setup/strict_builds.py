"""Files of a project in which its build is told to fail on warnings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from imageseo.integrations.setup.generator import FoundGenerator, text_of

_FILES = (
    *("Makefile", "docs/Makefile", "doc/Makefile", "justfile", "tox.ini", "noxfile.py", "tasks.py", "pyproject.toml"),
    *(".readthedocs.yml", ".readthedocs.yaml", ".gitlab-ci.yml", "netlify.toml", "package.json", "hatch.toml"),
)
_WORKFLOWS = (".github/workflows", ".forgejo/workflows", ".gitea/workflows")
_MKDOCS = re.compile(r"^[^#\n]*\b(?:mk|proper)docs\b[^#\n]*\s(--strict|-s)(?![\w-])", re.MULTILINE)
_SPHINX = re.compile(
    r"^[^#\n]*(?:\bsphinx\b|\bsphinx-build\b|SPHINXOPTS)[^#\n]*?[\s=\"'](-[a-zA-Z]*W[a-zA-Z]*|--fail-on-warning)(?![\w-])",
    re.MULTILINE,
)
_PELICAN = re.compile(r"^[^#\n]*(?:\bpelican\b|PELICAN(?:OPTS)?)[^#\n]*\s(--fatal)(?![\w-])", re.MULTILINE)
_FAIL_ON_WARNING = re.compile(r"^\s*(fail_on_warning\s*:\s*true)\b", re.MULTILINE)  # Read the Docs
_STRICT = re.compile(r"^(strict\s*:\s*true)\b", re.MULTILINE)  # mkdocs.yml
_PATTERNS = {
    "mkdocs": (_MKDOCS, _FAIL_ON_WARNING),
    "properdocs": (_MKDOCS, _FAIL_ON_WARNING),
    "sphinx": (_SPHINX, _FAIL_ON_WARNING),
    "pelican": (_PELICAN,),
}


def strict_note(folder: Path, found: FoundGenerator) -> str:
    """Return a line that says where warnings fail the build, and how those of imageseo do not; "" if none does."""
    place = next(_places(folder, found.name), "")
    if not place:
        return ""
    rest = "`lint.rules: {RULE: info}` in its settings keeps a rule from that"
    if found.name == "sphinx":
        rest += ', and `suppress_warnings = ["imageseo"]` in conf.py all of them'
    return f"{place}: warnings fail the build, those of imageseo too; {rest}"


def _places(folder: Path, generator: str) -> Iterator[str]:
    patterns = _PATTERNS.get(generator, ())
    if generator in ("mkdocs", "properdocs"):
        for name in (f"{generator}.yml", f"{generator}.yaml"):
            if match := _STRICT.search(text_of(folder / name)):
                yield f"{name} (`{match[1]}`)"
    workflows = [path for each in _WORKFLOWS for path in sorted((folder / each).glob("*.y*ml"))] if patterns else []
    for path in (*workflows, *(folder / name for name in _FILES)):
        text = text_of(path)
        for match in filter(None, (pattern.search(text) for pattern in patterns)):
            yield f"{path.relative_to(folder).as_posix()} (`{match[1]}`)"
