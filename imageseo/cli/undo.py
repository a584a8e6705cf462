"""Command `undo`: options and output only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, FORMAT, PathType, current_project, print_note, progress

if TYPE_CHECKING:
    from pathlib import Path

FINDINGS = 1


@click.command()
@click.argument("directory", metavar="DIR", type=PathType())
@CONFIG
@FORMAT
def undo(directory: Path, config: Path | None, form: str) -> int:
    """Remove from a built site what imageseo has added: markup, variants, structured data.

    Pages are then as your generator wrote them, byte for byte; what is kept is listed. Images leave the sitemap, and
    files that `fallback: recompress` has replaced are restored, if the cache of the build is still there.
    """
    from imageseo.cli.commands import undo as commands
    from imageseo.pipeline import composition

    project = current_project(config)
    result = commands.run(project, directory, progress=progress(), config=config)
    click.echo(composition.render(result, form)[0], nl=False)
    for line in commands.left(project, directory):
        print_note(line)
    return FINDINGS if result.failed else 0
