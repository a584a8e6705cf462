"""An image button has a name.

``<input type=image>`` is a button that looks like an image, and its ``alt`` is the button's name. Without it, screen
readers read the file name (axe: input-image-alt). The text says what the button does. ``aria-label``,
``aria-labelledby`` and ``title`` are names too. A button can never be decorative, so ``alt=""`` is an error.

Bad:
    <form><input type="image" src="mark-64x64.png"></form>

Bad (a button is no decoration):
    <form><input type="image" src="mark-64x64.png" alt=""></form>

Bad (what a program left):
    <form><input type="image" src="mark-64x64.png" alt="undefined"></form>

Good:
    <form><input type="image" src="mark-64x64.png" alt="Search"></form>

Good (named by its label):
    <form><input type="image" src="mark-64x64.png" aria-label="Search"></form>

Good (hidden, and another kind of button):
    <form><input type="image" src="mark-64x64.png" aria-hidden="true"><input type="submit" value="Search"></form>
"""

from __future__ import annotations

from collections.abc import Iterator

from imageseo.lint.alt_text import classify_placeholder, is_blank
from imageseo.model.facts import Problem, ProblemLocation, shorten
from imageseo.model.finding import Severity
from imageseo.model.image import PageScan

SEVERITY = Severity.ERROR
LINT_ONLY = True
_NAMES = ("aria-label", "aria-labelledby", "title")
_HINT = "write in its `alt` what the button does"


def check(html: bytes, scan: PageScan) -> Iterator[Problem]:
    from imageseo.web.html.buttons import image_inputs  # not needed by a build

    for start, values in image_inputs(html, scan.charset):
        is_hidden = values.get("aria-hidden", "").strip().lower() == "true" or "hidden" in values
        if is_hidden or any(not is_blank(values.get(name, "")) for name in _NAMES):
            continue
        alt = values.get("alt", "")
        kind, severity = classify_placeholder(alt.strip())
        if is_blank(alt):
            problem = "has no alt attribute" if "alt" not in values else "has an empty alternative text"
        elif kind is not None:
            problem = f"has the alternative text {shorten(alt)!r}, which {kind}"
        else:
            continue
        src = values.get("src", "").strip()
        yield Problem(
            message=f"the image button {shorten(src) or 'without src'} {problem}",
            hint=_HINT,
            severity=severity,
            place=ProblemLocation(offset=start, image=src or None),
        )
