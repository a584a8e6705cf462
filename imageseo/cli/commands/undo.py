"""Command `undo`: remove from a built site what imageseo has added, and say what is left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from imageseo.integrations.project import Project
from imageseo.integrations.undo import undo, undoing
from imageseo.model import regular_file
from imageseo.model.progress import Progress
from imageseo.pipeline.build import BuildResult

_IMAGES_IN_SITEMAP = b"schemas/sitemap-image/"


def run(project: Project, root: Path, *, progress: Progress, config: Path | None = None) -> BuildResult:
    """Undo the edits of all pages below ``root``. Raises ImageseoError."""
    without = replace(project, settings=undoing(project.settings))
    return undo(without.site(root), without.settings, progress=progress, config=config)


def left(project: Project, root: Path) -> Iterator[str]:
    """Yield what is kept, because it may also be the site's own, a line each."""
    listed = [path.name for path in sorted(root.glob("sitemap*.xml")) if _lists_images(path)]
    if listed:
        yield (
            f"{', '.join(listed)} {'is' if len(listed) == 1 else 'are'} kept, with the namespace of images: let your "
            f"generator write {'it' if len(listed) == 1 else 'them'} again; if it writes none, remove the "
            f"{'file' if len(listed) == 1 else 'files'}"
        )
    heroes = project.settings.hero.publish
    if any(path.is_file() for path in (root / heroes).rglob("*")):
        yield f"{heroes}/ is kept: remove it if no page of yours uses the published heroes in it"


def _lists_images(path: Path) -> bool:
    with suppress(OSError):
        return _IMAGES_IN_SITEMAP in regular_file.read(path)
    return False
