"""Findings for people: grouped by page, each with its place and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from imageseo.counted import counted
from imageseo.model.finding import Finding, Severity
from imageseo.ports import Result


def render(result: Result) -> str:
    """The report as plain text, ending with one summary line.

    What is found alike on many pages (a logo of the theme) is shown on the first of them, with the number of others.
    """
    lines: list[str] = []
    for page, group in groupby(_once(result.findings), key=lambda pair: pair[0].location.page):
        findings = list(group)
        source = findings[0][0].location.source
        lines.append(f"{page} (from {source})" if source else page)
        for finding, others in findings:
            lines += _finding(finding, others)
        lines.append("")
    if result.silenced:
        lines.append("Silenced by the author:")
        lines += _silenced(result)
        lines.append("")
    lines.append(f"{result.title}: {_summary(result)}")
    return "\n".join(lines) + "\n"


def _once(findings: Iterable[Finding]) -> Iterator[tuple[Finding, int]]:
    """Each finding with the number of other pages that say exactly the same; those are left out."""
    pages: dict[tuple[str, Severity, str], dict[str, None]] = {}
    ordered = sorted(findings, key=lambda finding: finding.sort_key)
    for finding in ordered:
        pages.setdefault((finding.rule, finding.severity, finding.message), {})[finding.location.page] = None
    for finding in ordered:
        seen = pages[finding.rule, finding.severity, finding.message]
        if finding.location.page == next(iter(seen)):
            yield finding, len(seen) - 1


def _finding(finding: Finding, others: int) -> Iterator[str]:
    place = finding.location
    named = f"{place.source or place.page}: "  # it stands above already
    first, *more = [line.removeprefix(named) for line in finding.message.splitlines()] or [""]
    yield f"  {finding.location}: {finding.severity.value} {finding.rule}: {first}"
    yield from (f"      {line}" for line in more)
    if finding.hint:
        yield from (f"      {line}" for line in finding.hint.splitlines())
    if others:
        yield f"      (the same on {others:,} other page{'s' if others > 1 else ''})"


def _silenced(result: Result) -> Iterator[str]:
    """One line for each rule and reason, with the first place it was given at."""
    places: dict[tuple[str, str], list[str]] = {}
    for answer in sorted(result.silenced, key=lambda answer: answer.finding.sort_key):
        places.setdefault((answer.finding.rule, answer.reason), []).append(str(answer.finding.location))
    for (rule, reason), (first, *more) in sorted(places.items()):
        others = f" and {len(more):,} more" if more else ""
        yield f"  {first}{others}: {rule}: {reason or 'no reason given'}"


def _summary(result: Result) -> str:
    """The counts in one line; of those that are nought only what everyone looks for."""
    shown = ((name, number) for name, number in result.summary.items() if number or name in ("errors", "warnings"))
    return ", ".join(counted(name, number) for name, number in shown)
