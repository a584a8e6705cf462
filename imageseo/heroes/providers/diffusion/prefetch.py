"""Work done ahead in a thread: the next batch is drawn while the last one is packed, hashed and stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Event, Semaphore, Thread
from typing import Generic, TypeVar

T = TypeVar("T")
_DEPTH = 2  # one being drawn, one waiting to be taken


class Stopped(BaseException):
    """Raised by the work itself when it sees that nobody waits for it any more."""


class Prefetcher(Generic[T]):
    """What the thread has done, in order. Made by ``ahead``."""

    def __init__(self) -> None:
        self.stop = Event()
        self.room = Semaphore(_DEPTH)
        self.done: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def take(self) -> T | None:
        """The next; None when there is no more. What the work raised, whatever it was, is raised here."""
        found, error = self.done.get()
        self.room.release()
        if error is not None:
            raise error
        return found

    def work(self, source: Iterable[T]) -> None:
        try:
            left = iter(source)
            while self.room.acquire() and not self.stop.is_set():
                found = next(left, None)
                self.done.put((found, None))
                if found is None:
                    return
        except Stopped:
            pass
        except BaseException as error:  # it belongs to who takes, Ctrl-C and all
            self.done.put((None, error))


@contextmanager
def prefetched(source: Callable[[Event], Iterable[T]], keep: Callable[[T], None]) -> Iterator[Prefetcher[T]]:
    """Run ``source`` in a thread. At the end it is told to stop, and waited for; ``keep`` gets what nobody took."""
    each: Prefetcher[T] = Prefetcher()
    thread = Thread(target=lambda: each.work(source(each.stop)), name="imageseo-diffusers", daemon=True)
    thread.start()
    try:
        yield each
    finally:
        each.stop.set()
        each.room.release()
        thread.join()
        while not each.done.empty():
            found, _ = each.done.get()
            if found is not None:
                keep(found)
