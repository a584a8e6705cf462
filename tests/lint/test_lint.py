"""Lint: facts about pages, rules that use them, and the treatment of findings."""

from __future__ import annotations

import difflib
import gc
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imageseo.config import load
from imageseo.config.budgets import BudgetSettings, DesktopBudget, LcpBudget, MobileBudget
from imageseo.config.heroes import HeroSettings
from imageseo.config.settings import LintSettings, Settings
from imageseo.images.decoding.probe import probe
from imageseo.integrations import runner
from imageseo.integrations.progress import Quiet
from imageseo.lint import parallel
from imageseo.lint.budgets import lcp, limits
from imageseo.lint.budgets.spending import PageWeight, budgets_for, lcp_ms
from imageseo.lint.crashes import CRASHED
from imageseo.lint.engine import RuleRunner
from imageseo.lint.facts.page import PageContext, PageFacts, SiteFacts, SiteFiles
from imageseo.lint.linter import LintResult, failed, lint
from imageseo.lint.rule import Rule
from imageseo.lint.severity import SeverityLevels, apply_levels
from imageseo.model.errors import SettingsError
from imageseo.model.facts import ImageFact, Problem, ProblemLocation
from imageseo.model.finding import DESKTOP, GATING, MOBILE, Budget, Finding, Location, Occurrence, Severity
from imageseo.model.image import Asset, BadAsset, OptOut, SourceTag
from imageseo.model.site import Page, PageHints, Site

NAMES = ("alt_missing", "img_dimensions", "img_missing", "img_unreadable", "lcp_bytes", "lcp_lazy")
RULES = tuple(Rule.of(name, importlib.import_module(f"imageseo.lint.rules.{name}")) for name in NAMES)
KIB = 1024


def picture(path: Path, width: int = 1600, height: int = 900, *, kib: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), "#2563eb").save(path)
    path.write_bytes(path.read_bytes().ljust(kib * KIB, b"\0"))


def site_of(root: Path, pages: Mapping[str, str], *, base_url: str | None = None) -> Site:
    for name, html in pages.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"<!doctype html><html><head><title>t</title></head><body>{html}</body></html>", "utf-8")
    return Site(root=root, project=root, base_url=base_url, pages=tuple(Page(path=name) for name in pages))


def prober(root: Path, probed: list[str] | None = None) -> Callable[[str], Asset | BadAsset]:
    def asset(path: str) -> Asset | BadAsset:
        if probed is not None:
            probed.append(path)
        return probe(root / path, path, max_pixels=10**8)

    return asset


def context_of(site: Site, *, guess: bool = True, budgets: BudgetSettings | None = None) -> PageContext:
    return PageContext.of(site, Settings(budgets=budgets or BudgetSettings(), hero=HeroSettings(guess=guess)))


def run(
    site: Site,
    *,
    rules: Sequence[Rule] = RULES,
    severities: Mapping[str, Severity] | None = None,
    paths: Mapping[str, Mapping[str, Severity]] | None = None,
    probe: Callable[[str], Asset | BadAsset] | None = None,
    reads: PageContext | None = None,
    **more: Any,
) -> LintResult:
    files = SiteFiles(site.root, probe or prober(site.root))
    runner = RuleRunner(
        site=site,
        rules=rules,
        levels=SeverityLevels(rules=severities or {}, paths=tuple((paths or {}).items())),
        files=files,
        page_context=reads or context_of(site),
        site_facts=SiteFacts(site, files=files, settings=Settings()),
    )
    return lint(runner, **more)


def facts_of(site: Site, *, guess: bool = True, budgets: BudgetSettings | None = None) -> PageFacts:
    return PageFacts(
        site.pages[0],
        site=site,
        files=SiteFiles(site.root, prober(site.root)),
        page_context=context_of(site, guess=guess, budgets=budgets),
    )


def rule(name: str, check: Callable[..., Any], *, severity: Severity = Severity.ERROR) -> Rule:
    return Rule(id=name, severity=severity, check=check, facts=("images",), manual="A rule.")


def rules_of(result: LintResult) -> list[str]:
    return [finding.rule for finding in result.findings]


# Runs


def test_findings_have_page_source_line_and_column(tmp_path: Path) -> None:
    site = site_of(tmp_path, {"guide/a.html": '<article>\n\n  <p>é<img src="gone.png" alt="x" width="1" height="1">'})
    page = Page(path="guide/a.html", hints=PageHints(source=Path("docs/guide/a.md")))
    result = run(Site(root=site.root, project=site.root, base_url=None, pages=(page,)))
    assert [finding.location for finding in result.findings] == [
        Location(
            page="guide/a.html",
            source="docs/guide/a.md",
            line=3,
            column=7,
            image="gone.png",
            occurrence=Occurrence(0, 1, 0, 1),
        )
    ]
    assert "guide/gone.png" in result.findings[0].message


