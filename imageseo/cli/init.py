"""Command `init`: options and output only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imageseo.cli.options import PathType

if TYPE_CHECKING:
    from pathlib import Path

FINDINGS = 1


@click.command()
@click.argument("directory", metavar="[DIR]", type=PathType(), default=".")
@click.option("--dry-run", "dry", is_flag=True, help="Show the changes as a diff; write nothing.")
@click.option("--undo", "undoing", is_flag=True, help="Remove exactly what init added; later edits of yours are kept.")
@click.option(
    "--ci",
    type=click.Choice(["github", "gitlab"]),
    help="Also write a workflow: builds, keeps the cache, shows what lint finds, comments on pull requests.",
)
@click.option(
    "--generator",
    metavar="NAME",
    help="Name the generator instead of recognising it, such as mkdocs or hugo; `folder` for none.",
)
def init(directory: Path, dry: bool, undoing: bool, ci: str | None, generator: str | None) -> int:
    """Add imageseo to the project in DIR (default: the current folder), and print the command to run next.

    Recognises MkDocs, ProperDocs, Zensical, Pelican, Sphinx, Hugo, Eleventy, Astro, Jekyll, Docusaurus and folders of
    built pages. Configurations are changed as text: every other byte stays. The cache folder joins .gitignore,
    and in a git repository .gitattributes says how imageseo.lock is merged.
    """
    from imageseo.cli.commands import init as commands

    if undoing:
        if ci is not None or generator is not None:
            raise click.UsageError("--undo takes neither --ci nor --generator: it removes all that init added")
        text, kept = commands.undo(directory, dry=dry)
        click.echo(text, nl=False)
        return FINDINGS if kept else 0
    if generator is not None:
        from imageseo.integrations.setup.project_setup import names

        if generator not in names():
            raise click.BadParameter(f"{generator!r} is none of {', '.join(names())}", param_hint="'--generator'")
    click.echo(commands.init(directory, generator=generator, ci_host=ci, dry=dry), nl=False)
    return 0
