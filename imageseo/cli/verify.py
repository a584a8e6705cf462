"""Command `verify`, which compares pages before and after in a browser: options and output only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, DIRECTORY, FORMAT, PathType, current_project, is_disabled, print_note, progress

if TYPE_CHECKING:
    from pathlib import Path

    from imageseo.integrations.project import Project

FINDINGS = 1
VIEWPORTS = ("mobile", "desktop", "phone", "tablet")
"""The names of the viewports in ``model.finding``, which `--help` does not load."""


@click.command()
@DIRECTORY
@click.option(
    "--against",
    type=PathType(),
    metavar="DIR",
    help="The site before the build; default: the same pages without what imageseo added.",
)
@click.option(
    "--pages", "globs", metavar="GLOB", multiple=True, help="Only these pages, by file or URL from the site's root."
)
@click.option(
    "--sample", type=click.IntRange(min=1), metavar="N", help="At most N pages, of all templates; default: 20."
)
@click.option("--all", "every", is_flag=True, help="All pages.")
@click.option(
    "--viewport",
    "viewports",
    type=click.Choice(VIEWPORTS),
    multiple=True,
    help="Compare at this viewport only; may be given several times; default: all four.",
)
@click.option(
    "--workers", type=click.IntRange(1, 32), metavar="N", help="Pages that are open at the same time; default: 1."
)
@CONFIG
@FORMAT
def verify(
    directory: Path,
    against: Path | None,
    globs: tuple[str, ...],
    sample: int | None,
    every: bool,
    viewports: tuple[str, ...],
    workers: int | None,
    config: Path | None,
    form: str,
) -> int:
    """Open pages of a built site in Chromium, with and without imageseo, and report what a visitor would notice.

    Compared at four viewports: where text and images are, which images are shown, errors in the console, failed
    requests, and what the page's scripts leave of the candidates. Exit code 1 if anything differs. Nothing is written,
    and nothing is fetched over the network.
    """
    if every and sample is not None:
        raise click.UsageError("--all and --sample are mutually exclusive")
    project = current_project(config)
    if is_disabled(project):
        return 0
    from imageseo.cli.commands.verify import DEFAULT_SAMPLE

    return compare(
        project,
        directory,
        form=form,
        against=against,
        globs=globs,
        sample=None if every else sample or DEFAULT_SAMPLE,
        viewports=viewports,
        workers=workers,
    )


def compare(project: Project, directory: Path, *, form: str, **options: object) -> int:
    """Run the comparison, print its report and return the exit code."""
    from imageseo.cli.commands import verify as commands
    from imageseo.pipeline import composition

    result = commands.run(project, directory, progress=progress(), **options)  # type: ignore[arg-type]
    click.echo(composition.render(result, form)[0], nl=False)
    for line in result.notes:
        print_note(line)
    return FINDINGS if result.failed else 0
