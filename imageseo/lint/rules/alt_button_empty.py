"""A button that contains only an image has a name.

For readers who do not see the image, its alternative text is the button's name. With ``alt=""`` the button has none,
and screen readers say "button" (axe: button-name). The text says what the button does. This holds for ``<button>`` and
for elements with ``role="button"``; links are checked by ``alt-link-empty``.

Text in the button, ``aria-label``, ``aria-labelledby`` or ``title`` on it or in it, and another image with a text are
names too. A button that is hidden from assistive technology needs none. An image without any ``alt`` is reported by
``alt-missing``. Tabs, switches and menu items by their role and ``<summary>`` count as buttons. A button that shows
only an SVG needs a name as well.

Bad:
    <button type="button"><img src="mark-64x64.png" alt=""></button>

Bad (white space is no name):
    <button><span><img src="mark-64x64.png" alt=" "></span></button>

Bad (a button by its role):
    <div role="button" tabindex="0"><img src="mark-64x64.png" alt=""></div>

Bad (a drawing):
    <button><svg width="9" height="9"><path d="M0 0h9v9z"/></svg></button>

Bad (named by nothing):
    <button aria-labelledby="nowhere"><img src="mark-64x64.png" alt=""></button>

Good:
    <button type="button"><img src="mark-64x64.png" alt="Open the menu"></button>

Good (the text names it, and the image decorates):
    <button><img src="mark-64x64.png" alt=""> Menu</button>

Good (named by its label):
    <button aria-label="Open the menu"><img src="mark-64x64.png" alt=""></button>

Good (two images, one says it):
    <button><img src="mark-64x64.png" alt=""><img src="name-200x64.png" alt="Menu"></button>

Good (a disclosure, hidden, and no button at all):
    <button aria-hidden="true"><img src="mark-64x64.png" alt=""></button><div><img src="mark-64x64.png" alt=""></div>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.lint.alt_text import TO_DESCRIBE
from imageseo.lint.image_controls import unnamed_controls
from imageseo.model.facts import ImageFact, Problem, ProblemLocation
from imageseo.model.finding import Severity

if TYPE_CHECKING:
    from imageseo.web.accessibility.graphics import PageGraphics

SEVERITY = Severity.ERROR
LINT_ONLY = True
SOURCES = ("WCAG 4.1.2", "ACT 97a4e1", "axe button-name", "Lighthouse button-name", "html-validate text-content")


def check(images: Sequence[ImageFact], graphics: PageGraphics) -> Iterator[Problem]:
    for button, image in unnamed_controls(images, graphics, links=False):
        if image is None:
            yield Problem(
                message="a button contains only a drawing, and has no name",
                hint="write in `aria-label` of the button what it does",
                place=ProblemLocation(offset=button.element.offset),
            )
        else:
            yield Problem(
                message=f"a button contains only {image.name}, whose alternative text is empty",
                hint="write in its `alt` what the button does",
                at=image.ref,
                changes=TO_DESCRIBE,
            )
