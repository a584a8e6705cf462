"""Finds the one door that a project uses, reads it, and lays the environment over it."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from imageseo.config.decoder import SettingsDecoder, build
from imageseo.config.environment import CONFIG, overlay
from imageseo.config.settings import Settings
from imageseo.config.validation import validate
from imageseo.model.errors import SettingsError

CONFIG_NAME = "imageseo.toml"
_PYPROJECT = "pyproject.toml"
_HINT = "Mend these and run again; nothing was written."
_ONE_DOOR = "Keep the settings in one of the two."


class LoadedSettings(NamedTuple):
    """Settings, and the folder that their relative paths start from."""

    settings: Settings
    folder: Path


class _Door(NamedTuple):
    origin: str
    mapping: Any


def load(
    mapping: Mapping[str, Any],
    origin: str,
    *,
    rules: Collection[str] | None = None,
    providers: Collection[str] | None = None,
) -> Settings:
    """Settings of one mapping; ``origin`` names the file in messages.

    ``rules``, ``providers``: the ids that exist, None leaves them unchecked. Raises SettingsError with every fault.
    """
    reading = SettingsDecoder()
    reading.add(mapping, origin)
    return _finish(reading, rules, providers)


def read_project(
    folder: Path,
    *,
    explicit: Path | None = None,
    env: Mapping[str, str],
    options: Mapping[str, Any] | None = None,
    origin: str = "",
    rules: Collection[str] | None = None,
    providers: Collection[str] | None = None,
) -> LoadedSettings:
    """The settings of a project, and its folder: where the configuration lies, else ``folder``.

    Looks for ``imageseo.toml`` and ``[tool.imageseo]`` of ``pyproject.toml`` in ``folder``, then in its parents up to
    the root of the repository (the folder that holds ``.git``); outside of a repository in ``folder`` alone.
    ``explicit`` names the file instead, as does the variable IMAGESEO_CONFIG. ``options``: what a host's own file
    says, called ``origin`` in messages; the project is then ``folder``. Raises SettingsError.
    """
    if explicit is None and env.get(CONFIG):
        explicit = Path(env[CONFIG])
    doors, home = _explicit(explicit) if explicit is not None else _search(folder)
    if options:
        doors.append(_Door(origin, options))
    if len(doors) > 1:
        first, second = doors[0].origin, doors[1].origin
        raise SettingsError((f"two doors at once: {first} and {second}",), hint=_ONE_DOOR)
    reading = SettingsDecoder()
    for door in doors:
        reading.add(door.mapping, door.origin)
    overlay(reading, env)
    return LoadedSettings(_finish(reading, rules, providers), folder if options or home is None else home)


def _finish(reading: SettingsDecoder, rules: Collection[str] | None, providers: Collection[str] | None) -> Settings:
    validate(reading, rules=rules, providers=providers)
    if reading.faults:
        raise SettingsError(tuple(reading.faults), hint=_HINT)
    settings: Settings = build(Settings, reading.values)
    return settings


def _explicit(path: Path) -> tuple[list[_Door], Path]:
    if path.name == _PYPROJECT:
        door = _pyproject(path, must=True)
        assert door is not None
    else:
        door = _Door(str(path), _parse(path))
    return [door], path.resolve().parent


def _search(folder: Path) -> tuple[list[_Door], Path | None]:
    """The doors of the nearest folder that has one."""
    start = folder.resolve()
    line = [start, *start.parents]
    top = next((number for number, place in enumerate(line) if (place / ".git").exists()), 0)
    for place in line[: top + 1]:
        doors = []
        toml = place / CONFIG_NAME
        if toml.exists():
            doors.append(_Door(str(toml), _parse(toml)))
        if (table := _pyproject(place / _PYPROJECT, must=False)) is not None:
            doors.append(table)
        if doors:
            return doors, place
    return [], None


def _pyproject(path: Path, *, must: bool) -> _Door | None:
    """``[tool.imageseo]``; None when there is none and it need not be. A broken file without our name is not ours."""
    if not must and not path.exists():
        return None
    if not must and b"imageseo" not in _bytes(path):
        return None
    tool = _parse(path).get("tool", {})
    if isinstance(tool, dict) and "imageseo" in tool:
        return _Door(f"{path}: [tool.imageseo]", tool["imageseo"])
    if must:
        raise SettingsError((f"{path}: found no table [tool.imageseo]",), hint="Add it, or name another file.")
    return None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError((f"{path}: cannot be read: {error.strerror or error}",), hint=_HINT) from error


def _parse(path: Path) -> dict[str, Any]:
    data = _bytes(path)
    try:
        return tomllib.loads(data.decode("utf-8-sig"))  # Windows editors write a BOM
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        fault = f"{path}: line {line}: found byte 0x{data[error.start]:02x}, expected UTF-8"
        raise SettingsError((fault,), hint=_HINT) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError((f"{path}: not TOML: {error}",), hint=_HINT) from error
