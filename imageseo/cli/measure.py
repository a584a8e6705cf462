"""The command that opens pages in a browser: nothing but words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, FORMAT, PathType, current_project, is_disabled, print_note, progress

if TYPE_CHECKING:
    from pathlib import Path

FINDINGS = 1


@click.command()
@click.argument("directory", metavar="DIR", type=PathType())
@click.option("--check", is_flag=True, help="Write nothing: say where pages are laid out otherwise than measured.")
@click.option(
    "--pages",
    "globs",
    metavar="GLOB",
    multiple=True,
    help="Only these pages, by file or URL from the site's root; what is known of the others stays.",
)
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="N",
    help="N pages of each template; --check without --pages opens 3.",
)
@click.option("--workers", type=click.IntRange(1, 32), metavar="N", help="Browsers side by side, 2 by default.")
@CONFIG
@FORMAT
def measure(
    directory: Path,
    check: bool,
    globs: tuple[str, ...],
    sample: int | None,
    workers: int | None,
    config: Path | None,
    form: str,
) -> int:
    """Open the pages of a built site in Chromium: which image is the LCP, how wide is each one shown.

    Written to imageseo.layout.json beside the configuration, for `build` and `lint`, which need no browser then.
    Nothing is fetched over the network.
    """
    from imageseo.cli.commands import measure as measuring
    from imageseo.pipeline import composition

    here = current_project(config)
    if is_disabled(here):
        return 0
    result = measuring.run(
        here, directory, progress=progress(), check=check, globs=globs, sample=sample, workers=workers
    )
    click.echo(composition.reporters()[form](result), nl=False)
    for line in result.notes:
        print_note(line)
    return FINDINGS if result.failed else 0
