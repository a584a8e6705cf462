"""An overview of many findings: the rules and pages that have most of them, and the command that helps most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from imageseo.model.build_findings import BUILD_FINDINGS
from imageseo.model.finding import Finding, Severity
from imageseo.model.humanize import format_count

_MANY = 40
"""Errors and warnings from which an overview is of use: fewer are read one by one."""
_RULES, _PAGES = 8, 5
_BY_BUILD = "`imageseo build`"
_WORTHWHILE = 0.2
_NOTES = 10
"""Notes of one kind that are read one by one."""

_Item = TypeVar("_Item")


def overview(findings: Sequence[Finding], *, directory: str = "") -> Iterator[str]:
    """Yield lines of text; none for few findings. ``directory``: the site of a lint run; "" for a build."""
    found = [finding for finding in findings if finding.severity.rank >= Severity.WARN.rank]
    if len(found) < _MANY:
        return
    rules = Counter(finding.rule for finding in found)
    pages = Counter(finding.location.page for finding in found if finding.location.page)
    errors = Counter(finding.rule for finding in found if finding.severity is Severity.ERROR)
    width = max(map(len, (rule for rule, _ in _ordered(rules)[:_RULES])))
    yield f"{format_count('findings', len(found))} by rule:"
    for rule, number in _ordered(rules)[:_RULES]:
        levels = [("errors", errors[rule]), ("warnings", number - errors[rule])]
        yield f"  {rule:{width}}  {', '.join(format_count(name, each) for name, each in levels if each)}"
    if len(rules) > _RULES:
        rest = sum(number for _, number in _ordered(rules)[_RULES:])
        yield f"  {len(rules) - _RULES} other rules: {rest:,}"
    if len(pages) > 1:
        worst = ", ".join(f"{page} ({number:,})" for page, number in _ordered(pages)[:_PAGES])
        yield f"Pages with most of them: {worst}"
    if not directory:
        return
    corrected = sum(_BY_BUILD in finding.hint for finding in found)
    if corrected >= _WORTHWHILE * len(found):
        yield f"`imageseo build {directory}` corrects up to {corrected:,} of them; run lint after it"
    else:
        fixable = sum(finding.is_fixable for finding in found)
        if fixable >= _WORTHWHILE * len(found):
            yield f"`imageseo lint {directory} --fix` corrects {fixable:,} of them"
    yield (
        "To begin with new findings only, accept these: "
        f"`imageseo lint {directory} --baseline imageseo-baseline.json --update-baseline`"
    )


def split_notes(
    items: Iterable[_Item], finding_of: Callable[[_Item], Finding]
) -> tuple[list[_Item], Mapping[str, int]]:
    """Return what to show one by one, and how many more notes there are by rule.

    A first build has hundreds of notes about what it did (`variant-dropped`), between which warnings are not seen.
    Notes of lint's rules are all shown: their authors can correct them.
    """
    shown, seen = [], Counter[str]()
    for item in items:
        finding = finding_of(item)
        if finding.severity is Severity.INFO and finding.rule in BUILD_FINDINGS:
            seen[finding.rule] += 1
            if seen[finding.rule] > _NOTES:
                continue
        shown.append(item)
    return shown, {rule: number - _NOTES for rule, number in sorted(seen.items()) if number > _NOTES}


def _ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
