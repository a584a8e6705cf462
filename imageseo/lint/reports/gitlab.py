"""GitLab's code quality report (`artifacts: reports: codequality`), which shows findings in a merge request."""

from __future__ import annotations

import json
from typing import Any

from imageseo.lint.code_frame import sanitized
from imageseo.lint.fingerprint import with_fingerprints
from imageseo.lint.report import Report
from imageseo.model.finding import Finding, Severity
from imageseo.model.protocols import Result

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARN: "minor", Severity.INFO: "info"}


def render(result: Result) -> str:
    """Render the findings as a JSON array of issues, UTF-8 text ending with a newline.

    A finding is located in its source file if that is known. GitLab needs a line, and another fingerprint for each.
    """
    report = Report.of(result)
    issues = [_issue(report, finding) for finding in with_fingerprints(report.findings)]
    return json.dumps(issues, ensure_ascii=False, indent=1) + "\n"


def _issue(report: Report, finding: Finding) -> dict[str, Any]:
    target = report.source(finding) or report.built(finding)
    text = " – ".join([finding.message, *report.remedy(finding)])
    return {
        "description": sanitized(text),
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": sanitized(target.file), "lines": {"begin": target.line or 1}},
    }
