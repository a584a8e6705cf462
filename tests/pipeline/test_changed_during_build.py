"""Another program writes a page between reading and writing it: no edit lands in bytes that it was not made for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imageseo import config
from imageseo.integrations import directory
from imageseo.integrations.progress import Quiet
from imageseo.pipeline import build as pipeline
from imageseo.pipeline import composition
from imageseo.pipeline.result import BuildResult
from tests.support import small_sites

PAGE = (
    '<!doctype html><html lang="en"><head><title>T</title></head><body><main><h1>T</h1>'
    '<img src="a.jpg" alt="A"><p>Text</p></main></body></html>'
)
OTHER = PAGE.replace("<title>", '<meta name="generator" content="another version"><script>let a = 1</script><title>')


def build(folder: Path, meanwhile: Callable[[], Any] = lambda: None) -> BuildResult:
    """Build a site; ``meanwhile`` runs after the pages were planned, before they are written."""
    settings = config.load({"profile": "fast", "encode": {"isolate": False}, "site_url": "https://e.org/"}, "test")
    site = directory.site(folder / "site", project=folder, settings=settings)
    with composition.build_tools(settings, project=folder, progress=Quiet()) as tools:
        encode = tools.encoder.encode

        def after_planning(*arguments: Any, **named: Any) -> Any:
            found = encode(*arguments, **named)
            meanwhile()
            return found

        tools.encoder.encode = after_planning  # type: ignore[method-assign]
        return pipeline.build(site, settings, tools)


@pytest.mark.parametrize(
    "other",
    [OTHER, PAGE.replace("<h1>T</h1>", ""), PAGE + "\n<!-- built again -->", PAGE.replace("a.jpg", "b.jpg")],
    ids=["longer", "shorter", "longer at the end", "same length"],
)
@pytest.mark.parametrize("known", [False, True], ids=["new", "known"])
def test_page_that_another_program_wrote_meanwhile_stays_as_it_is(tmp_path: Path, other: str, known: bool) -> None:
    """``known``: the page is published from the record of the last build, without being planned."""
    photo = small_sites.photo()
    pages = {"site/index.html": PAGE, "site/two.html": PAGE.replace("T<", "Two<")}
    small_sites.write(tmp_path, {**pages, "site/a.jpg": photo, "site/b.jpg": photo})
    if known:
        build(tmp_path)
        small_sites.write(tmp_path, pages)
    page = tmp_path / "site/index.html"
    result = build(tmp_path, lambda: page.write_text(other, encoding="utf-8"))
    assert page.read_text("utf-8") == other
    assert [(each.rule, each.location.page, each.fails_build) for each in result.findings if "page" in each.rule] == [
        ("page-changed", "index.html", False)
    ]
    assert "srcset" in (tmp_path / "site/two.html").read_text("utf-8"), "the other pages are built"
    again = build(tmp_path)
    assert "srcset" in page.read_text("utf-8")
    assert not [each for each in again.findings if each.rule == "page-changed"]


def test_another_build_of_the_same_page_is_no_change(tmp_path: Path) -> None:
    """A plug-in and `watch` may edit the same page: the page without edits is the same for both."""
    small_sites.write(tmp_path, {"site/index.html": PAGE, "site/a.jpg": small_sites.photo()})
    build(tmp_path)
    page = tmp_path / "site/index.html"
    edited = page.read_bytes()
    page.write_text(PAGE, encoding="utf-8")
    (tmp_path / "site/a.jpg").write_bytes(small_sites.photo())
    result = build(tmp_path, lambda: page.write_bytes(edited))
    assert not [each for each in result.findings if each.rule == "page-changed"]
    assert page.read_bytes() == edited
