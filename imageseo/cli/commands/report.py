"""Command `report`: read what builds did to a folder, and write it down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from imageseo.integrations.project import Project
from imageseo.integrations.site_reports import read_report, write_report
from imageseo.model.humanize import format_bytes, format_count
from imageseo.model.progress import Progress
from imageseo.pipeline import reports


def run(
    project: Project, root: Path, *, form: str, output: Path | None, progress: Progress, note: Callable[[str], None]
) -> str:
    """Return the text for standard output: the report, or nothing if it was written to ``output``.

    ``note``: takes lines for the user. Raises ImageseoError.
    """
    site = project.site(root)
    report = read_report(site, project.settings, progress=progress)
    if report.unrecorded:
        number = len(report.unrecorded)
        pages = "page is" if number == 1 else "pages are"
        note(
            f"{number:,} {pages} read from {root}, without quality and reasons: the cache does not know them as they "
            "are now; `imageseo build` records them"
        )
    if output is None:
        return reports.renderer(form)(report, site.root)
    write_report(report, site.root, form=form, output=output)
    note(f"{format_count('images', report.totals.pictures)} on {format_count('pages', report.totals.pages)}")
    for name, change in (("phone", report.totals.phone), ("desktop", report.totals.desktop)):
        note(f"{name}: {format_bytes(change.before)} before, {format_bytes(change.after)} after")
    note(f"report written to {output}")
    return ""
