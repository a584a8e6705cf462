"""Command-line entry point, and the command `build`. Only click is imported until a command runs."""

from __future__ import annotations

import gc
import os
import sys
import time
from typing import TYPE_CHECKING

import click

from imageseo.cli.alt import alt
from imageseo.cli.cache import cache
from imageseo.cli.completion import completion
from imageseo.cli.doctor import doctor
from imageseo.cli.evidence import evidence
from imageseo.cli.export import export
from imageseo.cli.generate import generate
from imageseo.cli.init import init
from imageseo.cli.lint import explain, lint
from imageseo.cli.lock import lock
from imageseo.cli.measure import measure
from imageseo.cli.options import (
    CONFIG,
    DIRECTORY,
    FORMAT,
    PathType,
    current_project,
    is_disabled,
    print_note,
    print_result,
    progress,
)
from imageseo.cli.output import accept_everywhere, detail, is_quiet, is_verbose, use_color
from imageseo.cli.pick import history, pick
from imageseo.cli.report import report
from imageseo.cli.undo import undo
from imageseo.cli.verify import compare, verify
from imageseo.cli.watch import watch

if TYPE_CHECKING:
    from pathlib import Path

    from imageseo.model.protocols import Result
    from imageseo.pipeline.result import BuildResult

FINDINGS, INTERNAL, INTERRUPTED = 1, 3, 130
_DEBUG = "IMAGESEO_DEBUG"
_COLLECTION = 200_000  # new objects between garbage collections: more than a build that edits one page makes


_FROZEN = click.option("--frozen", is_flag=True, help="Fail if a hero is not pinned in imageseo.lock.")


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from imageseo import __version__

        click.echo(f"imageseo {__version__}")
        ctx.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, callback=_version, expose_value=False, is_eager=True, help="Show the version.")
@click.option("--debug", is_flag=True, help=f"Show the traceback of an unexpected error (also {_DEBUG}=1).")
def cli(debug: bool) -> None:
    """Generate, resize, describe and check every image of a static site before it is published.

    The options below may stand before or after the command. Exit codes: 0 success, 1 findings or a budget exceeded,
    2 wrong usage or configuration, 3 internal error.
    """
    if debug:
        os.environ[_DEBUG] = "1"


@cli.command()
@DIRECTORY
@CONFIG
@_FROZEN
@click.option(
    "--verify", "verified", is_flag=True, help="Then compare pages with and without imageseo, as `imageseo verify`."
)
@click.option(
    "--report",
    "written",
    type=PathType(),
    metavar="FILE",
    help="Then write what imageseo did to the images into FILE, as `imageseo report`: .html or .json.",
)
@FORMAT
def build(directory: Path, config: Path | None, frozen: bool, verified: bool, written: Path | None, form: str) -> int:
    """Process a built site: variants, markup, structured data. Idempotent.

    Variants, markup, structured data and the image sitemap are written into DIR; pages over a budget fail the build.
    """
    from dataclasses import replace

    from imageseo.cli.commands.author_files import placed
    from imageseo.integrations import runner
    from imageseo.integrations.slow_build import tell_advice

    project = current_project(config, frozen=frozen)
    if is_disabled(project):
        from imageseo.pipeline.build import BuildResult

        _report(BuildResult(), form)
        return 0
    start, site = time.monotonic(), project.site(directory)
    result = runner.build(site, project.settings, progress=progress(), config=config)
    seconds = time.monotonic() - start
    shown = replace(placed(project, site, result), detail=detail(), color=form == "text" and use_color(sys.stdout))
    _report(shown, form)
    if form == "text" and result.new_variants and not is_quiet():
        _print_table(result)
    if written is not None:
        from imageseo.integrations.site_reports import write_build_report

        print_note(write_build_report(site, project.settings, result, written))
    for line in result.store:
        print_note(line)
    if is_verbose():
        print_note(f"took {seconds:.1f} s")
    tell_advice(project.settings, result, seconds, print_note)
    failed = FINDINGS if result.failed else 0
    return (compare(project, directory, form=form) or failed) if verified else failed


_COMMANDS = (
    *(generate, pick, history, init, lint, explain, measure, verify),
    *(alt, cache, evidence, lock, watch, report, export, completion, undo, doctor),
)
for _command in _COMMANDS:
    cli.add_command(_command)
accept_everywhere(cli)


def main() -> None:
    """Run and exit with one of the exit codes. Reports go to standard output, everything else to standard error."""
    gc.set_threshold(_COLLECTION)
    sys.exit(_run())


def _run() -> int:
    try:
        return int(cli.main(standalone_mode=False, prog_name="imageseo") or 0)
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort:
        print_result("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the report has closed the pipe, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _report_error(error)


def _report_error(error: Exception) -> int:
    from imageseo.model.errors import ImageseoError

    if os.environ.get(_DEBUG, "") not in ("", "0"):
        import traceback

        click.echo(traceback.format_exc(), err=True, nl=False)
    if isinstance(error, ImageseoError):
        print_result(str(error))
        return error.exit_code
    print_result(f"internal error: {type(error).__name__}: {error} (set {_DEBUG}=1 for a traceback)")
    return INTERNAL


def _print_table(result: BuildResult) -> None:
    from imageseo.integrations.build_table import table_lines

    color = use_color(sys.stdout)
    for line in table_lines(result, sys.stdout, color=color):
        click.echo(line, color=color)


def _report(result: Result, form: str) -> None:
    from imageseo.pipeline import composition

    click.echo(composition.render(result, form)[0], nl=False)
