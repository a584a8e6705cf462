"""Commands for the variant cache: options and output only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, FORMAT, current_project

if TYPE_CHECKING:
    from pathlib import Path

FINDINGS = 1

_REMOTE = click.option("--remote", is_flag=True, help="Of the shared store instead, which `store.remote` names.")
_APPLY = click.option("--apply", "--yes", "apply", is_flag=True, help="With --remote: remove; without it, only list.")


@click.group()
def cache() -> None:
    """Inspect, verify and prune the variant cache."""


@cache.command()
@_REMOTE
@CONFIG
@FORMAT
def info(remote: bool, config: Path | None, form: str) -> int:
    """Show what the cache contains."""
    if remote:
        from imageseo.cli.commands.stores import shared

        click.echo(shared.info(current_project(config), form), nl=False)
        return 0
    from imageseo.cli.commands import cache as commands

    click.echo(commands.info(current_project(config), form), nl=False)
    return 0


@cache.command()
@_REMOTE
@_APPLY
@CONFIG
@FORMAT
def verify(remote: bool, apply: bool, config: Path | None, form: str) -> int:
    """Read every entry and remove damaged ones; they are encoded again when needed."""
    from imageseo.cli.commands import cache as commands

    if remote:
        from imageseo.cli.commands.stores import shared

        text, damaged = shared.verify(current_project(config), form, apply=apply)
    else:
        text, damaged = commands.verify(current_project(config), form)
    click.echo(text, nl=False)
    return FINDINGS if damaged else 0


@cache.command()
@click.option("--older-than", "age", metavar="AGE", help="Remove entries unused for this long, such as 30d.")
@click.option("--unreachable", is_flag=True, help="Remove entries that no site used in its last build.")
@click.option(
    "--max-size",
    metavar="SIZE",
    help="Then remove the least recently used entries until the rest fits, such as 500 MiB.",
)
@click.option(
    "--candidates",
    is_flag=True,
    help="Instead remove the images of heroes that no page shows now; `imageseo undo` cannot restore them then.",
)
@click.option("--dry-run", "dry", is_flag=True, help="Show what would be removed; remove nothing.")
@_REMOTE
@_APPLY
@click.option(
    "--forget",
    multiple=True,
    metavar="SITE",
    help="With --remote: a site that does not exist any more, by its id in `cache info --remote`.",
)
@click.option("--days", type=click.FloatRange(min=0), hidden=True)
@CONFIG
@FORMAT
def prune(
    age: str | None,
    unreachable: bool,
    max_size: str | None,
    candidates: bool,
    dry: bool,
    remote: bool,
    apply: bool,
    forget: tuple[str, ...],
    days: float | None,
    config: Path | None,
    form: str,
) -> int:
    """Remove entries that are unreachable, unused for too long, or over the size limit."""
    from imageseo.cli.commands import cache as commands

    if candidates:
        if age is not None or unreachable or max_size is not None or days is not None:
            raise click.UsageError("--candidates only takes --dry-run: candidates have no age")
        from imageseo.cli.commands.candidates import prune as prune_candidates

        click.echo(prune_candidates(current_project(config), form, dry=dry), nl=False)
        return 0
    age = age if days is None else f"{days:f}d"
    if remote:
        from imageseo.cli.commands.stores import shared

        project, removes = current_project(config), apply and not dry
        click.echo(shared.prune(project, form, age=age, size=max_size, forget=forget, apply=removes), nl=False)
        return 0
    if forget or apply:
        raise click.UsageError("--apply and --forget are for --remote; without it, prune removes at once")
    report = commands.prune(current_project(config), form, age=age, size=max_size, unreachable=unreachable, dry=dry)
    click.echo(report, nl=False)
    return 0
