"""Fixes: edits are applied completely or not at all, only to unchanged pages, and a diff previews them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseo.lint import fixes
from imageseo.model.edit import Edit
from imageseo.model.errors import SiteError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.image import Span
from imageseo.model.site import Page, Site
from tests.support.small_sites import write

PAGE = b"<p>one</p>\n<p>two</p>\n<p>three</p>\n"


def site(folder: Path, pages: dict[str, bytes], *, sources: tuple[Path, ...] = ()) -> Site:
    write(folder, dict(pages))
    listed = tuple(Page(path=path) for path in sorted(pages))
    return Site(root=folder, project=folder, base_url=None, pages=listed, sources=sources)


def finding(*edits: tuple[int, int, bytes], page: str = "a.html", line: int = 1) -> Finding:
    return Finding(
        rule="own",
        severity=Severity.WARN,
        message="m",
        location=Location(page=page, line=line),
        fix=tuple(Edit(span=Span(start, end), replacement=text) for start, end, text in edits),
    )


def test_edits_of_several_findings_are_applied_to_one_page(tmp_path: Path) -> None:
    built_site = site(tmp_path, {"a.html": PAGE, "b.html": PAGE})
    judged = fixes.digests(built_site)
    found = [finding((3, 6, b"ONE")), finding((14, 17, b"TWO"), (0, 0, b"<hr>"), line=2), finding(page="b.html")]
    fixed_pages = list(fixes.fixed_pages(built_site, found, judged))
    assert [(each.page, len(each.fixed)) for each in fixed_pages] == [("a.html", 2)]
    assert fixes.write(built_site, fixed_pages) == ("a.html",)
    assert (tmp_path / "a.html").read_bytes() == b"<hr><p>ONE</p>\n<p>TWO</p>\n<p>three</p>\n"
    assert (tmp_path / "b.html").read_bytes() == PAGE


def test_overlapping_edits_wait_and_equal_edits_are_applied_once(tmp_path: Path) -> None:
    built_site = site(tmp_path, {"a.html": PAGE})
    judged = fixes.digests(built_site)
    first, overlaps = finding((3, 6, b"ONE")), finding((5, 8, b"x"), (20, 21, b"y"), line=2)
    same, beside = finding((3, 6, b"ONE"), line=3), finding((6, 6, b"!"), line=4)
    twice = finding((6, 6, b"?"), line=5)
    outside, torn = finding((30, 99, b""), line=6), finding((14, 16, b""), (15, 17, b""), line=7)
    for order in ([first, overlaps, same, beside, twice, outside, torn], [torn, outside, twice, beside, same, first]):
        (fixed_pages,) = fixes.fixed_pages(built_site, order, judged)
        assert [each.location.line for each in fixed_pages.fixed] == [1, 3, 4]
        assert fixed_pages.after == b"<p>ONE!</p>\n<p>two</p>\n<p>three</p>\n"


def test_page_changed_during_lint_is_not_written(tmp_path: Path) -> None:
    built_site = site(tmp_path, {"a.html": PAGE})
    judged = fixes.digests(built_site)
    (tmp_path / "a.html").write_bytes(PAGE + b"more")
    with pytest.raises(SiteError, match="changed while lint was running"):
        list(fixes.fixed_pages(built_site, [finding((3, 6, b"ONE"))], judged))
    (tmp_path / "a.html").unlink()
    with pytest.raises(SiteError, match="can no longer be read"):
        list(fixes.fixed_pages(built_site, [finding((3, 6, b"ONE"))], judged))


def test_sources_are_never_written_to(tmp_path: Path) -> None:
    built_site = site(tmp_path / "docs", {"a.html": PAGE}, sources=(tmp_path / "docs",))
    fixed_pages = list(fixes.fixed_pages(built_site, [finding((3, 6, b"ONE"))], fixes.digests(built_site)))
    with pytest.raises(SiteError, match="folder of the sources"):
        fixes.write(built_site, fixed_pages)
    assert (tmp_path / "docs/a.html").read_bytes() == PAGE


def test_pages_are_read_and_written_one_at_a_time(tmp_path: Path) -> None:
    names = [f"{number}.html" for number in range(4)]
    built_site = site(tmp_path, dict.fromkeys(names, PAGE))
    found = [finding((3, 6, b"ONE"), page=name) for name in names]
    judged, alive = fixes.digests(built_site), 0

    def counted() -> Iterator[fixes.FixedPage]:
        nonlocal alive
        for number, each in enumerate(fixes.fixed_pages(built_site, found, judged)):
            done = [(tmp_path / name).read_bytes() != PAGE for name in names]
            assert done == [before < number for before in range(4)], "only the pages before are written"
            alive += 1
            yield each

    shown = fixes.diff(fixes.fixed_pages(built_site, found, judged))
    assert next(shown).startswith("--- a/0.html\n")
    assert fixes.write(built_site, counted()) == tuple(names)
    assert alive == 4
    with pytest.raises(SiteError, match=r"1.html changed while lint"):
        next(shown)


def test_diff_is_in_unified_format(tmp_path: Path) -> None:
    built_site = site(tmp_path, {"a.html": PAGE})
    fixed_pages = fixes.fixed_pages(built_site, [finding((14, 17, b"TWO"))], fixes.digests(built_site))
    assert "".join(fixes.diff(fixed_pages)) == (
        "--- a/a.html\n+++ b/a.html\n@@ -1,3 +1,3 @@\n <p>one</p>\n-<p>two</p>\n+<p>TWO</p>\n <p>three</p>\n"
    )
    assert list(fixes.diff([])) == []


def test_diff_of_a_minified_page_is_split_at_tags(tmp_path: Path) -> None:
    cells = b"<td>\x1b[2Jcell</td>" * 5_000
    image = b'<img src="data:image/png;base64,' + b"A" * 5_000 + b'" loading="lazy">'
    page = b"<!doctype html>\n" + cells + image + cells
    built_site = site(tmp_path, {"a.html": page})
    at = page.index(b' loading="lazy"')
    text = "".join(fixes.diff(fixes.fixed_pages(built_site, [finding((at, at + 15, b""))], fixes.digests(built_site))))
    lines = text.splitlines()
    assert lines[2] == "@@ -2,1 +2,1 @@"
    assert max(map(len, lines)) < 200
    assert "\x1b" not in text
    removed, inserted = (next(line for line in lines[3:] if line[0] == sign) for sign in "-+")
    assert removed.endswith('AAA" loading="lazy">')
    assert inserted.endswith('AAA">')


# ---- the exact diff

_PIECE = st.sampled_from(
    [
        b"<p>one</p>",
        b"<img loading=lazy>",
        b"\r",
        b"\n",
        b"\r\n",
        b"\xfc\xff",
        b"\x0c",
        b"\x85",
        "\u2028é".encode(),
        b" ",
        b"-- a",
    ]
)


@pytest.mark.skipif(shutil.which("patch") is None, reason="patch is not installed")
@hypothesis.settings(max_examples=60, deadline=None)
@given(pieces=st.lists(_PIECE, min_size=1, max_size=30), data=st.data())
def test_diff_applied_by_patch_gives_what_fix_writes(pieces: list[bytes], data: st.DataObject) -> None:
    page = b"".join(pieces)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(page)), max_size=6)))
    edits = [
        finding((start, end, data.draw(st.sampled_from([b"", b" width=9", b"x\n", b"\r\n"]))), page="a b/page.html")
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        built_site = site(folder, {"a b/page.html": page, "other.html": b"same"})
        fixed = list(fixes.fixed_pages(built_site, edits, fixes.digests(built_site)))
        text = b"".join(fixes.patch(fixed))
        if fixed:
            subprocess.run(
                ["patch", "-p1", "--binary", "--quiet"], cwd=folder, input=text, check=True, capture_output=True
            )
            assert (folder / "a b/page.html").read_bytes() == fixed[0].after
        else:
            assert text == b""
