"""Which integration reads a project's configuration file: ours, and those that other packages add."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple, cast

from imageseo.config.plugins import plugin_loaders
from imageseo.model.protocols import Integration


class FoundConfig(NamedTuple):
    """A configuration file, and the integrations that can read it, best first."""

    config: Path
    integrations: tuple[Integration, ...]


@cache
def installed() -> Mapping[str, Integration]:
    """Return all integrations by name, in the order in which they are asked."""
    loaders = plugin_loaders("imageseo.integrations")
    return {name: cast("Integration", load().INTEGRATION) for name, load in loaders.items()}


def find_configs(folder: Path) -> list[FoundConfig]:
    """Return the configuration files of generators in a folder, in the order in which they are tried."""
    found: dict[str, list[Integration]] = {}
    for integration in installed().values():
        for name in integration.files:
            path = folder / name
            if path.is_file() and integration.recognises(path):
                found.setdefault(name, []).append(integration)
    return [FoundConfig(folder / name, tuple(readers)) for name, readers in found.items()]


def readers_of(config: Path) -> tuple[Integration, ...]:
    """Return the integrations that can read a file that the user named, those first that look for its name."""
    able = [each for each in installed().values() if each.recognises(config)]
    return tuple(sorted(able, key=lambda each: config.name not in each.files))


def file_names() -> list[str]:
    """Return the names of all configuration files that are looked for."""
    return list(dict.fromkeys(name for integration in installed().values() for name in integration.files))
