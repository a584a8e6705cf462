"""What a change does to the pictures of a site: two reports compared, and the comment in a pull request."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal

import pytest
from msgspec import json as msgjson

from imageseo.model.site_report import ReportedFinding, SiteReport
from imageseo.pipeline.comparison import growth, markdown
from imageseo.pipeline.comparison.changes import SiteComparison, compare
from imageseo.pipeline.comparison.pictures import PictureChange
from imageseo.pipeline.comparison.sections import MAX_LINES
from tests.support.site_reports import KIB, finding, page, picture, report

GITHUB = 65_536
"""Characters; a longer comment is refused with 422."""


def names(changes: Sequence[PictureChange]) -> list[str]:
    return [change.name for change in changes]


def comment(before: SiteReport, after: SiteReport, **options: str) -> str:
    return markdown.render(compare(before, after), name=options.pop("name", "images"), **options)


def html(text: str) -> str:
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))


def test_nothing_changes_is_one_line() -> None:
    same = report([picture("a.jpg")], [page(lcp=28 * KIB)], [finding()])
    assert compare(same, same).is_empty
    assert comment(same, same) == (
        "<!-- imageseo:images -->\n## Images in this change\n\n"
        "Nothing changes: 1 image on 1 page. Phone 28.0 KiB; Desktop 56.0 KiB.\n"
    )


def test_pictures_are_added_replaced_encoded_renamed_or_removed() -> None:
    before = report(
        [
            picture("changed.jpg", data="1"),
            picture("encoded.jpg", 30 * KIB),
            picture("gone.jpg"),
            picture("old.jpg", data="moved"),
            picture("same.jpg"),
            picture("bundle.0a1b2c3d4e.jpg", data="first"),
            picture("assets/logo-1f2e3d4c.png", data="logo"),
        ]
    )
    after = report(
        [
            picture("changed.jpg", 90 * KIB, data="2"),
            picture("encoded.jpg", 20 * KIB, quality=40),
            picture("come.jpg"),
            picture("new/old.jpg", data="moved"),
            picture("same.jpg"),
            picture("bundle.ffeeddcc11.jpg", data="second"),
            picture("assets/logo-9f9e9d9c.png", data="logo"),
        ]
    )
    found = compare(before, after).pictures
    assert names(found.added) == ["come.jpg"]
    assert names(found.removed) == ["gone.jpg"]
    assert names(found.renamed) == ["new/old.jpg"]
    assert names(found.encoded) == ["encoded.jpg"]
    assert names(found.replaced) == ["changed.jpg", "bundle.ffeeddcc11.jpg"], "the larger difference comes first"
    assert (found.kept["phone"].before, found.kept["phone"].after) == ((30 + 5 * 28) * KIB, (90 + 20 + 4 * 28) * KIB)


def test_two_equal_files_are_not_guessed_to_be_renamed() -> None:
    before = report([picture("a.jpg", data="x"), picture("b.jpg", data="x")])
    after = report([picture("c.jpg", data="x")])
    found = compare(before, after).pictures
    assert (names(found.added), names(found.removed), names(found.renamed)) == (["c.jpg"], ["a.jpg", "b.jpg"], [])


def test_replaced_pictures_have_both_thumbnails_bytes_and_quality() -> None:
    before, after = report([picture("a b.jpg", data="1")]), report([picture("a b.jpg", 35 * KIB, data="2", quality=60)])
    text = comment(before, after, preview_url="https://pr-7.example.net")
    assert "[before](<https://example.org/docs/a%20b-480w.webp>) 1600×900" in text
    assert "[after](<https://pr-7.example.net/a%20b-480w.webp>)" in text
    assert "28.0 KiB → 35.0 KiB (+25%) | 56.0 KiB → 70.0 KiB (+25%)" in text
    assert "AVIF 52 (score 71.5) → AVIF 60 (score 71.5)" in text
    assert text.count("https://example.org/docs/") == 1
    bare = comment(report([picture("a|b`.jpg", data="1")], url=None), report([picture("a|b`.jpg", data="2")], url=None))
    assert "](" not in bare
    rendered = html(bare)
    assert rendered.count("<td>") == 5
    assert "<code>a|b`.jpg</code>" in rendered


@pytest.mark.parametrize("budgets", [True, False])
def test_lcp_bytes_that_grew_or_shrank_are_told_with_the_budget_left(budgets: bool) -> None:
    def site(sizes: dict[str, int | None]) -> SiteReport:
        pages = [page(f"{name}.html", size, budgets=budgets, image=f"{name}.jpg") for name, size in sizes.items()]
        shown = {name: size for name, size in sizes.items() if size}
        return report([picture(f"{name}.jpg", size, pages=[f"{name}.html"]) for name, size in shown.items()], pages)

    before = {"grew": 28 * KIB, "shrank": 90 * KIB, "same": 5 * KIB, "lost": 9 * KIB, "got": None, "gone": 7 * KIB}
    after = {"grew": 160 * KIB, "shrank": 30 * KIB, "same": 5 * KIB, "lost": None, "got": 8 * KIB, "new": 6 * KIB}
    found = compare(site(before), site(after))
    assert [change.page for change in found.lcp] == ["grew.html", "got.html", "new.html", "lost.html", "shrank.html"]
    assert (found.pages_added, found.pages_removed) == (["new.html"], ["gone.html"])
    text = markdown.render(found, name="images")
    rows = {row.split("`")[1]: row for row in text.splitlines() if row.startswith("| `") and ".html" in row}
    assert "28.0 KiB → 160.0 KiB (+471%) | 56.0 KiB → 320.0 KiB (+471%)" in rows["grew.html"]
    assert "90.0 KiB → 30.0 KiB (-67%)" in rows["shrank.html"]
    assert "9.0 KiB → none" in rows["lost.html"]
    assert "none → 8.0 KiB" in rows["got.html"]
    assert "`new.html` (new) | 6.0 KiB | 12.0 KiB |" in rows["new.html"]
    if budgets:
        assert "**over by 10.0 KiB** of 150.0 KiB (mobile)" in rows["grew.html"]
        assert "120.0 KiB of 150.0 KiB (mobile), 80%" in rows["shrank.html"]
    assert "LCP bytes grew on 2 pages · LCP bytes shrank on 2 pages" in text
    assert "1 page with images added: `new.html`" in text


def test_budgets_that_were_switched_off_do_not_look_like_growth() -> None:
    pictures = [picture("a.jpg", 30 * KIB)]
    before = report(pictures, [page(lcp=29 * KIB, image="a.jpg")])
    after = report(pictures, [page(lcp=29 * KIB, image="a.jpg", budgets=False)])
    assert compare(before, after).is_empty
    assert compare(after, before).is_empty


def test_findings_are_new_or_gone_whatever_their_lines_and_numbers() -> None:
    base = [
        finding("a.jpg has no alt", line=3),
        finding("the LCP image has 120.3 KiB", rule="lcp-bytes", image="img/a.0a1b2c3d4e.jpg"),
        finding("x", page="gone.html"),
        finding("twice", image="b.jpg", rule="img-format"),
        finding("was a warning", rule="alt-length"),
    ]
    head = [
        finding("a.jpg has no alt", line=90),
        finding("the LCP image has 130.1 KiB", rule="lcp-bytes", image="img/a.ffeeddcc11.jpg"),
        finding("twice", image="b.jpg", rule="img-format", line=1),
        finding("twice", image="b.jpg", rule="img-format", line=9),
        finding("was a warning", rule="alt-length", severity="error"),
    ]
    found = compare(report(findings=base), report(findings=head))
    assert [(each.finding.severity, each.finding.message, each.count) for each in found.new_findings] == [
        ("error", "was a warning", 1),
        ("warn", "twice", 1),
    ]
    assert [each.finding.message for each in found.gone_findings] == ["x", "was a warning"]


def test_findings_of_builds_count_only_where_both_builds_are_known() -> None:
    of_build = [finding("a", rule="hero-unpinned", page=name) for name in ("a.html", "b.html", "")]
    rule = finding("no alt", page="a.html")
    found = compare(report(unrecorded=["a.html"]), report(findings=[*of_build, rule]))
    assert [(each.finding.rule, each.finding.page) for each in found.new_findings] == [
        ("alt-missing", "a.html"),
        ("hero-unpinned", "b.html"),
    ]
    assert "1 page cannot be found in the build cache" in markdown.render(found, name="images")


def test_texts_of_pages_are_no_markdown_and_mention_nobody() -> None:
    text = "<img src=x> @octocat #12 GH-7 [link](https://e.org) **bold** `code` | a\nb <!-- imageseo:x -->"
    after = report(findings=[finding(text, page="<b>&`|.html")], pictures=[picture("<script>@octocat.jpg")])
    shown = comment(report(), after)
    assert shown.splitlines()[0] == "<!-- imageseo:images -->"
    assert "\n<!-- imageseo" not in shown
    assert "@octocat has" not in shown
    rendered = html(shown)
    for tag in ("<img", "<script>", "<strong>bold", 'href="https://e.org"', "<b>", "<code>code"):
        assert tag not in rendered, tag
    assert "@<!-- -->octocat" in shown
    assert "#<!-- -->12" in shown
    assert "GH-<!-- -->7" in shown


def large(number: int, name: str) -> list[ReportedFinding]:
    return [
        finding(f"{name} {'x' * 300} {each:05}", page=f"{'folder/' * 20}{each:05}.html", image=f"{name}{each}.jpg")
        for each in range(number)
    ]


def test_5000_findings_and_pictures_fit_into_a_comment() -> None:
    long = "a/" * 60
    before = report(
        [picture(f"{long}{number}.jpg", data=f"{number}") for number in range(900)]
        + [picture(f"m{number}.jpg") for number in range(300)],
        [page(f"{long}{number}.html", 20 * KIB + number) for number in range(900)],
        large(5000, "gone"),
        url="https://example.org/" + "segment/" * 120,
    )
    after = report(
        [picture(f"{long}{number}.jpg", 90 * KIB, data=f"x{number}") for number in range(300, 1200)]
        + [picture(f"n{number}.jpg", data=f"m{number}.jpg") for number in range(300)],
        [page(f"{long}{number}.html", 90 * KIB + number) for number in range(900)],
        large(5000, "new"),
        url=before.url,
        unrecorded=["a.html"],
    )
    text = comment(before, after)
    lines = text.splitlines()
    assert len(lines) <= MAX_LINES
    assert len(text) < GITHUB
    assert lines[0] == "<!-- imageseo:images -->"
    assert "findings: 5,000 new, 5,000 gone" in text
    assert "300 added, 600 replaced, 300 renamed, 300 removed" in text
    titles = [line for line in lines if line.startswith("### ")]
    assert len(titles) == 7
    assert "### Findings: 5,000 new" in titles
    for row in (line for line in lines if line.startswith("| ")):
        assert row.endswith(" |")


def test_sections_are_left_out_whole_where_a_comment_would_be_too_long() -> None:
    url = "https://example.org/" + "segment/" * 900  # the addresses alone are longer than a comment
    before = report([picture(f"{number}.jpg", data="1") for number in range(9)], url=url)
    after = report([picture(f"{number}.jpg", data="2") for number in range(20)], [page(lcp=9)], [finding()], url=url)
    text = comment(before, after)
    assert len(text) < GITHUB
    assert "### Findings: 1 new\n\n- **warn** `alt-missing`" in text
    assert "### Images added: 11 (too long for a comment)" in text
    assert "### Images replaced: 9 (too long for a comment)" in text
    assert "Phone 252.0 KiB → 560.0 KiB (+122%)" in text
    assert text.splitlines()[0] == "<!-- imageseo:images -->"


def test_a_few_changes_of_one_kind_get_all_the_lines() -> None:
    after = report([picture(f"{number:02}.jpg") for number in range(45)])
    text = comment(report(), after)
    assert sum(line.startswith("| `") for line in text.splitlines()) == 45
    more = comment(report(), report([picture(f"{number:02}.jpg") for number in range(80)]))
    assert len(more.splitlines()) == MAX_LINES
    shown = sum(line.startswith("| `") for line in more.splitlines())
    assert f"| {80 - shown} more | | | | |" in more


def test_the_same_reports_give_the_same_bytes() -> None:
    """In any order of the entries, twenty times."""
    before = report(
        [picture(f"{number}.jpg", data=f"{number % 7}") for number in range(40)],
        [page(f"{number}.html", 20 * KIB) for number in range(20)],
        large(30, "a"),
    )
    after = report(
        [picture(f"{number}.jpg", 30 * KIB, data=f"{number % 5}") for number in range(20, 60)],
        [page(f"{number}.html", (20 + number % 3) * KIB) for number in range(20)],
        large(60, "a"),
    )
    texts = set()
    for seed in range(20):
        rnd = random.Random(seed)
        for each in (before, after):
            for entries in (each.pictures, each.pages, each.findings):
                rnd.shuffle(entries)
        texts.add(comment(before, after))
        texts.add(comment(msgjson.decode(msgjson.encode(before), type=SiteReport), after))
    assert len(texts) == 1


def test_growth_beyond_the_limit_is_told_for_pages_and_kept_pictures() -> None:
    def grown(size: int, **more: object) -> SiteComparison:
        return compare(
            report([picture("a.jpg", 100)], [page(lcp=100)]),
            report([picture("a.jpg", 100), picture("new.jpg", 10_000)], [page(lcp=size), page("new.html", 9_000)]),
        )

    assert list(growth.faults(grown(120), Decimal(20))) == [], "as much as the limit is no fault; what is new is none"
    first, second = growth.faults(grown(121), Decimal(20))
    assert first == "index.html: the LCP bytes grew by 21% (100 B → 121 B) at mobile"
    assert "at desktop" in second
    assert list(growth.faults(grown(50), Decimal(0))) == []
    kept = compare(report([picture("a.jpg", 1000)]), report([picture("a.jpg", 1300), picture("b.jpg")]))
    assert [fault.partition(" grew")[0] for fault in growth.faults(kept, Decimal(20))] == [
        "the images that were there before"
    ] * 2


@pytest.mark.parametrize(
    ("text", "number"), [("20%", "20"), (" 0.5 % ", "0.5"), ("7,5%", "7.5"), ("0%", "0"), ("300%", "300")]
)
def test_a_share_is_a_percentage(text: str, number: str) -> None:
    assert growth.parse_percent(text) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["", "20", "%", "-5%", "abc", "20%%", "nan%", "inf%", "1e3%", "٢٠%", "20 percent", "0x10%"]
)
def test_other_shares_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a share such as 20%"):
        growth.parse_percent(text)
