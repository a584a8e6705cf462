"""Long work, shown: a bar on a terminal, plain lines in CI, nothing at all when nobody asked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TextIO

from imageseo.model.protocols import Progress, Step

_LONG = 20
"""Steps; fewer are done before one could read the line."""


class Quiet:
    """Says nothing."""

    def task(self, title: str, total: int) -> AbstractContextManager[Step]:
        return _lines(title, total, _silence)


class Lines:
    """A line when work begins and one at each quarter; none for what is done at once. ``say`` takes a line."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def task(self, title: str, total: int) -> AbstractContextManager[Step]:
        return _lines(title, total, self._say if total >= _LONG else _silence)


class Bar:
    """A bar on a terminal, gone from the last column on when the work is done."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def task(self, title: str, total: int) -> AbstractContextManager[Step]:
        return _bar(title, total, self._stream)


def for_stream(stream: TextIO | None = None, *, say: Callable[[str], None] | None = None) -> Progress:
    """A bar where a person looks on, plain lines elsewhere.

    ``stream``: standard error when not given. ``say``: takes the plain lines; they go to ``stream`` without it.
    """
    target = stream or sys.stderr
    if target.isatty():
        return Bar(target)
    return Lines(say or (lambda line: print(line, file=target, flush=True)))


def _silence(line: str) -> None:
    pass


class _Quarters:
    def __init__(self, title: str, total: int, say: Callable[[str], None]) -> None:
        self._title, self._total, self._say = title, total, say
        self._done = self._told = 0

    def advance(self, count: int = 1) -> None:
        self._done += count
        quarter = 4 * self._done // self._total if self._total else 0
        if quarter > self._told:
            self._told = quarter
            self._say(f"{self._title}: {self._done} of {self._total}")


@contextmanager
def _lines(title: str, total: int, say: Callable[[str], None]) -> Iterator[Step]:
    if total > 0:
        say(f"{title}: {total} to do")
    yield _Quarters(title, total, say)


class _Bar:
    def __init__(self, update: Callable[[int], None]) -> None:
        self._update = update

    def advance(self, count: int = 1) -> None:
        self._update(count)


@contextmanager
def _bar(title: str, total: int, stream: TextIO) -> Iterator[Step]:
    import click

    with click.progressbar(length=total, label=title, file=stream, show_pos=True) as bar:
        yield _Bar(bar.update)
