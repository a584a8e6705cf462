"""Findings for machines: one JSON object, sorted, the same bytes for the same findings."""

from __future__ import annotations

import json
from typing import Any

from imageseo.model.finding import Finding
from imageseo.ports import Result

VERSION = 1
"""Of the schema: raised when a key changes its meaning or goes; new keys may come at any time."""


def render(result: Result) -> str:
    """The report as JSON, UTF-8 text ending with a newline.

    ``{"version": 1, "title": "lint", "summary": {name: number}, "findings": [...], "silenced": [...]}``; a finding
    has ``rule``, ``severity``, ``message``, ``hint``, ``page``, ``source``, ``line``, ``column``, ``image`` (``null``
    when unknown) and ``fails_build``; a silenced one has ``reason`` too.
    """
    findings = sorted(result.findings, key=lambda finding: finding.sort_key)
    silenced = sorted(result.silenced, key=lambda answer: answer.finding.sort_key)
    report = {
        "version": VERSION,
        "title": result.title,
        "summary": dict(result.summary),
        "findings": [_finding(finding) for finding in findings],
        "silenced": [{**_finding(answer.finding), "reason": answer.reason} for answer in silenced],
    }
    return json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    place = finding.location
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "hint": finding.hint,
        "page": place.page,
        "source": place.source,
        "line": place.line,
        "column": place.column,
        "image": place.image,
        "fails_build": finding.fails_build,
    }
