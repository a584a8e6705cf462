"""Reports: text for people, JSON for machines, both the same for the same findings."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from imageseo.model.finding import Finding, Location, Severity, Silenced
from imageseo.reports import json as json_report
from imageseo.reports import text as text_report


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The end of a run, as reports see it."""

    findings: tuple[Finding, ...] = ()
    silenced: tuple[Silenced, ...] = ()
    title: str = "lint"
    summary: Mapping[str, int | float] = field(default_factory=dict)


def finding(page: str, line: int, message: str, *, rule: str = "alt-missing", source: str | None = None) -> Finding:
    return Finding(
        rule=rule,
        severity=Severity.ERROR,
        message=message,
        hint="say what it shows",
        location=Location(page=page, source=source, line=line, column=3, image="a.png"),
    )


FINDINGS = (
    finding("b/index.html", 9, "x.png has no alt attribute"),
    finding("a.html", 12, "y.png has no alt attribute", source="docs/a.md"),
    finding("a.html", 4, "z.png leads nowhere\nand says so twice", rule="img-missing", source="docs/a.md"),
)


def test_text_groups_by_page_with_places_and_hints() -> None:
    result = Ended(findings=FINDINGS, summary={"pages": 1200, "errors": 3, "warnings": 1})
    assert text_report.render(result) == (
        "a.html (from docs/a.md)\n"
        "  a.html:4:3: error img-missing: z.png leads nowhere\n"
        "      and says so twice\n"
        "      say what it shows\n"
        "  a.html:12:3: error alt-missing: y.png has no alt attribute\n"
        "      say what it shows\n"
        "\n"
        "b/index.html\n"
        "  b/index.html:9:3: error alt-missing: x.png has no alt attribute\n"
        "      say what it shows\n"
        "\n"
        "lint: 1,200 pages, 3 errors, 1 warning\n"
    )


def test_text_of_nothing_is_the_summary_alone() -> None:
    assert text_report.render(Ended(title="build", summary={"pages": 1, "heroes": 0, "errors": 0})) == (
        "build: 1 page, 0 errors\n"
    )


def test_text_shows_a_logo_of_the_theme_once() -> None:
    """The same fault on every page must not bury the others."""
    logo = [finding(f"{number:03}.html", 5, "logo.png has no alt attribute") for number in range(40)]
    twice = [finding("000.html", 8, "logo.png has no alt attribute")]
    text = text_report.render(Ended(findings=(*logo, *twice, finding("039.html", 7, "own.png has no alt attribute"))))
    assert text.count("logo.png has no alt attribute") == 2  # it stands twice on the first page
    assert text.count("(the same on 39 other pages)") == 2
    assert "039.html:7:3: error alt-missing: own.png" in text
    assert "001.html" not in text


def test_text_names_the_page_once() -> None:
    message = "docs/a.md: front matter key `hero.seed`: bad\ndocs/a.md: front matter key `hero.card`: bad"
    text = text_report.render(Ended(findings=(finding("a.html", 1, message, source="docs/a.md"),)))
    assert text.splitlines()[0] == "a.html (from docs/a.md)"
    assert text.count("docs/a.md") == 1


def test_text_keeps_the_reasons_of_silenced_findings() -> None:
    silenced = tuple(
        Silenced(finding=finding(page, 2, "x.png has no alt attribute"), reason=reason)
        for page, reason in (("b.html", "decoration"), ("a.html", "decoration"), ("c.html", ""))
    )
    text = text_report.render(Ended(silenced=silenced))
    assert "a.html:2:3 and 1 more: alt-missing: decoration\n" in text
    assert "c.html:2:3: alt-missing: no reason given\n" in text


def test_json_is_the_schema_it_promises() -> None:
    silenced = (Silenced(finding=FINDINGS[0], reason="decoration – ünïcode"),)
    text = json_report.render(Ended(findings=FINDINGS, silenced=silenced, summary={"pages": 2, "errors": 3}))
    report = json.loads(text)
    assert list(report) == ["version", "title", "summary", "findings", "silenced"]
    assert (report["version"], report["title"], report["summary"]) == (1, "lint", {"pages": 2, "errors": 3})
    assert report["findings"][0] == {
        "rule": "img-missing",
        "severity": "error",
        "message": "z.png leads nowhere\nand says so twice",
        "hint": "say what it shows",
        "page": "a.html",
        "source": "docs/a.md",
        "line": 4,
        "column": 3,
        "image": "a.png",
        "fails_build": False,
    }
    assert report["silenced"][0]["reason"] == "decoration – ünïcode"
    assert "decoration – ünïcode" in text
    assert text.endswith("}\n")


@pytest.mark.parametrize("report", [text_report, json_report])
def test_order_of_arrival_leaves_no_trace(report: object) -> None:
    findings = [*FINDINGS, *(finding(f"{number}.html", 1, "logo.png has no alt attribute") for number in range(9))]
    silenced = [Silenced(finding=one, reason=f"because {index % 3}") for index, one in enumerate(findings)]
    render = report.render  # type: ignore[attr-defined]
    first = render(Ended(findings=tuple(findings), silenced=tuple(silenced)))
    for seed in range(5):
        random.Random(seed).shuffle(findings)
        random.Random(seed).shuffle(silenced)
        assert render(Ended(findings=tuple(findings), silenced=tuple(silenced))) == first
