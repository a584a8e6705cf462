"""The table at the end of ``imageseo measure``: its columns, its width, and what differs from the last run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from imageseo.cli.commands import measure as commands
from imageseo.cli.commands import measure_table
from imageseo.cli.commands.measure import MeasureResult
from imageseo.cli.main import cli
from imageseo.layout.measured_pages import MeasuredSite, compare_runs
from imageseo.lint.code_frame import display_width
from imageseo.model.layout import Lcp, LcpKind, PageLayout, ShownImage, SiteLayout, Template
from tests.support.small_sites import write

HERO = "images/launch.jpg"


def lcp(kind: LcpKind = "image", src: str | None = HERO, width: float = 380.0) -> Lcp:
    return Lcp(kind=kind, src=src if kind in ("image", "background") else None, width=width, height=200.0)


def page(name: str, mobile: Lcp | None = None, desktop: Lcp | None = None, *, hero: float = 688.0) -> PageLayout:
    found = {"mobile": mobile or lcp(), "desktop": desktop or lcp(width=688.0), "phone": lcp(), "tablet": lcp()}
    images = (ShownImage(src=HERO, widths=(380.0, hero)),)
    return PageLayout(page=name, template="a", lcp=found, images=images)


def layout(*pages: PageLayout) -> SiteLayout:
    return SiteLayout(
        widths=(412, 1350),
        pages={each.page: each for each in pages},
        templates={"a": Template(id="a", column=(380.0, 688.0), pages=len(pages))},
    )


def compared(before: SiteLayout | None, after: SiteLayout, standing: list[str] | None = None) -> MeasuredSite:
    return compare_runs(before, after, standing=list(after.pages) if standing is None else standing)


def test_first_run_shows_element_and_width_at_both_viewports() -> None:
    site = compared(None, layout(page("index.html"), page("about.html", lcp("text"), lcp("text", width=548.4))))
    assert measure_table.as_text(site) == (
        "Page        LCP element         Mobile  Desktop\n"
        "about.html  text                380 px   548 px\n"
        "index.html  images/launch.jpg   380 px   688 px\n"
        "\n"
        "First run: there is no earlier one to compare with.\n"
    )


def test_different_elements_of_a_page_have_a_line_each() -> None:
    behind = Lcp(kind="background", src="images/sky.jpg", width=1350.0, height=500.0)
    site = compared(None, layout(page("index.html", lcp("text"), behind), page("b.html", Lcp(kind="none"), lcp())))
    lines = measure_table.as_text(site).splitlines()
    assert [line.split() for line in lines[1:5]] == [
        ["b.html", "none"],
        ["images/launch.jpg", "380", "px"],
        ["index.html", "text", "380", "px"],
        ["background", "image", "images/sky.jpg", "1,350", "px"],
    ]
    assert lines[2].endswith("  380 px"), lines


def test_changes_new_and_gone_pages_are_shown_first() -> None:
    before = layout(page("a.html"), page("m.html"), page("z.html"), page("kept.html"), page("gone.html"))
    after = layout(page("a.html"), page("m.html", hero=500.0), page("z.html", lcp("text")), page("new.html"))
    site = compared(before, after, standing=["a.html", "m.html", "z.html", "new.html", "kept.html"])
    lines = measure_table.as_text(site).splitlines()
    assert [line.split()[0] for line in lines if line[:1].strip()][:5] == [
        "Page",
        "m.html",
        "new.html",
        "z.html",
        "a.html",
    ]
    assert lines[2:3] == ["    images/launch.jpg is 500 px wide at 1350 px, was 688 px"]
    assert lines[4:5] == ["    new"]
    assert "    the LCP on mobile is text, was images/launch.jpg" in lines
    assert lines[-1] == "Since the last run: 2 pages changed, 1 new, 1 no longer there (gone.html)."
    same = compared(after, after)
    assert measure_table.as_text(same).splitlines()[-1] == "Nothing has changed since the last run."


@pytest.mark.parametrize("columns", [24, 40, 59, 60, 80, 132])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    long = "guide/a-chapter-with-a-long-name/and-a-section-below-it/index.html"
    wide = "画像/" * 12 + "索引.html"
    odd = "a\x1b[31mb\u202e.html"
    names = [long, wide, odd, "index.html"]
    before = layout(*(page(name, lcp(src="images/" + "はし" * 30 + ".jpg")) for name in names))
    after = layout(*(page(name, lcp(src="images/" + "x" * 70 + ".jpg"), lcp("text"), hero=9.0) for name in names))
    text = measure_table.as_text(compared(before, after), columns)
    assert max(map(display_width, text.splitlines())) <= columns
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.count("380 px") >= 4
    assert "index.html" in text


def test_many_pages_are_counted_and_all_are_in_the_json() -> None:
    before = layout(*(page(f"{number:04}.html") for number in range(5000)))
    after = layout(*(page(f"{number:04}.html", lcp("text") if number >= 4970 else None) for number in range(5000)))
    site = compared(before, after)
    text = measure_table.as_text(site)
    assert "4970.html" in text.splitlines()[1]
    assert "4,980 more pages, 10 of them changed (--format json lists all)" in text
    assert len(text.splitlines()) < 70
    fields = measure_table.as_json(site)
    assert len(fields["measured"]) == 5000
    assert sum(bool(each["changes"]) for each in fields["measured"]) == 30


def test_a_page_without_pages_or_lcp_is_no_error() -> None:
    assert measure_table.as_text(MeasuredSite(first=True)) == ""
    bare = SiteLayout(widths=(412,), pages={"a.html": PageLayout(page="a.html", template="a")})
    assert "not measured" in measure_table.as_text(compared(None, bare), 80)
    assert "not measured" in measure_table.as_text(compared(None, bare), 40)


def test_command_ends_with_the_table_and_json_has_its_fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"imageseo.toml": "", "public/index.html": "<p>a"})
    monkeypatch.chdir(tmp_path)
    site = compared(layout(page("index.html")), layout(page("index.html", lcp("text"))))
    result = MeasureResult(findings=(), summary={"pages": 1, "errors": 0, "warnings": 0}, measured=site)
    monkeypatch.setattr(commands, "run", lambda *args, **more: result)
    told = CliRunner().invoke(cli, ["measure", "public"])
    first, second = told.stdout.split("\n\n", 1)
    assert first == "measure: 1 page, 0 errors, 0 warnings"
    assert second == measure_table.as_text(site)
    fields = json.loads(CliRunner().invoke(cli, ["measure", "public", "--format", "json"]).stdout)
    assert (fields["title"], fields["first_run"], fields["gone"]) == ("measure", False, [])
    (measured,) = fields["measured"]
    assert measured["changes"] == [f"the LCP on mobile is text, was {HERO}"]
    assert measured["lcp"]["desktop"]["width"] == 688
