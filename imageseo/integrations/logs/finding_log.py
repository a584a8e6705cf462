"""Findings in the log of a generator: each once, with the author's file and line where they are known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from imageseo.model.finding import Finding, Severity

if TYPE_CHECKING:
    from imageseo.lint.report import OtherPlaces
    from imageseo.lint.source_lines import SourceLines


class HostLogger(Protocol):
    """A host's logger."""

    def debug(self, msg: object, *args: object, exc_info: bool = ...) -> None: ...
    def info(self, msg: object, *args: object) -> None: ...
    def warning(self, msg: object, *args: object) -> None: ...
    def error(self, msg: object, *args: object) -> None: ...


@runtime_checkable
class FindingLogger(Protocol):
    """A host's logger that shows the place of a finding in its own way."""

    def report(self, finding: Finding, others: str, *, level: str) -> None:
        """Log a finding. ``others``: on how many other pages it is. ``level``: ``error``, ``warn`` or ``info``."""
        ...


def log_findings(
    findings: Iterable[Finding], voice: HostLogger, *, serving: bool = False, lines: SourceLines | None = None
) -> None:
    """Log each finding once, at the level that the generator counts. Those that fail the build are raised instead.

    ``serving``: nothing is raised in a preview, so that these are warnings.
    """
    from imageseo.lint.overview import split_notes

    shown, more_notes = split_notes(_once(findings, lines), lambda group: group[0])
    for first, others in shown:
        if isinstance(voice, FindingLogger):
            if first.severity is not Severity.OFF or first.fails_build:
                level = Severity.ERROR if first.fails_build else min(first.severity, Severity.WARN, key=_rank)
                voice.report(first, _in_brackets(others), level=level.value)
            continue
        if (first.fails_build and not serving) or (first.severity is Severity.OFF and not first.fails_build):
            continue
        text = format_finding(first, _in_brackets(others), lines=lines)
        if first.fails_build or first.severity.rank >= Severity.WARN.rank:
            voice.warning("%s", text)
        else:
            voice.info("%s", text)
    for rule, number in more_notes.items():
        voice.info("%s more of %s", number, rule)


def format_once(findings: Iterable[Finding], lines: SourceLines | None) -> list[str]:
    """Format each finding once, with on how many other pages it is."""
    return [format_finding(first, _in_brackets(others), lines=lines) for first, others in _once(findings, lines)]


def _rank(severity: Severity) -> int:
    return severity.rank


def _once(findings: Iterable[Finding], lines: SourceLines | None) -> list[tuple[Finding, OtherPlaces]]:
    """Return one of the findings that are equal on many pages, such as those of the theme's logo."""
    from imageseo.lint.report import first_of_group

    alike: dict[tuple[str, str, str, bool], list[Finding]] = {}
    for finding in findings:
        key = (finding.rule, finding.severity.value, finding.message, finding.fails_build)
        alike.setdefault(key, []).append(finding)
    return [first_of_group(group, lines.source if lines is not None else None) for group in alike.values()]


def _in_brackets(others: OtherPlaces) -> str:
    return f" ({others})" if others.pages else ""


def format_finding(finding: Finding, others: str = "", *, lines: SourceLines | None = None) -> str:
    """Format a finding: location, message, rule and remedy in one line, then the lines to paste.

    The author's file is named first if its line is known, or if the finding is about no line; else the built page,
    whose lines are counted then. ``others``: on how many other pages it is.
    """
    from imageseo.lint.code_frame import sanitized

    place = finding.location
    source = lines.source(finding) if lines is not None else None
    where, built, hint, paste = str(place), "", finding.hint, ""
    if source is not None and source.line is not None and place.line is not None:
        where, built = str(source), f" (built page: {place})"
        hint = source.hint
        paste = "".join(f"\n      {sanitized(line)}" for line in source.paste)
    elif place.source or source is not None:
        name = place.source or (source.name if source is not None else "")
        note = f"; {source.note}" if source is not None and source.note else ""
        where = name if place.line is None else f"{place} ({name}{note})" if not note else f"{place} ({note[2:]})"
    texts = [text.removeprefix(f"{place.source or place.page}: ") for text in finding.message.splitlines()]
    remedy = f"; {hint}" if hint else ""
    text = f"{'; '.join(texts)} [{finding.rule}]{remedy}{others}{built}{paste}"
    return text if text.startswith(f"{place.source}:") else f"{where}: {text}"  # it names the line of the source
