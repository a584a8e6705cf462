"""Check of `doctor` on how git merges the lock file."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from imageseo.cli.commands.doctor_check import Check, State
from imageseo.heroes.lock import lock as locks
from imageseo.integrations.setup.attributes_file import CONFIGURE, DRIVER, LINE, is_repository

_BUILT_IN = ("union", "text", "binary", "set")


def check_merge(folder: Path) -> Iterator[Check]:
    """Check the merge attribute of a lock file in a git repository, without which both sides of a merge conflict."""
    if not (folder / locks.NAME).is_file() or not is_repository(folder):
        return
    found = _ask(folder, "check-attr", "merge", "--", locks.NAME)
    if found is None:
        return  # git is not installed, or refuses the repository
    value = found.rpartition(": ")[2].strip()
    if value == "union":
        yield _check(
            State.OK, "git keeps the entries of both sides of a merge (merge=union); `imageseo lock merge` does more"
        )
    elif value in ("unspecified", "unset"):
        detail = "git reports a conflict when both sides of a merge add a hero"
        more = f"or, to merge two changes of one hero: imageseo.lock merge={DRIVER}, and run {CONFIGURE}"
        yield _check(State.ABSENT, detail, f"add this line to .gitattributes, as `imageseo init` does: {LINE}\n{more}")
    elif value == DRIVER and _ask(folder, "config", f"merge.{DRIVER}.driver"):
        yield _check(State.OK, "git merges it entry by entry (`imageseo lock merge`)")
    elif value == DRIVER:
        detail = f".gitattributes names the merge driver {DRIVER}, which is not set up in this clone: git merges text"
        yield _check(State.LIMITED, detail, f"run {CONFIGURE}")
    elif value not in _BUILT_IN and not _ask(folder, "config", f"merge.{value}.driver"):
        detail = f".gitattributes names the merge driver {value}, which is not set up in this clone: git merges text"
        yield _check(State.LIMITED, detail, f"configure merge.{value}.driver, or write into .gitattributes: {LINE}")


def _ask(folder: Path, *words: str) -> str | None:
    """Return what git prints; None if it fails."""
    try:
        done = subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, timeout=10, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def _check(state: State, detail: str, hint: str = "") -> Check:
    return Check(kind="lock file", name="merges", state=state, detail=detail, hint=hint)