def test_result_does_not_depend_on_the_order_of_pages(tmp_path: Path) -> None:
    pages = {f"{name}.html": f'<img src="{name}.png"><img src="{name}2.png" alt="">' for name in "cab"}
    site = site_of(tmp_path, pages)
    turned = Site(root=site.root, project=site.root, base_url=None, pages=site.pages[::-1])
    assert run(site).findings == run(turned).findings
    assert [finding.location.page for finding in run(site).findings][::3] == ["a.html", "b.html", "c.html"]


def test_a_clean_site_is_counted_and_has_no_findings(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    site = site_of(tmp_path, {"a.html": '<img src="a.jpg" alt="" width="1600" height="900">', "b.html": "<p>words"})
    result = run(site)
    assert result.findings == ()
    assert result.summary == {"pages": 2, "images": 1, "errors": 0, "warnings": 0, "infos": 0, "silenced": 0}


def test_image_is_probed_once_per_site(tmp_path: Path) -> None:
    picture(tmp_path / "logo.png", 64, 64)
    tag = '<img src="logo.png" alt="" width="64" height="64">'
    site = site_of(tmp_path, {f"{number}.html": tag * 3 for number in range(4)})
    probed: list[str] = []
    assert run(site, probe=prober(tmp_path, probed)).findings == ()
    assert probed == ["logo.png"]


def test_a_page_is_read_once(tmp_path: Path) -> None:
    site = site_of(tmp_path, {"a.html": '<img src="a.png">'})
    facts = facts_of(site)
    assert len(facts.scan.refs) == 1
    (tmp_path / "a.html").unlink()
    assert [image.ref.src for image in facts.images] == ["a.png"]
    assert facts.hero is None


def test_progress_counts_every_page(tmp_path: Path) -> None:
    steps: list[object] = []

    class Count:
        @contextmanager
        def task(self, title: str, total: int, work: float | None = None) -> Iterator[Count]:
            steps.append(total)
            yield self

        def advance(self, count: int = 1, work: float | None = None) -> None:
            steps.append("step")

    (tmp_path / "gone").mkdir()
    site = site_of(tmp_path, {"a.html": "", "b.html": ""})
    (tmp_path / "b.html").unlink()
    run(site, progress=Count())
    assert steps == [2, "step", "step"]


def test_registered_file_counts_as_existing_before_it_is_written(tmp_path: Path) -> None:
    """A build checks pages before their variants are in the folder."""
    picture(tmp_path / "img" / "a.png")
    files = SiteFiles(tmp_path, prober(tmp_path))
    assert not files.exists("img/a-320w.avif")
    assert files.size("new/a-320w.avif") is None
    for path in ("img/a-320w.avif", "new/a-320w.avif"):
        files.add(path, 4711)
        assert files.exists(path)
        assert files.size(path) == 4711
    assert files.exists("img/a.png")


# Failures


@pytest.mark.parametrize(
    "data", [pytest.param("<p>x".encode("utf-16"), id="utf-16"), pytest.param(b"\x89PNG\0\0\0\rIHDR\0\0\0\0", id="png")]
)
def test_unreadable_page_is_a_finding_and_other_pages_are_checked(tmp_path: Path, data: bytes) -> None:
    site = site_of(tmp_path, {"a.html": "", "b.html": '<img src="x.png" alt="" width="1" height="1">'})
    (tmp_path / "a.html").write_bytes(data)
    result = run(site)
    assert [(found.location.page, found.rule) for found in result.findings] == [
        ("a.html", "page-unreadable"),
        ("b.html", "img-missing"),
    ]
    assert failed(result, "error")


def test_missing_page_is_a_finding(tmp_path: Path) -> None:
    site = site_of(tmp_path, {"a.html": ""})
    (tmp_path / "a.html").unlink()
    assert rules_of(run(site)) == ["page-unreadable"]


def test_crash_of_a_rule_is_an_error_and_other_rules_run(tmp_path: Path) -> None:
    def breaks(images: Sequence[ImageFact]) -> Iterator[Problem]:
        yield Problem(message="half of the truth")
        raise ZeroDivisionError("by design")

    def works(images: Sequence[ImageFact]) -> Iterator[Problem]:
        yield from (Problem(message="seen", at=image.ref) for image in images)

    site = site_of(tmp_path, {"a.html": '<img src="x.png">'})
    result = run(site, rules=[rule("breaks", breaks, severity=Severity.INFO), rule("works", works)])
    assert [(found.rule, found.severity) for found in result.findings] == [
        ("breaks", Severity.ERROR),
        ("works", Severity.ERROR),
    ]
    assert "ZeroDivisionError: by design (test_lint.py:" in result.findings[0].message


def test_module_that_is_not_a_rule_is_refused() -> None:
    with pytest.raises(TypeError, match=r"test_lint is not a rule"):
        Rule.of("test_lint", importlib.import_module("tests.lint.test_lint"))


# Severities, exit status, suppressions


def found_of(rule: str, severity: Severity, *, fails: bool = False) -> Finding:
    return Finding(rule=rule, severity=severity, message="x", location=Location(page="a.html"), fails_build=fails)


@pytest.mark.parametrize(
    ("rule_id", "severity", "chosen", "left"),
    [
        ("hero-stale", Severity.WARN, Severity.OFF, None),
        ("hero-stale", Severity.WARN, Severity.INFO, Severity.INFO),
        ("variant-dropped", Severity.INFO, Severity.WARN, Severity.WARN),
        ("alt-missing", Severity.ERROR, Severity.WARN, Severity.WARN),
        ("lcp-bytes", Severity.WARN, Severity.ERROR, Severity.WARN),
        ("img-unreadable", Severity.WARN, Severity.OFF, None),
    ],
)
def test_severity_setting_applies_to_any_finding(
    rule_id: str, severity: Severity, chosen: Severity, left: Severity | None
) -> None:
    given = [found_of(rule_id, severity), found_of("ld-parse", Severity.WARN)]
    once = apply_levels(given, SeverityLevels(rules={rule_id: chosen}))
    assert [found.severity for found in once if found.rule == rule_id] == ([left] if left else [])
    assert once[-1] == given[-1], "other findings stay unchanged"
    assert apply_levels(once, SeverityLevels(rules={rule_id: chosen})) == once
    assert apply_levels(given, SeverityLevels(rules={})) == given


@pytest.mark.parametrize("chosen", list(Severity))
@pytest.mark.parametrize("rule_id", ["hero-recipe", "page-unwritable", "lcp-bytes"])
def test_severity_setting_does_not_change_a_finding_that_fails_the_build(rule_id: str, chosen: Severity) -> None:
    fatal = found_of(rule_id, Severity.ERROR, fails=True)
    assert apply_levels([fatal], SeverityLevels(rules={rule_id: chosen})) == [fatal]


def test_severity_settings_lower_and_switch_off_rules(tmp_path: Path) -> None:
    picture(tmp_path / "x.png", 64, 64)
    site = site_of(tmp_path, {"a.html": '<img src="x.png" srcset="gone.png 2x">'})
    assert set(rules_of(run(site))) == {"alt-missing", "img-dimensions", "img-missing"}
    chosen = {"alt-missing": Severity.OFF, "img-missing": Severity.INFO, "img-dimensions": Severity.WARN}
    found = {finding.rule: finding.severity for finding in run(site, severities=chosen).findings}
    assert found == {"img-missing": Severity.INFO, "img-dimensions": Severity.WARN}


@pytest.mark.parametrize(
    ("own", "level", "expected"),
    [
        (Severity.ERROR, None, [Severity.ERROR, Severity.WARN, Severity.INFO]),
        (Severity.ERROR, Severity.WARN, [Severity.WARN, Severity.INFO, Severity.INFO]),
        (Severity.ERROR, Severity.INFO, [Severity.INFO] * 3),
        (Severity.WARN, Severity.ERROR, [Severity.ERROR, Severity.ERROR, Severity.WARN]),
        (Severity.WARN, Severity.OFF, []),
        (Severity.INFO, Severity.WARN, [Severity.WARN] * 3),
    ],
)
def test_severity_setting_replaces_that_of_the_rule_and_milder_problems_keep_their_distance(
    tmp_path: Path, own: Severity, level: Severity | None, expected: list[Severity]
) -> None:
    def three(images: Sequence[ImageFact]) -> Iterator[Problem]:
        yield Problem(message="a")
        yield Problem(message="b", severity=Severity.WARN)
        yield Problem(message="c", severity=Severity.INFO)

    many = Rule(id="many", severity=own, check=three, facts=("images",), manual="m")
    site = site_of(tmp_path, {"a.html": ""})
    levels = {"many": level} if level is not None else {}
    found = run(site, rules=[many], severities=levels).findings
    assert [finding.severity for finding in found] == expected
    by_path = run(site, rules=[many], paths={"a.*": levels}).findings
    assert by_path == found


def test_problems_of_the_whole_site_keep_their_distance_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def check_site(site: Site) -> list[Problem]:
        return [Problem(message="a"), Problem(message="b", severity=Severity.WARN)]

    whole = Rule(id="sitemap-schema", severity=Severity.ERROR, check_site=check_site, site_facts=("site",), manual="m")
    levels = {"sitemap-schema": Severity.ERROR}
    site = site_of(tmp_path, {"a.html": ""})
    assert [each.severity for each in run(site, rules=[whole], severities=levels).findings] == [
        Severity.ERROR,
        Severity.WARN,
    ]
    monkeypatch.setattr(parallel, "installed_rules", lambda: (whole,))
    settings = Settings(lint=LintSettings(rules=levels), frozen=True)
    result, _ = runner.lint(site, settings, progress=Quiet())
    assert [each.severity for each in result.findings] == [Severity.ERROR, Severity.WARN]
    beside = found_of("measure-failed", Severity.INFO)
    once = apply_levels([beside], SeverityLevels(rules={"measure-failed": Severity.WARN}))
    assert [each.severity for each in once] == [Severity.INFO]
    assert apply_levels(once, SeverityLevels(rules={"measure-failed": Severity.WARN})) == once


def test_severity_setting_does_not_raise_a_budget_warning(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", kib=130)
    site = site_of(tmp_path, {"a.html": '<h1>t</h1><img src="a.png" alt="a" width="1600" height="900">'})
    results = [run(site, severities={"lcp-bytes": level}).findings for level in (Severity.ERROR, Severity.INFO)]
    assert [[each.severity for each in found if each.rule == "lcp-bytes"] for found in results] == [
        [Severity.WARN],
        [Severity.INFO],
    ]


@pytest.mark.parametrize(
    "tag",
    [
        f'<img src="a.png" srcset="a.png {"1" * 5000}w, a.png 2x" alt="a">',
        f'<img src="a.png" srcset="a.png {"1" * 5000}h" sizes="{"1" * 5000}px" alt="a">',
        f'<img src="a.png" srcset="a.png 10w" sizes="{"calc(" * 2000}1px{")" * 2000}" alt="a">',
        f'<picture><source media="{"(" * 2000}width{")" * 2000}" srcset="b.png"><img src="a.png" alt="a"></picture>',
        f'<picture><source media="(width: {"1" * 5000}px)" srcset="b.png"><img src="a.png" alt="a"></picture>',
        f'<img src="a.png" width="{"1" * 5000}" height="{"1" * 5000}" alt="a">',
        '<img src="a.png" srcset="a.png 9e999x, a.png 1x" sizes="9e999px" alt="a">',
    ],
)
def test_odd_tag_crashes_no_rule(tmp_path: Path, tag: str) -> None:
    picture(tmp_path / "a.png", 10, 10)
    site = site_of(tmp_path, {"a.html": f"<h1>t</h1>{tag}", "b.html": '<img src="gone.png">'})
    result = run(site, rules=parallel.installed_rules())
    broken = [each for each in result.findings if each.message.startswith(CRASHED)]
    assert [(each.rule, each.message[:300]) for each in broken] == []
    assert "img-missing" in {each.rule for each in result.findings if each.location.page == "b.html"}


def test_internal_failure_is_one_error_of_that_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = site_of(tmp_path, {"a.html": '<img src="gone.png">', "b.html": '<img src="gone.png">'})
    spent = PageWeight.__dict__["spent"].func

    def spending(weights: PageWeight) -> Any:
        if weights._page == "a.html":
            raise OSError(5, "Input/output error", "/home/me/site/a.png")
        return spent(weights)

    monkeypatch.setattr(PageWeight, "spent", property(spending))
    found = run(site).findings
    assert {each.rule for each in found if each.location.page == "a.html"} == {
        *("alt-missing", "img-missing", "page-unreadable")
    }
    (failed,) = (each for each in found if each.rule == "page-unreadable")
    assert failed.message.startswith(CRASHED)
    assert "Input/output error" in failed.message
    assert "/home" not in failed.message
    assert (failed.severity, failed.fails_build) == (Severity.ERROR, True)

    def finding(*_: Any, **__: Any) -> Any:
        raise ValueError("oh")

    monkeypatch.setattr("imageseo.web.html.page_scan.scan_page", finding)
    assert [each.rule for each in run(site).findings] == ["page-unreadable"] * 2


def test_unknown_rules_in_settings_are_an_error(tmp_path: Path) -> None:
    site = site_of(tmp_path, {"a.html": ""})
    with pytest.raises(SettingsError) as caught:
        run(site, severities={"alt-mising": Severity.OFF, "nonsense": Severity.WARN, "lcp-lazy": Severity.OFF})
    assert len(caught.value.faults) == 2
    assert "did you mean alt-missing?" in caught.value.faults[0]
    assert "'nonsense'" in caught.value.faults[1]


@pytest.mark.parametrize(
    ("found", "fail_on", "expected"),
    [
        ("warn", "error", False),
        ("error", "error", True),
        ("warn", "warn", True),
        ("info", "warn", False),
        ("info", "info", True),
        ("error", "never", False),
        (None, "info", False),
    ],
)
def test_run_fails_by_severity_and_fail_on(found: str | None, fail_on: str, expected: bool) -> None:
    findings = (
        () if found is None else (Finding(rule="r", severity=Severity(found), message="", location=Location(page="a")),)
    )
    assert failed(LintResult(findings=findings, pages=1, images=0), fail_on) is expected


def test_suppression_silences_a_finding_and_keeps_the_reason(tmp_path: Path) -> None:
    tag = '<img src="a.jpg" width="1600" height="900"{}>'
    picture(tmp_path / "a.jpg")
    silent = tag.format(' data-imageseo-disable="alt-missing: the chart below says it all"')
    site = site_of(tmp_path, {"a.html": silent + tag.format("")})
    result = run(site)
    assert rules_of(result) == ["alt-missing"]
    assert [(answer.finding.rule, answer.reason) for answer in result.silenced] == [
        ("alt-missing", "the chart below says it all")
    ]
    assert result.findings[0].location.column != result.silenced[0].finding.location.column
    assert result.summary["silenced"] == 1


def test_suppression_of_one_rule_does_not_silence_another(tmp_path: Path) -> None:
    html = '<div data-imageseo-disable="alt-missing: old gallery"><img src="gone.jpg" width="1" height="1"></div>'
    result = run(site_of(tmp_path, {"a.html": html}))
    assert rules_of(result) == ["img-missing"]
    assert result.silenced[0].reason == "old gallery"


# Targets of images


def test_similar_names_are_not_searched_in_large_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    nearest = difflib.get_close_matches

    def counted(name: str, among: Sequence[str], **more: Any) -> list[str]:
        compared.append(len(among))
        return nearest(name, among, **more)

    monkeypatch.setattr(difflib, "get_close_matches", counted)

    def near(names: Sequence[str], missing: str) -> str | None:
        files = SiteFiles(tmp_path, prober(tmp_path))
        for name in names:
            files.add(f"img/{name}", 1)
        return files.near(f"img/{missing}")

    few = [f"{number:04}-harbour.jpg" for number in range(0, 2000, 20)]
    assert near([*few, "lighthouse.jpg"], "lighthuose.jpg") == "img/lighthouse.jpg"
    many = [*(f"photo-{number:05}.jpg" for number in range(20_000)), "Harbour.JPG"]
    assert near(many, "photo-99999.jpg") is None
    assert near(many[:3000], "photo-99999.jpg") is None
    assert near(many, "harbour.jpg") == "img/Harbour.JPG"
    assert sum(compared) < 300


def test_letter_case_counts_and_similar_names_are_suggested(tmp_path: Path) -> None:
    picture(tmp_path / "Img" / "Harbour.JPG")
    picture(tmp_path / "Img" / "harbour-2.jpg")
    names = ("Img/harbour.jpg", "img/Harbour.JPG", "Img/Harbour.JPG", "Img/quite-another.jpg")
    html = "".join(f'<img src="{name}" alt="" width="1600" height="900">' for name in names)
    found = {finding.location.image: finding for finding in run(site_of(tmp_path, {"a.html": html})).findings}
    assert list(found) == ["Img/harbour.jpg", "img/Harbour.JPG", "Img/quite-another.jpg"]
    assert "did you mean Img/Harbour.JPG?" in found["Img/harbour.jpg"].hint
    assert "did you mean" not in found["Img/quite-another.jpg"].hint


@pytest.mark.parametrize(
    ("src", "severity"),
    [
        ("../../outside.jpg", Severity.ERROR),
        ("/outside.jpg", Severity.WARN),
        ("https://host.example/outside.jpg", Severity.WARN),
        ("/docs/a.jpg", None),
        ("https://host.example/docs/a.jpg", None),
        ("https://elsewhere.example/docs/gone.jpg", None),
        ("/docs/gone.jpg", Severity.ERROR),
    ],
)
def test_urls_are_resolved_as_in_a_browser(tmp_path: Path, src: str, severity: Severity | None) -> None:
    picture(tmp_path / "a.jpg")
    html = f'<img src="{src}" alt="" width="1600" height="900">'
    result = run(site_of(tmp_path, {"guide/a.html": html}, base_url="https://host.example/docs/"))
    assert [(found.rule, found.severity) for found in result.findings] == (
        [("img-missing", severity)] if severity else []
    )


def test_a_missing_candidate_names_its_attribute(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    html = (
        '<picture><source type="image/avif" srcset="gone.avif 1x, gone-2.avif 2x, a.jpg 3x, gone-4.avif 4x">'
        '<img src="a.jpg" srcset="lost.jpg 800w, a.jpg 1600w" alt="" width="1600" height="900"></picture>'
    )
    messages = [finding.message for finding in run(site_of(tmp_path, {"a.html": html})).findings]
    assert messages == [
        "a <source> names gone.avif, which is not in the site (and 2 more)",
        "srcset names lost.jpg, which is not in the site",
    ]


def test_hint_does_not_promise_what_a_build_does_not_do(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 64, 48)
    html = '<img src="a.png" alt="" width="32"><img src="a.png" alt="" width="32" data-imageseo="ignore">'
    hints = [finding.hint for finding in run(site_of(tmp_path, {"a.html": html})).findings]
    assert hints == ['write width="32" height="24", or let `imageseo build` add it', 'write width="32" height="24"']


# The hero


TOP = (
    '<article><h1>Harbour</h1><p>Words.</p><img src="a.jpg" alt="" {}><p>More</p><img src="b.jpg" alt="" {}></article>'
)


@pytest.mark.parametrize(
    ("first", "second", "guess", "expected"),
    [
        pytest.param("", 'data-imageseo="decoding hero"', True, "b.jpg", id="marked-by-our-build"),
        pytest.param("fetchpriority=high", 'data-imageseo="hero"', True, "b.jpg", id="the-mark-wins"),
        pytest.param("", 'fetchpriority="high"', True, "b.jpg", id="the-author-says-so"),
        pytest.param("", "", True, "a.jpg", id="a-confident-guess"),
        pytest.param("loading=lazy", "", True, "a.jpg", id="lazy-is-no-reason-to-look-past-it"),
        pytest.param("", "", False, None, id="no-guess-wanted"),
        pytest.param("", 'fetchpriority="high"', False, "b.jpg", id="what-the-author-says-is-no-guess"),
    ],
)
def test_hero_of_a_page_is_detected_in_order_of_precedence(
    tmp_path: Path, first: str, second: str, guess: bool, expected: str | None
) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "b.jpg")
    hero = facts_of(site_of(tmp_path, {"a.html": TOP.format(first, second)}), guess=guess).hero
    assert (hero.ref.src if hero else None) == expected


# Bytes of the hero


def test_each_viewport_has_its_own_choice_and_bytes(tmp_path: Path) -> None:
    for width, kib in ((480, 40), (720, 60), (1280, 180), (1600, 400)):
        picture(tmp_path / f"a-{width}.png", width, width * 9 // 16, kib=kib)
    srcset = ", ".join(f"a-{width}.png {width}w" for width in (480, 720, 1280, 1600))
    tag = f'<img src="a-1600.png" srcset="{srcset}" sizes="calc(100vw - 32px)" alt="" fetchpriority="high">'
    html = f"<article>{tag}</article>"
    image = facts_of(site_of(tmp_path, {"a.html": html})).lcp
    assert image is not None
    assert [(pick.viewport, pick.url, pick.bytes, pick.slot) for pick in image.picks] == [
        (MOBILE, "a-720.png", 60 * KIB, 380),
        (DESKTOP, "a-1600.png", 400 * KIB, 1318),
    ]


def test_image_of_another_host_has_no_known_bytes(tmp_path: Path) -> None:
    html = '<article><img src="https://cdn.example/a.jpg" alt="" width="16" height="9" fetchpriority="high"></article>'
    site = site_of(tmp_path, {"a.html": html})
    image = facts_of(site).lcp
    assert image is not None
    assert image.picks == ()
    assert run(site).findings == ()


@pytest.mark.parametrize(
    ("kib", "mobile", "expected"),
    [
        (99, MobileBudget(), None),
        (100, MobileBudget(), None),
        (101, MobileBudget(), Severity.WARN),
        (150, MobileBudget(), Severity.WARN),
        (151, MobileBudget(), Severity.ERROR),
        (151, MobileBudget(error=0), Severity.WARN),
        (151, MobileBudget(error=0, warn=0), None),
        (151, MobileBudget(error="1 MiB", warn="0.2 MB"), None),
    ],
)
def test_budgets_warn_then_fail(tmp_path: Path, kib: int, mobile: MobileBudget, expected: Severity | None) -> None:
    picture(tmp_path / "a.png", kib=kib)
    html = '<article><img src="a.png" alt="" width="1600" height="900" fetchpriority="high"></article>'
    site = site_of(tmp_path, {"a.html": html})
    budgets = BudgetSettings(lcp_bytes=LcpBudget(mobile=mobile, desktop=DesktopBudget()))
    result = run(site, reads=context_of(site, budgets=budgets))
    assert [found.severity for found in result.findings] == ([expected] if expected else [])
    assert [found.fails_build for found in result.findings] == ([expected is Severity.ERROR] if expected else [])


def test_a_lowered_budget_rule_no_longer_fails_the_build(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", kib=500)
    html = '<article><img src="a.png" alt="" width="1600" height="900" fetchpriority="high"></article>'
    result = run(site_of(tmp_path, {"a.html": html}), severities={"lcp-bytes": Severity.WARN})
    assert [(found.severity, found.fails_build) for found in result.findings] == [(Severity.WARN, False)] * 2


def test_budget_message_has_image_viewport_bytes_and_limit(tmp_path: Path) -> None:
    picture(tmp_path / "img" / "a.png", kib=181)
    html = '<article><img src="img/a.png" alt="" width="1600" height="900" fetchpriority="high"></article>'
    (found,) = run(site_of(tmp_path, {"a.html": html})).findings
    for part in ("img/a.png", "mobile", "412×823", "1.75x", "181 KiB", "150 KiB"):
        assert part in found.message
    assert found.location.page == "a.html"
    assert "imageseo build" in found.hint


ASSET = Asset(path="a.jpg", sha256="0" * 64, bytes=900 * KIB, format="jpeg", width=1600, height=900)
OURS = SourceTag(
    type="image/avif", srcset="a-720w.avif 720w, a-1600w.avif 1600w", sizes="calc(100vw - 32px)", media=None
)
WEIGHTS = {"a-720w.avif": 170 * KIB, "a-1600w.avif": 400 * KIB, "a.jpg": 900 * KIB}


def problems(*, budgets: Sequence[Budget] | None = None, **more: Any) -> list[Problem]:
    given: dict[str, Any] = {"url": "a.jpg", "sources": [OURS], "asset": ASSET, "treated": True, **more}
    image = lcp.lcp_image(bytes_of=WEIGHTS.get, **given)
    return list(lcp.over_budget(image, budgets_for(BudgetSettings())("index.html") if budgets is None else budgets))


def test_planned_candidates_give_the_same_budget_problems() -> None:
    found = problems()
    assert [problem.severity for problem in found] == [Severity.ERROR, Severity.ERROR]
    assert "a-720w.avif, 170 KiB" in found[0].message
    assert "a-1600w.avif, 400 KiB" in found[1].message
    assert all(problem.at is None for problem in found)


@pytest.mark.parametrize(
    ("more", "mobile", "desktop"),
    [
        pytest.param({}, "`quality_floor.avif`", "`layout.content_width`: a-720w.avif would cost 170 KiB", id="ours"),
        pytest.param({"treated": False}, "`imageseo build`", "`imageseo build`", id="not-built-yet"),
        pytest.param({"treated": False, "kept": OptOut.PICTURE}, "its own srcset", "its own srcset", id="the-authors"),
        pytest.param({"treated": False, "kept": OptOut.IGNORED}, "opted out", "opted out", id="opted-out"),
    ],
)
def test_the_remedy_fits_the_case(more: Mapping[str, Any], mobile: str, desktop: str) -> None:
    hints = [problem.hint for problem in problems(**more)]
    assert mobile in hints[0]
    assert desktop in hints[1]


def test_remedy_for_an_animation_is_a_still_image() -> None:
    moving = Asset(path="a.gif", sha256="0" * 64, bytes=900 * KIB, format="gif", width=800, height=450, frames=9)
    hints = [problem.hint for problem in problems(asset=moving, sources=[], treated=False)]
    assert len(hints) == 2
    assert all("still image" in hint for hint in hints)


def test_exceeded_budget_is_rounded_up() -> None:
    assert limits.format_kib(150 * KIB) == "150 KiB"
    assert limits.format_kib(150 * KIB + 1) == "150.1 KiB"
    assert [budget.viewport for budget in budgets_for(BudgetSettings())("index.html")] == list(GATING)


# ---- by path, unused suppressions, budgets, processes


def test_severity_by_path_applies_to_matching_pages() -> None:
    levels = SeverityLevels(
        rules={"a": Severity.WARN}, paths=(("blog/*", {"a": Severity.OFF}), ("blog/new/*", {"a": Severity.INFO}))
    )
    rule_a, rule_b = rule("a", lambda images: ()), rule("b", lambda images: ())
    assert levels.level(rule_a, "index.html") is Severity.WARN
    assert levels.level(rule_a, "blog/old/index.html") is Severity.OFF
    assert levels.level(rule_a, "blog/new/index.html") is Severity.INFO, "a later one wins"
    assert levels.level(rule_b, "blog/old/index.html") is Severity.ERROR
    only = SeverityLevels(only=frozenset({"b"}))
    assert (only.level(rule_a, "x.html"), only.level(rule_b, "x.html")) == (Severity.OFF, Severity.ERROR)


def test_pages_are_checked_with_the_severities_of_their_path(tmp_path: Path) -> None:
    site = site_of(tmp_path, {"blog/a.html": '<img src="gone.jpg">', "b.html": '<img src="gone.jpg">'})
    result = run(site, paths={"blog/*": {"alt-missing": Severity.OFF, "img-missing": Severity.INFO}})
    assert [(each.location.page, each.rule, each.severity) for each in result.findings] == [
        ("b.html", "alt-missing", Severity.ERROR),
        ("b.html", "img-missing", Severity.ERROR),
        ("blog/a.html", "img-missing", Severity.INFO),
    ]
    with pytest.raises(
        SettingsError, match=r'lint.paths."blog/\*": there is no rule \'alt-mising\'; did you mean alt-missing'
    ):
        run(site, paths={"blog/*": {"alt-mising": Severity.OFF}})


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            '<img src="a.jpg" alt="A" width="1600" height="900" data-imageseo-disable="alt-missing: old">',
            "has no effect",
        ),
        ('<img src="a.jpg" width="1600" height="900" data-imageseo-disable="alt-missing: by design">', None),
        (
            '<div data-imageseo-disable="alt-missing: all"><img src="a.jpg" alt="A" width="1600" height="900">'
            '<img src="a.jpg" width="1600" height="900"></div>',
            None,
        ),
        (
            '<img src="a.jpg" alt="A" width="1600" height="900" data-imageseo-disable="alt-mising: x">',
            "there is no rule",
        ),
        ('<img src="a.jpg" alt="A" width="1600" height="900" data-imageseo-disable="hero-unpinned: x">', None),
    ],
)
def test_unused_suppression_is_reported(tmp_path: Path, html: str, expected: str | None) -> None:
    picture(tmp_path / "a.jpg")
    result = run(site_of(tmp_path, {"a.html": html}))
    found = [finding for finding in result.findings if finding.rule == "disable-unused"]
    assert [finding.severity for finding in found] == [Severity.WARN] * (expected is not None)
    assert all(expected in finding.message and finding.location.line == 1 for finding in found if expected)


def test_suppression_of_a_rule_that_is_off_is_not_reported(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    html = '<img src="a.jpg" alt="A" width="1600" height="900" data-imageseo-disable="alt-missing: old">'
    assert run(site_of(tmp_path, {"a.html": html}), severities={"alt-missing": Severity.OFF}).findings == ()


def test_rule_of_the_whole_site_runs_once(tmp_path: Path) -> None:
    calls = []

    def check_site(site: Site, files: SiteFiles) -> list[Problem]:
        calls.append(files.exists("a.html"))
        return [Problem(message="m", hint="h", place=ProblemLocation(file="robots.txt", line=3))]

    whole = Rule(id="whole", severity=Severity.ERROR, check_site=check_site, site_facts=("site", "files"), manual="m")
    result = run(site_of(tmp_path, {"a.html": "<p>", "b.html": "<p>"}), rules=[whole])
    assert calls == [True]
    assert [(each.location, each.severity) for each in result.findings] == [
        (Location(page="robots.txt", line=3), Severity.ERROR)
    ]
    assert run(site_of(tmp_path, {"a.html": "<p>"}), rules=[whole], severities={"whole": Severity.OFF}).findings == ()


def test_crash_of_a_rule_of_the_whole_site_is_one_finding(tmp_path: Path) -> None:
    def check_site(site: Site) -> list[Problem]:
        raise RuntimeError("oh")

    whole = Rule(id="whole", severity=Severity.ERROR, check_site=check_site, site_facts=("site",), manual="m")
    result = run(site_of(tmp_path, {"a.html": "<p>"}), rules=[whole])
    assert [finding.message.split(":")[0] for finding in result.findings] == [
        "the rule crashed; the site was not checked"
    ]


def test_parallel_run_gives_the_same_result(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg", kib=400)
    pages = {f"p{number}.html": f'<h1>t</h1><img src="a.jpg"><img src="gone{number}.jpg">' for number in range(160)}
    site = site_of(tmp_path, pages)
    alone = parallel.lint_pages(site, Settings())
    for workers in (2, 3):
        assert parallel.lint_pages(site, Settings(), workers=workers) == alone
    assert gc.get_freeze_count() == 0, "a program that lints collects its garbage afterwards"
    assert len(alone.findings) >= 320
    assert alone.images == 320


def test_budget_status_has_the_page_that_uses_most(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg", kib=40)
    picture(tmp_path / "b.jpg", kib=90)
    one = '<h1>t</h1><img src="a.jpg" fetchpriority="high">'
    site = site_of(tmp_path, {"blog/a.html": one.replace("a.jpg", "../a.jpg"), "b.html": f'{one}<img src="b.jpg">'})
    budgets = {
        "page-image-bytes": {"mobile": {"error": "100 KiB"}},
        "image-count": {"desktop": {"warn": 1}},
        "paths": {"blog/*": {"page-image-bytes": {"mobile": {"error": "30 KiB"}}}},
    }
    result = parallel.lint_pages(site, load({"budgets": budgets}, "x"))
    by_budget = {
        (each.budget.metric, each.budget.viewport.name, each.budget.pages): (
            each.pages,
            each.worst.page,
            each.worst.value,
            each.warned,
            each.broken,
            each.headroom,
        )
        for each in result.budgets
    }
    assert by_budget == {
        ("lcp-bytes", "mobile", "*"): (2, "b.html", 40 * KIB, 0, 0, 1 - 40 / 150),
        ("lcp-bytes", "desktop", "*"): (2, "b.html", 40 * KIB, 0, 0, 1 - 40 / 300),
        ("page-image-bytes", "mobile", "*"): (1, "b.html", 130 * KIB, 0, 1, 1 - 130 / 100),
        ("page-image-bytes", "mobile", "blog/*"): (1, "blog/a.html", 40 * KIB, 0, 1, 1 - 40 / 30),
        ("image-count", "desktop", "*"): (2, "b.html", 2, 1, 0, -1.0),
    }
    over = [each for each in result.findings if each.rule in ("page-image-bytes", "image-count")]
    assert [(each.location.page, each.rule, each.severity) for each in over] == [
        ("b.html", "image-count", Severity.WARN),
        ("b.html", "page-image-bytes", Severity.ERROR),
        ("blog/a.html", "page-image-bytes", Severity.ERROR),
    ]
    assert 'raise `budgets.paths."blog/*".page-image-bytes.mobile.error`' in over[2].hint


def test_lcp_estimate_follows_the_measured_line() -> None:
    assert [lcp_ms(kib * KIB) for kib in (0, 100, 154, 300)] == [1671, 2211, 2503, 3291]
