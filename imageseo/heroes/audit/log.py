"""Append to the audit log: lock, read the ends of the chain, append, and flush, as one step."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from imageseo.config.heroes import HeroSettings
from imageseo.heroes.audit.entry import AuditEntry, ReadLine, ends, hash_text
from imageseo.heroes.candidates.authorship import Authorship
from imageseo.heroes.masters.store import is_url
from imageseo.model import regular_file
from imageseo.model.errors import AuditError
from imageseo.storage.atomic import write_atomic
from imageseo.storage.locks import HAS_FLOCK, try_lock, wait_for_lock

NAME = ".audit/log.jsonl"
"""In the folder of masters, or in `heroes` if they are in a bucket; hidden, so that no generator publishes it."""
MARKERS = (b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>")
MAX_BYTES = 2**30
_ATTRIBUTES = b"# made by imageseo: git keeps the lines of both sides of a merge\n*.jsonl merge=union\n"
_PAUSE = 0.01  # s
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_FLAGS |= getattr(os, "O_NONBLOCK", 0)  # a named pipe is refused, not waited for


@dataclass(slots=True, kw_only=True)
class AuditLog:
    """The log of a project. ``when``, ``who``: of new lines. ``note``: tells the user of a repair.

    ``text``: whether the prompts themselves are recorded, not only their hashes.
    """

    path: Path
    when: Callable[[], str] = lambda: ""
    who: Callable[[], str] = lambda: ""
    note: Callable[[str], None] = lambda text: None
    text: bool = False

    @classmethod
    def of(cls, settings: HeroSettings, project: Path, *, note: Callable[[str], None], text: bool = False) -> AuditLog:
        """Return the log of a project, without accessing it."""
        made = Authorship.of(settings.made_by, project)
        path = path_of(settings.masters, project)
        return cls(path=path, when=made.moment, who=made.who, note=note, text=text)

    def check(self) -> None:
        """Raise AuditError if nothing can be appended, before anything is made that would have to be recorded."""
        if not self.path.exists() and not self.path.is_symlink():
            return  # made with its first line
        with self._open() as handle:
            self._refuse_conflict(self._read(handle))

    def append(self, *entries: AuditEntry) -> None:
        """Append a line for each entry, in one step. Lines of other processes come before or after them, never between.

        A last line that is torn, because a process was killed or the disk was full, is taken out, and the line that
        replaces it says so. Raises AuditError.
        """
        if not entries:
            return
        when, by = self.when(), self.who()
        with self._open() as handle:
            data = self._read(handle)
            self._refuse_conflict(data)
            whole, _, torn = data.rpartition(b"\n")
            added = list(entries)
            lines = [read for line in whole.split(b"\n") if (read := ReadLine.of(line.rstrip(b"\r"))) is not None]
            start = b""
            if torn and (last := ReadLine.of(torn.rstrip(b"\r"))) is not None and last.intact:
                lines.append(last)  # only its line feed is missing
                start = b"\n"
            elif torn:
                added.insert(0, self._repair(handle, len(data) - len(torn), torn))
            previous = ends(lines)
            text = [start]
            for entry in added:
                line, digest = entry.line(when=when, by=by, previous=previous)
                text.append(line)
                previous = [digest]
            self._write(handle, b"".join(text))

    def _repair(self, handle: int, size: int, torn: bytes) -> AuditEntry:
        try:
            os.ftruncate(handle, size)
        except OSError as error:
            raise _error(self.path, f"cannot be repaired: {error.strerror or error}") from error
        self.note(f"{self.path}: its last line was torn ({len(torn):,} bytes) and is taken out; the next line says so")
        facts = {"bytes": len(torn), "sha256": hash_text(torn.decode("utf-8", "replace"))}
        return AuditEntry(event="repaired", reason="the last line was torn", details=facts)

    @contextmanager
    def _open(self) -> Iterator[int]:
        """Open and lock the file at the path, also if git replaces it while another process holds the lock."""
        self._prepare()
        while True:
            try:
                handle = regular_file.open_handle(self.path, _FLAGS)
            except OSError as error:
                raise _error(self.path, f"cannot be written: {error.strerror or error}") from error
            try:
                _lock(handle)
                if self._is_current(handle):
                    yield handle
                    return
            finally:
                os.close(handle)  # this releases the lock

    def _prepare(self) -> None:
        """Make the folder, with the attribute by which git keeps the lines of both sides of a merge."""
        attributes = self.path.parent / ".gitattributes"
        try:
            if not attributes.exists():
                write_atomic(attributes, _ATTRIBUTES)
        except OSError as error:
            raise _error(self.path, f"cannot be written: {error.strerror or error}") from error

    def _is_current(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), self.path.stat())
        except OSError:
            return False

    def _read(self, handle: int) -> bytes:
        try:
            os.lseek(handle, 0, os.SEEK_SET)
            return regular_file.read_handle(handle, self.path, limit=MAX_BYTES)
        except OSError as error:
            raise _error(self.path, f"cannot be read: {error.strerror or error}") from error

    def _write(self, handle: int, data: bytes) -> None:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        except OSError as error:
            raise _error(self.path, f"cannot be written: {error.strerror or error}") from error

    def _refuse_conflict(self, data: bytes) -> None:
        for number, line in enumerate(data.split(b"\n"), 1):
            if line[:7] in MARKERS and line[7:8] in (b"", b" ", b"\r"):
                raise AuditError(
                    f"{self.path}:{number}: unresolved merge conflict",
                    hint="Remove the marker lines, and keep all lines of both sides.",
                )


def path_of(masters: str, project: Path) -> Path:
    """Return where the log of a project is. ``masters``: the setting ``hero.masters``."""
    return records_folder(masters, project) / NAME


def records_folder(masters: str, project: Path) -> Path:
    """Return the folder of the project for records about its heroes: that of masters, unless they are in a bucket."""
    return project / (HeroSettings().masters if is_url(masters) else masters)


def _lock(handle: int) -> None:
    """Wait for the lock; a file system without locks, as some network shares, is used without."""
    try:
        if HAS_FLOCK:
            wait_for_lock(handle)
            return
        while not try_lock(handle):
            time.sleep(_PAUSE)
    except OSError:
        return


def _error(path: Path, problem: str) -> AuditError:
    hint = "Check permissions and free disk space, and run again; `policy.audit = false` records nothing."
    return AuditError(f"{path}: {problem}", hint=hint)
