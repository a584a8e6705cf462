"""Command `cache prune --candidates`: remove the images of heroes that no page shows now."""

from __future__ import annotations

import json

from imageseo.heroes.candidates import inventory
from imageseo.heroes.candidates.candidates import Candidates
from imageseo.heroes.lock import lock as locks
from imageseo.integrations.project import Project
from imageseo.model import humanize


def prune(project: Project, form: str, *, dry: bool) -> str:
    """Remove candidates that the lock file does not pin, and return the report. Raises LockError, SiteError."""
    candidates = Candidates.of(project.settings.hero, project.folder)
    count, size = inventory.prune(candidates, locks.read(project.folder / locks.NAME).pins, dry=dry)
    if form == "json":
        facts = {"removed": count, "bytes": size, "dry": dry, "folder": candidates.files.where}
        return json.dumps(facts, ensure_ascii=False, indent=2) + "\n"
    verb = "would be removed" if dry else "removed"
    images = humanize.format_count("candidates", count)
    return f"{candidates.files.where}: {images} {verb}, {humanize.format_bytes(size)}\n"
