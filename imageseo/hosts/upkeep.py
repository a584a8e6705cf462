"""What `cache` does for a project's store, and the words for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from imageseo.errors import SettingsError
from imageseo.hosts.project import AtHand
from imageseo.settings import byte_count

if TYPE_CHECKING:
    from imageseo.store import FolderStore

_DAY = 86_400.0


def info(here: AtHand, form: str) -> str:
    """What the store holds."""
    found = _store(here).info()
    facts = {
        "folder": str(found.folder),
        "entries": found.entries,
        "files": found.blobs,
        "bytes": found.bytes,
        "leftovers": found.leftovers,
    }
    text = f"{found.folder}: {found.entries:,} entries, {found.blobs:,} files, {_size(found.bytes)}"
    stray = f", {found.leftovers:,} leftovers (`imageseo cache prune`)" if found.leftovers else ""
    return _said(facts, text + stray, form)


def verify(here: AtHand, form: str) -> tuple[str, bool]:
    """Check every entry; the report, and whether any was damaged."""
    done = _store(here).verify()
    facts = {"checked": done.checked, "removed": done.removed, "bytes": done.bytes}
    text = f"{done.checked:,} files checked, {done.removed:,} damaged" + (" and removed" if done.removed else "")
    return _said(facts, text, form), bool(done.removed)


def prune(here: AtHand, form: str, *, days: float | None, size: str | None) -> str:
    """Remove what is old or too much. ``size``: as ``500 MiB``. Raises SettingsError for one that is no size."""
    try:
        limit = None if size is None else byte_count(int(size) if size.isdecimal() else size)
    except ValueError as error:
        raise SettingsError((f"--max-size: found {size!r}, expected a size such as 500 MiB",)) from error
    done = _store(here).prune(older_than=None if days is None else days * _DAY, max_bytes=limit)
    facts = {"checked": done.checked, "removed": done.removed, "bytes": done.bytes}
    return _said(facts, f"{done.removed:,} of {done.checked:,} entries removed, {_size(done.bytes)} freed", form)


def _store(here: AtHand) -> FolderStore:
    from imageseo import compose

    return compose.store(here.settings, here.folder)


def _said(facts: dict[str, Any], text: str, form: str) -> str:
    return json.dumps(facts, ensure_ascii=False, indent=2) + "\n" if form == "json" else f"{text}\n"


def _size(count: int) -> str:
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= factor:
            return f"{count / factor:,.1f} {unit}"
    return f"{count} B"
