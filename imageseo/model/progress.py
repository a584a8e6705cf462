"""Protocols for showing the progress of long work."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Progress(Protocol):
    """Shows long work. ``total``: number of steps; ``work``: what all of them take, if they differ, in any unit."""

    def task(self, title: str, total: int, work: float | None = None) -> AbstractContextManager[Step]: ...


class Step(Protocol):
    """``count``: steps that are finished now; ``work``: what they took, in the task's unit."""

    def advance(self, count: int = 1, work: float | None = None) -> None: ...
