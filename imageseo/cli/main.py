"""Command-line entry point, commands `build` and `generate`. Only click is imported until a command runs."""

from __future__ import annotations

import gc
import os
import sys
import time
from typing import TYPE_CHECKING

import click

from imageseo.cli.cache import cache
from imageseo.cli.completion import completion
from imageseo.cli.doctor import doctor
from imageseo.cli.init import init
from imageseo.cli.lint import explain, lint
from imageseo.cli.measure import measure
from imageseo.cli.options import (
    CONFIG,
    FORMAT,
    PathType,
    current_project,
    is_disabled,
    print_note,
    print_result,
    progress,
)
from imageseo.cli.output import accept_everywhere, detail, is_quiet, is_verbose, use_color
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


_DIR = click.argument("directory", metavar="DIR", type=PathType())
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
@_DIR
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
    if is_verbose():
        print_note(f"took {seconds:.1f} s")
    tell_advice(project.settings, result, seconds, print_note)
    failed = FINDINGS if result.failed else 0
    return (compare(project, directory, form=form) or failed) if verified else failed


@cli.command()
@click.argument("pages", metavar="[PAGE]...", nargs=-1)
@click.option(
    "--site",
    type=PathType(),
    metavar="DIR",
    help="The built site; needed if the project has no generator configuration.",
)
@click.option("--dry-run", "dry", is_flag=True, help="Show what would be made or dropped, with prompts; pin nothing.")
@click.option("--frozen", is_flag=True, help="Make nothing; list missing and changed heroes, and exit with 1 if any.")
@click.option("--verify", "again", is_flag=True, help="Regenerate pinned heroes in memory and compare; write nothing.")
@click.option(
    "--accept-model",
    "accept",
    is_flag=True,
    help="For models whose files have changed: regenerate all their heroes, compare old and new in a report, and pin "
    "the new ones.",
)
@click.option(
    "--report",
    type=PathType(),
    metavar="DIR",
    help="Folder for the --accept-model report; default: `regression` in the cache folder.",
)
@click.option(
    "--adopt",
    type=PathType(),
    metavar="FILE",
    help="Pin a picture that was made or retouched elsewhere as the hero of --page, with its lineage.",
)
@click.option("--page", metavar="PAGE", help="The page for --adopt; its front matter has a recipe.")
@click.option("--source-type", metavar="CODE", help="IPTC digital source type for --adopt; default: as the file tells.")
@click.option(
    "--prune",
    is_flag=True,
    help="Drop the pins of pages that request no hero. Automatic if no PAGE is given and the generator's "
    "configuration lists every page; needed with PAGE, or if --site is the only source of pages.",
)
@CONFIG
@FORMAT
def generate(
    pages: tuple[str, ...],
    site: Path | None,
    dry: bool,
    frozen: bool,
    again: bool,
    accept: bool,
    report: Path | None,
    adopt: Path | None,
    page: str | None,
    source_type: str | None,
    prune: bool,
    config: Path | None,
    form: str,
) -> int:
    """Make heroes that are missing or changed, and pin them in imageseo.lock.

    PAGE is a source file (docs/start.md), a page of the site or its URL; default: all pages. Pinned heroes are kept;
    --verify regenerates them for comparison and reports each as identical, equivalent (no visible difference),
    different, or skipped with the reason.
    """
    from imageseo.cli.commands import generate as commands
    from imageseo.cli.commands.generate_report import NOTHING, GenerateReport, VerifyReport
    from imageseo.heroes.generate.dry_run import DryRun

    modes = {
        "--adopt": adopt is not None,
        "--dry-run": dry,
        "--frozen": frozen,
        "--verify": again,
        "--accept-model": accept,
        "--prune": prune,
    }
    given = [name for name, on in modes.items() if on]
    if len(given) > 1 and given != ["--accept-model", "--prune"]:
        raise click.UsageError(f"{' and '.join(given)} are mutually exclusive")
    if report is not None and not accept:
        raise click.UsageError("--report requires --accept-model")
    if accept and pages:
        raise click.UsageError("--accept-model takes no PAGE: it regenerates every hero of a changed model, or none")
    if (adopt is None) != (page is None) or (pages and adopt is not None):
        raise click.UsageError("--adopt FILE needs --page PAGE, and takes no other page")
    if source_type is not None and adopt is None:
        raise click.UsageError("--source-type requires --adopt")
    project = current_project(config, frozen=frozen)
    outcome: GenerateReport | VerifyReport | DryRun
    if is_disabled(project):
        outcome = NOTHING
    elif adopt is not None and page is not None:
        from imageseo.cli.commands.adopt import adopt as run

        outcome = run(project, adopt, page, root=site, source_type=source_type, progress=progress(), config=config)
    elif again:
        outcome = commands.verify(project, names=pages, root=site, progress=progress())
    elif dry:
        outcome = commands.dry_run(project, names=pages, root=site, progress=progress(), config=config)
    else:
        outcome = commands.generate(
            project,
            names=pages,
            root=site,
            progress=progress(),
            config=config,
            frozen=frozen,
            prune=prune,
            accept=accept,
            report=report,
        )
    click.echo(outcome.as_json() if form == "json" else outcome.as_text(), nl=False)
    for line in () if isinstance(outcome, DryRun) else outcome.work():
        print_note(line)
    return FINDINGS if outcome.failed else 0


for _command in (init, lint, explain, measure, verify, cache, watch, report, completion, undo, doctor):
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
