"""Sphinx: conf.py, in the folder or where projects keep their documentation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from imageseo.integrations import detection
from imageseo.integrations.setup import python_lists
from imageseo.integrations.setup.changes import FileChange, UnsafePatchError, read_config
from imageseo.integrations.setup.generator import CiSteps, FoundGenerator

_ENTRY = "imageseo.integrations.sphinx"
_LIST = "extensions"


def recognise(folder: Path) -> FoundGenerator | None:
    """By the integration's own marks: other generators call their configuration conf.py, too."""
    integration = detection.installed().get("sphinx")
    if integration is None:
        return None
    is_own = integration.recognises
    name = next((each for each in integration.files if (folder / each).is_file() and is_own(folder / each)), "")
    if not name:
        return None
    source = PurePosixPath(name).parent.as_posix()
    # `sphinx-quickstart` with separate folders puts the output beside `source`.
    parent = PurePosixPath(name).parent
    separate = parent.name == "source"
    output = (parent.parent / "build/html" if separate else parent / "_build/html").as_posix()
    return FoundGenerator(
        name="sphinx",
        title="Sphinx",
        evidence=(name, "settings of Sphinx in it"),
        build=f"sphinx-build -b html {source} {output}",
        output=output,
        ci=CiSteps(install=(), build=f"sphinx-build -b html {source} {output}"),
        changes=lambda: _changes(folder, name),
        runs_plugin=True,
        extra="sphinx",
        cache_parent="" if source == "." else source,
    )


def _changes(folder: Path, name: str) -> Sequence[FileChange]:
    text = read_config(folder / name)
    lines = f'{_LIST} = ["{_ENTRY}"]'
    fault = python_lists.syntax_fault(text)
    if fault is not None:
        raise UnsafePatchError(f"{name}:{fault[0]}", f"is no valid Python: {fault[1]}", lines=lines)
    if _ENTRY in python_lists.strings(text):
        return ()
    places = python_lists.assigned(text, _LIST)
    if not places:
        return (python_lists.add_list(text, name, name=_LIST, entry=_ENTRY),)
    if all(python_lists.is_star(place) for place in places):
        line = getattr(places[0], "lineno", 1)
        why = f"`{_LIST}` may come from another module"
        raise UnsafePatchError(f"{name}:{line}", why, lines=f'{_LIST} = [*{_LIST}, "{_ENTRY}"]')
    return (python_lists.patch(text, name, name=_LIST, entry=_ENTRY),)
