"""An alternative text is not white space.

``alt=" "`` is neither a text nor the empty ``alt`` that marks an image as decorative: several screen readers then say
"graphic" or read the file name (axe: image-alt, ``alt-space-value``). No-break spaces and invisible characters count as
white space. It is a note if ``aria-label`` or ``aria-labelledby`` names the image. An image without any ``alt`` is
reported by ``alt-missing``.

Bad:
    <img src="photo-1600x900.jpg" alt=" ">

Bad (a no-break space):
    <img src="photo-1600x900.jpg" alt="&nbsp;">

Bad (a zero-width space):
    <img src="photo-1600x900.jpg" alt="&#x200B;">

Bad (a note: its label names it):
    <img src="photo-1600x900.jpg" alt=" " aria-label="A harbour at dawn">

Good:
    <img src="photo-1600x900.jpg" alt="A harbour at dawn">

Good (only decoration):
    <img src="ornament-80x20.png" alt=""><img src="ornament-80x20.png" alt>

Good (hidden from assistive technology):
    <img src="ornament-80x20.png" alt=" " aria-hidden="true">
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.lint.alt_text import TO_DESCRIBE, is_unseen
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity

if TYPE_CHECKING:
    from imageseo.web.accessibility.graphics import PageGraphics

SEVERITY = Severity.ERROR
LINT_ONLY = True
SOURCES = ("WCAG 1.1.1", "ACT 23a2a8", "axe image-alt", "Lighthouse image-alt")


def check(images: Sequence[ImageFact], graphics: PageGraphics) -> Iterator[Problem]:
    from imageseo.web.accessibility.names import is_blank  # not needed by a build

    for number, image in enumerate(images):
        alt = image.ref.get("alt")
        if not alt or not is_blank(alt):
            continue
        graphic = graphics.image(number)
        if graphic is None or graphic.is_decorative or is_unseen(image.ref, graphic):
            continue
        yield Problem(
            message=f"{image.name}: its alternative text is only white space",
            hint='describe what it shows, or write `alt=""` without a space if it is decorative',
            at=image.ref,
            changes=TO_DESCRIBE,
            severity=Severity.INFO if graphic.name.source in ("aria-label", "aria-labelledby") else None,
        )
