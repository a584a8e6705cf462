"""The report about a site's pictures: of a build that has just ended, or of a folder that was built before."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from imageseo.model.errors import SiteError
from imageseo.model.progress import Progress
from imageseo.model.site import Site
from imageseo.storage.atomic import write_if_changed

if TYPE_CHECKING:
    from imageseo.config.settings import Settings
    from imageseo.model.site_report import SiteReport
    from imageseo.pipeline.result import BuildResult

_EPOCH = "SOURCE_DATE_EPOCH"
"""The variable of reproducible builds; it is no setting."""
_SUFFIXES = {".json": "json", ".html": "html", ".htm": "html"}


def report_on(site: Site, settings: Settings, result: BuildResult) -> SiteReport:
    """Return the report about a build. Raises LockError."""
    from imageseo.heroes.lock import lock as locks
    from imageseo.pipeline.reporting.site_report import site_report

    lock = locks.read(site.project / locks.NAME)
    return _reproducible(site_report(site, result, name=settings.brand.name, lock=lock))


def write_build_report(site: Site, settings: Settings, result: BuildResult, output: Path) -> str:
    """Write the report about a build, in the format that the name of the file says. Return a note for the user.

    Raises LockError, and SiteError if the file cannot be written.
    """
    write_report(report_on(site, settings, result), site.root, form=format_of(output), output=output)
    return f"report written to {output}"


def format_of(output: Path, default: str = "html") -> str:
    """Return the format of a report by the name of its file."""
    return _SUFFIXES.get(output.suffix.lower(), default)


def read_report(site: Site, settings: Settings, *, progress: Progress | None = None) -> SiteReport:
    """Return the report about the builds that led to a folder, from the folder and its cache; nothing is written.

    Raises LayoutError, LockError.
    """
    from imageseo.heroes.lock import lock as locks
    from imageseo.pipeline.reporting import built_site
    from imageseo.pipeline.reporting.site_report import site_report

    built = built_site.read(site, settings, progress=progress)
    report = site_report(
        site,
        built.result,
        name=settings.brand.name,
        lock=locks.read(site.project / locks.NAME),
        unrecorded=built.unrecorded,
        is_build=False,
    )
    return _reproducible(report)


def _reproducible(report: SiteReport, env: Mapping[str, str] = os.environ) -> SiteReport:
    """Return the report without what differs from run to run, if ``SOURCE_DATE_EPOCH`` asks for equal bytes."""
    if not env.get(_EPOCH):
        return report
    return structs.replace(report, slowest=[], cache=structs.replace(report.cache, encoded=None, reused=None))


def write_report(report: SiteReport, root: Path, *, form: str, output: Path) -> None:
    """Write the report. ``root``: the built site. Raises SiteError if the file cannot be written."""
    from imageseo.pipeline import reports

    text = reports.renderer(form)(report, root)
    write_file(output, text.encode("utf-8", "backslashreplace"), what="report")


def write_file(output: Path, data: bytes, *, what: str) -> None:
    """Write a file that the user named, and its folder. ``what``: it is, for messages. Raises SiteError."""
    try:
        write_if_changed(output, data)
    except OSError as error:
        raise SiteError(
            f"{output}: the {what} cannot be written: {error.strerror or error}",
            hint="name another file, or make its folder writable",
        ) from error
