"""The commands that judge and explain: nothing but words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from imageseo.cli.options import CONFIG, FORMAT, PathType, current_project, is_disabled, print_note, progress

if TYPE_CHECKING:
    from pathlib import Path

FINDINGS = 1


class Formats(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A format that a report can have; the list is read when one is named, since others may bring theirs."""

    name = "format"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from imageseo.pipeline import composition as compose

        known = sorted(compose.reporters())
        if value not in known:
            self.fail(f"{value!r} is not one of {', '.join(known)}", param, ctx)
        return str(value)


class Ids(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Ids of rules or globs of them, with commas between."""

    name = "rules"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        found = tuple(part.strip() for part in str(value).split(","))
        if not all(found):
            self.fail(f"{value!r}: expected ids of rules with commas between", param, ctx)
        return found


@click.command()
@click.argument("directory", metavar="DIR", type=PathType())
@click.option(
    "--select", type=Ids(), metavar="RULE[,…]", multiple=True, help="Only these rules; `alt-*` takes several."
)
@click.option("--ignore", type=Ids(), metavar="RULE[,…]", multiple=True, help="All but these rules.")
@click.option("--fix", is_flag=True, help="Mend in the built pages what can be mended safely, then report the rest.")
@click.option("--diff", "show", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option("--baseline", type=PathType(), metavar="FILE", help="Findings that are known, and fail nothing.")
@click.option("--update-baseline", "update", is_flag=True, help="Write the baseline anew, with what is found now.")
@click.option("--changed-since", "since", metavar="REV", help="Only pages that were touched since a commit or branch.")
@click.option(
    "--max-warnings", "most", type=click.IntRange(min=0), metavar="N", help="Fail on more warnings than that."
)
@click.option(
    "--budget-report",
    "history",
    type=PathType(),
    metavar="FILE",
    help="Add a line to FILE (JSONL) that says how every budget stands at this commit.",
)
@click.option("--output", type=PathType(), metavar="FILE", help="Write the report there instead of standard output.")
@click.option(
    "--format",
    "form",
    type=Formats(),
    default="text",
    show_default=True,
    metavar="FORMAT",
    help="Of the report: text, json, sarif, github, junit or html.",
)
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
    most: int | None,
    history: Path | None,
    output: Path | None,
    form: str,
    config: Path | None,
) -> int:
    """Judge the images of a built site by rules and budgets. Writes nothing unless it is asked to."""
    from imageseo.cli.commands import lint as linting
    from imageseo.pipeline import composition as compose

    if fix and show:
        raise click.UsageError("--fix and --diff cannot stand together")
    if show and output is not None:
        raise click.UsageError("--diff goes to standard output")
    here = current_project(config)
    if is_disabled(here):
        from imageseo.lint.linter import LintResult

        _write(compose.reporters()[form](LintResult(findings=(), pages=0, images=0)), output)
        return 0
    asked = linting.LintRequest(
        select=tuple(name for names in select for name in names),
        ignore=tuple(name for names in ignore for name in names),
        baseline=baseline,
        update=update,
        since=since,
        most=most,
        history=history,
        fix=fix,
        show=show,
        colour=output is None and _coloured(),
    )
    ended = linting.lint(here, directory, asked, progress=progress(), config=config)
    if show:
        for piece in ended.diff:
            _write(piece, None)
        print_note(ended.told)
    else:
        _write(compose.reporters()[form](ended.report), output)
    return FINDINGS if ended.failed else 0


@click.command()
@click.argument("rule", required=False)
@FORMAT
def explain(rule: str | None, form: str) -> int:
    """Show the manual page of RULE; without it, a line for every rule."""
    from imageseo.lint.rule_catalog import RuleCatalog

    book = RuleCatalog.installed()
    _write(book.listing(form) if rule is None else book.page(rule, form), None)
    return 0


def _coloured() -> bool:
    """Whether standard output is a terminal that wants colours (https://no-color.org)."""
    import os
    import sys

    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _write(text: str, output: Path | None) -> None:
    """A report to a file, whole or not at all, or to standard output. Raises SiteError."""
    data = text.encode("utf-8", "replace")  # a file's name may hold bytes that are no text
    if output is None:
        click.echo(data.decode(), nl=False)
        return
    from imageseo.model.errors import SiteError
    from imageseo.storage.atomic import write_atomic

    try:
        write_atomic(output, data)
    except OSError as error:
        raise SiteError(f"{output}: cannot be written: {error.strerror or error}") from error
