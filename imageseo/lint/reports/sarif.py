"""SARIF 2.1.0 report for code scanning, within GitHub's limits."""

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
"""GitHub refuses a run with more results; of these it shows the 5,000 most severe."""
BYTES = 10_000_000
"""Size after gzip; GitHub refuses a larger file."""
_TEXT = 1000  # characters; GitHub shows no more of a message
_HELP = 20_000
_LEVELS = {Severity.ERROR: "error", Severity.WARN: "warning", Severity.INFO: "note", Severity.OFF: "none"}
_BASE = "%SRCROOT%"


def render(result: Result) -> str:
    """Render the report as one run, UTF-8 text ending with a newline.

    A finding is located in its source file if that is known, with the published page as a related location. Findings
    that are silenced or in the baseline are left out, because code scanning opens alerts for suppressed results too.
    Beyond the limits the least severe are left out, and a notification gives their number.
    """
    report = Report.of(result)
    findings = by_severity(report.findings)[:RESULTS]
    with_fixes = True
    while True:
        text = (
            json.dumps(_log(report, findings, with_fixes=with_fixes), ensure_ascii=False, indent=1, allow_nan=False)
            + "\n"
        )
        if len(text) <= BYTES or _compressed_size(text) <= BYTES:
            return text
        if with_fixes:  # fixes are optional, so they are left out first
            with_fixes = False
        else:
            findings = findings[: len(findings) // 2]


def _compressed_size(text: str) -> int:
    return len(zlib.compress(text.encode("utf-8", "replace"), 6))


def _log(report: Report, findings: list[Finding], *, with_fixes: bool) -> dict[str, Any]:
    rules = dict.fromkeys((*sorted(report.rules), *sorted({each.rule for each in report.findings})))
    numbers = {name: number for number, name in enumerate(rules)}
    left_out = len(report.findings) - len(findings)
    notes = [*report.notes]
    if left_out:
        notes.append(
            f"{left_out:,} of {len(report.findings):,} findings are left out, the least severe: GitHub's limits"
        )
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
                "results": [_result(report, finding, numbers, with_fixes=with_fixes) for finding in findings],
            }
        ],
    }


def _rule(rule: RuleInfo) -> dict[str, Any]:
    rule_name = rule.id.replace("-", " ").title().replace(" ", "")
    entry: dict[str, Any] = {
        "id": rule.id,
        "name": rule_name,
        "shortDescription": {"text": _cut(rule.manual.summary, _TEXT)},
        "fullDescription": {"text": _cut(rule.manual.body.partition("\n\n")[0] or rule.manual.summary, _TEXT)},
        "help": {"text": _cut(rule.manual.text(), _HELP), "markdown": _cut(_markdown(rule), _HELP)},
        "defaultConfiguration": {"enabled": rule.severity is not Severity.OFF, "level": _LEVELS[rule.severity]},
        "properties": {
            "tags": ["images", *(source.tag for source in rule.sources)],
            "problem.severity": _problem(rule.severity),
        },
    }
    if rule.url or rule.sources:
        entry["helpUri"] = rule.url or rule.sources[0].url
    return entry


def _markdown(rule: RuleInfo) -> str:
    """Return the manual page with the sources of the rule."""
    sources = "".join(f"- [{source.name}]({source.url})\n" for source in rule.sources)
    return rule.manual.markdown() + (f"\n## Where it comes from\n\n{sources}" if sources else "")


def _problem(severity: Severity) -> str:
    return {Severity.ERROR: "error", Severity.WARN: "warning"}.get(severity, "recommendation")


def _result(report: Report, finding: Finding, numbers: dict[str, int], *, with_fixes: bool) -> dict[str, Any]:
    source, built = report.source(finding), report.built(finding)
    text = "\n".join([finding.message, *report.remedy(finding)])
    entry: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": numbers[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": _cut(text, _TEXT)},
        "locations": [{"physicalLocation": _place(source or built)}],
    }
    if source is not None:
        entry["relatedLocations"] = [
            {"id": 1, "physicalLocation": _place(built), "message": {"text": "the published page"}}
        ]
    if finding.fingerprint:
        entry["partialFingerprints"] = {"imageseo/v1": finding.fingerprint}
    if finding.fix and with_fixes:
        entry["fixes"] = [_fix(finding, built)]
    return entry


def _place(location: SourceLocation) -> dict[str, Any]:
    """Return a file with its line; line 1 if it is unknown, because code scanning requires one."""
    region: dict[str, int] = {"startLine": location.line or 1}
    if location.line and location.column:
        region["startColumn"] = location.column
    return {"artifactLocation": _artifact(location), "region": region}


def _artifact(location: SourceLocation) -> dict[str, str]:
    return {"uri": quote(location.file or "index.html", safe="/~", errors="surrogateescape"), "uriBaseId": _BASE}


def _fix(finding: Finding, built: SourceLocation) -> dict[str, Any]:
    replacements = [
        {
            "deletedRegion": {"byteOffset": edit.span.start, "byteLength": edit.span.end - edit.span.start},
            "insertedContent": _content(edit.replacement),
        }
        for edit in sorted(finding.fix, key=lambda edit: edit.span)
    ]
    return {
        "description": {"text": "the edit of `imageseo lint --fix` in the published page"},
        "artifactChanges": [{"artifactLocation": _artifact(built), "replacements": replacements}],
    }


def _content(data: bytes) -> dict[str, str]:
    try:
        return {"text": data.decode("ascii")}
    except UnicodeDecodeError:  # in the charset of the page
        return {"binary": b64encode(data).decode("ascii")}


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
