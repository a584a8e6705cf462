"""Refuse to drop pins whose sources were not read: `generate --prune` deletes their masters as well."""

from __future__ import annotations

from collections.abc import Collection

from imageseo.heroes.lock import lock as locks
from imageseo.integrations.project import ListedPages, Project
from imageseo.model.errors import SiteError


def refuse_to_prune_unread(project: Project, listed: ListedPages, requested: Collection[str]) -> None:
    """Raise SiteError if a pin would be dropped only because its source was not read. Raises LockError.

    ``requested``: keys of the pages that request a hero, or whose request is invalid.
    """
    pins = locks.read(project.folder / locks.NAME).pins
    if listed.unread:
        why = listed.unread
        lost = [pin.page for pin in pins if pin.page not in requested]
    else:
        why = "nothing that is installed and configured here has read this file"
        keys = {page.key for page in listed.pages}
        lost = [pin.page for pin in pins if pin.page not in keys and _is_unread_source(pin.page, project)]
    if lost:
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        remedy = project.remedy or "install or repair what reads the project (`imageseo doctor` shows it)"
        raise SiteError(
            f"--prune would delete the pin and the master of {lost[0]}{more}: {why}",
            hint=f"nothing was deleted; {remedy}, name the folder of the sources in `content_dir`, or remove that file",
        )


def _is_unread_source(page: str, project: Project) -> bool:
    """Whether the page of a pin is a source file that belongs to no generator of the project."""
    path = (project.folder / page).resolve()
    source = project.generator.source.resolve() if project.generator is not None else None
    return path.is_file() and (source is None or not path.is_relative_to(source))
