"""Many findings end with an overview: rules, pages, and the command that helps most."""

from __future__ import annotations

from imageseo.lint.overview import overview
from imageseo.lint.report import Report
from imageseo.lint.reports.text import render
from imageseo.model.edit import Edit
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.image import Span

BUILD = "write both, or let `imageseo build` add it"
FIX = (Edit(span=Span(0, 0), replacement=b"x"),)


def found(
    rule: str, number: int, *, severity: Severity = Severity.ERROR, hint: str = "", fix: bool = False
) -> list[Finding]:
    return [
        Finding(
            rule=rule,
            severity=severity,
            message=f"{rule} {each}",
            hint=hint,
            location=Location(page=f"p{each % 7}.html"),
            fix=FIX if fix else (),
        )
        for each in range(number)
    ]


def test_few_findings_are_read_one_by_one() -> None:
    assert list(overview(found("a-b", 39), directory="site")) == []
    assert list(overview(found("a-b", 400, severity=Severity.INFO), directory="site")) == []


def test_rules_and_pages_are_counted() -> None:
    many = found("img-dimensions", 50, hint=BUILD) + found("img-dimensions", 4, severity=Severity.WARN)
    many += found("alt-missing", 8) + [each for number in range(9) for each in found(f"rule-{number}", 1)]
    lines = list(overview(many, directory="public"))
    assert lines[:3] == [
        "71 findings by rule:",
        "  img-dimensions  50 errors, 4 warnings",
        "  alt-missing     8 errors",
    ]
    assert lines[9] == "  3 other rules: 3"
    assert lines[10] == "Pages with most of them: p0.html (20), p1.html (9), p2.html (9), p3.html (9), p4.html (8)"
    assert lines[11] == "`imageseo build public` corrects up to 50 of them; run lint after it"
    assert "lint public --baseline imageseo-baseline.json --update-baseline" in lines[12]


def test_the_command_that_helps_most_is_named() -> None:
    fixable = list(overview(found("alt-missing", 50) + found("sizes-missing", 30, fix=True), directory="public"))
    assert "`imageseo lint public --fix` corrects 30 of them" in fixable
    neither = "\n".join(overview(found("alt-missing", 50), directory="public"))
    assert "corrects" not in neither
    assert "--update-baseline" in neither


def test_text_report_of_lint_has_it_and_that_of_a_build_has_no_command() -> None:
    findings = tuple(found("alt-missing", 50, hint=BUILD))
    report = Report(title="lint", findings=findings, silenced=(), summary={"errors": 50}, directory="public")
    assert "imageseo build public" in render(report)
    built = render(Report(title="build", findings=findings, silenced=(), summary={"errors": 50}))
    assert "50 findings by rule" in built
    assert "--baseline" not in built


def test_notes_about_what_a_build_did_are_shown_up_to_ten_of_a_kind() -> None:
    notes = found("variant-dropped", 25, severity=Severity.INFO) + found("alt-length", 25, severity=Severity.INFO)
    findings = (*notes, *found("img-missing", 12), *found("markup-reduced", 10, severity=Severity.INFO))
    text = render(Report(title="build", findings=findings, silenced=(), summary={"errors": 12}))
    assert [text.count(f" {rule}: ") for rule in ("variant-dropped", "alt-length", "img-missing")] == [10, 25, 12]
    assert "15 more of variant-dropped (--verbose shows all)" in text
    assert "more of markup-reduced" not in text
