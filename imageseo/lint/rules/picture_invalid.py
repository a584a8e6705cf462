"""Every ``<picture>`` has sources that browsers can reach, and then one ``<img>``.

Browsers go through the ``<source>`` elements before the ``<img>`` and take the first that fits. A source behind the
``<img>``, without ``srcset``, or behind one that always fits is never used: a source without ``media`` and ``type``,
with a wider ``(max-width)``, or of a format that every browser shows. Sources are children of the ``<picture>``; with
an element between, or without an ``<img>``, they do nothing. What changes nothing is a warning: ``src`` or ``alt`` on a
source, text or other elements in the ``<picture>``, attributes of an image on it.

Bad (no srcset):
    <picture><source media="(min-width: 900px)"><img src="photo-800x450.jpg" alt="A harbour"></picture>

Bad (never reached):
    <picture><source srcset="photo-800x450.webp"><source srcset="photo-800x450.avif" type="image/avif">
    <img src="photo-800x450.jpg" alt="A harbour"></picture>

Bad (the wider screen first):
    <picture><source media="(max-width: 900px)" srcset="photo-800x450.jpg">
    <source media="(max-width: 500px)" srcset="photo-480x270.jpg"><img src="photo-1600x900.jpg" alt="Boats"></picture>

Bad (behind the img):
    <picture><img src="photo-800x450.jpg" alt="Boats"><source srcset="photo-800x450.webp" type="image/webp"></picture>

Bad (without an img):
    <picture><source srcset="photo-800x450.webp" type="image/webp"></picture>

Bad (a link between):
    <picture><source srcset="a-80x45.webp" media="print"><a href="/"><img src="a-80x45.jpg" alt="Home"></a></picture>

Bad (a warning: src on a source):
    <picture><source srcset="photo-800x450.webp" src="photo-800x450.webp" type="image/webp">
    <img src="photo-800x450.jpg" alt="A harbour"></picture>

Bad (a warning: alt on a source):
    <picture><source srcset="photo-800x450.webp" type="image/webp" alt="A harbour">
    <img src="photo-800x450.jpg" alt="A harbour"></picture>

Good:
    <picture><source type="image/avif" srcset="photo-800x450.avif">
    <source type="image/webp" srcset="photo-800x450.webp"><img src="photo-800x450.jpg" alt="A harbour"></picture>

Good (from narrow to wide, and one for all others):
    <picture><source media="(max-width: 500px)" srcset="photo-480x270.jpg">
    <source media="(max-width: 900px)" srcset="photo-800x450.jpg"><source srcset="photo-1600x900.jpg">
    <img src="photo-800x450.jpg" alt="A harbour"></picture>

Good (of a video):
    <video controls><source src="film.mp4" type="video/mp4"></video>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.lint.markup_problems import problem_of, refs_by_offset
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity

if TYPE_CHECKING:
    from imageseo.web.markup.elements import PageElements

SEVERITY = Severity.ERROR
LINT_ONLY = True
SOURCES = (
    "HTML picture",
    "HTML source",
    "html-validate element-permitted-content",
    "html-validate element-required-content",
)


def check(html: bytes, images: Sequence[ImageFact], elements: PageElements) -> Iterator[Problem]:
    from imageseo.web.markup.pictures import picture_faults  # not needed by a build

    faults = list(picture_faults(elements))
    if faults:
        refs = refs_by_offset(images)
        yield from (problem_of(fault, html, refs) for fault in faults)
