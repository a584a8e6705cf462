"""Events of the real file system, and what happens where there are none."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from watchdog.observers import Observer

from imageseo.integrations.watching import observer as module
from imageseo.integrations.watching.observer import SiteObserver
from imageseo.integrations.watching.own_writes import Change, ChangeKind
from imageseo.storage.atomic import write_atomic
from tests.support.small_sites import write

pytestmark = pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning")  # watchdog's own bookkeeping

IS_INOTIFY = getattr(Observer, "__name__", "") == "InotifyObserver"


@contextmanager
def watching(root: Path, *, polling: bool = False) -> Iterator[tuple[SiteObserver, list[str]]]:
    notes: list[str] = []
    config = root.parent / "imageseo.toml"
    observer = SiteObserver(root, files=[config], note=notes.append, polling=polling)
    try:
        assert observer.refresh(), "the first time"
        assert not observer.refresh()
        yield observer, notes
    finally:
        observer.stop()


def until(observer: SiteObserver, wanted: Callable[[Change], bool], *, seconds: float = 20) -> list[Change]:
    """Return all changes up to the one that is waited for."""
    found: list[Change] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found += observer.read(0.05)
        if any(map(wanted, found)):
            return found
    pytest.fail(f"not in {found}")


def at(path: Path, *kinds: ChangeKind) -> Callable[[Change], bool]:
    return lambda change: change.path == str(path) and (not kinds or change.kind in kinds)


@pytest.mark.skipif(not IS_INOTIFY, reason="only Linux tells when a file is closed")
def test_events(tmp_path: Path) -> None:
    root = write(tmp_path, {"public/index.html": "<p>", "public/old/a.html": "<p>", "imageseo.toml": ""}) / "public"
    with watching(root) as (observer, _):
        page = root / "index.html"
        page.write_text("<p>new")
        found = until(observer, at(page, ChangeKind.DONE))
        assert {change.kind for change in found} == {ChangeKind.OPEN, ChangeKind.DONE}
        page.read_bytes()
        write_atomic(page, b"<p>ours")
        page.with_name("last.html").write_text("<p>")
        found = until(observer, at(root / "last.html", ChangeKind.DONE))
        ours = [change for change in found if change.path != str(root / "last.html")]
        assert ours == [Change(str(page), ChangeKind.OURS)], "no reading, no temporary file"
        (root / "old").rename(root / "new")
        until(observer, at(root / "new" / "a.html", ChangeKind.DONE))
        shutil.rmtree(root / "new")
        until(observer, at(root / "new" / "a.html", ChangeKind.GONE))
        write(root, {"deep/er/b.html": "<p>"})
        until(observer, at(root / "deep/er/b.html"))
        (tmp_path / "imageseo.toml").write_text("#")
        until(observer, at(tmp_path / "imageseo.toml", ChangeKind.DONE))


@pytest.mark.parametrize(
    "polling", [pytest.param(False, marks=pytest.mark.skipif(not IS_INOTIFY, reason="by polling only")), True]
)
def test_the_folder_vanishes_and_returns(tmp_path: Path, polling: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also with the number of the one before, which file systems give again at once."""
    monkeypatch.setattr(module, "_POLL_SECONDS", (0.1, 0.1))
    root = write(tmp_path, {"public/index.html": "<p>"}) / "public"
    with watching(root, polling=polling) as (observer, _):
        for text in ("one", "two"):
            shutil.rmtree(root)
            root.mkdir()
            # Polling sees the same folder without the file, if the system gives it the same number.
            wait_until(
                lambda: observer.refresh() or (polling and any(map(at(root / "index.html"), observer.read(0.05))))
            )
            (root / "index.html").write_text(text)
            until(observer, at(root / "index.html", ChangeKind.OPEN, ChangeKind.DONE))
        shutil.rmtree(root)
        wait_until(observer.refresh)
        list(observer.read(0))
        assert not observer.refresh(), "nothing new about a folder that stays away"
        write(root, {"index.html": "<p>"})
        wait_until(observer.refresh)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.skipif(not IS_INOTIFY, reason="limits of inotify")
