"""A few threads for requests. They are daemons: a request that hangs does not hold up the end of the program."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from queue import SimpleQueue
from typing import Any, TypeVar

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class Threads:
    """At most ``count`` daemon threads, started as they are needed."""

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._tasks: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def submit(self, task: Callable[[], _Out]) -> Future[_Out]:
        """Run a function in a thread."""
        future: Future[_Out] = Future()
        self._tasks.put((future, task))
        if len(self._threads) < self._count:
            thread = threading.Thread(target=self._work, name=f"{self._name}-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return future

    def map(
        self, call: Callable[[_In], _Out], values: Iterable[_In], *, patience: float
    ) -> Iterator[tuple[_In, Future[_Out]]]:
        """Yield each value with its finished future, as they finish; few are submitted at once.

        If nothing finishes within ``patience`` seconds, raises TimeoutError; what is submitted then is cancelled.
        """
        waiting = iter(values)
        running: dict[Future[_Out], _In] = {}
        try:
            while True:
                while len(running) < self._count and (value := next(waiting, _END)) is not _END:
                    running[self.submit(lambda value=value: call(value))] = value  # type: ignore[misc]
                if not running:
                    return
                done = wait(running, timeout=patience, return_when=FIRST_COMPLETED).done
                if not done:
                    raise TimeoutError
                for future in done:
                    yield running.pop(future), future
        finally:
            for future in running:
                future.cancel()

    def close(self) -> None:
        """Let the threads end after what they are doing."""
        for _ in self._threads:
            self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            future, call = task
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:  # raised where the result is asked for
                future.set_exception(error)


_END: Any = object()
