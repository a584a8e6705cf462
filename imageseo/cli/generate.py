"""Command `generate`: options and output only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imageseo.cli.options import CONFIG, FORMAT, SITE, PathType, current_project, is_disabled, print_note, progress

if TYPE_CHECKING:
    from pathlib import Path

FINDINGS = 1


@click.command()
@click.argument("pages", metavar="[PAGE]...", nargs=-1)
@SITE
@click.option("--dry-run", "dry", is_flag=True, help="Show what would be made or dropped, with prompts; pin nothing.")
@click.option("--frozen", is_flag=True, help="Make nothing; list missing and changed heroes, and exit with 1 if any.")
@click.option("--verify", "again", is_flag=True, help="Regenerate pinned heroes in memory and compare; write nothing.")
@click.option(
    "--accept-model",
    "accept",
    is_flag=True,
    help="For models whose files have changed: regenerate all their heroes, or those of PAGE, compare old and new in a "
    "report, and pin the new ones.",
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
    help="Pin an image that was made or retouched elsewhere as the hero of --page, with its lineage.",
)
@click.option("--page", metavar="PAGE", help="The page for --adopt; its front matter has a recipe.")
@click.option("--source-type", metavar="CODE", help="IPTC digital source type for --adopt; default: as the file tells.")
@click.option(
    "--variations",
    metavar="TEXT",
    help='Make candidates of the heroes of PAGE, such as "seed=4 guidance=4.5,6.5", and show them on a contact sheet; '
    "pin none.",
)
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
    variations: str | None,
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
    from imageseo.cli.commands.variations import VariationsReport
    from imageseo.heroes.generate.dry_run import DryRun

    modes = {
        "--adopt": adopt is not None,
        "--variations": variations is not None,
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
    if (adopt is None) != (page is None) or (pages and adopt is not None):
        raise click.UsageError("--adopt FILE needs --page PAGE, and takes no other page")
    if source_type is not None and adopt is None:
        raise click.UsageError("--source-type requires --adopt")
    project = current_project(config, frozen=frozen)
    outcome: GenerateReport | VerifyReport | DryRun | VariationsReport
    if is_disabled(project):
        outcome = NOTHING
    elif adopt is not None and page is not None:
        from imageseo.cli.commands.adopt import adopt as run

        outcome = run(project, adopt, page, root=site, source_type=source_type, progress=progress(), config=config)
    elif variations is not None:
        from imageseo.cli.commands.variations import run as vary

        outcome = vary(project, variations, names=pages, root=site, progress=progress(), config=config)
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
