"""How MkDocs or ProperDocs was started: its command line says it before any event fires."""

from __future__ import annotations


def find_command() -> str | None:
    """Return the command, such as ``serve``; None if the generator was started by a program."""
    import click

    context = click.get_current_context(silent=True)
    return context.command.name if context is not None else None


def builds_again() -> bool:
    """Whether a server builds after changes: not with `--no-livereload`."""
    import click

    context = click.get_current_context(silent=True)
    if context is None:
        return True
    options = context.params
    # ProperDocs has two flags; MkDocs has one, which click 8.3.0 leaves off.
    return not options["no_livereload"] if "no_livereload" in options else bool(options.get("livereload", True))
