"""JSON report: one sorted object; the same findings give the same bytes."""

from __future__ import annotations

import json
from typing import Any

from msgspec import to_builtins

from imageseo.lint.report import Report
from imageseo.model.finding import Finding
from imageseo.model.markup_note import MarkupNote
from imageseo.model.protocols import Result

VERSION = 1
"""Version of the schema: raised when a key changes its meaning or is removed; keys may be added at any time."""


def render(result: Result) -> str:
    """Render the report as JSON, UTF-8 text ending with a newline.

    ``{"version": 1, "title": "lint", "summary": {name: number}, "rules": {id: {...}}, "findings": [...],
    "known": [...], "silenced": [...], "notes": [...], "markup": [...]}``; a finding has ``rule``, ``severity``,
    ``message``, ``hint``, ``page``, ``line``, ``column``, ``source``, ``source_line``, ``source_column``, ``image``
    (``null`` when unknown), ``fails_build``, ``fixable``, ``fingerprint`` (empty if not requested) and ``paste``, the
    lines of the source with the correction; a silenced one has ``reason`` too.
    ``known`` are those of the baseline. ``rules`` has the ``summary``, the default ``severity`` and the ``url`` of each
    rule with findings. ``markup`` (of a build) has the place, ``form`` and ``reason`` of each image that gets less
    than ``<picture>``. ``downloads`` (of a build) has the bytes that a ``phone`` and a ``desktop`` download ``before``
    and ``after``, of all pictures and of the ``new`` ones; ``model.site_report.BuildDownloads`` has the keys.
    """
    report = Report.of(result)
    findings = sorted(report.findings, key=lambda finding: finding.sort_key)
    silenced = sorted(report.silenced, key=lambda answer: answer.finding.sort_key)
    found = sorted({finding.rule for finding in (*findings, *report.known)})
    document = {
        "version": VERSION,
        "title": report.title,
        "summary": dict(report.summary),
        "rules": {name: _rule(report, name) for name in found},
        "findings": [_finding(report, finding) for finding in findings],
        "known": [_finding(report, finding) for finding in report.known],
        "silenced": [{**_finding(report, answer.finding), "reason": answer.reason} for answer in silenced],
        "notes": list(report.notes),
        "markup": [_markup(note) for note in report.markup],
    }
    downloads = report.downloads()
    if downloads is not None:
        document["downloads"] = to_builtins(downloads)
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _rule(report: Report, name: str) -> dict[str, Any]:
    rule = report.rule(name)
    return {"summary": rule.manual.summary, "severity": rule.severity.value, "url": rule.url or None}


def _markup(note: MarkupNote) -> dict[str, Any]:
    place = note.location
    return {
        "page": place.page,
        "line": place.line,
        "column": place.column,
        "image": place.image,
        "form": note.form,
        "reason": note.reason,
    }


def _finding(report: Report, finding: Finding) -> dict[str, Any]:
    place, source = finding.location, report.source(finding)
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "hint": finding.hint,
        "page": place.page,
        "source": place.source or (source.name if source is not None else None),
        "source_line": source.line if source is not None else place.source_line,
        "source_column": source.column if source is not None else None,
        "line": place.line,
        "column": place.column,
        "image": place.image,
        "fails_build": finding.fails_build,
        "fixable": finding.is_fixable,
        "fingerprint": finding.fingerprint,
        "paste": list(source.paste) if source is not None else [],
    }
