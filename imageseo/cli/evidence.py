"""Command `evidence`: options and output only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, SITE, PathType, current_project

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("page", metavar="PAGE")
@SITE
@click.option(
    "--output",
    type=PathType(),
    metavar="FILE",
    help="ZIP file or folder to write; default: evidence-PAGE.zip in the current folder.",
)
@CONFIG
def evidence(page: str, site: Path | None, output: Path | None, config: Path | None) -> int:
    """Bundle what an auditor asks for about the hero of PAGE.

    Its entry in the lock file, the recipe, hashes of the master, approvals, rights, consent and usage, the cards of its
    models, the policy in force, and the audit log with its proof; with --site also published files and their metadata.
    Equal projects give equal bytes. Exit codes: 0 if all is in order, 1 if something is missing or does not match.
    """
    from imageseo.cli.commands.records import evidence as commands

    report = commands.run(current_project(config), page, root=site, output=output)
    click.echo(report.as_text(), nl=False)
    return report.exit_code
