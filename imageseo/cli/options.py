"""Shared by all commands: common options, the current project, and messages on standard error."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

import click

from imageseo.cli.output import is_quiet, is_verbose

if TYPE_CHECKING:
    from pathlib import Path

    from imageseo.integrations.project import Project


class PathType(click.Path):
    """A path as ``pathlib.Path``; pathlib is not imported for `--help`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from pathlib import Path

        path = Path(str(super().convert(value, param, ctx)))
        try:
            path.stat()
        except (OSError, ValueError) as error:  # what is missing or may not be read is the business of the command
            if not isinstance(error, OSError) or error.errno == errno.ENAMETOOLONG:
                self.fail(f"found {str(path)[:60]!r}, expected the name of a file: {error.args[-1]}", param, ctx)
        return path


def _default_directory(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """Return the folder that the user named, else the output of the generator in the current folder."""
    if value is not None or ctx.resilient_parsing:
        return value
    from pathlib import Path

    from imageseo.integrations.setup.output_folder import find_output
    from imageseo.model.errors import SiteError

    try:
        found = find_output(Path.cwd())
    except SiteError as error:
        raise click.UsageError("\n".join(filter(None, (error.message, error.hint)))) from error
    print_note(f"DIR: {found.folder}, the output of {found.generator}")
    return found.folder


DIRECTORY = click.argument("directory", metavar="[DIR]", type=PathType(), required=False, callback=_default_directory)
"""The folder of the built site; without one the generator's own output."""

CONFIG = click.option(
    "--config",
    type=PathType(),
    metavar="FILE",
    help="imageseo.toml, pyproject.toml, or the configuration of a generator (mkdocs.yml, pelicanconf.py, conf.py, "
    "zensical.toml); by default searched for in the current folder.",
)
SITE = click.option(
    "--site",
    type=PathType(),
    metavar="DIR",
    help="The built site; needed if the project has no generator configuration.",
)
FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Report format."
)


def current_project(config: Path | None, *, frozen: bool = False) -> Project:
    """Return the project in the current folder. Raises SettingsError."""
    from pathlib import Path

    from imageseo.integrations.project import detect_project

    project = detect_project(Path.cwd(), config=config, note=print_note)
    if is_verbose():
        generator = f"{project.generator.name}, {project.generator.config}" if project.generator else "no generator"
        print_note(f"project: {project.folder} ({generator})")
        print_note(f"cache: {project.folder / project.settings.cache_dir}")
    return project.frozen() if frozen else project


def is_disabled(project: Project) -> bool:
    """Whether the settings disable imageseo; prints a note if so."""
    if not project.settings.enabled:
        print_note("disabled (`enabled` is false): nothing is read or written")
    return not project.settings.enabled


def progress() -> Any:
    """Return a progress bar, or progress lines, on standard error."""
    from imageseo.integrations.progress import Quiet, for_stream

    return Quiet() if is_quiet() else for_stream()


def print_note(text: str) -> None:
    """Print a line on standard error, unless the user wants none."""
    if not is_quiet():
        click.echo(f"imageseo: {text}", err=True)


def print_result(text: str) -> None:
    """Print a line on standard error that the user has asked for, or an error."""
    click.echo(f"imageseo: {text}", err=True)
