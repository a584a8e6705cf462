"""Every area of an image map has a name.

An ``<area href>`` is a link that looks like a part of an image, and its ``alt`` is the link's name. Without it, screen
readers read the address (axe: area-alt). The text says where the link leads. ``aria-label`` and ``aria-labelledby`` (of
an element that exists) are names too; one that is only a ``title`` is a note. An area without ``href`` is no link and
needs none.

Bad:
    <img src="map-800x600.png" alt="The harbour" usemap="#m">
    <map name="m"><area shape="rect" coords="0,0,90,90" href="/quay/"></map>

Bad (a link is no decoration):
    <map name="m"><area shape="rect" coords="0,0,90,90" href="/quay/" alt=""></map>

Bad (a note: a title only):
    <map name="m"><area shape="rect" coords="0,0,90,90" href="/quay/" title="The old quay"></map>

Good:
    <img src="map-800x600.png" alt="The harbour" usemap="#m">
    <map name="m"><area shape="rect" coords="0,0,90,90" href="/quay/" alt="The old quay"></map>

Good (no link, and hidden):
    <map name="m"><area shape="rect" coords="0,0,90,90"><area hidden href="/quay/" shape="default"></map>
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from imageseo.lint.alt_text import nameless
from imageseo.model.facts import Problem, ProblemLocation, shorten
from imageseo.model.finding import Severity

if TYPE_CHECKING:
    from imageseo.web.accessibility.graphics import PageGraphics

SEVERITY = Severity.ERROR
LINT_ONLY = True
MAX_AREAS = 20  # that are reported one by one
SOURCES = (
    "WCAG 1.1.1",
    "WCAG 2.4.4",
    "WCAG 4.1.2",
    "ACT c487ae",
    "axe area-alt",
    "html-validate area-alt",
    "HTML area",
)


def check(graphics: PageGraphics) -> Iterator[Problem]:
    named = (area for area in graphics.areas() if not area.name.text or area.name.source == "title")
    for number, area in enumerate(area for area in named if not area.is_hidden):
        if number == MAX_AREAS:
            yield Problem(
                message=f"more than {MAX_AREAS} areas of this page have no name",
                hint="write an `alt` for each",
                place=ProblemLocation(offset=area.element.offset),
            )
            return
        name = area.name
        usual = "no alt attribute" if area.values.get("alt") is None else "an empty alternative text"
        what = "has no alternative text, only a title" if name.text else f"has {nameless(area, usual)}"
        yield Problem(
            message=f"the area that links to {shorten(area.values.get('href', '').strip()) or 'this page'} {what}",
            hint="write in its `alt` where the link leads",
            severity=Severity.INFO if name.text else None,
            place=ProblemLocation(offset=area.element.offset),
        )
