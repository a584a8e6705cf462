"""How hosts log a finding: the author's file first, the built page second, then the lines to paste."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from imageseo.integrations.logs.finding_log import format_finding, log_findings
from imageseo.lint.source_lines import SourceLines
from imageseo.model.finding import AttributeChange, Finding, Location, Occurrence, Severity
from imageseo.model.site import Site
from tests.support.small_sites import write

ONCE = Occurrence(0, 1, 0, 1)
THEME = Occurrence(0, 1, None, 0)


def finding(
    image: str | None, occurrence: Occurrence | None = ONCE, *, page: str = "a", line: int | None = 40
) -> Finding:
    return Finding(
        rule="img-dimensions",
        severity=Severity.WARN,
        message="it has no size",
        hint='write width="4" height="3"',
        location=Location(
            page=f"{page}/index.html",
            source=f"docs/{page}.md",
            line=line,
            column=3 if line else None,
            image=image,
            occurrence=occurrence,
        ),
        changes=(AttributeChange("width", "4"), AttributeChange("height", "3")),
    )


@pytest.fixture
def lines(tmp_path: Path) -> SourceLines:
    write(
        tmp_path,
        {"docs/a.md": "# A\n\nText ![x](x.png) y.png\n", "docs/b.md": "![x](x.png)\n", "site/a/index.html": ""},
    )
    root = tmp_path / "site"
    return SourceLines.of(
        Site(root=root, project=tmp_path, base_url=None, pages=(), generator="mkdocs", markdown="attr_list")
    )


def test_line_of_the_author_comes_first(lines: SourceLines) -> None:
    assert format_finding(finding("../x.png"), lines=lines) == (
        "docs/a.md:3:6: it has no size [img-dimensions]; write `{ width=4 height=3 }` (built page: a/index.html:40:3)\n"
        "      Text ![x](x.png){ width=4 height=3 } y.png"
    )


def test_image_of_the_theme_is_said_to_be_one(lines: SourceLines) -> None:
    assert format_finding(finding("/logo.svg", THEME), lines=lines) == (
        "a/index.html:40:3 (not in docs/a.md: it comes from the theme): it has no size [img-dimensions]; "
        'write width="4" height="3"'
    )
    inserted = replace(finding("/hero.jpg", None), location=replace(finding("/hero.jpg", None).location, inserted=True))
    assert format_finding(inserted, lines=lines).startswith(
        "a/index.html:40:3 (the hero of docs/a.md, inserted by imageseo): it has no size"
    )
    assert "from a template, an include or a plug-in" in format_finding(finding("/logo.svg"), lines=lines)


def test_uncertain_line_is_that_of_the_built_page(lines: SourceLines) -> None:
    for found in (finding("y.png"), finding("x.png", Occurrence(1, 3, 1, 3))):
        assert format_finding(found, lines=lines).startswith("a/index.html:40:3 (docs/a.md): it has no size")
    whole = finding(None, None, line=None)
    assert format_finding(whole, lines=lines).startswith("docs/a.md: it has no size")


def test_equal_findings_are_shown_at_a_source(lines: SourceLines) -> None:
    told: list[str] = []

    class Voice:
        """Collects warnings."""

        def debug(self, msg: object, *args: object, exc_info: bool = False) -> None: ...
        def info(self, msg: object, *args: object) -> None: ...
        def error(self, msg: object, *args: object) -> None: ...
        def warning(self, msg: object, *args: object) -> None:
            told.append(str(msg) % args)

    overview = finding("x.png", page="0")
    alike = [overview, finding("x.png"), finding("x.png", page="b")]
    log_findings(alike, Voice(), serving=False, lines=lines)
    assert len(told) == 1
    assert told[0].startswith("docs/a.md:3:6: ")
    assert "(the same at docs/b.md:1:1, and on 1 more page)" in told[0]
