"""What `cache` does for a project's store, and the words for it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from imageseo.config.fields import byte_count
from imageseo.integrations.project import Project
from imageseo.model import humanize
from imageseo.model.errors import SettingsError

if TYPE_CHECKING:
    from imageseo.storage.store import FolderStore

_DAY = 86_400.0


def info(here: Project, form: str) -> str:
    """What the store holds."""
    found = _store(here).info()
    facts = {
        "folder": str(found.folder),
        "entries": found.entries,
        "files": found.blobs,
        "bytes": found.bytes,
        "leftovers": found.leftovers,
    }
    text = f"{found.folder}: {found.entries:,} entries, {found.blobs:,} files, {humanize.format_bytes(found.bytes)}"
    stray = f", {found.leftovers:,} leftovers (`imageseo cache prune`)" if found.leftovers else ""
    return _said(facts, text + stray, form)


def verify(here: Project, form: str) -> tuple[str, bool]:
    """Check every entry; the report, and whether any was damaged."""
    done = _store(here).verify()
    facts = {"checked": done.checked, "removed": done.removed, "bytes": done.bytes, "strangers": done.strangers}
    text = f"{done.checked:,} files checked, {done.removed:,} damaged" + (" and removed" if done.removed else "")
    return _said(facts, text + _strangers(done.strangers), form), bool(done.removed)


def prune(
    here: Project, form: str, *, age: str | None, size: str | None, unreachable: bool = False, dry: bool = False
) -> str:
    """Remove what is old, what no site needs, and what is too much; ``dry``: say what would go.

    ``age``: as ``30d``; ``size``: as ``500 MiB``. Raises SettingsError for what is neither.
    """
    store = _store(here)
    needed = None
    if unreachable:
        from imageseo.pipeline.incremental import build_state

        needed = build_state.reachable(store.folder)
        if not needed:  # or all would go, of sites that were built by an older version too
            raise SettingsError(
                (f"--unreachable: no build has told yet what it needs of {store.folder}: build the site first",)
            )
    done = store.prune(older_than=_seconds(age), max_bytes=_bytes(size), needed=needed, dry=dry)
    facts = {
        "checked": done.checked,
        "removed": done.removed,
        "bytes": done.bytes,
        "spared": done.spared,
        "dry": dry,
        "strangers": done.strangers,
    }
    words = ("would be removed", "would be freed") if dry else ("removed", "freed")
    text = f"{done.removed:,} of {done.checked:,} entries {words[0]}, {humanize.format_bytes(done.bytes)} {words[1]}"
    if done.spared:
        text += f"; {done.spared:,} stay for now, because a build is running"
    return _said(facts, text + _strangers(done.strangers), form)


def _seconds(age: str | None) -> float | None:
    if age is None:
        return None
    match = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*([hdw]?)\s*", age.lower(), re.ASCII)
    if match is None:
        raise SettingsError((f"--older-than: found {age!r}, expected an age such as 30d, 12h or 4w",))
    return float(match[1]) * {"h": _DAY / 24, "w": 7 * _DAY}.get(match[2], _DAY)


def _bytes(size: str | None) -> int | None:
    try:
        return None if size is None else byte_count(int(size) if size.isdecimal() else size)
    except ValueError as error:
        raise SettingsError((f"--max-size: found {size!r}, expected a size such as 500 MiB",)) from error


def _strangers(paths: tuple[str, ...]) -> str:
    """What is not ours and stays, by name."""
    if not paths:
        return ""
    shown = ", ".join(paths[:5]) + (f" and {len(paths) - 5:,} more" if len(paths) > 5 else "")
    return f"\nnot ours, left alone: {shown}"


def _store(here: Project) -> FolderStore:
    from imageseo.images.encoding import factory

    return factory.store(here.settings, here.folder)


def _said(facts: dict[str, Any], text: str, form: str) -> str:
    return json.dumps(facts, ensure_ascii=False, indent=2) + "\n" if form == "json" else f"{text}\n"
