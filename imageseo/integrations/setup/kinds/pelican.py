"""Pelican: pelicanconf.py. Its plug-in enables itself, unless there is a list of plug-ins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from imageseo.integrations.setup import python_lists
from imageseo.integrations.setup.changes import FileChange, UnsafePatchError, read_config
from imageseo.integrations.setup.generator import CiSteps, FoundGenerator, quoted_assignment, text_of

_CONFIG = "pelicanconf.py"
_SETTING = re.compile(r"^(SITENAME|SITEURL|PATH|AUTHOR|THEME|PLUGINS|TIMEZONE|DEFAULT_LANG)\b", re.MULTILINE)
_OURS = {"imageseo", "pelican.plugins.imageseo", "pelican_hook"}
_LIST = "PLUGINS"


def recognise(folder: Path) -> FoundGenerator | None:
    text = text_of(folder / _CONFIG)
    found = _SETTING.search(text)
    if found is None:
        return None
    source = quoted_assignment(text, "PATH") or "content"
    return FoundGenerator(
        name="pelican",
        title="Pelican",
        evidence=(_CONFIG, f"`{found[1]}` in it"),
        build=f"pelican {source}",
        output=quoted_assignment(text, "OUTPUT_PATH") or "output",
        ci=CiSteps(install=(), build=f"pelican {source}"),
        changes=lambda: _changes(folder),
        runs_plugin=True,
        extra="pelican",
    )


def _changes(folder: Path) -> Sequence[FileChange]:
    text = read_config(folder / _CONFIG)
    fault = python_lists.syntax_fault(text)
    if fault is not None:
        raise UnsafePatchError(
            f"{_CONFIG}:{fault[0]}", f"is no valid Python: {fault[1]}", lines='PLUGINS = ["imageseo"]'
        )
    places = [place for place in python_lists.assigned(text, _LIST) if not python_lists.is_star(place)]
    if not places or python_lists.is_none(text, _LIST) or python_lists.strings(text) & _OURS:
        return ()
    return (python_lists.patch(text, _CONFIG, name=_LIST, entry="imageseo"),)
