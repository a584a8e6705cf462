"""Shared by all commands: common options, the current project, and messages on standard error."""

from __future__ import annotations

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

        return Path(str(super().convert(value, param, ctx)))


CONFIG = click.option(
    "--config",
    type=PathType(),
    metavar="FILE",
    help="imageseo.toml, pyproject.toml, or the configuration of a generator (mkdocs.yml, pelicanconf.py, conf.py, "
    "zensical.toml); by default searched for in the current folder.",
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
