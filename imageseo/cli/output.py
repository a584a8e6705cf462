"""How much a command prints, and in which colours: --quiet, --verbose, --no-color and the usual variables."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import IO, Any

import click

_META = "imageseo.output"
_QUIET, _VERBOSE = "quiet", "verbose"


def is_quiet() -> bool:
    """Whether the user wants errors and results only."""
    return _QUIET in _chosen()


def is_verbose() -> bool:
    """Whether the user wants everything."""
    return _VERBOSE in _chosen()


def detail() -> str:
    """Return how much a report shows: ``quiet``, ``normal`` or ``verbose``."""
    return _QUIET if is_quiet() else _VERBOSE if is_verbose() else "normal"


def use_color(stream: IO[Any]) -> bool:
    """Whether a stream takes colours: https://no-color.org, https://force-color.org, and terminals but dumb ones."""
    forced = _forced_color()
    return stream.isatty() and os.environ.get("TERM") != "dumb" if forced is None else forced


def _forced_color() -> bool | None:
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR", "")
    if forced:
        return forced.lower() not in ("0", "false", "no")
    return False if os.environ.get("TERM") == "dumb" else None


def _chosen() -> set[str]:
    context = click.get_current_context(silent=True)
    chosen: set[str] = context.meta.setdefault(_META, set()) if context is not None else set()
    return chosen


def _choose(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if ctx.resilient_parsing:
        return
    chosen: set[str] = ctx.meta.setdefault(_META, set())
    if value:
        chosen.add(str(param.name))
    if {_QUIET, _VERBOSE} <= chosen:
        raise click.UsageError("--quiet and --verbose are mutually exclusive")


def _choose_color(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        os.environ["NO_COLOR"] = "1"  # also for libraries and for processes that this one starts
    ctx.color = _forced_color()


def _options(*, hidden: bool) -> list[click.Option]:
    def flag(names: list[str], text: str, callback: Callable[..., None]) -> click.Option:
        return click.Option(names, is_flag=True, expose_value=False, callback=callback, help=text, hidden=hidden)

    return [
        flag(["-q", "--quiet"], "Print errors and results only: no progress, no notes.", _choose),
        flag(["-v", "--verbose"], "Print all findings and notes, the settings in use, and the time taken.", _choose),
        flag(["--no-color"], "Print no colours (also NO_COLOR=1; FORCE_COLOR=1 prints them anywhere).", _choose_color),
    ]


def accept_everywhere(group: click.Group) -> None:
    """Add the options to a group, where `--help` shows them, and to all of its commands: both places work."""
    group.params += _options(hidden=False)
    for command in group.commands.values():
        _accept(command)


def _accept(command: click.Command) -> None:
    command.params += _options(hidden=True)
    if isinstance(command, click.Group):
        for child in command.commands.values():
            _accept(child)
