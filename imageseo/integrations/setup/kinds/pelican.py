"""Pelican: pelicanconf.py. Its plug-in enables itself, unless there is a list of plug-ins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from imageseo.integrations.setup import python_lists
from imageseo.integrations.setup.changes import FileChange, UnsafePatchError, read_config
from imageseo.integrations.setup.generator import CiSteps, FoundGenerator, quoted_assignment, text_of

_CONFIG = "pelicanconf.py"
_PUBLISHED = "publishconf.py"
_SETTING = re.compile(r"^(SITENAME|SITEURL|PATH|AUTHOR|THEME|PLUGINS|TIMEZONE|DEFAULT_LANG)\b", re.MULTILINE)
_OURS = {"imageseo", "pelican.plugins.imageseo", "pelican_hook"}
_LIST = "PLUGINS"


def recognise(folder: Path) -> FoundGenerator | None:
    text = text_of(folder / _CONFIG)
    found = _SETTING.search(text)
    if found is None:
        return None
    source = quoted_assignment(text, "PATH") or "content"
    published = f" -s {_PUBLISHED}" if (folder / _PUBLISHED).is_file() else ""
    return FoundGenerator(
        name="pelican",
        title="Pelican",
        evidence=(_CONFIG, f"`{found[1]}` in it"),
        build=f"pelican {source}",
        output=quoted_assignment(text, "OUTPUT_PATH") or "output",
        ci=CiSteps(install=(), build=f"pelican {source}{published}"),
        changes=lambda: _changes(folder),
        runs_plugin=True,
        extra="pelican",
    )


def _changes(folder: Path) -> Sequence[FileChange]:
    """Return the changes of both configurations: a list of plug-ins in the one for publishing replaces the other."""
    changes = []
    for name in (_CONFIG, *([_PUBLISHED] if (folder / _PUBLISHED).is_file() else [])):
        text = read_config(folder / name)
        fault = python_lists.syntax_fault(text)
        if fault is not None:
            lines = 'PLUGINS = ["imageseo"]'
            raise UnsafePatchError(f"{name}:{fault[0]}", f"is no valid Python: {fault[1]}", lines=lines)
        if _has_list(text, is_own=name == _CONFIG) and not python_lists.strings(text) & _OURS:
            changes.append(python_lists.patch(text, name, name=_LIST, entry="imageseo"))
    return changes


def _has_list(text: str, *, is_own: bool) -> bool:
    """Whether there is a list that must name imageseo; not one that extends that of the other configuration."""
    places = [place for place in python_lists.assigned(text, _LIST) if not python_lists.is_star(place)]
    if not places or python_lists.is_none(text, _LIST):
        return False
    return is_own or not python_lists.extends(text, _LIST)
