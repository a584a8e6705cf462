"""Progress of long work: a bar on a terminal, plain lines in CI, or nothing."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from imageseo.model.progress import Progress, Step
from imageseo.model.protocols import Clock

_MIN_STEPS = 20
"""Minimum number of steps for progress lines; fewer are done too quickly."""

_MIN_SECONDS, _MIN_SHARE = 4.0, 0.08
"""Time and share of the work after which an estimate of the rest is worth showing."""

_BAR_PARTS = 1000


class Quiet:
    """Progress without output."""

    def task(self, title: str, total: int, work: float | None = None) -> AbstractContextManager[Step]:
        return _lines(title, total, _discard)


class Lines:
    """A line at the start and one at each quarter; none for short work. ``print_line``: prints a line."""

    def __init__(self, print_line: Callable[[str], None]) -> None:
        self._print_line = print_line

    def task(self, title: str, total: int, work: float | None = None) -> AbstractContextManager[Step]:
        return _lines(title, total, self._print_line if total >= _MIN_STEPS else _discard)


class Bar:
    """A progress bar on a terminal, with the time that the rest will take once that can be told."""

    def __init__(self, stream: TextIO, clock: Clock = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock

    def task(self, title: str, total: int, work: float | None = None) -> AbstractContextManager[Step]:
        return _bar(
            title, _Estimate(total=total, work=total if work is None else work, clock=self._clock), self._stream
        )


def for_stream(stream: TextIO | None = None, *, print_line: Callable[[str], None] | None = None) -> Progress:
    """Return a progress bar for a terminal, plain lines otherwise.

    ``stream``: default standard error. ``print_line``: prints a plain line; by default to ``stream``.
    """
    target = stream or sys.stderr
    if target.isatty() and os.environ.get("TERM") != "dumb":
        return Bar(target)
    return Lines(print_line or (lambda line: print(line, file=target, flush=True)))


def _discard(line: str) -> None:
    pass


class _QuarterStep:
    def __init__(self, title: str, total: int, print_line: Callable[[str], None]) -> None:
        self._title, self._total, self._print_line = title, total, print_line
        self._done = self._reported = 0

    def advance(self, count: int = 1, work: float | None = None) -> None:
        self._done += count
        quarter = 4 * self._done // self._total if self._total else 0
        if quarter > self._reported:
            self._reported = quarter
            self._print_line(f"{self._title}: {self._done} of {self._total}")


@contextmanager
def _lines(title: str, total: int, print_line: Callable[[str], None]) -> Iterator[Step]:
    if total > 0:
        print_line(f"{title}: {total} to do")
    yield _QuarterStep(title, total, print_line)


@dataclass(slots=True, kw_only=True)
class _Estimate:
    """How much of a task is done, and how long the rest will take, by the work that is finished."""

    total: int
    work: float
    clock: Clock
    steps_done: int = 0
    work_done: float = 0.0
    start: float = field(init=False)

    def __post_init__(self) -> None:
        self.start = self.clock()

    def add(self, count: int, work: float | None) -> None:
        self.steps_done += count
        self.work_done += count if work is None else work

    @property
    def share(self) -> float:
        return min(1.0, self.work_done / self.work) if self.work else 1.0

    def __str__(self) -> str:
        text, elapsed = f"{self.steps_done} of {self.total}", self.clock() - self.start
        if elapsed < _MIN_SECONDS or not _MIN_SHARE <= self.share < 1.0:
            return text
        return f"{text}, about {duration(elapsed / self.share - elapsed)} left"


def duration(seconds: float) -> str:
    """Return a rough duration: ``5 s``, ``40 s``, ``3 min``, ``1 h 20 min``."""
    if seconds < 55:
        return f"{max(5, round(seconds / 5) * 5)} s"
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


class _BarStep:
    def __init__(self, estimate: _Estimate, update: Callable[[int, str], None]) -> None:
        self._estimate, self._update, self._shown = estimate, update, 0

    def advance(self, count: int = 1, work: float | None = None) -> None:
        self._estimate.add(count, work)
        parts = int(self._estimate.share * _BAR_PARTS)
        self._update(parts - self._shown, f"{self._estimate}")
        self._shown = parts


@contextmanager
def _bar(title: str, estimate: _Estimate, stream: TextIO) -> Iterator[Step]:
    import click

    with click.progressbar(
        length=_BAR_PARTS,
        label=title,
        file=stream,
        show_eta=False,  # click's own counts steps, and steps differ
        show_percent=False,
        item_show_func=lambda text: text or f"{estimate}",
    ) as bar:
        yield _BarStep(estimate, bar.update)
