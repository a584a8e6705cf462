"""Command `undo`: options and output only."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, FORMAT, current_project, print_note, progress

if TYPE_CHECKING:
    from pathlib import Path

FINDINGS = 1
_NAMES = "name the folder of the built site, or the source file of a page"


@click.command()
@click.argument("target", metavar="DIR|PAGE")
@CONFIG
@FORMAT
def undo(target: str, config: Path | None, form: str) -> int:
    """Take back what imageseo has added to a built site, or the last change of a page's hero.

    DIR, a folder: remove markup, variants and structured data from the built site.

    Pages are then as your generator wrote them, byte for byte; what is kept is listed. Images leave the sitemap, and
    files that `fallback: recompress` has replaced are restored, if the cache of the build is still there.

    PAGE, such as docs/start.md: pin the hero that the page had before, as `imageseo history PAGE` lists them. Files and
    pin are then as they were, byte for byte.
    """
    from pathlib import Path

    from imageseo.cli.commands import pick as pins
    from imageseo.cli.commands import undo as commands
    from imageseo.model.errors import SiteError
    from imageseo.pipeline import composition

    project, directory = current_project(config), Path(target)
    is_folder, is_there = os.path.isdir(target), os.path.exists(target)  # noqa: PTH110, PTH112 - Path raises for some
    if not is_folder or (not _has_pages(target) and pins.is_page(project, target)):
        if not is_there and "." not in target and not pins.is_known(project, target):
            raise SiteError(f"{target}: no such folder, and no page of that name has had a hero", hint=_NAMES)
        change = pins.undo(project, target, root=None, progress=progress())
        click.echo(change.as_json() if form == "json" else change.as_text(), nl=False)
        return 0
    result = commands.run(project, directory, progress=progress(), config=config)
    click.echo(composition.render(result, form)[0], nl=False)
    for line in commands.left(project, directory):
        print_note(line)
    return FINDINGS if result.failed else 0


def _has_pages(folder: str) -> bool:
    names = (name for _, _, names in os.walk(folder) for name in names)
    return any(name.lower().endswith((".html", ".htm")) for name in names)
