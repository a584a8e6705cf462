"""Progress of long work: a bar on a terminal, plain lines in CI, or nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TextIO

from imageseo.model.protocols import Progress, Step

_MIN_STEPS = 20
"""Minimum number of steps for progress lines; fewer are done too quickly."""


class Quiet:
    """Progress without output."""

    def task(self, title: str, total: int) -> AbstractContextManager[Step]:
        return _lines(title, total, _discard)


class Lines:
    """A line at the start and one at each quarter; none for short work. ``print_line``: prints a line."""

    def __init__(self, print_line: Callable[[str], None]) -> None:
        self._print_line = print_line

    def task(self, title: str, total: int) -> AbstractContextManager[Step]:
        return _lines(title, total, self._print_line if total >= _MIN_STEPS else _discard)


class Bar:
    """A progress bar on a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def task(self, title: str, total: int) -> AbstractContextManager[Step]:
        return _bar(title, total, self._stream)


def for_stream(stream: TextIO | None = None, *, print_line: Callable[[str], None] | None = None) -> Progress:
    """Return a progress bar for a terminal, plain lines otherwise.

    ``stream``: default standard error. ``print_line``: prints a plain line; by default to ``stream``.
    """
    target = stream or sys.stderr
    if target.isatty():
        return Bar(target)
    return Lines(print_line or (lambda line: print(line, file=target, flush=True)))


def _discard(line: str) -> None:
    pass


class _QuarterStep:
    def __init__(self, title: str, total: int, print_line: Callable[[str], None]) -> None:
        self._title, self._total, self._print_line = title, total, print_line
        self._done = self._reported = 0

    def advance(self, count: int = 1) -> None:
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


class _BarStep:
    def __init__(self, update: Callable[[int], None]) -> None:
        self._update = update

    def advance(self, count: int = 1) -> None:
        self._update(count)


@contextmanager
def _bar(title: str, total: int, stream: TextIO) -> Iterator[Step]:
    import click

    with click.progressbar(length=total, label=title, file=stream, show_pos=True) as bar:
        yield _BarStep(bar.update)
