"""Batches of changes: files that change at the same time are built together, once the last one has been written."""

from __future__ import annotations

from imageseo.model.protocols import Clock

QUIET = 0.05
"""Seconds without a change after which one changed file is complete; an author waits for them after each save."""

_QUIET_OF_MORE = 0.1  # s; of files that belong together, such as a page and what it shows
_OPEN_QUIET = 0.5  # s; as long as a file is open for writing, or how it was written cannot be told
_QUIET_SHARE, _LONGEST_QUIET = 0.25, 1.0  # of the batch's duration: generators pause between the pages of a long build
_LONGEST = 30.0  # s; a file that is written all the time does not keep the others from being built


class Debouncer:
    """Collects changed paths until nothing has changed for a while. ``clock``: seconds; it may jump.

    ``quiet``: the shortest pause that ends a batch; several files, a long batch, and a file that is still open need a
    longer one.

    Only which paths changed counts. What happened to them is read from the files when the batch is built, so that
    events may be doubled, lost in part, or out of order.
    """

    def __init__(self, clock: Clock, *, quiet: float = QUIET) -> None:
        self.quiet = quiet
        self._clock = clock
        self._paths: dict[str, None] = {}
        self._open: set[str] = set()
        self._first = self._last = 0.0

    def add(self, path: str, *, is_open: bool = False) -> None:
        """Add a changed path. ``is_open``: it may be written to further; a later call without it ends that."""
        now = self._clock()
        if not self._paths or now < self._last:  # the clock was set back: the batch begins anew
            self._first = now
        self._last = now
        self._paths[path] = None
        if is_open:
            self._open.add(path)
        else:
            self._open.discard(path)

    def remaining(self) -> float | None:
        """Return the seconds until the batch is complete, 0 if it is; None if there is none."""
        if not self._paths:
            return None
        now = self._clock()
        if now < self._last:
            self._first = self._last = now
        pause = self.quiet
        if len(self._paths) > 1:
            pause = max(pause, _QUIET_OF_MORE, min(_LONGEST_QUIET, _QUIET_SHARE * (self._last - self._first)))
        if self._open:
            pause = max(pause, _OPEN_QUIET)
        return max(0.0, min(self._last + pause, self._first + _LONGEST) - now)

    def take(self) -> tuple[str, ...]:
        """Return the paths of a complete batch in the order of their first change, and forget them; else nothing."""
        if self.remaining() != 0.0:
            return ()
        paths = tuple(self._paths)
        self.clear()
        return paths

    def clear(self) -> None:
        """Forget all changes."""
        self._paths.clear()
        self._open.clear()
