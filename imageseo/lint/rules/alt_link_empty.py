"""A link that contains only an image has a name.

For readers who do not see the image, its alternative text is the link's name. With ``alt=""`` the link has none, and
screen readers read its address instead (axe: link-name). The text names where the link leads or what it does, usually
what the image shows: a thumbnail that opens the full-size image is named by that image.

Text in the link, ``aria-label``, ``aria-labelledby`` or ``title`` on the link or in it, and another image with a text
are names too. A link that is hidden from assistive technology needs none. An image without any ``alt`` is reported by
``alt-missing``. A link that shows only an SVG or an ``<object>`` needs a name as well: ``aria-label`` on the link, or a
``<title>`` in the drawing.

Bad:
    <p><a href="/guide/"><img src="photo-1600x900.jpg" alt=""></a></p>

Bad (a lightbox):
    <a class="glightbox" href="photo-1600x900.jpg"><img src="photo-1600x900.jpg" alt=" "></a>

Bad (an image without a role that counts):
    <a href="/guide/"><img src="photo-1600x900.jpg" role="presentation"></a>

Bad (a drawing):
    <a href="/guide/"><svg width="9" height="9" aria-hidden="true"><path d="M0 0h9v9z"/></svg></a>

Bad (its text is hidden):
    <a href="/guide/"><img src="mark-64x64.png" alt=""><span aria-hidden="true">Guide</span></a>

Good:
    <p><a href="/guide/"><img src="photo-1600x900.jpg" alt="The harbour guide"></a></p>

Good (a drawing with a title):
    <a href="/guide/"><svg width="9" height="9"><title>The harbour guide</title><path d="M0 0h9v9z"/></svg></a>

Good (the text names it, and the image decorates):
    <p><a href="/guide/"><img src="mark-64x64.png" alt=""> The harbour guide</a></p>

Good (named by its label):
    <p><a href="/guide/" aria-label="The harbour guide"><img src="mark-64x64.png" alt=""></a></p>

Good (two images, one says it):
    <p><a href="/"><img src="mark-64x64.png" alt=""><img src="name-200x64.png" alt="Harbour"></a></p>

Good (hidden, and said again below):
    <a href="/p/" aria-hidden="true" tabindex="-1"><img src="photo-1600x900.jpg" alt=""></a><a href="/p/">Boats</a>

Good (no link at all):
    <a name="top"><img src="mark-64x64.png" alt=""></a>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.lint.alt_text import TO_DESCRIBE
from imageseo.lint.image_controls import unnamed_controls
from imageseo.model.facts import ImageFact, Problem, ProblemLocation, shorten
from imageseo.model.finding import Severity

if TYPE_CHECKING:
    from imageseo.web.accessibility.graphics import PageGraphics

SEVERITY = Severity.ERROR
SOURCES = ("WCAG 2.4.4", "WCAG 4.1.2", "ACT c487ae", "axe link-name", "Lighthouse link-name", "html-validate wcag/h30")


def check(images: Sequence[ImageFact], graphics: PageGraphics) -> Iterator[Problem]:
    for link, image in unnamed_controls(images, graphics, links=True):
        href = shorten(link.values.get("href", "").strip())
        where = f"the link to {href}" if href else "a link"
        if image is None:
            yield Problem(
                message=f"{where} contains only a drawing, and has no name",
                hint="write in `aria-label` of the link where it leads",
                place=ProblemLocation(offset=link.element.offset),
            )
        else:
            yield Problem(
                message=f"{where} contains only {image.name}, whose alternative text is empty",
                hint="write in its `alt` where the link leads, or what the image shows",
                at=image.ref,
                changes=TO_DESCRIBE,
            )
