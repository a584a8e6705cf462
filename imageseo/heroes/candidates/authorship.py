"""Who makes a pin, and when: evidence for the lock file and the journal of candidates."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

_EPOCH = "SOURCE_DATE_EPOCH"
_MAX_NAME = 200  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorship:
    """``who``: returns the person, ``""`` if it is unknown or not to be recorded."""

    who: Callable[[], str]

    @classmethod
    def of(cls, kind: str, folder: Path) -> Authorship:
        """``kind``: as in the setting ``hero.made_by``. git is asked when the first pin is made."""
        return cls(who=str if kind == "off" else cache(partial(_who, folder, kind)))

    def table(self) -> Mapping[str, str]:
        """Return ``when`` (a date) and ``by``, as in ``Pin.made``."""
        found = {"when": now().date().isoformat(), "by": self.who()}
        return {key: value for key, value in found.items() if value}

    def moment(self) -> str:
        """Return the time in UTC: 2026-11-30T20:00:00Z."""
        return now().isoformat(timespec="seconds").replace("+00:00", "Z")


def now() -> datetime:
    """Return the time of SOURCE_DATE_EPOCH, else the current one, in UTC."""
    try:
        return datetime.fromtimestamp(int(os.environ[_EPOCH]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return datetime.now(UTC)


def _who(folder: Path, kind: str) -> str:
    """Return the name or e-mail address of the person: that of the environment, git's, or the account's."""
    accounts = ("USER", "USERNAME") if kind == "name" else ("EMAIL",)
    asked = _ask_git(folder, f"user.{kind}")
    names = (os.environ.get(f"GIT_AUTHOR_{kind.upper()}"), asked, *map(os.environ.get, accounts))
    found = (" ".join((each or "").split())[:_MAX_NAME] for each in names)
    return next((each for each in found if each and each.isprintable()), "")


def _ask_git(folder: Path, key: str) -> str:
    command = ["git", "config", key]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, timeout=10, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
    return done.stdout.decode("utf-8", "replace")
