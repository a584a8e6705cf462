"""Command `alt`: options and output only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, DIRECTORY, current_project

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@DIRECTORY
@CONFIG
def alt(directory: Path, config: Path | None) -> int:
    """Collect drafts of missing alternative texts in alt-drafts.toml, for you to review.

    A draft is never published. Correct it and set its status to "approved" in the file: the next build adds it to the
    image. What you write stays when the command runs again. The site in DIR is not changed.
    """
    from imageseo.cli.commands.alt.draft import draft

    click.echo(draft(current_project(config), directory).summary)
    return 0
