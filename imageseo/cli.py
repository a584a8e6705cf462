"""The command line: nothing but words. Only click is loaded until a command runs."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pathlib import Path

    from imageseo.hosts.project import AtHand
    from imageseo.ports import Result

FINDINGS, INTERNAL, INTERRUPTED = 1, 3, 130
_DEBUG = "IMAGESEO_DEBUG"


class _Path(click.Path):
    """A path, as pathlib's, without loading that for `--help`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from pathlib import Path

        return Path(str(super().convert(value, param, ctx)))


_DIR = click.argument("directory", metavar="DIR", type=_Path())
_CONFIG = click.option(
    "--config",
    type=_Path(),
    metavar="FILE",
    help="imageseo.toml, pyproject.toml, mkdocs.yml or pelicanconf.py; found in the current folder without it.",
)
_FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Of the report."
)
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
@_CONFIG
@_FROZEN
@_FORMAT
def build(directory: Path, config: Path | None, frozen: bool, form: str) -> int:
    """Do the main job on a built site. A second run changes no byte.

    Variants, markup, structured data and the image sitemap are written into DIR; pages over their budget fail.
    """
    from imageseo.hosts import job

    here = _at_hand(config, frozen=frozen)
    if _is_off(here):
        from imageseo.build import BuildResult

        return _nothing(BuildResult(), form)
    result = job.build(here.site(directory), here.settings, progress=_progress(), config=config)
    _report(result, form)
    return FINDINGS if result.failed else 0


@cli.command()
@_DIR
@_CONFIG
@_FORMAT
def lint(directory: Path, config: Path | None, form: str) -> int:
    """Judge the images of a built site by rules and budgets. Writes nothing."""
    from imageseo.hosts import job

    here = _at_hand(config)
    if _is_off(here):
        from imageseo.lint import LintResult

        return _nothing(LintResult(findings=(), pages=0, images=0), form)
    result, failed = job.lint(here.site(directory), here.settings, progress=_progress(), config=config)
    _report(result, form)
    return FINDINGS if failed else 0


@cli.command()
@click.argument("pages", metavar="[PAGE]...", nargs=-1)
@click.option("--site", type=_Path(), metavar="DIR", help="The built site, where no generator's configuration lies.")
@_CONFIG
@_FORMAT
def generate(pages: tuple[str, ...], site: Path | None, config: Path | None, form: str) -> int:
    """Make the heroes that are missing or changed, and pin them in imageseo.lock.

    PAGE is a source file (docs/start.md), a page of the site or its URL; all pages without it.
    """
    from imageseo.hosts import heroes

    here = _at_hand(config)
    if _is_off(here):
        made = heroes.NOTHING
    else:
        made = heroes.generate(here, names=pages, root=site, progress=_progress(), config=config)
    click.echo(made.as_json() if form == "json" else made.as_text(), nl=False)
    return FINDINGS if made.failed else 0


@cli.command()
@_CONFIG
@_FORMAT
def doctor(config: Path | None, form: str) -> int:
    """Say what is installed, what is missing and how to get it, and check the configuration."""
    from pathlib import Path

    from imageseo import doctor as checks

    report = checks.examine(Path.cwd(), config=config, note=_note)
    click.echo(checks.as_json(report) if form == "json" else checks.as_text(report), nl=False)
    return report.exit_code


@cli.group()
def cache() -> None:
    """Look after the variant cache."""


@cache.command()
@_CONFIG
@_FORMAT
def info(config: Path | None, form: str) -> int:
    """What the cache holds."""
    from imageseo.hosts import upkeep

    click.echo(upkeep.info(_at_hand(config), form), nl=False)
    return 0


@cache.command()
@_CONFIG
@_FORMAT
def verify(config: Path | None, form: str) -> int:
    """Read every entry and remove what is damaged; it is made again when it is needed."""
    from imageseo.hosts import upkeep

    text, damaged = upkeep.verify(_at_hand(config), form)
    click.echo(text, nl=False)
    return FINDINGS if damaged else 0


@cache.command()
@click.option("--older-than", "age", metavar="AGE", help="Remove what was not used for that long, as in 30d.")
@click.option("--unreachable", is_flag=True, help="Remove what no site needed when it was last built.")
@click.option("--max-size", metavar="SIZE", help="Then the longest unused until the rest fits, as in 500 MiB.")
@click.option("--dry-run", "dry", is_flag=True, help="Say what would go, and remove nothing.")
@click.option("--days", type=click.FloatRange(min=0), hidden=True)
@_CONFIG
@_FORMAT
def prune(
    age: str | None,
    unreachable: bool,
    max_size: str | None,
    dry: bool,
    days: float | None,
    config: Path | None,
    form: str,
) -> int:
    """Remove what nothing leads to, what was not used for long, and what does not fit."""
    from imageseo.hosts import upkeep

    age = age if days is None else f"{days:f}d"
    done = upkeep.prune(_at_hand(config), form, age=age, size=max_size, unreachable=unreachable, dry=dry)
    click.echo(done, nl=False)
    return 0


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
        _note("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our report has left, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _fault(error)


def _fault(error: Exception) -> int:
    from imageseo.errors import ImageseoError

    if os.environ.get(_DEBUG, "") not in ("", "0"):
        import traceback

        click.echo(traceback.format_exc(), err=True, nl=False)
    if isinstance(error, ImageseoError):
        _note(str(error))
        return error.exit_code
    _note(f"internal error: {type(error).__name__}: {error} (set {_DEBUG}=1 to see where)")
    return INTERNAL


def _at_hand(config: Path | None, *, frozen: bool = False) -> AtHand:
    from pathlib import Path

    from imageseo.hosts.project import at_hand

    here = at_hand(Path.cwd(), config=config, note=_note)
    return here.frozen() if frozen else here


def _is_off(here: AtHand) -> bool:
    """Whether the settings switch everything off, which is said."""
    if not here.settings.enabled:
        _note("switched off (`enabled` is false): nothing is read and nothing is written")
    return not here.settings.enabled


def _nothing(result: Result, form: str) -> int:
    _report(result, form)
    return 0


def _progress() -> Any:
    from imageseo.progress import for_stream

    return for_stream()


def _report(result: Result, form: str) -> None:
    from imageseo import compose

    click.echo(compose.reporters()[form](result), nl=False)


def _note(text: str) -> None:
    click.echo(f"imageseo: {text}", err=True)
