"""The files of a built site, each looked at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from imageseo.model.image import Asset, BadAsset
from imageseo.model.suggest import closest
from imageseo.web import filenames

_HUGE = 5000
_MANY = 300
"""Names of a folder, and of them those that are compared letter by letter, some 40 µs each."""


class SiteFiles:
    """The files of a built site: what is there, how large, what kind of image. Each is looked at once.

    ``probe``: site path -> Asset or BadAsset. Names are compared with letter case, also where the file system does
    not, because the server that publishes the site will.
    """

    def __init__(self, root: Path, probe: Callable[[str], Asset | BadAsset]) -> None:
        self._place = f"{root}{os.sep}"  # text: a Path costs more than the calls
        self._probe = probe
        self._assets: dict[str, Asset | BadAsset] = {}
        self._sizes: dict[str, int | None] = {}
        self._folders: dict[str, tuple[set[str], set[str]]] = {}
        self._near: dict[str, str | None] = {}
        self._lower: dict[str, dict[str, str]] = {}

    def asset(self, path: str) -> Asset | BadAsset:
        if path not in self._assets:
            self._assets[path] = self._probe(path)
        return self._assets[path]

    def exists(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return name in self._names(folder)

    def size(self, path: str) -> int | None:
        """Bytes of a file; None when it is not there."""
        if path not in self._sizes:
            try:
                there = self.exists(path)
                self._sizes[path] = os.stat(f"{self._place}{path}").st_size if there else None  # noqa: PTH116
            except (OSError, ValueError):
                self._sizes[path] = None
        return self._sizes[path]

    def add(self, path: str, size: int) -> None:
        """A file that is about to be written: from now on it counts as there."""
        folder, _, name = path.rpartition("/")
        self._names(folder).add(name)
        self._lower.pop(folder, None)
        self._sizes[path] = size
        self._assets.pop(path, None)

    def weigh(self, path: str, size: int) -> None:
        """A file that is about to be written over: from now on it counts as of that size."""
        self._sizes[path] = size

    def near(self, path: str) -> str | None:
        """A file of the same folder whose name is nearly that of a missing one.

        In a folder of thousands, or where hundreds of names are alike, only one that differs in letter case.
        """
        if path not in self._near:
            folder, _, name = path.rpartition("/")
            found = self._lowered(folder).get(name.lower()) or self._alike(folder, name.lower())
            self._near[path] = f"{folder}/{found}".lstrip("/") if found else None
        return self._near[path]

    def _alike(self, folder: str, name: str) -> str | None:
        known = self._lowered(folder)
        if len(known) > _HUGE:
            return None
        # Two names that are alike to 0.85 have nearly the same length, and with one slip of a key the same beginning
        # or the same end.
        start, end = name[:2], name[-6:]
        near = [
            other
            for other in known
            if abs(len(other) - len(name)) <= 0.36 * len(name) and (other.startswith(start) or other.endswith(end))
        ]
        close = closest(name, near, cutoff=0.85) if len(near) <= _MANY else None
        return known[close] if close else None

    def _lowered(self, folder: str) -> dict[str, str]:
        """The names of a folder's files by their lower case; not those of variants, which nobody means."""
        if folder not in self._lower:
            names = (other for other in self._names(folder) if not filenames.looks_like_variant(other))
            self._lower[folder] = {other.lower(): other for other in sorted(names, reverse=True)}
        return self._lower[folder]

    def _names(self, folder: str) -> set[str]:
        """Names of the files in a folder; none when it is not there, or not there under this very name."""
        return self._listing(folder)[0]

    def _listing(self, folder: str) -> tuple[set[str], set[str]]:
        """Names of the files and of the folders in a folder, listed once."""
        if folder not in self._folders:
            files: set[str] = set()
            folders: set[str] = set()
            parent, _, name = folder.rpartition("/")
            try:
                # With every step of the path in the letter case that it has on disk.
                if not folder or name in self._listing(parent)[1]:
                    with os.scandir(f"{self._place}{folder}") as entries:
                        for entry in entries:
                            (files if entry.is_file() else folders).add(entry.name)
            except (OSError, ValueError):
                pass
            self._folders[folder] = files, folders
        return self._folders[folder]
