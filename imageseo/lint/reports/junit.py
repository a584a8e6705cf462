"""JUnit XML report: one test suite per page, one test case per finding, for CI servers without another format."""

from __future__ import annotations

from itertools import groupby

from imageseo.lint.code_frame import sanitized
from imageseo.lint.report import Report
from imageseo.model.finding import Finding, Severity
from imageseo.model.protocols import Result


def render(result: Result) -> str:
    """Render the report as the XML that Jenkins reads (junit-10.xsd), UTF-8 text ending with a newline.

    A finding that fails the run is a failure; a less severe one is a passing test with its text as output. A run
    without findings is one passing test, because servers treat a file without tests as a broken run.
    """
    from lxml import etree

    report = Report.of(result)
    root = etree.Element("testsuites", name=f"imageseo {report.title}")
    total = failing = 0
    ordered = sorted(report.findings, key=lambda finding: finding.sort_key)
    for page, group in groupby(ordered, key=lambda finding: finding.location.page):
        findings = list(group)
        failed = [finding for finding in findings if _fails(report, finding)]
        suite = etree.SubElement(root, "testsuite", name=sanitized(page) or "site")
        for name, number in (("tests", len(findings)), ("failures", len(failed)), ("errors", 0), ("skipped", 0)):
            suite.set(name, str(number))
        for finding in findings:
            source = report.source(finding)
            located = source if source is not None and source.line is not None else finding.location
            where = sanitized(str(located)) or "site"
            case = etree.SubElement(
                suite, "testcase", name=f"{finding.rule} {where}", classname=sanitized(page) or "site"
            )
            text = "\n".join(sanitized(line) for line in _text(report, finding).splitlines())
            if _fails(report, finding):
                failure = etree.SubElement(case, "failure", type=finding.severity.value)
                failure.set("message", " ".join(sanitized(finding.message).split()))
                failure.text = text
            else:
                etree.SubElement(case, "system-out").text = text
        total, failing = total + len(findings), failing + len(failed)
    if not total:
        suite = etree.SubElement(root, "testsuite", name="site", tests="1", failures="0", errors="0", skipped="0")
        etree.SubElement(suite, "testcase", name="no findings", classname="site")
    for name, number in (("tests", total or 1), ("failures", failing), ("errors", 0)):
        root.set(name, str(number))
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return data.decode()


def _fails(report: Report, finding: Finding) -> bool:
    return report.fails is not Severity.OFF and finding.severity.rank >= report.fails.rank


def _text(report: Report, finding: Finding) -> str:
    source = report.source(finding)
    parts = [f"{finding.severity.value} {finding.rule}: {finding.message}"]
    parts += report.remedy(finding)
    if source is not None:
        column = f":{source.column}" if source.line and source.column else ""
        parts += [f"source: {source.file}" + (f":{source.line}{column}" if source.line else "")]
        parts += [f"built page: {finding.location}"] if source.line else []
    frame = report.frame(finding)
    if frame is not None:
        number = str(frame.line)
        parts += [f"{number} | {frame.text}", f"{' ' * len(number)} | {' ' * frame.caret}^"]
    return "\n".join(parts)
