"""Command `report --against`: compare a built site with an earlier one, or with the JSON report about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from msgspec import ValidationError, convert

from imageseo.integrations.project import Project
from imageseo.integrations.site_reports import read_report, write_file
from imageseo.model import regular_file
from imageseo.model.errors import SiteError
from imageseo.model.progress import Progress
from imageseo.model.site_report import VERSION, SiteReport
from imageseo.pipeline.comparison import growth, markdown
from imageseo.pipeline.comparison.changes import SiteComparison, compare
from imageseo.pipeline.reports.json import as_text

_SHOWN = 5  # lines about growth
_MAKE = "make one with `imageseo report DIR --format json --output FILE`, or name the built folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentOptions:
    """How a comparison is shown. ``form``: ``markdown`` or ``json``; ``name``: of the comment; ``limit``: percent."""

    form: str = "markdown"
    name: str = "images"
    preview_url: str | None = None
    limit: Decimal | None = None


def run(
    project: Project,
    root: Path,
    base: Path,
    *,
    options: CommentOptions,
    output: Path | None,
    progress: Progress,
    note: Callable[[str], None],
) -> tuple[str, bool]:
    """Return the text for standard output, and whether something grew by more than the limit.

    ``base``: the built folder before the change, or its JSON report. Raises ImageseoError.
    """
    before = _read_base(project, base, progress)
    after = _read_folder(project, root, progress)
    found = compare(before, after)
    text = _text(found, options)
    if output is not None:
        write_file(output, text.encode("utf-8", "replace"), what="comparison")
        note(f"comparison written to {output}")
        text = ""
    grown = list(growth.faults(found, options.limit)) if options.limit is not None else []
    for line in grown[:_SHOWN]:
        note(f"{line}; --fail-on-growth allows {options.limit:f} %")
    if len(grown) > _SHOWN:
        note(f"{len(grown) - _SHOWN:,} more grew by more than {options.limit:f} %")
    return text, bool(grown)


def _text(found: SiteComparison, options: CommentOptions) -> str:
    if options.form == "json":
        return as_text(found)
    return markdown.render(found, name=options.name, preview_url=options.preview_url)


def _read_folder(project: Project, root: Path, progress: Progress) -> SiteReport:
    return read_report(project.site(root), project.settings, progress=progress)


def _read_base(project: Project, base: Path, progress: Progress) -> SiteReport:
    """Return the report of a folder or of a file. Raises SiteError."""
    if base.is_dir():
        return _read_folder(project, base, progress)
    try:
        data = regular_file.read(base)
    except FileNotFoundError:
        raise SiteError(f"--against {base}: no such file or folder", hint=_MAKE) from None
    except OSError as error:
        raise SiteError(f"--against {base}: cannot be read: {error.strerror or error}", hint=_MAKE) from error
    return parse_report(data, f"--against {base}")


def parse_report(data: bytes, name: str) -> SiteReport:
    """Return the report in a JSON file. ``name``: of the file, for messages. Raises SiteError."""
    try:
        found: Any = json.loads(data.removeprefix(b"\xef\xbb\xbf"), parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise SiteError(f"{name}: found bytes that are no text, expected a JSON report", hint=_MAKE) from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise SiteError(f"{name}: {place}: not valid JSON: {error.msg}", hint=_MAKE) from error
    except (ValueError, RecursionError) as error:
        raise SiteError(f"{name}: not valid JSON: {error}", hint=_MAKE) from error
    if not isinstance(found, dict) or found.get("title") != "report":
        title = found.get("title") if isinstance(found, dict) else None
        kind = f"the JSON of `{title}`" if isinstance(title, str) else "other JSON"
        raise SiteError(f"{name}: found {kind}, expected the JSON of `imageseo report`", hint=_MAKE)
    version = found.get("version")
    if type(version) is not int or version != VERSION:
        raise SiteError(
            f"{name}: `version`: found {version!r}, expected {VERSION}",
            hint="another version of imageseo wrote it; make both reports with the same one",
        )
    try:
        return convert(found, SiteReport)
    except ValidationError as error:
        text = str(error)
        raise SiteError(f"{name}: {text[:1].lower()}{text[1:].replace('`$.', '`')}", hint=_MAKE) from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")
