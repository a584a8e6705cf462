"""Commands `lint` and `explain`: options and output only."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import click

from imageseo.cli.options import CONFIG, DIRECTORY, FORMAT, PathType, current_project, is_disabled, print_note, progress
from imageseo.cli.output import detail, is_verbose, use_color

if TYPE_CHECKING:
    from pathlib import Path

    from imageseo.lint.report import Report

FINDINGS = 1


class ReportFormat(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Name of a report format; the list is read only when a name is converted, since plug-ins may add formats."""

    name = "format"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from imageseo.pipeline import composition

        names = sorted(composition.reporters())
        if value not in names:
            why = composition.broken_report(str(value)) or f"{value!r} is not one of {', '.join(names)}"
            self.fail(why, param, ctx)
        return str(value)


class RuleIds(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Rule ids, or globs of rule ids, separated by commas."""

    name = "rules"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        ids = tuple(part.strip() for part in str(value).split(","))
        if not all(ids):
            self.fail(f"{value!r}: expected rule ids separated by commas", param, ctx)
        return ids


@click.command()
@DIRECTORY
@click.option(
    "--select",
    type=RuleIds(),
    metavar="RULE[,…]",
    multiple=True,
    help="Run only these rules; globs such as `alt-*` work.",
)
@click.option("--ignore", type=RuleIds(), metavar="RULE[,…]", multiple=True, help="Run all rules except these.")
@click.option("--fix", is_flag=True, help="Apply safe fixes to the built pages, then report the remaining findings.")
@click.option("--diff", "show", is_flag=True, help="Show what --fix would change; write nothing.")
@click.option("--baseline", type=PathType(), metavar="FILE", help="File of known findings, which do not fail.")
@click.option("--update-baseline", "update", is_flag=True, help="Rewrite the baseline with the current findings.")
@click.option("--changed-since", "since", metavar="REV", help="Only pages changed since a commit or branch.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warn", "info", "never"]),
    metavar="LEVEL",
    help="The lowest severity that fails: error, warn, info or never; default: the setting `lint.fail_on`.",
)
@click.option("--max-warnings", "most", type=click.IntRange(min=0), metavar="N", help="Fail on more than N warnings.")
@click.option(
    "--budget-report",
    "history",
    type=PathType(),
    metavar="FILE",
    help="Append a line to FILE (JSONL) with the state of every budget at this commit.",
)
@click.option("--output", type=PathType(), metavar="FILE", help="Write the report to FILE instead of standard output.")
@click.option(
    "--format",
    "form",
    type=ReportFormat(),
    default="text",
    show_default=True,
    metavar="FORMAT",
    help="Report format: text, json, sarif, github, gitlab, junit or html.",
)
@click.option("--open", "opens", is_flag=True, help="Also write the HTML report, and open it in your browser.")
@CONFIG
def lint(
    directory: Path,
    select: tuple[tuple[str, ...], ...],
    ignore: tuple[tuple[str, ...], ...],
    fix: bool,
    show: bool,
    baseline: Path | None,
    update: bool,
    since: str | None,
    fail_on: str | None,
    most: int | None,
    history: Path | None,
    output: Path | None,
    form: str,
    opens: bool,
    config: Path | None,
) -> int:
    """Check the images of a built site against rules and budgets. Changes no page without --fix."""
    from imageseo.cli.commands import lint as commands
    from imageseo.lint import fixes
    from imageseo.pipeline import composition

    if fix and show:
        raise click.UsageError("--fix and --diff are mutually exclusive")
    if show and opens:
        raise click.UsageError("--diff and --open are mutually exclusive")
    if show and output is not None:
        raise click.UsageError("--diff and --output are mutually exclusive: the diff goes to standard output")
    start = time.monotonic()
    project = current_project(config)
    if is_disabled(project):
        from imageseo.lint.linter import LintResult

        _write(composition.render(LintResult(findings=(), pages=0, images=0), form)[0], output)
        return 0
    request = commands.LintRequest(
        select=tuple(name for names in select for name in names),
        ignore=tuple(name for names in ignore for name in names),
        baseline=baseline,
        update_baseline=update,
        changed_since=since,
        max_warnings=most,
        budget_report=history,
        fix=fix,
        diff=show,
        fail_on=fail_on,
        color=output is None and form == "text" and use_color(sys.stdout),
        detail=detail(),
    )
    run = commands.lint(project, directory, request, progress=progress(), config=config)
    if show:
        if sys.stdout.isatty():
            for text in fixes.diff(run.diff):
                _write(text, None)
        else:
            for data in fixes.patch(run.diff):
                click.echo(data, nl=False)
        print_note(run.summary_line)
    else:
        text, rendered = composition.render(run.report, form)
        _write(text, output)
        if opens:
            _open_report(run.report, output if form == "html" else None)
        if is_verbose():
            print_note(f"took {time.monotonic() - start:.1f} s")
        return FINDINGS if run.failed or not rendered else 0
    return FINDINGS if run.failed else 0


@click.command()
@click.argument("rule", required=False)
@FORMAT
def explain(rule: str | None, form: str) -> int:
    """Show the documentation of RULE; without RULE, list all rules."""
    from imageseo.lint.rule_catalog import RuleCatalog

    catalog = RuleCatalog.installed()
    _write(catalog.listing(form) if rule is None else catalog.page(rule, form), None)
    return 0


def _open_report(report: Report, written: Path | None) -> None:
    """Open the HTML report. ``written``: its file, if the user named one; else it is a new temporary file."""
    import tempfile
    from pathlib import Path

    from imageseo.cli.open_file import open_in_browser
    from imageseo.pipeline import composition

    if written is None:
        written = Path(tempfile.mkdtemp(prefix="imageseo-"), "lint.html")
        _write(composition.render(report, "html")[0], written)
    open_in_browser(written)


def _write(text: str, output: Path | None) -> None:
    """Write a report to a file, atomically, or to standard output. Raises SiteError."""
    data = text.encode("utf-8", "replace")  # a file name may contain bytes that are not valid text
    if output is None:
        click.echo(data.decode(), nl=False)
        return
    from imageseo.model.errors import SiteError
    from imageseo.storage.atomic import write_atomic

    try:
        write_atomic(output, data)
    except OSError as error:
        raise SiteError(f"{output}: cannot be written: {error.strerror or error}") from error
