"""The lines of the user's own configuration by which a build is published although an image exceeds its budget."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from imageseo.model import regular_file
from imageseo.model.finding import Finding

_TOML, _PYPROJECT = "imageseo.toml", "pyproject.toml"
_RULE = "lcp-bytes"
_KEY = re.compile(r"`(budgets\.(?:paths\.\"[^\"`]*\"\.)?[a-z.-]+)\.error`")
_SIZE = re.compile(r"([\d.]+) KiB; the budget is ")
_STEP = 10  # KiB; a limit with some room
_PYTHON = {"pelicanconf.py": "IMAGESEO", "conf.py": "imageseo"}


def budget_lines(findings: Iterable[Finding], project: Path, config: Path | None) -> list[str]:
    """Return what to write to publish anyway; nothing if no budget failed. ``config``: the generator's own file."""
    limits: dict[str, int] = {}
    for each in findings:
        key, size = _KEY.search(each.hint), _SIZE.search(each.message)
        if each.rule == _RULE and key is not None and size is not None:
            enough = math.ceil(float(size[1]) / _STEP) * _STEP
            limits[key[1]] = max(enough, limits.get(key[1], 0))
    if not limits:
        return []
    name, lines = _lines(limits, project, config)
    return [
        f"To publish anyway, raise the budget in {name} (`error: 0` switches it off; a warning stays):",
        *(f"    {line}" for line in lines),
    ]


def _lines(limits: Mapping[str, int], project: Path, config: Path | None) -> tuple[str, list[str]]:
    toml = next((name for name in (_TOML, _PYPROJECT) if _has_settings(project, name)), None)
    if config is None or toml is not None:
        return toml or _TOML, list(_toml(limits, "tool.imageseo." if toml == _PYPROJECT else ""))
    tree: dict[str, Any] = {}
    for key, limit in limits.items():
        at = tree
        for part in _parts(key):
            at = at.setdefault(part, {})
        at["error"] = f"{limit} KiB"
    if config.suffix == ".py":
        name = _PYTHON.get(config.name, "IMAGESEO")
        values = json.dumps(tree["budgets"], ensure_ascii=False)
        added = f'{name}["budgets"] = {values}' if _is_assigned(name, config) else f'{name} = {{"budgets": {values}}}'
        return config.name, [added]
    return config.name, ["plugins:", "  - imageseo:", *_yaml(tree, 3)]


def _has_settings(project: Path, name: str) -> bool:
    """Whether a TOML file holds the settings; those that cannot be read have failed the build before."""
    try:
        text = regular_file.read(project / name).decode("utf-8", "replace")
    except OSError:
        return False
    return name == _TOML or re.search(r"^\s*\[tool\.imageseo\b", text, re.MULTILINE) is not None


def _is_assigned(name: str, config: Path) -> bool:
    """Whether a configuration in Python has settings already, to which the line is to be added."""
    try:
        return (
            re.search(rf"^{name}\s*=", regular_file.read(config).decode("utf-8", "replace"), re.MULTILINE) is not None
        )
    except OSError:
        return False


def _toml(limits: Mapping[str, int], prefix: str) -> Iterator[str]:
    for key, limit in limits.items():
        yield from (f"[{prefix}{key}]", f'error = "{limit} KiB"')


def _yaml(tree: Mapping[str, Any], depth: int) -> Iterator[str]:
    for key, value in tree.items():
        name = key if re.fullmatch(r"[a-z-]+", key) else json.dumps(key, ensure_ascii=False)
        if isinstance(value, str):
            yield f"{'  ' * depth}{name}: {value}"
        else:
            yield f"{'  ' * depth}{name}:"
            yield from _yaml(value, depth + 1)


def _parts(key: str) -> list[str]:
    """Split ``budgets.paths."blog/*".lcp-bytes.mobile``."""
    return [part.strip('"') for part in re.findall(r'"[^"]*"|[^.]+', key)]
