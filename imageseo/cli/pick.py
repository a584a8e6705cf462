"""Commands `pick` and `history`: options and output only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, FORMAT, SITE, current_project, is_disabled, progress

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("page", metavar="PAGE")
@click.argument("candidate", metavar="CANDIDATE")
@SITE
@CONFIG
@FORMAT
def pick(page: str, candidate: str, site: Path | None, config: Path | None, form: str) -> int:
    """Pin a candidate as the hero of PAGE: its number on the contact sheet, or the first digits of its hash.

    Candidates are what `imageseo generate` has made, also with --variations. `imageseo undo PAGE` goes back. Later
    runs of `generate` keep the picked image, unless the front matter says something else.
    """
    from imageseo.cli.commands import pick as commands

    project = current_project(config)
    if is_disabled(project):
        return 0
    change = commands.pick(project, page, candidate, root=site, progress=progress())
    click.echo(change.as_json() if form == "json" else change.as_text(), nl=False)
    return 0


@click.command()
@click.argument("page", metavar="[PAGE]", required=False)
@SITE
@CONFIG
@FORMAT
def history(page: str | None, site: Path | None, config: Path | None, form: str) -> int:
    """List the heroes that PAGE has shown, newest first; without PAGE, all pages and the state of the kept images."""
    from imageseo.cli.commands import history as commands

    project = current_project(config)
    found = commands.of_page(project, page, root=site) if page is not None else commands.of_project(project)
    click.echo(found.as_json() if form == "json" else found.as_text(), nl=False)
    return 0
