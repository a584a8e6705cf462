"""The command line: nothing but words. Only click is loaded until a command runs."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from imageseo.cli.cache import cache
from imageseo.cli.lint import explain, lint
from imageseo.cli.measure import measure
from imageseo.cli.options import CONFIG, FORMAT, PathType, current_project, is_disabled, print_note, progress

if TYPE_CHECKING:
    from pathlib import Path

    from imageseo.model.protocols import Result

FINDINGS, INTERNAL, INTERRUPTED = 1, 3, 130
_DEBUG = "IMAGESEO_DEBUG"


_DIR = click.argument("directory", metavar="DIR", type=PathType())
_FROZEN = click.option("--frozen", is_flag=True, help="Every hero must be pinned in imageseo.lock.")


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from imageseo import __version__

        click.echo(f"imageseo {__version__}")
        ctx.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, callback=_version, expose_value=False, is_eager=True, help="Show the version.")
@click.option("--debug", is_flag=True, help=f"Show where an unexpected error happened (also {_DEBUG}=1).")
def cli(debug: bool) -> None:
    """Every image on your static site: made, sized, described and proven, before it ships.

    Exit codes: 0 clean, 1 findings or budget, 2 wrong usage or configuration, 3 internal error.
    """
    if debug:
        os.environ[_DEBUG] = "1"


@cli.command()
@_DIR
@CONFIG
@_FROZEN
@FORMAT
def build(directory: Path, config: Path | None, frozen: bool, form: str) -> int:
    """Do the main job on a built site. A second run changes no byte.

    Variants, markup, structured data and the image sitemap are written into DIR; pages over their budget fail.
    """
    from imageseo.integrations import runner

    here = current_project(config, frozen=frozen)
    if is_disabled(here):
        from imageseo.pipeline.build import BuildResult

        return _nothing(BuildResult(), form)
    result = runner.build(here.site(directory), here.settings, progress=progress(), config=config)
    _report(result, form)
    return FINDINGS if result.failed else 0


@cli.command()
@click.argument("pages", metavar="[PAGE]...", nargs=-1)
@click.option("--site", type=PathType(), metavar="DIR", help="The built site, where no generator's configuration lies.")
@click.option("--dry-run", "dry", is_flag=True, help="Say what would be made or dropped, and its prompts; pin nothing.")
@click.option("--frozen", is_flag=True, help="Make nothing: name what is missing or changed, and end with 1 then.")
@click.option("--verify", "again", is_flag=True, help="Make pinned heroes again in memory and compare; write nothing.")
@click.option(
    "--accept-model",
    "accept",
    is_flag=True,
    help="Where a model's files have changed: make all its heroes anew, compare old and new in a report, pin the new.",
)
@click.option(
    "--report",
    type=PathType(),
    metavar="DIR",
    help="Where --accept-model puts its report; in the cache without it (regression/index.html).",
)
@click.option(
    "--prune",
    is_flag=True,
    help="Drop the pins of pages that ask for no hero. Done anyway where no PAGE is named and the generator's own "
    "configuration tells every page; needed with PAGE, and on the built site of --site alone.",
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
    prune: bool,
    config: Path | None,
    form: str,
) -> int:
    """Make the heroes that are missing or changed, and pin them in imageseo.lock.

    PAGE is a source file (docs/start.md), a page of the site or its URL; all pages without it. What is pinned is
    never made again, but by --verify, which says of each hero: identical, equivalent (a viewer cannot tell),
    different, or skipped and why.
    """
    from imageseo.cli.commands import generate as heroes
    from imageseo.cli.commands.generate_report import NOTHING, GenerateReport, VerifyReport
    from imageseo.heroes.generate.dry_run import DryRun

    modes = {"--dry-run": dry, "--frozen": frozen, "--verify": again, "--accept-model": accept, "--prune": prune}
    given = [name for name, on in modes.items() if on]
    if len(given) > 1 and given != ["--accept-model", "--prune"]:
        raise click.UsageError(f"{' and '.join(given)} cannot stand together")
    if report is not None and not accept:
        raise click.UsageError("--report is for --accept-model")
    if accept and pages:
        raise click.UsageError("--accept-model takes no PAGE: every hero of a changed model is made anew, or none")
    here = current_project(config, frozen=frozen)
    told: GenerateReport | VerifyReport | DryRun
    if is_disabled(here):
        told = NOTHING
    elif again:
        told = heroes.verify(here, names=pages, root=site, progress=progress())
    elif dry:
        told = heroes.dry_run(here, names=pages, root=site, progress=progress(), config=config)
    else:
        told = heroes.generate(
            here,
            names=pages,
            root=site,
            progress=progress(),
            config=config,
            frozen=frozen,
            prune=prune,
            accept=accept,
            report=report,
        )
    click.echo(told.as_json() if form == "json" else told.as_text(), nl=False)
    for line in () if isinstance(told, DryRun) else told.work():
        print_note(line)
    return FINDINGS if told.failed else 0


@cli.command()
@CONFIG
@FORMAT
def doctor(config: Path | None, form: str) -> int:
    """Say what is installed, what is missing and how to get it, and check the configuration."""
    from pathlib import Path

    from imageseo.cli.commands import doctor as checks

    report = checks.examine(Path.cwd(), config=config, note=print_note)
    click.echo(checks.as_json(report) if form == "json" else checks.as_text(report), nl=False)
    return report.exit_code


for _command in (lint, explain, measure, cache):
    cli.add_command(_command)


def main() -> None:
    """Run, and exit with one of the codes. Reports go to standard output, all other words to standard error."""
    sys.exit(_run())


def _run() -> int:
    try:
        return int(cli.main(standalone_mode=False, prog_name="imageseo") or 0)
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort:
        print_note("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our report has left, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _fault(error)


def _fault(error: Exception) -> int:
    from imageseo.model.errors import ImageseoError

    if os.environ.get(_DEBUG, "") not in ("", "0"):
        import traceback

        click.echo(traceback.format_exc(), err=True, nl=False)
    if isinstance(error, ImageseoError):
        print_note(str(error))
        return error.exit_code
    print_note(f"internal error: {type(error).__name__}: {error} (set {_DEBUG}=1 to see where)")
    return INTERNAL


def _nothing(result: Result, form: str) -> int:
    _report(result, form)
    return 0


def _report(result: Result, form: str) -> None:
    from imageseo.pipeline import composition

    click.echo(composition.reporters()[form](result), nl=False)