@pytest.mark.parametrize("when", ["at the start", "below the folder", "later"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EMFILE])
def test_a_limit_of_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str, number: int) -> None:
    """One line, and polling instead. Of folders below the first, watchdog says nothing: we look for ourselves."""
    monkeypatch.setattr(module, "_POLL_SECONDS", (0.1, 0.1))
    root = write(tmp_path, {"public/index.html": "<p>"}) / "public"
    schedule: Any = Observer.schedule  # type: ignore[attr-defined]
    reached = when != "later"

    def limited(self: Any, handler: Any, path: str, **options: Any) -> Any:
        probing = "imageseo-watch-" in path
        if reached and type(self).__name__ == "InotifyObserver" and (probing or when == "at the start"):
            raise OSError(number, "inotify limit reached")
        return schedule(self, handler, path, **options)

    monkeypatch.setattr(Observer, "schedule", limited)
    with watching(root) as (observer, notes):
        if when == "later":
            assert not observer.is_polling
            reached = True
            write(root, {"new/a.html": "<p>"})
            wait_until(observer.refresh)
        assert observer.is_polling
        assert observer.interval == pytest.approx(0.1)
        assert not observer.tells_all
        assert len(notes) == 1
        assert "inotify limit reached" in notes[0]
        assert "sysctl" in notes[0]
        (root / "index.html").write_text("<p>new")
        until(observer, at(root / "index.html", ChangeKind.DONE))


def test_other_errors_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise PermissionError(errno.EACCES, "denied")

    monkeypatch.setattr(Observer, "schedule", refused)
    with pytest.raises(PermissionError):
        SiteObserver(write(tmp_path, {"a.html": ""}), files=[], note=print).refresh()


@pytest.mark.skipif(not IS_INOTIFY, reason="the queue of inotify")
def test_a_queue_that_overflows(tmp_path: Path) -> None:
    """The system drops events when more are waiting than it keeps: watchdog reports it to its log, and so do we."""
    from watchdog.observers import inotify_c

    root = write(tmp_path, {"public/index.html": "<p>"}) / "public"
    with watching(root) as (observer, notes):
        assert observer._observer is not None
        (emitter, *_) = observer._observer.emitters
        reader = getattr(emitter, "_inotify", None)
        fd = next((each for each in _readers(reader) if hasattr(each, "handle_event")), None)
        if fd is None:
            pytest.skip("this version of watchdog reads events elsewhere")
        event: Any = inotify_c.InotifyEvent
        fd.handle_event(event(-1, inotify_c.InotifyConstants.IN_Q_OVERFLOW, 0, b""))
        until(observer, at(root, ChangeKind.LOST))
        (root / "later.html").write_text("<p>")
        until(observer, at(root / "later.html", ChangeKind.DONE))
        assert not notes


def _readers(thing: object) -> Iterator[Any]:
    yield thing
    yield from vars(thing).values() if hasattr(thing, "__dict__") else ()


def test_folders_that_come_and_go(tmp_path: Path) -> None:
    """Each says what it needs: a new one is listed, and of one that is gone nothing below it is known any more."""
    root = write(tmp_path, {"public/old/a.html": "<p>", "public/gone/b.html": "<p>"}) / "public"
    with watching(root) as (observer, _):
        write(root, {"new/c.html": "<p>"})
        if IS_INOTIFY:
            until(observer, at(root / "new", ChangeKind.FOLDER))
        (root / "old").rename(root / "renamed")
        until(observer, at(root / "renamed", ChangeKind.TREE))
        (root / "gone").rename(tmp_path / "elsewhere")
        until(observer, at(root / "gone", ChangeKind.TREE))


def test_other_folders_are_followed_later(tmp_path: Path) -> None:
    root = write(tmp_path, {"public/index.html": "<p>", "one/a.md": "", "two/b.md": ""}) / "public"
    with watching(root) as (observer, _):
        observer.follow([tmp_path / "imageseo.toml"], [])
        assert not observer.refresh(), "the same as before"
        for name in ("one", "two"):
            observer.follow([tmp_path / "imageseo.toml"], [tmp_path / name])
            assert observer.refresh()
            (tmp_path / name / "new.md").write_text("x")
            until(observer, at(tmp_path / name / "new.md"))
