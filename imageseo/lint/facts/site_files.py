"""The files of a built site, each examined once."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from imageseo.model.image import Asset, BadAsset
from imageseo.model.suggest import closest
from imageseo.storage.site_folder import OutsideError, SiteFolder
from imageseo.web import filenames
from imageseo.web.html import charset

_MAX_TEXT = 32 * 2**20  # bytes of a style sheet or script
_MAX_NAMES = 5000
_MAX_COMPARED = 300
"""Most names in a folder for a similarity search, and most names compared letter by letter, some 40 µs each."""


def spelled(path: str, exists: Callable[[str], bool]) -> str:
    """Return a path in the Unicode normal form in which its file exists: systems and editors write either."""
    forms = (path, unicodedata.normalize("NFC", path), unicodedata.normalize("NFD", path))
    return next(filter(exists, dict.fromkeys(forms)), path)


class SiteFiles:
    """The files of a built site: their existence, size and image properties. Each file is examined once.

    ``probe``: site path -> Asset or BadAsset. Letter case counts, also on file systems that ignore it, because it
    counts on the server that publishes the site.
    """

    def __init__(self, root: Path, probe: Callable[[str], Asset | BadAsset]) -> None:
        self._prefix = f"{root}{os.sep}"  # a string, because a Path costs more than the system calls
        self._folder = SiteFolder(root)
        self._probe = probe
        self._assets: dict[str, Asset | BadAsset] = {}
        self._sizes: dict[str, int | None] = {}
        self._folders: dict[str, tuple[set[str], set[str]]] = {}
        self._near: dict[str, str | None] = {}
        self._lower: dict[str, dict[str, str]] = {}
        self._texts: dict[str, bytes | None] = {}
        self._digests: dict[str, str | None] = {}

    def asset(self, path: str) -> Asset | BadAsset:
        if path not in self._assets:
            self._assets[path] = self._probe_inside(path)
        return self._assets[path]

    def page(self, path: str) -> bytes:
        """Return the bytes of a page; they are not kept. Raises OSError."""
        return self._folder.read(path, limit=charset.MAX_BYTES)

    def exists(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return name in self._names(folder)

    def size(self, path: str) -> int | None:
        """Return the bytes of a file; None if it does not exist."""
        if path not in self._sizes:
            try:
                is_listed = self.exists(path)
                self._sizes[path] = os.stat(f"{self._prefix}{path}").st_size if is_listed else None  # noqa: PTH116
            except (OSError, ValueError):
                self._sizes[path] = None
        return self._sizes[path]

    def read(self, path: str) -> bytes | None:
        """Return the content of a text file, such as a style sheet; None if it does not exist or cannot be read."""
        if path not in self._texts:
            try:
                self._texts[path] = self._folder.read(path, limit=_MAX_TEXT) if self.exists(path) else None
            except (OSError, ValueError):
                self._texts[path] = None
        return self._texts[path]

    def digest(self, path: str) -> str | None:
        """Return the SHA-256 of a text file, in hex; None if it cannot be read."""
        if path not in self._digests:
            content = self.read(path)
            self._digests[path] = None if content is None else sha256(content).hexdigest()
        return self._digests[path]

    def add(self, path: str, size: int) -> None:
        """Register a file that is about to be written: it exists from now on."""
        folder, _, name = path.rpartition("/")
        self._names(folder).add(name)
        self._lower.pop(folder, None)
        self._sizes[path] = size
        self._assets.pop(path, None)

    def forget(self, path: str) -> None:
        """Examine an image again when it is next asked for: something else is known of it."""
        self._assets.pop(path, None)

    def weigh(self, path: str, size: int) -> None:
        """Register a file that is about to be overwritten: it has that size from now on."""
        self._sizes[path] = size

    def near(self, path: str) -> str | None:
        """Return a file of the same folder with nearly the name of a missing one; None if there is none.

        In a folder of thousands of files, or with hundreds of similar names, only a name that differs in letter case.
        """
        if path not in self._near:
            folder, _, name = path.rpartition("/")
            found = self._lowered(folder).get(name.lower()) or self._similar(folder, name.lower())
            self._near[path] = f"{folder}/{found}".lstrip("/") if found else None
        return self._near[path]

    def _probe_inside(self, path: str) -> Asset | BadAsset:
        try:
            self._folder.locate(path)
        except OutsideError as error:
            problem = f"{path} cannot be read: {error.strerror}"
            return BadAsset(path=path, rule="img-unreadable", problem=problem, hint="Copy the file into the site.")
        except (OSError, ValueError):
            pass
        return self._probe(path)

    def _similar(self, folder: str, name: str) -> str | None:
        by_lower_case = self._lowered(folder)
        if len(by_lower_case) > _MAX_NAMES:
            return None
        # Two names with a similarity of 0.85 have nearly the same length, and with one typing error the same
        # beginning or the same end.
        start, end = name[:2], name[-6:]
        near = [
            other
            for other in by_lower_case
            if abs(len(other) - len(name)) <= 0.36 * len(name) and (other.startswith(start) or other.endswith(end))
        ]
        match = closest(name, near, cutoff=0.85) if len(near) <= _MAX_COMPARED else None
        return by_lower_case[match] if match else None

    def _lowered(self, folder: str) -> dict[str, str]:
        """Return the names of a folder's files by their lower case, without variants, which authors do not name."""
        if folder not in self._lower:
            names = (other for other in self._names(folder) if not filenames.looks_like_variant(other))
            self._lower[folder] = {other.lower(): other for other in sorted(names, reverse=True)}
        return self._lower[folder]

    def _names(self, folder: str) -> set[str]:
        """Return the names of the files in a folder; none if no folder has exactly this name."""
        return self._listing(folder)[0]

    def _listing(self, folder: str) -> tuple[set[str], set[str]]:
        """Return the names of the files and of the folders in a folder, listed once."""
        if folder not in self._folders:
            files: set[str] = set()
            folders: set[str] = set()
            parent, _, name = folder.rpartition("/")
            try:
                # Every part of the path must have the letter case that it has on disk.
                if not folder or name in self._listing(parent)[1]:
                    with os.scandir(f"{self._prefix}{folder}") as entries:
                        for entry in entries:
                            with suppress(OSError):  # a link to itself
                                _add(entry, files, folders)
            except (OSError, ValueError):
                pass
            self._folders[folder] = files, folders
        return self._folders[folder]


def _add(entry: os.DirEntry[str], files: set[str], folders: set[str]) -> None:
    """Add an entry of a folder to one of the sets; a link that leads nowhere is neither. Raises OSError."""
    if entry.is_file():
        files.add(entry.name)
    elif entry.is_dir():
        folders.add(entry.name)
    elif os.path.exists(entry.path):  # noqa: PTH110 - a named pipe or a device: reading it tells
        files.add(entry.name)
