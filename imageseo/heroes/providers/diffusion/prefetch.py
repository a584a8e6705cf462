"""Run a generator ahead in a thread: the next batch is drawn while the previous one is encoded and stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from queue import SimpleQueue
from threading import Event, Semaphore, Thread
from typing import Generic, TypeVar

from imageseo.model.progress import Progress

T = TypeVar("T")
_DEPTH = 2  # one batch in progress, one finished


class PrefetchStopped(BaseException):
    """Raised by the producer when its consumer has stopped."""


class Prefetcher(Generic[T]):
    """Results of the thread, in order. Created by ``prefetch``."""

    def __init__(self) -> None:
        self.stop = Event()
        self.slots = Semaphore(_DEPTH)
        self.results: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def next_result(self) -> T | None:
        """Return the next result; None at the end. Exceptions of the producer are raised here."""
        result, error = self.results.get()
        self.slots.release()
        if error is not None:
            raise error
        return result

    def run(self, source: Iterable[T]) -> None:
        try:
            iterator = iter(source)
            while self.slots.acquire() and not self.stop.is_set():
                result = next(iterator, None)
                self.results.put((result, None))
                if result is None:
                    return
        except PrefetchStopped:
            pass
        except BaseException as error:  # raised in the consumer's thread, including KeyboardInterrupt
            self.results.put((None, error))


@contextmanager
def report_steps(progress: Progress | None, title: str, steps: int, stop: Event) -> Iterator[Callable[[], None]]:
    """Show the progress of an image or a batch; yields what to call after each step. Image-to-image needs fewer steps.

    A step raises PrefetchStopped if the result is no longer needed.
    """
    steps_done = 0
    with progress.task(title, steps) if progress else nullcontext() as step:

        def on_step() -> None:
            nonlocal steps_done
            if stop.is_set():
                raise PrefetchStopped
            steps_done += 1
            if step is not None and steps_done <= steps:
                step.advance()

        yield on_step
        if step is not None:
            step.advance(max(0, steps - steps_done))


@contextmanager
def prefetch(source: Callable[[Event], Iterable[T]], keep: Callable[[T], None]) -> Iterator[Prefetcher[T]]:
    """Run ``source`` in a thread. On exit it is stopped and joined; ``keep`` receives results that were not taken."""
    prefetcher: Prefetcher[T] = Prefetcher()
    thread = Thread(target=lambda: prefetcher.run(source(prefetcher.stop)), name="imageseo-diffusers", daemon=True)
    thread.start()
    try:
        yield prefetcher
    finally:
        prefetcher.stop.set()
        prefetcher.slots.release()
        thread.join()
        while not prefetcher.results.empty():
            result, _ = prefetcher.results.get()
            if result is not None:
                keep(result)
