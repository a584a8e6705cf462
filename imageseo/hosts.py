"""The former name of ``imageseo.integrations``, kept for one release for hooks that were copied into projects.

A copied hook says ``from imageseo.hosts.mkdocs import …`` or ``from imageseo.hosts.pelican import register``. Neither
generator is imported until the hook asks for a name.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _FormerModule(ModuleType):
    """A module that takes its names from the module of ``imageseo.integrations`` that replaced it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__.replace("imageseo.hosts", "imageseo.integrations")), name)


__path__: list[str] = []  # marks a package; its modules are those registered here

for _name in ("mkdocs", "pelican"):
    sys.modules[f"{__name__}.{_name}"] = globals()[_name] = _FormerModule(f"{__name__}.{_name}")
