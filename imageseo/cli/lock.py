"""Commands for the lock file: options and output only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, FORMAT, PathType, current_project

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def lock() -> None:
    """Check and merge imageseo.lock."""


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


@lock.command()
@click.argument("base", type=PathType())
@click.argument("ours", type=PathType())
@click.argument("theirs", type=PathType())
@click.option("--marker-size", "size", type=click.IntRange(7, 100), default=7, metavar="N", help="git's %L.")
@click.option("--labels", nargs=2, default=("ours", "theirs"), metavar="OURS THEIRS", help="git's %X and %Y.")
def merge(base: Path, ours: Path, theirs: Path, size: int, labels: tuple[str, str]) -> int:
    """Merge two versions of imageseo.lock into OURS, entry by entry: a merge driver for git.

    \b
    git config merge.imageseo.driver "imageseo lock merge %O %A %B --marker-size %L"
    echo "imageseo.lock merge=imageseo" >> .gitattributes

    A hero that one side has changed is taken from it; its owner and approvals may come from the other side, approvals
    only if they are for that image. Exit codes: 0 if all is merged, 1 if both sides have changed a hero: both entries
    are then in the file, between conflict markers.
    """
    from imageseo.cli.commands.records import lock_merge

    report = lock_merge.run(base, ours, theirs, labels=labels, size=size)
    click.echo(report.as_text(), nl=False, err=True)
    return 1 if report.failed else 0
