"""SARIF 2.1.0: what code scanning reads, within the limits that GitHub sets."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from typing import Any
from urllib.parse import quote

from imageseo import __version__
from imageseo.lint.report import Report, RuleInfo, SourceLocation, by_severity
from imageseo.model.finding import Finding, Severity
from imageseo.model.protocols import Result

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
RESULTS = 25_000
"""A run with more is refused; of these the 5,000 most severe are shown."""
BYTES = 10_000_000
"""Compressed by gzip; a larger file is refused."""
_TEXT = 1000  # characters of a message that are shown
_HELP = 20_000
_LEVELS = {Severity.ERROR: "error", Severity.WARN: "warning", Severity.INFO: "note", Severity.OFF: "none"}
_BASE = "%SRCROOT%"


def render(result: Result) -> str:
    """The report as one run, UTF-8 text ending with a newline.

    A finding lies in the author's file where that is known, with the published page as a related location. Findings
    that are silenced or in the baseline are left out, because code scanning opens alerts for suppressed results too.
    Where the limits are too narrow the mildest are left out, and a notification tells how many.
    """
    report = Report.of(result)
    findings = by_severity(report.findings)[:RESULTS]
    mended = True
    while True:
        text = json.dumps(_log(report, findings, mended=mended), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        if len(text) <= BYTES or _zipped(text) <= BYTES:
            return text
        if mended:  # what is nice to have goes first
            mended = False
        else:
            findings = findings[: len(findings) // 2]


def _zipped(text: str) -> int:
    return len(zlib.compress(text.encode("utf-8", "replace"), 6))


def _log(report: Report, findings: list[Finding], *, mended: bool) -> dict[str, Any]:
    rules = dict.fromkeys((*sorted(report.rules), *sorted({each.rule for each in report.findings})))
    numbers = {name: number for number, name in enumerate(rules)}
    left = len(report.findings) - len(findings)
    notes = [*report.notes]
    if left:
        notes.append(f"{left:,} of {len(report.findings):,} findings are left out, the mildest: the format's limits")
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "imageseo",
                        "semanticVersion": __version__,
                        "rules": [_rule(report.rule(name)) for name in rules],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            {"level": "note", "message": {"text": _cut(note, _TEXT)}} for note in notes
                        ],
                    }
                ],
                "automationDetails": {"id": f"imageseo/{report.title}/"},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {_BASE: {"description": {"text": "The root of the repository."}}},
                "results": [_result(report, finding, numbers, mended=mended) for finding in findings],
            }
        ],
    }


def _rule(rule: RuleInfo) -> dict[str, Any]:
    words = rule.id.replace("-", " ").title().replace(" ", "")
    told: dict[str, Any] = {
        "id": rule.id,
        "name": words,
        "shortDescription": {"text": _cut(rule.manual.summary, _TEXT)},
        "fullDescription": {"text": _cut(rule.manual.body.partition("\n\n")[0] or rule.manual.summary, _TEXT)},
        "help": {"text": _cut(rule.manual.text(), _HELP), "markdown": _cut(rule.manual.markdown(), _HELP)},
        "defaultConfiguration": {"enabled": rule.severity is not Severity.OFF, "level": _LEVELS[rule.severity]},
        "properties": {"tags": ["images"], "problem.severity": _problem(rule.severity)},
    }
    if rule.url:
        told["helpUri"] = rule.url
    return told


def _problem(severity: Severity) -> str:
    return {Severity.ERROR: "error", Severity.WARN: "warning"}.get(severity, "recommendation")


def _result(report: Report, finding: Finding, numbers: dict[str, int], *, mended: bool) -> dict[str, Any]:
    source, built = report.source(finding), report.built(finding)
    text = finding.message + (f"\n{finding.hint}" if finding.hint else "")
    told: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": numbers[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": _cut(text, _TEXT)},
        "locations": [{"physicalLocation": _place(source or built)}],
    }
    if source is not None:
        told["relatedLocations"] = [
            {"id": 1, "physicalLocation": _place(built), "message": {"text": "the published page"}}
        ]
    if finding.fingerprint:
        told["partialFingerprints"] = {"imageseo/v1": finding.fingerprint}
    if finding.fix and mended:
        told["fixes"] = [_fix(finding, built)]
    return told


def _place(spot: SourceLocation) -> dict[str, Any]:
    """A file with its line; the first one where none is known, since code scanning shows nothing without."""
    region: dict[str, int] = {"startLine": spot.line or 1}
    if spot.line and spot.column:
        region["startColumn"] = spot.column
    return {"artifactLocation": _artifact(spot), "region": region}


def _artifact(spot: SourceLocation) -> dict[str, str]:
    return {"uri": quote(spot.file or "index.html", safe="/~", errors="surrogateescape"), "uriBaseId": _BASE}


def _fix(finding: Finding, built: SourceLocation) -> dict[str, Any]:
    replacements = [
        {
            "deletedRegion": {"byteOffset": edit.span.start, "byteLength": edit.span.end - edit.span.start},
            "insertedContent": _content(edit.replacement),
        }
        for edit in sorted(finding.fix, key=lambda edit: edit.span)
    ]
    return {
        "description": {"text": "what `imageseo lint --fix` does to the published page"},
        "artifactChanges": [{"artifactLocation": _artifact(built), "replacements": replacements}],
    }


def _content(data: bytes) -> dict[str, str]:
    try:
        return {"text": data.decode("ascii")}
    except UnicodeDecodeError:  # in whatever charset the page has
        return {"binary": b64encode(data).decode("ascii")}


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
