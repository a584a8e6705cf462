"""Command `measure`, which opens pages in a browser: options and output only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, DIRECTORY, FORMAT, current_project, is_disabled, print_note, progress

if TYPE_CHECKING:
    from pathlib import Path

    from imageseo.cli.commands.measure import MeasureResult

FINDINGS = 1


@click.command()
@DIRECTORY
@click.option("--check", is_flag=True, help="Write nothing; report pages whose layout has drifted.")
@click.option(
    "--pages",
    "globs",
    metavar="GLOB",
    multiple=True,
    help="Only these pages, by file or URL from the site's root; measurements of other pages are kept.",
)
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="N",
    help="At most N pages of each template; --check without --pages opens 3.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 32),
    metavar="N",
    help="Number of parallel browsers; default: `measure.workers` (2).",
)
@CONFIG
@FORMAT
def measure(
    directory: Path,
    check: bool,
    globs: tuple[str, ...],
    sample: int | None,
    workers: int | None,
    config: Path | None,
    form: str,
) -> int:
    """Open the pages of a built site in Chromium and record the LCP image and the width of every image.

    The result is written to imageseo.layout.json, next to the configuration; `build` and `lint` read it and need
    no browser. A table shows each page's LCP element, the width at which it is shown, and what differs from the last
    run. Nothing is fetched over the network.
    """
    from imageseo.cli.commands import measure as commands
    from imageseo.pipeline import composition

    project = current_project(config)
    if is_disabled(project):
        return 0
    result = commands.run(
        project, directory, progress=progress(), check=check, globs=globs, sample=sample, workers=workers
    )
    text = composition.render(result, form)[0]
    click.echo(_with_fields(text, result) if form == "json" else _with_table(text, result), nl=False)
    for line in result.notes:
        print_note(line)
    return FINDINGS if result.failed else 0


def _with_table(text: str, result: MeasureResult) -> str:
    import shutil
    import sys

    from imageseo.cli.commands import measure_table

    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else measure_table.COLUMNS
    table = measure_table.as_text(result.measured, columns)
    return f"{text}\n{table}" if table else text


def _with_fields(text: str, result: MeasureResult) -> str:
    import json

    from imageseo.cli.commands import measure_table

    fields = {**json.loads(text), **measure_table.as_json(result.measured)}
    return json.dumps(fields, ensure_ascii=False, indent=2) + "\n"
