"""Command `export`: options and output only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, DIRECTORY, PathType, current_project, is_disabled, print_note, progress

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@DIRECTORY
@click.option(
    "--format", "form", type=click.Choice(["json", "csv"]), help="Default: by the name of --output; without one json."
)
@click.option("--output", type=PathType(), metavar="FILE", help="File to write; default: standard output.")
@click.option(
    "--to",
    "target",
    metavar="URL",
    help="Also upload the register and the image files that have changed: to a bucket (s3://…) or a folder.",
)
@click.option("--prompts", is_flag=True, help="With the texts of prompts; without it, only their hashes.")
@CONFIG
def export(
    directory: Path, form: str | None, output: Path | None, target: str | None, prompts: bool, config: Path | None
) -> int:
    """Write the asset register of a built site: each image with its origin, rights, hashes, files and pages.

    Nothing in DIR is changed. Equal sites give equal registers, in the order of their files.
    """
    from imageseo.cli.commands.assets import export as commands

    project = current_project(config)
    if is_disabled(project):
        return 0
    form = form or ("csv" if output is not None and output.suffix.lower() == ".csv" else "json")
    text, note = commands.run(
        project, directory, form=form, output=output, target=target, prompts=prompts, progress=progress()
    )
    click.echo(text, nl=False)
    print_note(note)
    return 0
