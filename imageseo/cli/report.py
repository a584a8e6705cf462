"""Command `report`: what imageseo did to the images of a built site."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, DIRECTORY, PathType, current_project, is_disabled, print_note, progress

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT = "imageseo-report.html"
MARKDOWN = "markdown"
FINDINGS = 1
_ID = re.compile(r"[A-Za-z0-9](?:[._]|-(?!-)|[A-Za-z0-9]){0,63}")  # in an HTML comment, which ends at a double dash
_FORMATS = os.path.join(os.path.dirname(__file__), os.pardir, "pipeline", "reports")  # noqa: PTH118, PTH120


def _formats() -> list[str]:
    """Return the names of the formats, from their files: `--help` imports nothing but click."""
    names = [os.path.splitext(name) for name in os.listdir(_FORMATS)]  # noqa: PTH122, PTH208
    return sorted(name for name, suffix in names if suffix == ".py" and not name.startswith("_"))


@click.command()
@DIRECTORY
@click.option(
    "--format",
    "form",
    type=click.Choice([*_formats(), MARKDOWN]),
    help=f"Default: by the name of --output; without one html, and with --against {MARKDOWN}.",
)
@click.option(
    "--output",
    type=PathType(),
    metavar="FILE",
    help=f"File to write; default: {DEFAULT} in the current folder, and standard output for other formats.",
)
@click.option(
    "--against",
    type=PathType(),
    metavar="BASE",
    help="Show what differs from BASE, a built folder or the JSON report about it, as Markdown for a pull request.",
)
@click.option(
    "--fail-on-growth",
    "growth",
    metavar="SHARE",
    help="With --against: exit with 1 if the LCP bytes of a page, or the images that were there before, grew by more "
    "than this share, such as 20%.",
)
@click.option(
    "--id", "name", metavar="ID", help="With --against: name of the comment, by which it is updated; default: images."
)
@click.option(
    "--preview-url",
    metavar="URL",
    help="With --against: where the changed site can be seen, for links to its images.",
)
@CONFIG
def report(
    directory: Path,
    form: str | None,
    output: Path | None,
    against: Path | None,
    growth: str | None,
    name: str | None,
    preview_url: str | None,
    config: Path | None,
) -> int:
    """Show what imageseo did to the images of a built site: bytes before and after, quality, budgets, heroes.

    Nothing in DIR is changed. The data are those that builds have recorded in the cache folder; pages that it does not
    know as they are now are read from DIR.
    """
    from imageseo.integrations.site_reports import format_of

    if against is not None:
        form = form or (format_of(output, MARKDOWN) if output is not None else MARKDOWN)
        return _compare(directory, against, form, output, growth, name, preview_url, config)
    asked = {
        "--format markdown": form == MARKDOWN,
        "--fail-on-growth": growth,
        "--id": name,
        "--preview-url": preview_url,
    }
    if needless := [option for option, is_given in asked.items() if is_given]:
        raise click.UsageError(f"{' and '.join(needless)} requires --against BASE")
    from imageseo.cli.commands import report as commands

    project = current_project(config)
    if is_disabled(project):
        return 0
    if output is None and form in (None, "html"):
        from pathlib import Path

        output = Path(DEFAULT)
    form = form or format_of(output or directory)
    text = commands.run(project, directory, form=form, output=output, progress=progress(), note=print_note)
    click.echo(text, nl=False)
    return 0


def _compare(
    directory: Path,
    base: Path,
    form: str,
    output: Path | None,
    growth: str | None,
    name: str | None,
    preview_url: str | None,
    config: Path | None,
) -> int:
    """Compare with an earlier state. Wrong options are told before anything is read."""
    from imageseo.cli.commands import report_against as commands
    from imageseo.pipeline.comparison.growth import parse_percent

    if form not in (MARKDOWN, "json"):
        raise click.UsageError(f"--against has the formats {MARKDOWN} and json, not {form}")
    if name is not None and not _ID.fullmatch(name):
        expected = "expected up to 64 letters, digits, dots, dashes and underscores"
        raise click.BadParameter(f"found {name!r}, {expected}", param_hint="'--id'")
    if preview_url is not None and not re.match(r"https?://[^\s/]", preview_url):
        raise click.BadParameter(f"found {preview_url!r}, expected https://…", param_hint="'--preview-url'")
    try:
        limit = parse_percent(growth) if growth is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--fail-on-growth'") from None
    project = current_project(config)
    if is_disabled(project):
        return 0
    options = commands.CommentOptions(form=form, name=name or "images", preview_url=preview_url, limit=limit)
    text, has_grown = commands.run(
        project, directory, base, options=options, output=output, progress=progress(), note=print_note
    )
    click.echo(text, nl=False)
    return FINDINGS if has_grown else 0
