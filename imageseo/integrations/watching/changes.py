"""Which files have changed since the last build began."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """``paths``: of the site, relative, with ``/``; None if they are not known: then all files are looked at.

    ``sources``: source files of pages.
    """

    paths: frozenset[str] | None = None
    sources: frozenset[Path] = frozenset()


@dataclass(slots=True, kw_only=True)
class ChangeCollector:
    """Collects the changes of a site until a build takes them. ``root``: resolved.

    All changes count here, also those that start no build: a page may depend on whether any file exists.
    """

    root: Path
    _paths: set[str] = field(default_factory=set)
    _folders: set[str] = field(default_factory=set)
    _sources: set[Path] = field(default_factory=set)
    _is_complete: bool = False

    def add(self, path: str) -> None:
        """Add a file by its site path."""
        self._paths.add(path)

    def add_folder(self, path: str) -> None:
        """Add a new folder by its site path: what was put into it before it was watched has no events."""
        self._folders.add(path)

    def add_source(self, file: Path) -> None:
        """Add a source file."""
        self._sources.add(file)

    def lose(self) -> None:
        """Note that changes were lost, or that a change is of more than one file."""
        self._is_complete = False

    def take(self) -> Changes:
        """Return the changes, and begin anew."""
        paths = frozenset([*self._paths, *self._files_of_folders()]) if self._is_complete else None
        changes = Changes(paths=paths, sources=frozenset(self._sources))
        self._paths.clear()
        self._folders.clear()
        self._sources.clear()
        self._is_complete = True
        return changes

    def _files_of_folders(self) -> Iterable[str]:
        top = str(self.root)
        for name in self._folders:
            for folder, _, files in os.walk(self.root / name):
                relative = folder[len(top) :].replace(os.sep, "/").strip("/")
                yield from (f"{relative}/{file}" if relative else file for file in files)
