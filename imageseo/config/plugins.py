"""Plug-ins by group and name: modules of imageseo's own packages, then entry points of other distributions."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib import import_module
from importlib.metadata import EntryPoints, entry_points
from importlib.util import find_spec
from types import ModuleType
from typing import Any

PACKAGES: Mapping[str, str] = {
    "imageseo.codecs": "imageseo.images.codecs",
    "imageseo.heroes": "imageseo.heroes.providers",
    "imageseo.integrations": "imageseo.integrations.generators",
    "imageseo.metrics": "imageseo.images.metrics",
    "imageseo.reports": "imageseo.lint.reports",
    "imageseo.rules": "imageseo.lint.rules",
    "imageseo.themes": "imageseo.layout.known_themes",
}
"""Entry-point group -> the package of imageseo's own plug-ins of that group."""


@cache
def _installed() -> EntryPoints:
    """Return the entry points of all distributions; cached, because a file of each must be opened."""
    found: Any = entry_points()  # declared as another type before Python 3.12
    installed: EntryPoints = found
    return installed


@cache
def plugin_loaders(group: str) -> Mapping[str, Callable[[], ModuleType]]:
    """Return loaders of a group's plug-ins by name: modules of its package, then entry points of the group.

    An entry point never replaces a built-in plug-in.
    """
    name = PACKAGES[group]
    package = import_module(name)
    found: dict[str, Callable[[], ModuleType]] = {
        module.name: partial(import_module, f"{name}.{module.name}")
        for module in pkgutil.iter_modules(package.__path__)
        if not module.ispkg and not module.name.startswith("_")
    }
    for entry in sorted(_installed().select(group=group), key=lambda entry: entry.name):
        found.setdefault(entry.name, entry.load)
    return found


def load_plugin(group: str, name: str) -> ModuleType:
    """Load one plug-in; other distributions are searched only if it is not built in. Raises KeyError."""
    built_in = f"{PACKAGES[group]}.{name}"
    return import_module(built_in) if find_spec(built_in) else plugin_loaders(group)[name]()
