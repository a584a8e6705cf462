"""A button that contains only an image has a name.

For readers who do not see the image, its alternative text is the button's name. With ``alt=""`` the button has none,
and screen readers say "button" (axe: button-name). The text says what the button does. This holds for ``<button>`` and
for elements with ``role="button"``; links are checked by ``alt-link-empty``.

Text in the button, ``aria-label``, ``aria-labelledby`` or ``title`` on it or in it, and another image with a text are
names too. A button that is hidden from assistive technology needs none. An image without any ``alt`` is reported by
``alt-missing``.

Bad:
    <button type="button"><img src="mark-64x64.png" alt=""></button>

Bad (white space is no name):
    <button><span><img src="mark-64x64.png" alt=" "></span></button>

Bad (a button by its role):
    <div role="button" tabindex="0"><img src="mark-64x64.png" alt=""></div>

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

from imageseo.lint.alt_text import is_blank
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity
from imageseo.model.image import PageScan

SEVERITY = Severity.ERROR
LINT_ONLY = True
_NAMES = ("aria-label", "aria-labelledby", "title")


def check(html: bytes, scan: PageScan, images: Sequence[ImageFact]) -> Iterator[Problem]:
    from imageseo.web.html.buttons import buttons_with_images  # not needed by a build

    for button in buttons_with_images(html, scan.charset):
        if button.text or button.named or any(not is_blank(button.values.get(name, "")) for name in _NAMES):
            continue
        if button.values.get("aria-hidden", "").strip().lower() == "true" or "hidden" in button.values:
            continue
        inside = images[button.first : button.last]
        image = next((each for each in inside if each.ref.get("alt") is not None), None)
        if image is not None:
            yield Problem(
                message=f"a button contains only {image.name}, whose alternative text is empty",
                hint="write in its `alt` what the button does",
                at=image.ref,
            )
