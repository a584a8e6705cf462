"""Commands `cache info`, `verify` and `prune` for a project's store, and their output."""

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


def info(project: Project, form: str) -> str:
    """Return a description of the store's contents."""
    summary = _store(project).info()
    facts = {
        "folder": str(summary.folder),
        "entries": summary.entries,
        "files": summary.blobs,
        "bytes": summary.bytes,
        "leftovers": summary.leftovers,
    }
    size = humanize.format_bytes(summary.bytes)
    text = f"{summary.folder}: {summary.entries:,} entries, {summary.blobs:,} files, {size}"
    suffix = f", {summary.leftovers:,} leftovers (`imageseo cache prune`)" if summary.leftovers else ""
    return format_output(facts, text + suffix, form)


def verify(project: Project, form: str) -> tuple[str, bool]:
    """Check every entry; return the report and whether an entry was damaged."""
    result = _store(project).verify()
    facts = {"checked": result.checked, "removed": result.removed, "bytes": result.bytes, "strangers": result.strangers}
    text = f"{result.checked:,} files checked, {result.removed:,} damaged" + (" and removed" if result.removed else "")
    return format_output(facts, text + _format_strangers(result.strangers), form), bool(result.removed)


def prune(
    project: Project, form: str, *, age: str | None, size: str | None, unreachable: bool = False, dry: bool = False
) -> str:
    """Remove entries that are old, unreachable or over the size limit, and return the report.

    ``age``: such as ``30d``; ``size``: such as ``500 MiB``; ``dry``: remove nothing. Raises SettingsError for an
    invalid age or size.
    """
    store = _store(project)
    needed = None
    if unreachable:
        from imageseo.pipeline.incremental import build_state

        needed = build_state.reachable_keys(store.folder)
        if not needed:  # otherwise everything would be removed, including entries of sites built by an older version
            raise SettingsError(
                (f"--unreachable: no build has recorded which entries of {store.folder} it needs",),
                hint="build the site first",
            )
    result = store.prune(older_than=parse_age(age), max_bytes=parse_size(size), needed=needed, dry=dry)
    facts = {
        "checked": result.checked,
        "removed": result.removed,
        "bytes": result.bytes,
        "spared": result.spared,
        "dry": dry,
        "strangers": result.strangers,
    }
    verbs = ("would be removed", "would be freed") if dry else ("removed", "freed")
    text = (
        f"{result.removed:,} of {result.checked:,} entries {verbs[0]}, {humanize.format_bytes(result.bytes)} {verbs[1]}"
    )
    if result.spared:
        text += f"; {result.spared:,} kept for now because a build is running"
    return format_output(facts, text + _format_strangers(result.strangers), form)


def parse_age(age: str | None) -> float | None:
    """Return the seconds of an age such as ``30d``. Raises SettingsError."""
    if age is None:
        return None
    match = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*([hdw]?)\s*", age.lower(), re.ASCII)
    if match is None:
        raise SettingsError((f"--older-than: found {age!r}, expected an age such as 30d, 12h or 4w",))
    return float(match[1]) * {"h": _DAY / 24, "w": 7 * _DAY}.get(match[2], _DAY)


def parse_size(size: str | None) -> int | None:
    """Return the bytes of a size such as ``500 MiB``. Raises SettingsError."""
    try:
        return None if size is None else byte_count(int(size) if size.isdecimal() else size)
    except ValueError as error:
        raise SettingsError((f"--max-size: found {size!r}, expected a size such as 500 MiB",)) from error


def _format_strangers(paths: tuple[str, ...]) -> str:
    """List files that do not belong to the cache and are left alone."""
    if not paths:
        return ""
    shown = ", ".join(paths[:5]) + (f" and {len(paths) - 5:,} more" if len(paths) > 5 else "")
    return f"\nnot part of the cache, left alone: {shown}"


def _store(project: Project) -> FolderStore:
    from imageseo.images.encoding import factory

    return factory.store(project.settings, project.folder)


def format_output(facts: dict[str, Any], text: str, form: str) -> str:
    """Return the facts as JSON, or the text."""
    return json.dumps(facts, ensure_ascii=False, indent=2) + "\n" if form == "json" else f"{text}\n"
