"""What every command shares: its options, the project at hand, and words for standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pathlib import Path

    from imageseo.integrations.project import Project


class PathType(click.Path):
    """A path, as pathlib's, without loading that for `--help`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from pathlib import Path

        return Path(str(super().convert(value, param, ctx)))


CONFIG = click.option(
    "--config",
    type=PathType(),
    metavar="FILE",
    help="imageseo.toml, pyproject.toml, mkdocs.yml or pelicanconf.py; found in the current folder without it.",
)
FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Of the report."
)


def current_project(config: Path | None, *, frozen: bool = False) -> Project:
    """The project in the current folder. Raises SettingsError."""
    from pathlib import Path

    from imageseo.integrations import project

    here = project.detect_project(Path.cwd(), config=config, note=print_note)
    return here.frozen() if frozen else here


def is_disabled(here: Project) -> bool:
    """Whether the settings switch everything off, which is said."""
    if not here.settings.enabled:
        print_note("switched off (`enabled` is false): nothing is read and nothing is written")
    return not here.settings.enabled


def progress() -> Any:
    """A bar or lines on standard error."""
    from imageseo.integrations.progress import for_stream

    return for_stream()


def print_note(text: str) -> None:
    """A line on standard error."""
    click.echo(f"imageseo: {text}", err=True)
