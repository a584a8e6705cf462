"""What the last builds wrote themselves: events of these files start no build."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from imageseo.integrations.pages import PAGE_SUFFIXES
from imageseo.model import regular_file

_MARK = b"imageseo"  # in all that a build adds to a page
_LARGEST = 64 * 2**20  # bytes; larger pages are not edited


class ChangeKind(Enum):
    """``OPEN``: may be written to further; ``DONE``: complete; ``GONE``: removed; ``OURS``: renamed from a temporary
    file of this package; ``FOLDER``: a new folder; ``TREE``: a folder was removed or renamed, with all that it holds;
    ``LOST``: the system could not tell all changes.
    """

    OPEN = "open"
    DONE = "done"
    GONE = "gone"
    OURS = "ours"
    FOLDER = "folder"
    TREE = "tree"
    LOST = "lost"


class Change(NamedTuple):
    """An event of the file system. ``path``: absolute."""

    path: str
    kind: ChangeKind


class _Stamp(NamedTuple):
    """What every write changes; the time alone has the resolution of the file system."""

    inode: int
    size: int
    modified: int


class OwnWrites:
    """The files that builds wrote or removed, as they were at the end of the build.

    ``exact``: whether the system tells renames as such. Then any other event of a file after our rename is a write of
    another program, also if it came before the end of the build.
    """

    def __init__(self, root: Path, *, exact: bool) -> None:
        self.exact = exact
        self._root = root
        self._stamps: dict[str, _Stamp | None] = {}
        self._renamed: set[str] = set()

    def record(self, changed: Iterable[str]) -> list[str]:
        """Record the files of a build, by site paths. Return those that another program has replaced already.

        Such a page has nothing of ours: its generator wrote it after the build had edited it.
        """
        self._renamed.clear()
        replaced: list[str] = []
        for path in changed:
            file = self._root / path
            stamp = self._stamps[str(file)] = _stamp(file)
            if stamp is not None and path.endswith(PAGE_SUFFIXES) and not _has_mark(file):
                replaced.append(str(file))
        return replaced

    def explain(self, change: Change) -> bool:
        """Whether a change is one that a build made itself."""
        if change.kind is ChangeKind.OURS:
            self._renamed.add(change.path)
            return True
        if change.path not in self._stamps or (self.exact and change.path in self._renamed):
            return False
        return self._stamps[change.path] == _stamp(Path(change.path))


def _stamp(file: Path) -> _Stamp | None:
    try:
        found = file.lstat()
    except OSError:
        return None
    return _Stamp(inode=found.st_ino, size=found.st_size, modified=found.st_mtime_ns)


def _has_mark(file: Path) -> bool:
    try:
        return _MARK in regular_file.read(file, limit=_LARGEST)
    except OSError:
        return False
