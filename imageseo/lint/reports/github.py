"""GitHub workflow commands, which show each finding at its line of a pull request."""

from __future__ import annotations

from imageseo.lint.code_frame import sanitized
from imageseo.lint.report import OtherPlaces, Report, by_severity, merge_repeated
from imageseo.model.finding import Finding, Severity
from imageseo.model.humanize import format_count
from imageseo.model.protocols import Result

_COMMANDS = {Severity.ERROR: "error", Severity.WARN: "warning", Severity.INFO: "notice"}


def render(result: Result) -> str:
    """Render one command per line, the most severe first, then the notes and the summary as plain lines.

    GitHub shows ten of each level per step; the rest is in the log. Equal findings on many pages are one line.
    """
    report = Report.of(result)
    others = {id(finding): more for finding, more in merge_repeated(report.findings, report.source)}
    lines = [
        _command(report, finding, others[id(finding)])
        for finding in by_severity(report.findings)
        if id(finding) in others
    ]
    # The prefix is needed: a line that begins with `::` would be a command.
    lines += [f"imageseo: {sanitized(note)}" for note in report.notes]
    counts = ((name, number) for name, number in report.summary.items() if number or name in ("errors", "warnings"))
    lines.append(f"{report.title}: {', '.join(format_count(name, number) for name, number in counts)}")
    return "\n".join(lines) + "\n"


def _command(report: Report, finding: Finding, others: OtherPlaces) -> str:
    source, built = report.source(finding), report.built(finding)
    target = source or built
    message = finding.message + (f" ({others})" if others.pages else "")
    if source is not None and built.line is not None:
        message += f"\nbuilt page: {finding.location}"
    message += "".join(f"\n{line}" for line in report.remedy(finding))
    values = {
        "file": target.file,
        "line": str(target.line) if target.line else "",
        "col": str(target.column) if target.line and target.column else "",
        "title": f"imageseo {finding.rule}",
    }
    properties = ",".join(f"{name}={_escape_property(text)}" for name, text in values.items() if text)
    return f"::{_COMMANDS[finding.severity]} {properties}::{_escape_data(message)}"


def _escape_data(text: str) -> str:
    """Escape text for the runner; line ends are preserved, other control characters made visible."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "%0A".join(sanitized(line).replace("%", "%25") for line in lines)


def _escape_property(text: str) -> str:
    return sanitized(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
