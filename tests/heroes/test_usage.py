"""Usage windows: a build warns before the end, fails after it, and writes the same bytes on every day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from imageseo.config.heroes import HeroSettings
from imageseo.heroes.policy.usage import usage_fault
from imageseo.heroes.recipes.request_parser import request
from imageseo.integrations import runner
from imageseo.integrations.progress import Quiet
from imageseo.integrations.project import detect_project
from imageseo.model.errors import RecipeError
from imageseo.model.finding import Finding
from imageseo.model.hero import HeroTerms
from imageseo.model.site import Page, PageHints
from tests.support import pictures

_PAGE = """<!doctype html><html lang="en"><head><title>A</title>
<meta name="imageseo:hero" content='{{"src": "a.png", "alt": "A", "usage": {}}}'></head>
<body><main><h1>A</h1><p>Text</p></main></body></html>"""


@pytest.mark.parametrize(
    ("since", "until", "words", "fails"),
    [
        ("", "", None, False),
        ("2026-01-01", "2026-12-31", None, False),
        ("", "2026-07-01", "ends in 30 days, on 2026-07-01", False),
        ("", "2026-06-02", "ends in 1 day, on 2026-06-02", False),
        ("", "2026-06-01", "ends today, on 2026-06-01", False),
        ("", "2026-05-31", "ended on 2026-05-31", True),
        ("2026-06-02", "", "begins on 2026-06-02", True),
        ("2026-06-01", "", None, False),
    ],
)
def test_days(since: str, until: str, words: str | None, fails: bool) -> None:
    found = usage_fault(HeroTerms(since=since, until=until), warn=30, today=date(2026, 6, 1))
    assert (found is None) == (words is None)
    if found is not None:
        assert str(words) in found.message
        assert found.fails == fails


def _build(folder: Path) -> tuple[list[Finding], bool, dict[str, bytes]]:
    project = detect_project(folder, config=None, note=lambda _: None)
    result = runner.build(project.site(folder / "site"), project.settings, progress=Quiet(), config=None)
    files = {str(path): path.read_bytes() for path in sorted((folder / "site").rglob("*")) if path.is_file()}
    return [each for each in result.findings if each.rule == "hero-usage"], result.failed, files


def test_build_warns_then_fails_and_writes_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "imageseo.toml").write_text("[policy]\nusage_warning = 10\n")
    (tmp_path / "site/a.png").write_bytes(pictures.save(pictures.photo(320, 180), "PNG"))
    usage = '{"from": "2026-01-01", "until": "2026-06-30"}'
    (tmp_path / "site/index.html").write_text(_PAGE.format(usage))
    written = []
    for day, expected in (
        ("1780272000", None),
        ("1782345600", "ends in 5 days"),
        ("1783000000", "ended on 2026-06-30"),
    ):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", day)
        findings, failed, files = _build(tmp_path)
        assert [bool(expected) and str(expected) in each.message for each in findings] == ([True] if expected else [])
        assert failed == (expected is not None and "ended" in expected)
        written.append(files)
    assert written[0] == written[1] == written[2]


def _terms(**hero: object) -> HeroTerms:
    page = Page(path="a.html", hints=PageHints(meta={"hero": {"src": "a.jpg", **hero}}))
    found = request(page, settings=HeroSettings(), complete=lambda name, options: options)
    assert found is not None
    return found.terms


def test_front_matter() -> None:
    assert _terms() == HeroTerms()
    usage = {"from": date(2026, 1, 1), "until": "2026-12-31"}
    assert _terms(consent="HR-1", risk="high", usage=usage) == HeroTerms(
        consent="HR-1", risk="high", since="2026-01-01", until="2026-12-31"
    )


@pytest.mark.parametrize(
    ("usage", "words"),
    [
        ("2026", "expected `from` and `until`"),
        ({"untill": "2026-01-01"}, "unknown key 'untill'"),
        ({"until": "31.12.2026"}, "expected a day such as 2026-12-31"),
        ({"from": "2026-02-01", "until": "2026-01-01"}, "begins on 2026-02-01, after its end"),
    ],
)
def test_invalid_usage_is_one_sentence(usage: object, words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        _terms(usage=usage)
    assert "`hero.usage`" in str(caught.value)
    assert words in str(caught.value)
