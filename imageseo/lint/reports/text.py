"""Text report for people: findings by page, each with its location, remedy and line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from imageseo.lint.budgets.table import COLUMNS, rows
from imageseo.lint.code_frame import display_width, sanitized
from imageseo.lint.overview import overview, split_notes
from imageseo.lint.report import OtherPlaces, Report, merge_repeated
from imageseo.model.finding import Finding, Severity
from imageseo.model.humanize import format_count
from imageseo.model.protocols import Result

_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_COLORS = {Severity.ERROR: "\x1b[31m", Severity.WARN: "\x1b[33m", Severity.INFO: "\x1b[36m"}


def render(result: Result) -> str:
    """Render the report as plain text, ending with one summary line; coloured if the report is for a terminal.

    Equal findings on many pages (a logo of the theme) are shown on the first page, with the number of others.
    Under ``quiet`` there are errors and warnings only, and no text if there is none.
    """
    report = Report.of(result)
    is_quiet = report.detail == "quiet"
    lines: list[str] = []
    merged = list(merge_repeated(report.findings, report.source))
    if is_quiet:
        merged = [pair for pair in merged if pair[0].severity.rank >= Severity.WARN.rank]
    shown, more_notes = (merged, {}) if report.detail == "verbose" else split_notes(merged, lambda pair: pair[0])
    for _, group in groupby(shown, key=lambda pair: pair[0].location.page):
        findings = list(group)
        lines.append(_paint(report, _BOLD, _heading(report, findings[0][0])))
        for finding, others in findings:
            lines += _finding(report, finding, others)
        lines.append("")
    if is_quiet:
        return "\n".join(lines[:-1]) + "\n" if lines else ""
    if more_notes:
        lines += [f"{number:,} more of {rule} (--verbose shows all)" for rule, number in more_notes.items()]
        lines.append("")
    if report.silenced:
        lines.append("Silenced by the author:")
        lines += _silenced(report)
        lines.append("")
    lines += _budgets(report)
    lines += _overview(report)
    lines += [sanitized(note) for note in report.notes]
    lines.append(f"{report.title}: {_summary(report)}")
    return "\n".join(lines) + "\n"


def _heading(report: Report, finding: Finding) -> str:
    """Return the name of a page: the author's file first, then the built one."""
    place, source = finding.location, report.source(finding)
    name = place.source or (source.name if source is not None else "")
    page = sanitized(place.page or "the site as a whole")
    return f"{sanitized(name)} ({page})" if name and name != place.page else page


def _finding(report: Report, finding: Finding, others: OtherPlaces) -> Iterator[str]:
    place = finding.location
    prefix = f"{place.source or place.page}: "  # the heading has it already
    first, *more = [sanitized(line.removeprefix(prefix)) for line in finding.message.splitlines()] or [""]
    source = report.source(finding)
    has_line = source is not None and source.line is not None
    where = str(source) if has_line else str(place)
    level = _paint(report, _COLORS.get(finding.severity, ""), finding.severity.value)
    fixable = " [--fix]" if finding.is_fixable else ""
    yield f"  {sanitized(where) or 'site'}: {level} {finding.rule}: {first}{fixable}"
    yield from (f"      {line}" for line in more)
    yield from (f"      {sanitized(line)}" for line in report.hint(finding).splitlines())
    if source is not None and source.note:
        yield f"      {sanitized(source.note)}"
    if others.pages:
        yield f"      ({sanitized(str(others))})"
    frame = report.frame(finding)
    if frame is not None:
        number = str(frame.line)
        yield _paint(report, _DIM, f"      {number} | {frame.text}")
        caret = _paint(report, _COLORS.get(finding.severity, ""), "^")
        yield f"      {' ' * len(number)} | {' ' * frame.caret}{caret}"
    if source is not None and source.paste:
        yield "      change it to:"
        yield from (f"      {sanitized(line)}" for line in source.paste)
    if has_line and place.line is not None:
        yield f"      built page: {sanitized(str(place))}"


def _paint(report: Report, color: str, text: str) -> str:
    return f"{color}{text}{_PLAIN}" if report.color and color else text


def _silenced(report: Report) -> Iterator[str]:
    """Yield one line for each rule and reason, with its first location."""
    places: dict[tuple[str, str], list[str]] = {}
    for answer in sorted(report.silenced, key=lambda answer: answer.finding.sort_key):
        places.setdefault((answer.finding.rule, answer.reason), []).append(str(answer.finding.location))
    for (rule, reason), (first, *more) in sorted(places.items()):
        others = f" and {len(more):,} more" if more else ""
        yield f"  {sanitized(first)}{others}: {rule}: {sanitized(reason) or 'no reason given'}"


def _overview(report: Report) -> list[str]:
    """Return the overview of many findings, with an empty line after it."""
    lines = [sanitized(line) for line in overview(report.findings, directory=report.directory)]
    return [*lines, ""] if lines else []


def _budgets(report: Report) -> Iterator[str]:
    """Yield the table of budgets with aligned columns."""
    table = rows(report.budgets)
    if not table:
        return
    table = [COLUMNS, *(tuple(map(sanitized, row)) for row in table)]
    widths = [max(map(display_width, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield "  ".join(
            f"{cell}{' ' * (width - display_width(cell))}" for cell, width in zip(row, widths, strict=True)
        ).rstrip()
    yield ""


def _summary(report: Report) -> str:
    """Return the counts in one line; zeros only for errors and warnings."""
    counts = ((name, number) for name, number in report.summary.items() if number or name in ("errors", "warnings"))
    return ", ".join(format_count(name, number) for name, number in counts)
