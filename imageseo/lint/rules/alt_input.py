"""An image button has a name.

``<input type=image>`` is a button that looks like an image, and its ``alt`` is the button's name. Without it, screen
readers read the file name (axe: input-image-alt). The text says what the button does. ``aria-label``,
``aria-labelledby`` (of an element that exists) and a ``<label>`` are names too; one that is only a ``title`` is a note.
A button can never be decorative, so ``alt=""`` is an error. What is hidden is not judged.

Bad:
    <form><input type="image" src="mark-64x64.png"></form>

Bad (a button is no decoration):
    <form><input type="image" src="mark-64x64.png" alt=""></form>

Bad (what a program left):
    <form><input type="image" src="mark-64x64.png" alt="undefined"></form>

Bad (named by nothing):
    <form><input type="image" src="mark-64x64.png" aria-labelledby="nowhere"></form>

Bad (a note: a title only):
    <form><input type="image" src="mark-64x64.png" title="Search"></form>

Good:
    <form><input type="image" src="mark-64x64.png" alt="Search"></form>

Good (named by another element):
    <form><label for="go">Search</label><input type="image" id="go" src="mark-64x64.png"></form>

Good (named by its label):
    <form><input type="image" src="mark-64x64.png" aria-label="Search"></form>

Good (hidden, and another kind of button):
    <form><input type="image" src="mark-64x64.png" aria-hidden="true"><input type="submit" value="Search"></form>
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from imageseo.lint.alt_text import classify_placeholder, nameless
from imageseo.model.facts import Problem, ProblemLocation, shorten
from imageseo.model.finding import Severity

if TYPE_CHECKING:
    from imageseo.web.accessibility.graphics import Graphic, PageGraphics

SEVERITY = Severity.ERROR
LINT_ONLY = True
SOURCES = (
    "WCAG 1.1.1",
    "WCAG 4.1.2",
    "ACT 59796f",
    "axe input-image-alt",
    "Lighthouse input-image-alt",
    "html-validate wcag/h36",
    "HTML input",
)
_HINT = "write in its `alt` what the button does"


def check(graphics: PageGraphics) -> Iterator[Problem]:
    for button in graphics.inputs():
        problem, severity = _problem(button)
        if not problem or button.is_hidden or not button.needs_name:
            continue
        src = button.values.get("src", "").strip()
        yield Problem(
            message=f"the image button {shorten(src) or 'without src'} {problem}",
            hint=_HINT,
            severity=severity,
            place=ProblemLocation(offset=button.element.offset, image=src or None),
        )


def _problem(button: Graphic) -> tuple[str, Severity | None]:
    """Return what is wrong with the name of a button, as the end of a sentence; "" for nothing."""
    alt, name = button.values.get("alt"), button.name
    if not name.text:
        usual = "no alt attribute" if alt is None else "an empty alternative text"
        return f"has {nameless(button, usual)}", None
    kind, severity = classify_placeholder(name.text)
    if kind is not None and name.source == "alt":
        return f"has the alternative text {shorten(name.text)!r}, which {kind}", severity
    if name.source == "title":
        return "has no alternative text, only a title", Severity.INFO
    return "", None
