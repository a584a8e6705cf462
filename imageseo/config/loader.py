"""Finds and reads a project's configuration source and applies the environment variables."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from imageseo.config.decoder import SettingsDecoder, build_settings
from imageseo.config.environment import CONFIG, apply_environment
from imageseo.config.settings import Settings
from imageseo.config.validation import InstalledNames, validate
from imageseo.model import git_lfs, regular_file
from imageseo.model.errors import SettingsError

CONFIG_NAME = "imageseo.toml"
_MAX_BYTES = 16 * 2**20  # of a file of settings
_PYPROJECT_NAME = "pyproject.toml"
_MAX_BYTES = 16 * 2**20
_HINT = "Fix these and run again; nothing was written."
_ONE_SOURCE = "Keep the settings in one of the two."


class LoadedSettings(NamedTuple):
    """Settings, and the folder that their paths are relative to."""

    settings: Settings
    folder: Path


class _Source(NamedTuple):
    origin: str
    mapping: Any


def load(
    mapping: Mapping[str, Any],
    origin: str,
    **names: Collection[str] | None,
) -> Settings:
    """Return the settings of one mapping. ``origin``: name of the file in messages.

    ``names``: the fields of ``InstalledNames``. Raises SettingsError with all errors.
    """
    installed = _installed(names)
    decoder = SettingsDecoder(formats=installed.formats)
    decoder.add(mapping, origin)
    return _finish(decoder, installed)


def _installed(names: Mapping[str, Collection[str] | None]) -> InstalledNames:
    return InstalledNames(**{name: each for name, each in names.items() if each is not None})


def read_project(
    folder: Path,
    *,
    explicit: Path | None = None,
    env: Mapping[str, str],
    options: Mapping[str, Any] | None = None,
    origin: str = "",
    **names: Collection[str] | None,
) -> LoadedSettings:
    """Return the settings of a project, and its folder: that of the configuration file, else ``folder``.

    Looks for ``imageseo.toml`` and ``[tool.imageseo]`` of ``pyproject.toml`` in ``folder``, then in its parents up to
    the root of the repository (the folder that contains ``.git``); outside a repository only in ``folder``.
    ``explicit`` names the file instead, as does the variable IMAGESEO_CONFIG. ``options``: from a generator's own file,
    named ``origin`` in messages; the project is then ``folder``. Raises SettingsError.
    """
    if explicit is None and env.get(CONFIG):
        explicit = Path(env[CONFIG])
    sources, project_folder = _read_explicit(explicit) if explicit is not None else _find_sources(folder)
    if options:
        sources.append(_Source(origin, options))
    if len(sources) > 1:
        first, second = sources[0].origin, sources[1].origin
        raise SettingsError((f"settings in two places: {first} and {second}",), hint=_ONE_SOURCE)
    installed = _installed(names)
    decoder = SettingsDecoder(formats=installed.formats)
    for source in sources:
        decoder.add(source.mapping, source.origin)
    apply_environment(decoder, env)
    return LoadedSettings(_finish(decoder, installed), folder if options or project_folder is None else project_folder)


def _finish(decoder: SettingsDecoder, names: InstalledNames) -> Settings:
    validate(decoder, names)
    if decoder.errors:
        raise SettingsError(tuple(decoder.errors), hint=_HINT)
    settings: Settings = build_settings(Settings, decoder.values)
    return settings


def _read_explicit(path: Path) -> tuple[list[_Source], Path]:
    if path.name == _PYPROJECT_NAME:
        source = _read_pyproject(path, required=True)
        assert source is not None
    else:
        source = _Source(str(path), _parse_toml(path))
    return [source], path.resolve().parent


def _find_sources(folder: Path) -> tuple[list[_Source], Path | None]:
    """Return the configuration sources of the nearest folder that has one, and that folder."""
    start = folder.resolve()
    candidates = [start, *start.parents]
    top = next((number for number, candidate in enumerate(candidates) if (candidate / ".git").exists()), 0)
    for candidate in candidates[: top + 1]:
        sources = []
        toml = candidate / CONFIG_NAME
        if toml.exists():
            sources.append(_Source(str(toml), _parse_toml(toml)))
        if (table := _read_pyproject(candidate / _PYPROJECT_NAME, required=False)) is not None:
            sources.append(table)
        if sources:
            return sources, candidate
    return [], None


def _read_pyproject(path: Path, *, required: bool) -> _Source | None:
    """Return ``[tool.imageseo]``; None if there is none and it is not required.

    An invalid file that does not contain "imageseo" is ignored.
    """
    if not required and not path.exists():
        return None
    if not required and b"imageseo" not in _read_bytes(path):
        return None
    tool = _parse_toml(path).get("tool", {})
    if isinstance(tool, dict) and "imageseo" in tool:
        return _Source(f"{path}: [tool.imageseo]", tool["imageseo"])
    if required:
        raise SettingsError((f"{path}: found no table [tool.imageseo]",), hint="Add it, or name another file.")
    return None


def _read_bytes(path: Path) -> bytes:
    try:
        return regular_file.read(path, limit=_MAX_BYTES)
    except OSError as error:
        raise SettingsError((f"{path}: cannot be read: {error.strerror or error}",), hint=_HINT) from error


def _parse_toml(path: Path) -> dict[str, Any]:
    data = _read_bytes(path)
    if git_lfs.is_pointer(data):
        raise SettingsError((git_lfs.describe(path),), hint=git_lfs.PULL)
    try:
        return tomllib.loads(data.decode("utf-8-sig"))  # Windows editors write a BOM
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"{path}: line {line}: found byte 0x{data[error.start]:02x}, expected UTF-8"
        raise SettingsError((message,), hint=_HINT) from error
    except (ValueError, RecursionError) as error:  # ValueError: also a number of thousands of digits
        raise SettingsError((f"{path}: not TOML: {error}",), hint=_HINT) from error
