"""Command `watch`: its options, and what it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, DIRECTORY, print_note, print_result, progress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from imageseo.model.finding import Finding
    from imageseo.pipeline.result import BuildResult

_SHOWN = ("changed", "encoded", "errors", "warnings")
_COLORS = {"error": "red", "warn": "yellow", "info": "cyan"}
_NAMED = 2  # changed files that a line names


@click.command()
@DIRECTORY
@CONFIG
@click.option(
    "--poll",
    is_flag=True,
    help="Look at all files again and again instead of waiting for events, for network folders and mounts of Docker.",
)
@click.option(
    "--serve",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Serve the site at http://127.0.0.1:PORT, and load its pages again after each build.",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="PATTERN",
    help="Files of the site whose changes start no build, such as 'search/*'; may be repeated.",
)
def watch(directory: Path, config: Path | None, poll: bool, serve: int | None, ignore: tuple[str, ...]) -> int:
    """Build a site, and again whenever its files change, until Ctrl-C.

    Run it beside the watcher of your generator: after each of its builds only pages that have changed are processed.
    Findings of these pages are shown; an error, or a site that is empty for a moment, does not end it.
    """
    import logging
    import warnings

    from imageseo.cli.commands import watch as commands

    # What watchdog says of its own bookkeeping is of no use here: if events were lost, a build looks at all files.
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="watchdog")
    logging.getLogger("watchdog").propagate = False
    logging.getLogger("watchdog").addHandler(logging.NullHandler())
    try:
        click.echo(f"watching {directory} – Ctrl-C ends", err=True)
        commands.run(
            directory,
            config=config,
            polling=poll,
            voice=TerminalVoice(),
            progress=progress(),
            ignore=ignore,
            serve=serve,
        )
    except KeyboardInterrupt:
        print_note("stopped watching")
    return 0


class TerminalVoice:
    """Prints builds on standard output: the findings to show, then a line with what changed, counts and time."""

    def __init__(self) -> None:
        self._known: frozenset[tuple[str, str, str]] | None = None

    def note(self, text: str) -> None:
        print_result(text)  # what keeps it from building is said in any case

    def built(self, changed: Sequence[str], result: BuildResult, findings: Sequence[Finding], seconds: float) -> None:
        import time

        from imageseo.integrations.logs.finding_log import log_findings
        from imageseo.model.humanize import format_count

        log_findings(findings, self, serving=True)
        counts = [format_count(name, result.summary[name]) for name in _SHOWN if result.summary.get(name)]
        changed = sorted(changed, key=lambda name: not name.endswith((".html", ".htm")))  # pages are what was edited
        more = f" and {len(changed) - _NAMED:,} more" if len(changed) > _NAMED else ""
        what = f"{', '.join(changed[:_NAMED])}{more}" if changed else result.title
        failed = "; this build fails" if result.failed else ""
        did = ", ".join(counts) or "nothing to do"
        click.echo(f"{time.strftime('%H:%M:%S')} {what}: {did}{self._compare(result)}{failed} ({seconds:.1f} s)")

    def _compare(self, result: BuildResult) -> str:
        """Return how the findings differ from those of the build before; "" after the first one."""
        keys = frozenset((each.rule, each.message, each.location.page) for each in result.findings)
        known, self._known = self._known, keys
        if not known and (known is None or not keys):
            return ""
        parts = ((len(keys - known), "new"), (len(known - keys), "gone"), (len(keys & known), "as before"))
        return f"; findings: {', '.join(f'{number:,} {what}' for number, what in parts if number)}"

    def report(self, finding: Finding, others: str, *, level: str) -> None:
        from imageseo.integrations.logs.finding_log import format_finding

        click.echo(f"{click.style(level, fg=_COLORS.get(level))}: {format_finding(finding)}{others}")

    def debug(self, msg: object, *args: object, exc_info: bool = False) -> None: ...

    def info(self, msg: object, *args: object) -> None:
        click.echo(str(msg) % args)

    def warning(self, msg: object, *args: object) -> None:
        click.echo(str(msg) % args)

    def error(self, msg: object, *args: object) -> None:
        click.echo(str(msg) % args)
