"""Command `report`: what imageseo did to the pictures of a built site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, PathType, current_project, is_disabled, print_note, progress
from imageseo.pipeline import reports

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT = "imageseo-report.html"


@click.command()
@click.argument("directory", metavar="DIR", type=PathType())
@click.option("--format", "form", type=click.Choice(reports.names()), default="html", show_default=True)
@click.option(
    "--output",
    type=PathType(),
    metavar="FILE",
    help=f"File to write; default: {DEFAULT} in the current folder, and standard output for other formats.",
)
@CONFIG
def report(directory: Path, form: str, output: Path | None, config: Path | None) -> int:
    """Show what imageseo did to the pictures of a built site: bytes before and after, quality, budgets, heroes.

    Nothing in DIR is changed. The data are those that builds have recorded in the cache folder; pages that it does not
    know as they are now are read from DIR.
    """
    from imageseo.cli.commands import report as commands

    project = current_project(config)
    if is_disabled(project):
        return 0
    if output is None and form == "html":
        from pathlib import Path

        output = Path(DEFAULT)
    text = commands.run(project, directory, form=form, output=output, progress=progress(), note=print_note)
    click.echo(text, nl=False)
    return 0
