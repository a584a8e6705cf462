"""HTML report: one self-contained page with findings by rule and by page, and their lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from imageseo.lint.budgets.table import COLUMNS
from imageseo.lint.budgets.table import rows as budget_rows
from imageseo.lint.code_frame import CodeFrame, sanitized
from imageseo.lint.report import OtherPlaces, Report, RuleInfo, by_severity, merge_repeated
from imageseo.model.finding import Finding, Severity
from imageseo.model.humanize import format_count
from imageseo.model.protocols import Result

SHOWN = 5_000
"""Largest number of findings on the page, the most severe first; a browser takes many seconds for more."""
_WORDS = {Severity.ERROR: "error", Severity.WARN: "warning", Severity.INFO: "info"}


class _Row(NamedTuple):
    """A rule in the table, with the numbers of its findings and of their pages."""

    rule: RuleInfo
    severity: str
    findings: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """A finding as the page shows it. ``marked``: its line in three parts, the second of which is highlighted.

    ``where``: the author's file and line, else the built page's; ``built``: the latter, if it is not the same.
    """

    finding: Finding
    severity: str
    message: str
    others: str
    marked: tuple[str, str, str] | None
    line: int
    where: str = ""
    built: str = ""
    hint: str = ""
    note: str = ""
    paste: tuple[str, ...] = ()


class _PageSection(NamedTuple):
    name: str
    built: str
    items: list[_Item]


def render(result: Result) -> str:
    """Render the report as one HTML file without external resources, ending with a newline.

    It supports dark and light mode and printing, and works without scripts; with scripts it can be filtered.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    report = Report.of(result)
    merged = list(merge_repeated(report.findings, report.source))
    chosen = {id(each) for each in by_severity(finding for finding, _ in merged)[:SHOWN]}
    shown = [(finding, others) for finding, others in merged if id(finding) in chosen]
    template = Environment(
        loader=PackageLoader("imageseo.lint", "reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    ).get_template("html.jinja")
    rows = list(_rows(report))
    return template.render(
        report=report,
        counts=[format_count(*each) for each in report.summary.items() if each[1] or each[0] in ("errors", "warnings")],
        rows=rows,
        pages=list(_pages(report, shown)),
        levels=[word for word in _WORDS.values() if any(row.severity == word for row in rows)],
        left=len(merged) - len(shown),
        silenced=_silenced(report),
        budget_columns=COLUMNS,
        budget_rows=budget_rows(report.budgets),
        harmless=sanitized,
    )


def _rows(report: Report) -> Iterator[_Row]:
    """Yield the rules with findings, the most severe and the most frequent first."""
    found: dict[str, list[Finding]] = {}
    for finding in report.findings:
        found.setdefault(finding.rule, []).append(finding)
    order = sorted(found.items(), key=lambda pair: (-_worst(pair[1]).rank, -len(pair[1]), pair[0]))
    for name, findings in order:
        pages = {finding.location.page for finding in findings}
        yield _Row(report.rule(name), _WORDS[_worst(findings)], len(findings), len(pages))


def _worst(findings: Iterable[Finding]) -> Severity:
    return max((finding.severity for finding in findings), key=lambda severity: severity.rank)


def _pages(report: Report, findings: Iterable[tuple[Finding, OtherPlaces]]) -> Iterator[_PageSection]:
    for page, group in groupby(findings, key=lambda pair: pair[0].location.page):
        pairs = list(group)
        items = [_item(report, finding, others) for finding, others in pairs]
        source, page = report.source(pairs[0][0]), sanitized(page) or "The site as a whole"
        name = sanitized(source.name or source.file) if source is not None else ""
        yield _PageSection(name or page, page if name and name != page else "", items)


def _item(report: Report, finding: Finding, others: OtherPlaces) -> _Item:
    place, source = finding.location, report.source(finding)
    has_line = source is not None and source.line is not None
    frame = report.frame(finding)
    return _Item(
        finding=finding,
        severity=_WORDS[finding.severity],
        message=finding.message.removeprefix(f"{place.source or place.page}: "),
        others=str(others)[:1].upper() + str(others)[1:],
        marked=_mark(frame) if frame else None,
        line=frame.line if frame else 0,
        where=str(source) if has_line else str(place) if place.line else "",
        built=str(place) if has_line and place.line else "",
        hint=report.hint(finding),
        note=source.note if source is not None else "",
        paste=source.paste if source is not None else (),
    )


def _mark(frame: CodeFrame) -> tuple[str, str, str]:
    """Split the line into the parts before, within and after the tag that the finding is about."""
    closing = {"<": ">", "!": ")"}.get(frame.text[frame.at : frame.at + 1], "")
    end = frame.text.find(closing, frame.at) + 1 if closing else 0
    end = end if end > frame.at else frame.at + 1
    return frame.text[: frame.at], frame.text[frame.at : end], frame.text[end:]


def _silenced(report: Report) -> list[tuple[str, str, int]]:
    """Return rule, reason and number of silenced findings."""
    found: dict[tuple[str, str], int] = {}
    for answer in report.silenced:
        key = (answer.finding.rule, answer.reason)
        found[key] = found.get(key, 0) + 1
    return [(rule, reason, number) for (rule, reason), number in sorted(found.items())]
