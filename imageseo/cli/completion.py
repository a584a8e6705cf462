"""Command `completion`: print or install the completion of commands and options for a shell."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS), required=False)
@click.option("--install", is_flag=True, help="Write the script into your home folder, and load it in new shells.")
@click.pass_context
def completion(ctx: click.Context, shell: str | None, install: bool) -> int:
    """Complete commands and options with Tab in SHELL (default: that of $SHELL).

    Prints the script, for `eval "$(imageseo completion bash)"`. With --install it is a file of its own; .bashrc or
    .zshrc get one line that loads it, once, and nothing else in them changes.
    """
    name = shell or os.path.basename(os.environ.get("SHELL", ""))  # noqa: PTH119 - pathlib is not needed to print
    if name not in SHELLS:
        raise click.UsageError(f"name a shell: {', '.join(SHELLS)}; $SHELL is {name or 'not set'}")
    text = script(ctx.find_root().command, name)
    if not install:
        click.echo(text, nl=False)
        return 0
    from imageseo.cli.commands import completion as commands

    click.echo(commands.install(name, text, _home()), nl=False)
    return 0


def script(command: click.Command, shell: str) -> str:
    """Return the script of a shell. It asks `imageseo` itself, so that it stays right after an upgrade."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None  # click knows the three shells
    made = kind(command, {}, "imageseo", "_IMAGESEO_COMPLETE")
    return made.source_template % made.source_vars()


def _home() -> Path:
    from pathlib import Path

    return Path(os.path.expanduser("~"))  # noqa: PTH111 - without an error where there is no home folder
