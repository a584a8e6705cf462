"""``imageseo.layout.json``: written files can be read, invalid ones are errors; drift."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from imageseo.cli.commands.measure import merged
from imageseo.layout import layout_file
from imageseo.layout.drift import find_drift
from imageseo.model.errors import LayoutError
from imageseo.model.layout import Lcp, PageLayout, ShownImage, SiteLayout, Template

WIDTHS = (320, 412, 1350)


def layout(*pages: PageLayout, column: tuple[float, ...] = (288.0, 380.0, 700.0)) -> SiteLayout:
    names = {page.template for page in pages}
    return SiteLayout(
        widths=WIDTHS,
        pages={page.page: page for page in pages},
        templates={name: Template(id=name, column=column, pages=len(pages)) for name in names},
    )


def measured_page(
    page: str = "index.html", *, width: float = 700.0, lcp: str = "a.jpg", template: str = "article-1"
) -> PageLayout:
    return PageLayout(
        page=page,
        template=template,
        lcp={
            "mobile": Lcp(kind="text", width=380.0, height=77.5),
            "desktop": Lcp(
                kind="image",
                src=lcp,
                nth=1,
                chosen="a-720w.avif",
                width=width,
                height=400.0,
                natural=(720, 411),
                bytes=20_001,
                fade_ms=200.0,
            ),
        },
        cls={"mobile": 0.0, "desktop": 0.13},
        images=(
            ShownImage(src=lcp, widths=(0.0, 0.0, 0.0)),
            ShownImage(
                src=lcp, nth=1, widths=(288.0, 380.5, width), tops={"desktop": 120.5, "mobile": 300.0}, box="li"
            ),
        ),
    )


def test_written_layout_is_read_back_and_rewriting_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / layout_file.NAME
    assert layout_file.read(file) is None
    found = layout(measured_page("b.html"), measured_page("ä/index.html"))
    assert layout_file.write(file, found) is True
    assert layout_file.read(file) == found
    assert layout_file.write(file, found) is False
    text = file.read_text("utf-8")
    lines = [line for line in text.splitlines() if '"src"' in line]
    assert len(lines) == 6, "one line per image or LCP"
    assert text.index("ä/index.html") > text.index("b.html")
    assert json.loads(text)["widths"] == list(WIDTHS)


def test_numbers_are_rounded_so_that_noise_makes_no_difference() -> None:
    noisy = measured_page(width=699.9934)
    assert layout_file.dumps(layout(noisy)) == layout_file.dumps(layout(measured_page(width=700.01)))
    assert '"widths": [288, 380.5, 700]' in layout_file.dumps(layout(noisy))


def test_inherited_layout_is_not_written() -> None:
    guessed = PageLayout(page="new.html", template="article-1", inherited=True)
    assert "new.html" not in layout_file.dumps(layout(measured_page(), guessed))


BROKEN: dict[str, tuple[Any, str]] = {
    "no json": ("{", "imageseo.layout.json: "),
    "no object": ([], "expected `object`, got `array`"),
    "newer": ({"version": 9}, "`version`: found 9, expected 1"),
    "no version": ({}, "missing required field `version`"),
    "a word for a number": ({"widths": ["wide"]}, "expected `int`, got `str` - at `widths[0]`"),
    "unknown key": ({"wdiths": []}, "unknown field `wdiths`"),
    "order": ({"widths": [412, 320, 1350]}, "`widths`: found [412, 320, 1350], expected px in ascending order"),
    "short column": ({"templates": {"article-1": {"pages": 1, "column": [1]}}}, "found 1 numbers, expected 3"),
    "lost template": ({"templates": {}}, "there is no template 'article-1'"),
    "unknown kind": ({"pages": {"a": {"template": "t", "lcp": {"mobile": {"kind": "song"}}}}}, "'song'"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_invalid_file_error_names_place_and_remedy(tmp_path: Path, name: str) -> None:
    change, message = BROKEN[name]
    file = tmp_path / layout_file.NAME
    valid = json.loads(layout_file.dumps(layout(measured_page())))
    if isinstance(change, dict) and change:
        change = {**valid, **change}
    file.write_text(change if isinstance(change, str) else json.dumps(change), "utf-8")
    with pytest.raises(LayoutError) as caught:
        layout_file.read(file)
    assert message in str(caught.value)
    assert str(file) in caught.value.message
    assert "imageseo measure DIR" in caught.value.hint
    assert ("update imageseo" in caught.value.hint) == (name == "newer")


def test_file_name_that_is_not_text_is_accepted(tmp_path: Path) -> None:
    file = tmp_path / layout_file.NAME
    layout_file.write(file, layout(measured_page("a.html"), measured_page(os.fsdecode(b"caf\xe9.html"))))
    found = layout_file.read(file)
    assert found is not None
    assert "a.html" in found.pages


def test_folder_instead_of_the_file_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / layout_file.NAME
    file.mkdir()
    with pytest.raises(LayoutError, match="cannot be read"):
        layout_file.read(file)
    with pytest.raises(LayoutError, match="cannot be written"):
        layout_file.write(file, layout())


def test_drift_is_described_in_numbers_without_noise() -> None:
    old = layout(measured_page("a.html"), measured_page("b.html"))
    assert find_drift(old, layout(measured_page("a.html", width=701.0))) == {"a.html": ()}
    (drift,) = find_drift(old, layout(measured_page("a.html", width=800.0))).values()
    assert drift == ("a.jpg is 800 px wide at 1350 px, was 700 px",)
    (drift,) = find_drift(old, layout(measured_page("a.html", lcp="c.jpg"))).values()
    assert drift == ("the LCP on desktop is c.jpg, was a.jpg", "removed: a.jpg", "added: c.jpg")
    (drift,) = find_drift(old, layout(measured_page("a.html", template="article-2"))).values()
    assert drift == ("the template is article-2, was article-1",)
    (drift,) = find_drift(old, layout(measured_page("new.html"))).values()
    assert drift == (), "its template is measured and unchanged"
    (drift,) = find_drift(old, layout(measured_page("new.html"), column=(288.0, 380.0, 900.0))).values()
    assert drift == ("the article's column is 900 px wide at 1350 px, was 700 px",)
    (drift,) = find_drift(old, layout(measured_page("new.html", template="landing-1"))).values()
    assert drift == ("template landing-1 has not been measured",)


def test_unopened_pages_are_kept_and_missing_ones_removed() -> None:
    old = layout(measured_page("a.html"), measured_page("b.html"), measured_page("gone.html", template="article-2"))
    new = layout(measured_page("a.html", width=800.0))
    both = merged(old, new, opened={"a.html", "c.html"}, standing={"a.html", "b.html", "c.html"})
    assert list(both.pages) == ["a.html", "b.html"]
    assert both.pages["a.html"] == new.pages["a.html"]
    assert {name: each.pages for name, each in both.templates.items()} == {"article-1": 2}
