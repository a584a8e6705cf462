"""Every image map exists and has areas that can be reached.

``usemap="#name"`` names a ``<map name>`` of the same page, with ``#`` and in the same letter case; otherwise the image
is no map at all. An ``<area>`` needs ``coords`` that fit its ``shape``: four numbers for a rectangle, three for a
circle, three pairs or more for a polygon, none for ``default``. What browsers repair is a warning: a former name of a
shape, ``ismap`` outside of a link, two maps of one name. ``ismap`` in a link is a note: the server gets the place of a
click, which no keyboard can make (axe: server-side-image-map). Names of areas are checked by ``alt-area``.

Bad (no #):
    <img src="map-800x600.png" alt="The harbour" usemap="m"><map name="m"></map>

Bad (letter case):
    <img src="map-800x600.png" alt="The harbour" usemap="#M"><map name="m"></map>

Bad (no map):
    <img src="map-800x600.png" alt="The harbour" usemap="#nowhere">

Bad (no coords):
    <map name="m"><area shape="poly" href="/quay/" alt="The old quay"></map>

Bad (two are no circle):
    <map name="m"><area shape="circle" coords="20,20" href="/quay/" alt="The old quay"></map>

Bad (a warning: a former name):
    <map name="m"><area shape="polygon" coords="0,0,9,0,9,9" href="/quay/" alt="The old quay"></map>

Bad (a warning: not in a link):
    <img src="map-800x600.png" alt="The harbour" ismap>

Bad (a note: the server looks where it was clicked):
    <a href="/go"><img src="map-800x600.png" alt="The harbour" ismap></a>

Good:
    <img src="map-800x600.png" alt="The harbour" usemap="#m">
    <map name="m"><area shape="rect" coords="0,0,90,90" href="/quay/" alt="The old quay">
    <area shape="default" href="/all/" alt="All of it"></map>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.lint.markup_problems import problem_of, refs_by_offset
from imageseo.model.facts import ImageFact, Problem, ProblemLocation
from imageseo.model.finding import Severity

if TYPE_CHECKING:
    from imageseo.web.markup.elements import PageElements

SEVERITY = Severity.ERROR
LINT_ONLY = True
SOURCES = (
    "WCAG 2.1.1",
    "axe server-side-image-map",
    "HTML map",
    "HTML area",
    "html-validate map-id-name",
    "html-validate map-dup-name",
)


def check(html: bytes, images: Sequence[ImageFact], elements: PageElements) -> Iterator[Problem]:
    from imageseo.web.markup.image_maps import map_faults, server_maps  # not needed by a build

    faults = list(map_faults(elements))
    servers = list(server_maps(elements))
    refs = refs_by_offset(images) if faults or servers else {}
    yield from (problem_of(fault, html, refs) for fault in faults)
    for element in servers:
        yield Problem(
            message="an <img ismap> sends the place of a click to the server, which no keyboard can",
            hint="use a `<map>` with areas, or links",
            at=refs.get(element.offset),
            severity=Severity.INFO,
            place=ProblemLocation(offset=element.offset),
        )
