"""Events of the file system below a built site and of the project's configuration files, by watchdog."""

from __future__ import annotations

import errno
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver
from watchdog.utils.dirsnapshot import DirectorySnapshot, DirectorySnapshotDiff

from imageseo.integrations.watching.own_writes import Change, ChangeKind
from imageseo.storage.atomic import is_partial_file

_WRITES: list[type[FileSystemEvent]] = [
    *(FileClosedEvent, FileCreatedEvent, FileDeletedEvent, FileModifiedEvent, FileMovedEvent),
    *(DirCreatedEvent, DirDeletedEvent, DirMovedEvent),
]  # not the events of reading, which a build makes by the thousand
_INOTIFY_LOG = logging.getLogger("watchdog.observers.inotify_c")
_LIMITS = (errno.ENOSPC, errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_POLL_SHARE = 100  # of the time that a look at all files takes: polling takes 1 % of a core
_POLL_SECONDS = (1.0, 10.0)  # shortest and longest pause


class SiteObserver:
    """Watches a folder, the folders of some files outside of it, and other folders.

    ``root``: resolved; it may vanish and return. ``files``: configuration files. ``sources``: folders of the sources.
    ``note``: takes a line for the user.
    ``polling``: look at all files again and again, for file systems without events (shares, mounts of Docker).
    """

    def __init__(
        self,
        root: Path,
        *,
        note: Callable[[str], None],
        files: Iterable[Path] = (),
        sources: Iterable[Path] = (),
        polling: bool = False,
    ) -> None:
        self._root = root
        self._folders: list[Path] = []
        self._sources: tuple[Path, ...] = ()
        self._is_outdated = True
        self.follow(files, sources)
        self._note = note
        self.is_polling = polling
        self._changes: SimpleQueue[Change] = SimpleQueue()
        self._observer: BaseObserver | None = None
        self._overflow = _OverflowHandler(lambda: self._changes.put(Change(str(root), ChangeKind.LOST)))
        self._identity: tuple[int, int] | None = None
        self._has_new_folders = False

    @property
    def tells_all(self) -> bool:
        """Whether the system tells when a file is closed after writing, and renames as such: Linux, unless polling."""
        return not self.is_polling and getattr(Observer, "__name__", "") == "InotifyObserver"

    @property
    def interval(self) -> float:
        """Seconds between two looks at the files; 0 where the system sends events."""
        return float(self._observer.timeout) if self.is_polling and self._observer is not None else 0.0

    def follow(self, files: Iterable[Path], sources: Iterable[Path]) -> None:
        """Watch the folders of other configuration files, and other folders of sources, from the next refresh on."""
        folders, sources = sorted({file.parent for file in files if not file.is_relative_to(self._root)}), (*sources,)
        self._is_outdated = self._is_outdated or (folders, sources) != (self._folders, self._sources)
        self._folders, self._sources = folders, sources

    def refresh(self) -> bool:
        """Watch the folder that is there now. Return whether this had to begin anew: changes may have been missed."""
        identity = _identity(self._root)
        if (
            identity == self._identity
            and not self._is_outdated
            and self._is_running()
            and not self._is_short_of_watches()
        ):
            return False
        self.stop()
        self._identity, self._is_outdated = identity, False
        self._start()
        return True

    def read(self, seconds: float) -> Iterator[Change]:
        """Yield the changes that have been observed; wait some seconds for the first one."""
        with suppress(Empty):
            yield self._changes.get(timeout=max(seconds, 0.0)) if seconds > 0 else self._changes.get_nowait()
            while True:
                yield self._changes.get_nowait()

    def stop(self) -> None:
        """Stop watching; may be started again."""
        if self._observer is not None and self._observer.is_alive():
            self._observer.stop()
            self._observer.join(2)
        self._observer = None
        _INOTIFY_LOG.removeHandler(self._overflow)

    def _start(self) -> None:
        if not self.is_polling:
            try:
                self._observer = self._scheduled(Observer(timeout=1))
                self._check_limit(self._observer)
                return
            except OSError as error:
                self.stop()
                if error.errno not in _LIMITS:
                    raise
                self._fall_back(error)
        low, high = _POLL_SECONDS
        seconds = min(high, max(low, _POLL_SHARE * _look(self._root)))
        self._observer = self._scheduled(PollingObserver(timeout=seconds))

    def _fall_back(self, error: OSError) -> None:
        self.is_polling = True
        self._note(
            f"{error.strerror or error}: looking at all files again and again instead, which takes longer; to get "
            "events back: sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512"
        )

    def _scheduled(self, observer: BaseObserver) -> BaseObserver:
        handler = _EventReceiver(self._receive)
        _INOTIFY_LOG.addHandler(self._overflow)
        observer.start()
        try:
            if self._identity is not None:
                observer.schedule(handler, str(self._root), recursive=True, event_filter=_WRITES)
            for folder in (*self._folders, *self._sources):
                if folder.is_dir():
                    is_source = folder in self._sources
                    observer.schedule(handler, str(folder), recursive=is_source, event_filter=_WRITES)
        except BaseException:
            observer.stop()
            raise
        return observer

    def _check_limit(self, observer: BaseObserver) -> None:
        """Raise OSError if no further folder can be watched: watchdog leaves out those below the first silently."""
        self._has_new_folders = False
        if self.tells_all:
            with tempfile.TemporaryDirectory(prefix="imageseo-watch-") as probe:
                observer.unschedule(observer.schedule(FileSystemEventHandler(), probe))

    def _is_running(self) -> bool:
        """Whether every folder is watched; a new folder may have the number of the one that was removed."""
        return self._observer is not None and all(emitter.is_alive() for emitter in self._observer.emitters)

    def _is_short_of_watches(self) -> bool:
        """Whether folders that were made since may not be watched."""
        if not self._has_new_folders or self._observer is None:
            return False
        try:
            self._check_limit(self._observer)
        except OSError:
            return True
        return False

    def _receive(self, event: FileSystemEvent) -> None:
        for change in _changes(event, tells_closing=self.tells_all):
            if change.kind is ChangeKind.FOLDER:
                self._has_new_folders = True
            self._changes.put(change)


class _OverflowHandler(logging.Handler):
    """Hears of lost events from watchdog, which tells its log only."""

    def __init__(self, receive: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = receive

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage().lower():
            self._tell()


class _EventReceiver(FileSystemEventHandler):
    def __init__(self, receive: Callable[[FileSystemEvent], None]) -> None:
        self._receive = receive

    def on_any_event(self, event: FileSystemEvent) -> None:
        self._receive(event)


def _changes(event: FileSystemEvent, *, tells_closing: bool) -> Iterator[Change]:
    """Yield what an event says; nothing for temporary files of this package."""
    source, target = os.fsdecode(event.src_path), os.fsdecode(event.dest_path)
    if isinstance(event, DirCreatedEvent):
        yield Change(source, ChangeKind.FOLDER)
    elif isinstance(event, DirMovedEvent | DirDeletedEvent):
        yield from (Change(path, ChangeKind.TREE) for path in (source, target) if path)
    elif isinstance(event, FileMovedEvent):
        if is_partial_file(os.path.basename(source)):  # noqa: PTH119
            yield Change(target, ChangeKind.OURS)
            return
        yield Change(source, ChangeKind.GONE)
        if target:
            yield Change(target, ChangeKind.DONE)
    elif is_partial_file(os.path.basename(source)):  # noqa: PTH119
        return
    elif isinstance(event, FileDeletedEvent):
        yield Change(source, ChangeKind.GONE)
    else:
        is_open = tells_closing and not isinstance(event, FileClosedEvent)
        yield Change(source, ChangeKind.OPEN if is_open else ChangeKind.DONE)


def _identity(folder: Path) -> tuple[int, int] | None:
    """Return what tells a folder from another one at its path; None if there is none."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if folder.is_dir() else None


def _look(root: Path) -> float:
    """Return the seconds of processor time that a look at all files takes, as watchdog does it."""
    start = time.thread_time()
    with suppress(OSError):  # the folder may be away
        snapshot = DirectorySnapshot(str(root))
        DirectorySnapshotDiff(snapshot, snapshot)
    return time.thread_time() - start
