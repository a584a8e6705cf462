"""Where rules come from: in `explain`, in reports, and on a page of the manual."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from imageseo.lint import source_tables
from imageseo.lint.report import Report
from imageseo.lint.reports import html, sarif
from imageseo.lint.rule import Rule
from imageseo.lint.rule_catalog import RuleCatalog
from imageseo.lint.rule_sources import KINDS, sources_of
from imageseo.model.facts import Problem
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.foreign import UnfitPlugin

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def catalog() -> RuleCatalog:
    return RuleCatalog.installed()


def finding(rule: str) -> Finding:
    return Finding(rule=rule, severity=Severity.ERROR, message="m", hint="", location=Location(page="a.html", line=1))


def report(catalog: RuleCatalog, *rules: str) -> Report:
    rules_of = {name: catalog.texts[name] for name in rules}
    return Report(title="lint", findings=tuple(map(finding, rules)), silenced=(), summary={}, rules=rules_of)


def test_page_of_other_checkers_is_current(catalog: RuleCatalog) -> None:
    page = (ROOT / "site_example/docs/reference/checkers.md").read_text("utf-8")
    command = "python -m imageseo.lint.source_tables > site_example/docs/reference/checkers.md"
    assert page == source_tables.page(catalog.rules), command


def test_every_rule_about_names_and_markup_has_a_source(catalog: RuleCatalog) -> None:
    missing = [
        rule.id for rule in catalog.rules if re.match(r"alt-|sizes-|picture-|map-", rule.id) and not rule.sources
    ]
    assert missing == []
    kinds = {source.kind for rule in catalog.rules for source in rule.sources}
    assert kinds >= {"WCAG", "ACT", "axe", "Lighthouse", "HTML"}


def test_explain_names_the_sources(catalog: RuleCatalog) -> None:
    text = catalog.page("alt-input", "text")
    assert "Where it comes from:" in text
    for name in ("WCAG 1.1.1 Non-text Content", "ACT 59796f", "axe input-image-alt", "Lighthouse input-image-alt"):
        assert name in text, name
    assert "HTML standard: Sizes attributes" in catalog.page("sizes-invalid", "text")
    assert "Where it comes from" not in catalog.page("c2pa-bloat", "text"), "a rule that no other checker has"
    entry = json.loads(catalog.page("alt-area", "json"))
    assert {"kind": "axe", "id": "area-alt"}.items() <= entry["sources"][4].items()


def test_sarif_has_tags_and_a_help_page(catalog: RuleCatalog) -> None:
    log = json.loads(sarif.render(report(catalog, "alt-missing", "c2pa-bloat")))
    rules = {rule["id"]: rule for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    assert {"images", "wcag111", "act-23a2a8", "axe-image-alt"} <= set(rules["alt-missing"]["properties"]["tags"])
    assert rules["alt-missing"]["helpUri"].startswith("https://")
    assert "ACT 23a2a8" in rules["alt-missing"]["help"]["markdown"]
    assert rules["c2pa-bloat"]["properties"]["tags"] == ["images"]


def test_html_report_links_the_sources(catalog: RuleCatalog) -> None:
    page = html.render(report(catalog, "alt-missing"))
    assert 'href="https://www.w3.org/WAI/standards-guidelines/act/rules/23a2a8/"' in page


def test_sources_are_sorted_and_have_addresses() -> None:
    found = sources_of(("HTML alt", "axe image-alt", "WCAG 1.1.1"))
    assert [source.kind for source in found] == ["WCAG", "axe", "HTML"]
    assert all(source.url.startswith("https://") and source.kind in KINDS for source in found)


@pytest.mark.parametrize("name", ["WCAG 9.9.9", "ACT zzz", "HTML nowhere", "someone else", "axe", ""])
def test_unknown_source_is_no_rule(name: str) -> None:
    def check(images: Any) -> list[Problem]:
        return []

    module = ModuleType("rule_with_sources", "A rule.")
    module.__dict__.update(SEVERITY=Severity.WARN, check=check, SOURCES=(name,))
    with pytest.raises(UnfitPlugin, match="SOURCES"):
        Rule.of("rule_with_sources", module)
