"""Command `report`: what imageseo did to the pictures of a built site."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, PathType, current_project, is_disabled, print_note, progress

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT = "imageseo-report.html"
_FORMATS = os.path.join(os.path.dirname(__file__), os.pardir, "pipeline", "reports")  # noqa: PTH118, PTH120


def _formats() -> list[str]:
    """Return the names of the formats, from their files: `--help` imports nothing but click."""
    names = [os.path.splitext(name) for name in os.listdir(_FORMATS)]  # noqa: PTH122, PTH208
    return sorted(name for name, suffix in names if suffix == ".py" and not name.startswith("_"))


@click.command()
@click.argument("directory", metavar="DIR", type=PathType())
@click.option("--format", "form", type=click.Choice(_formats()), default="json", show_default=True)
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
