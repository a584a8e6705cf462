"""Command `lock check`: the lock file entry by entry, and the masters that it pins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from imageseo.heroes.lock import lock as locks
from imageseo.heroes.lock.check import CheckedLock, LockFault, check_file
from imageseo.heroes.masters import store as master_stores
from imageseo.integrations.project import Project
from imageseo.model.errors import LockError
from imageseo.model.protocols import MasterStore

_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LockReport:
    """``lock``: None if there is no file. ``masters``: those that are missing or changed."""

    path: Path
    lock: CheckedLock | None
    masters: tuple[LockFault, ...] = ()

    @property
    def exit_code(self) -> int:
        """2: no command can use the file; 1: masters are missing or changed; 0: all is well."""
        return 2 if self.lock is not None and self.lock.faults else 1 if self.masters else 0

    @property
    def faults(self) -> tuple[LockFault, ...]:
        return (*(self.lock.faults if self.lock is not None else ()), *self.masters)

    def as_text(self) -> str:
        """Return each fault with its line and remedy, and the number of pins."""
        if self.lock is None:
            return f"{self.path}: no lock file, so no hero is pinned\n"
        lines = []
        for each in self.faults:
            place = f"{self.path}:{each.line}" if each.line else str(self.path)
            lines += [f"{place}: {each.message}", f"  {each.hint}"]
        if self.lock.unsealed:
            pages = ", ".join(self.lock.unsealed[:_SHOWN]) + " …" * (len(self.lock.unsealed) > _SHOWN)
            lines.append(f"entries without a checksum, written by an older version; the next change adds it: {pages}")
        pins, faults = len(self.lock.pins), len(self.faults)
        counts = f"{pins} valid pin{'' if pins == 1 else 's'}, {faults} fault{'' if faults == 1 else 's'}"
        return "\n".join([*lines, f"lock check: {counts}"]) + "\n"

    def as_json(self) -> str:
        """Return one JSON object: ``pins``, ``faults``, ``unsealed``."""
        facts = {
            "version": 1,
            "title": "lock check",
            "file": str(self.path),
            "pins": len(self.lock.pins) if self.lock is not None else 0,
            "faults": [asdict(each) for each in self.faults],
            "unsealed": list(self.lock.unsealed) if self.lock is not None else [],
        }
        return json.dumps(facts, ensure_ascii=False, indent=2) + "\n"


def check(project: Project) -> LockReport:
    """Check the lock file of a project; writes nothing but the cache of masters in a bucket.

    Raises LockError if the file cannot be read, SettingsError.
    """
    path = project.folder / locks.NAME
    found = check_file(path)
    if found is None:
        return LockReport(path=path, lock=None)
    settings = project.settings
    vault = master_stores.open_master_store(settings.hero.masters, project.folder, project.folder / settings.cache_dir)
    return LockReport(path=path, lock=found, masters=tuple(_lost_masters(found, vault)))


def _lost_masters(lock: CheckedLock, vault: MasterStore) -> Iterator[LockFault]:
    for pin in lock.pins:
        try:
            digest = vault.digest(pin.file)
        except LockError as error:
            yield LockFault(message=error.message, hint=error.hint, page=pin.page)
            continue
        if digest != pin.file_sha256:
            restore = master_stores.restore_hint(vault)
            yield LockFault(
                message=locks.describe_mismatch(pin.file, pin.file_sha256, digest, page=pin.page),
                hint=f"{restore[0].upper()}{restore[1:]}, or run `imageseo generate {pin.page}`.",
                page=pin.page,
            )
