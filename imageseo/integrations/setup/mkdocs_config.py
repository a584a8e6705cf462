"""mkdocs.yml and properdocs.yml, with the files that they inherit."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from imageseo.integrations.setup import yaml_plugins
from imageseo.integrations.setup.changes import FileChange, read_config, relative
from imageseo.integrations.setup.generator import CiSteps, FoundGenerator, keys_of, parsed
from imageseo.model.errors import SettingsError

_HOOK = "mkdocs_hook.py"
_MOST_PARENTS = 20


def found_in(folder: Path, name: str, *, package: str, title: str) -> FoundGenerator | None:
    """Return the generator of a configuration that has, or inherits, `site_name`; None if it has none of its keys."""
    table = parsed(folder / name)
    keys = keys_of(table, "site_name", "INHERIT", "nav", "theme", "docs_dir", "plugins")
    # A file that is no YAML is recognised by its name: the error is reported when it is to be changed.
    if not keys and table is not None:
        return None
    output = table.get("site_dir", "site") if isinstance(table, dict) else "site"
    config = f" -f {name}" if name.endswith(".yaml") else ""
    return FoundGenerator(
        name=package,
        title=title,
        evidence=(name, *(f"`{key}` in it" for key in keys[:1])),
        build=f"{package} build{config}",
        output=str(output),
        ci=CiSteps(install=(), build=f"{package} build{config}"),
        changes=lambda: _changes(folder, name),
        runs_plugin=True,
        extra=package,
    )


def _changes(folder: Path, name: str) -> Sequence[FileChange]:
    text = read_config(folder / name)
    inherited, is_active = _inherited(folder, folder / name, text)
    if is_active or _HOOK in str(_get(text, "hooks")):
        return ()
    change = yaml_plugins.patch(text, name, inherited=inherited)
    return () if change is None else (change,)


def _get(text: str, key: str) -> Any:
    """Return the value of a key; None if there is none, or if the text is no YAML: `patch` names the line."""
    try:
        return yaml_plugins.get(text, key)
    except yaml_plugins.ParsedYamlError:
        return None


def _inherited(folder: Path, config: Path, text: str) -> tuple[str, bool]:
    """Return the place of the list of plug-ins that a configuration inherits, and whether imageseo is in it.

    Raises SettingsError if an inherited file cannot be read.
    """
    if _get(text, "plugins") is not None:
        return "", False
    parent = _get(text, "INHERIT")
    for _ in range(_MOST_PARENTS):
        if parent is None:
            return "", False
        if parent[0] != "tag:yaml.org,2002:str":
            raise SettingsError((f"{relative(config, folder)}: INHERIT: expected the name of a file",))
        config = config.parent / parent[1]
        text = read_config(config)
        place = relative(config, folder)
        try:
            if yaml_plugins.get(text, "plugins") is not None:
                line = next(
                    (number for number, each in enumerate(text.splitlines(), 1) if each.startswith("plugins")), 1
                )
                return f"{place}:{line}", yaml_plugins.is_active(text)
            parent = yaml_plugins.get(text, "INHERIT")
        except yaml_plugins.ParsedYamlError as error:
            raise SettingsError((f"{place}:{error.line}: cannot be read: {error}",)) from error
    raise SettingsError((f"{relative(config, folder)}: INHERIT: the files inherit each other",))


def zensical_reads_mkdocs() -> bool:
    """Whether a mkdocs.yml is Zensical's: it is installed, and MkDocs is not."""
    return find_spec("mkdocs") is None and find_spec("zensical") is not None
