"""Command `doctor`: options and output only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, FORMAT, print_note

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@CONFIG
@FORMAT
def doctor(config: Path | None, form: str) -> int:
    """Show what is installed, what is missing and how to install it, and check the configuration."""
    from pathlib import Path

    from imageseo.cli.commands import doctor as commands

    report = commands.run_checks(Path.cwd(), config=config, note=print_note)
    click.echo(commands.as_json(report) if form == "json" else commands.as_text(report), nl=False)
    return report.exit_code
