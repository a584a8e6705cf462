"""Commands for the lock file: options and output only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, FORMAT, current_project

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def lock() -> None:
    """Check imageseo.lock."""


@lock.command()
@CONFIG
@FORMAT
def check(config: Path | None, form: str) -> int:
    """Check every entry of imageseo.lock, for example after a merge, and the masters that it pins.

    Exit codes: 0 if all is well, 1 if masters are missing or changed, 2 if the file cannot be used: conflict markers,
    entries that a merge has mixed, a page that is pinned twice.
    """
    from imageseo.cli.commands import lock_check

    report = lock_check.check(current_project(config))
    click.echo(report.as_json() if form == "json" else report.as_text(), nl=False)
    return report.exit_code
