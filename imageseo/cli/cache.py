"""The commands that look after the variant cache: nothing but words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, FORMAT, current_project

if TYPE_CHECKING:
    from pathlib import Path

FINDINGS = 1


@click.group()
def cache() -> None:
    """Look after the variant cache."""


@cache.command()
@CONFIG
@FORMAT
def info(config: Path | None, form: str) -> int:
    """What the cache holds."""
    from imageseo.cli.commands import cache as upkeep

    click.echo(upkeep.info(current_project(config), form), nl=False)
    return 0


@cache.command()
@CONFIG
@FORMAT
def verify(config: Path | None, form: str) -> int:
    """Read every entry and remove what is damaged; it is made again when it is needed."""
    from imageseo.cli.commands import cache as upkeep

    text, damaged = upkeep.verify(current_project(config), form)
    click.echo(text, nl=False)
    return FINDINGS if damaged else 0


@cache.command()
@click.option("--older-than", "age", metavar="AGE", help="Remove what was not used for that long, as in 30d.")
@click.option("--unreachable", is_flag=True, help="Remove what no site needed when it was last built.")
@click.option("--max-size", metavar="SIZE", help="Then the longest unused until the rest fits, as in 500 MiB.")
@click.option("--dry-run", "dry", is_flag=True, help="Say what would go, and remove nothing.")
@click.option("--days", type=click.FloatRange(min=0), hidden=True)
@CONFIG
@FORMAT
def prune(
    age: str | None,
    unreachable: bool,
    max_size: str | None,
    dry: bool,
    days: float | None,
    config: Path | None,
    form: str,
) -> int:
    """Remove what nothing leads to, what was not used for long, and what does not fit."""
    from imageseo.cli.commands import cache as upkeep

    age = age if days is None else f"{days:f}d"
    done = upkeep.prune(current_project(config), form, age=age, size=max_size, unreachable=unreachable, dry=dry)
    click.echo(done, nl=False)
    return 0
