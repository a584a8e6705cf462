"""Plug-ins by group and name: the modules of our own packages, then entry points of other distributions."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib import import_module
from importlib.metadata import EntryPoints, entry_points
from importlib.util import find_spec
from types import ModuleType
from typing import cast

PACKAGES: Mapping[str, str] = {
    "imageseo.codecs": "imageseo.images.codecs",
    "imageseo.heroes": "imageseo.heroes.providers",
    "imageseo.metrics": "imageseo.images.metrics",
    "imageseo.reports": "imageseo.lint.reports",
    "imageseo.rules": "imageseo.lint.rules",
}
"""Entry-point group -> the package that holds our own plug-ins of that group."""


@cache
def _installed() -> EntryPoints:
    """The entry points of all distributions: finding them means opening a file of each."""
    return cast("EntryPoints", entry_points())


@cache
def plugin_loaders(group: str) -> Mapping[str, Callable[[], ModuleType]]:
    """Loaders of a group's plug-ins by name: the modules of its package, then entry points of that group.

    An entry point never replaces a plug-in of our own.
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
    """One plug-in; other distributions are searched only when it is none of our own. Raises KeyError."""
    own = f"{PACKAGES[group]}.{name}"
    return import_module(own) if find_spec(own) else plugin_loaders(group)[name]()
