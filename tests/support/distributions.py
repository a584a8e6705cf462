"""Distributions of others: a folder as pip leaves it, with the modules and entry points that a test needs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from imageseo.config import plugins
from imageseo.model.formats import FORMATS, SETTLED

Groups = Mapping[str, Mapping[str, str]]
"""Group without ``imageseo.`` -> entry point -> module."""


def install(folder: Path, name: str, groups: Groups, modules: Mapping[str, str], *, version: str = "1.0") -> None:
    """Write a distribution into a folder of modules. ``modules``: name -> source text."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "utf-8")
    lines = [
        line
        for group, entries in groups.items()
        for line in (f"[imageseo.{group}]", *(f"{entry} = {target}" for entry, target in entries.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", "utf-8")
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text, "utf-8")


@contextmanager
def on_path(folder: Path) -> Iterator[None]:
    """Find the distributions of a folder in this process, for a while."""
    known = set(sys.modules)
    sys.path.insert(0, str(folder))
    plugins.forget()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        plugins.forget()
        for name in FORMATS.keys() - SETTLED:
            del FORMATS[name]
        for name in set(sys.modules) - known:
            if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
                del sys.modules[name]
