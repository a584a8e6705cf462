"""One check of `doctor`: what was looked at, its state, and the remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """``LIMITED`` works, but not in every way that one may expect; only ``BROKEN`` counts for the exit code."""

    OK = "ok"
    ABSENT = "absent"  # optional and not there
    LIMITED = "limited"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The result of one check. ``kind``: ``part``, ``codec``, ``extra``, ``plug-in``, ``configuration``, ``store``,
    ``lock file`` or ``record``.
    """

    kind: str
    name: str
    state: State
    detail: str
    hint: str = ""
