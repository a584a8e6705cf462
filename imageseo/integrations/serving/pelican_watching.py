"""Pelican's waiting for changes: what imageseo writes into a watched folder is none of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

_FUNCTION = "wait_for_changes"


def ignore_writes_below(find_folders: Callable[[], Iterable[Path]]) -> None:
    """Let `pelican -r` build only after changes outside of the folders that ``find_folders`` returns.

    The content folder may contain the cache and the output (`PATH = "."`), and both are written in the background.
    """
    import pelican  # type: ignore[import-untyped]

    wait = getattr(pelican, _FUNCTION, None)
    if wait is None or getattr(wait, "ignores_writes", False):
        return

    def wait_for_others(*args: Any, **kwargs: Any) -> Any:
        while True:
            changes = wait(*args, **kwargs)
            prefixes = tuple(
                f"{form}{os.sep}"
                for folder in find_folders()
                for form in {os.path.abspath(folder), os.path.realpath(folder)}  # noqa: PTH100
            )
            others = {change for change in changes if not f"{change[1]}{os.sep}".startswith(prefixes)}
            if others:
                return others

    wait_for_others.ignores_writes = True  # type: ignore[attr-defined]
    setattr(pelican, _FUNCTION, wait_for_others)
