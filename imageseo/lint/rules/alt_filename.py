"""An alternative text is not a file name.

``alt="IMG_1234.jpg"`` is read aloud letter by letter and describes nothing; editors and upload forms fill it in, and
validators accept it. The rule reports a text that is the name of a file; names as cameras, screenshot tools and hashes
make them (``DSC_0042``, ``Screenshot 2026-01-05 at 10.11.12``); and the name of the image's own file without its
suffix, if it consists of words joined by signs (``install-settings-dialog``). Image buttons are checked as well; an
image that ``aria-label`` or ``aria-labelledby`` names is not. It is a warning if those are fewer than three words, such
as ``docker-compose`` or ``24-key-v4``, because that may be a real name. It is also a warning if the text is a number of
five digits or more and not the file's own name. Dates, ranges of years, and a few letters with digits, as in product
names (``P100``), are not reported.

Bad:
    <img src="photo-1600x900.jpg" alt="photo-1600x900.jpg">

Bad (another file's name is no better):
    <img src="photo-1600x900.jpg" alt="uploads/DSC_0042.JPG">

Bad (a camera's):
    <img src="photo-1600x900.jpg" alt="IMG_20260105_101112">

Bad (a screenshot tool's):
    <img src="photo-1600x900.jpg" alt="Screenshot 2026-01-05 at 10.11.12">

Bad (the file's own):
    <img src="harbour-at-dawn-1600x900.jpg" alt="harbour-at-dawn-1600x900">

Bad (a warning: perhaps its name):
    <img src="docker-800x450.png" alt="docker-800x450">

Bad (a number, its file's name):
    <img src="123456.jpg" alt="123456">

Bad (a warning: a number that may mean something):
    <img src="photo-1600x900.jpg" alt="10000">

Bad (a button's):
    <form><input type="image" src="login-64x64.png" alt="login-64x64.png"></form>

Good:
    <img src="harbour-at-dawn-1600x900.jpg" alt="Harbour at dawn">

Good (a product's name):
    <img src="sonarr-64x64.png" alt="sonarr-v4"><img src="sonarr.png" alt="sonarr">

Good (products, years, a line):
    <img src="p100.png" alt="P100"><img src="wp-64x64.png" alt="WP-1000"><img src="s-64x64.png" alt="SAM300">
    <img src="y-64x64.png" alt="2024-2025"><img src="d-64x64.png" alt="2026-11-22"><img src="l-64x64.png" alt="-----">

Good (a sentence about a file):
    <img src="photo-1600x900.jpg" alt="The tree of files, with favicon.svg beside index.html">

Good (only decoration):
    <img src="IMG_1234-800x450.jpg" alt="">

Good (its label names it):
    <img src="IMG_1234-800x450.jpg" alt="IMG_1234" aria-label="Harbour at dawn">
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.lint.alt_text import SUFFIX, TO_DESCRIBE, file_name, is_machine_name, is_numbered, only_digits, stem
from imageseo.model.facts import ImageFact, Problem, ProblemLocation, shorten
from imageseo.model.finding import Severity

if TYPE_CHECKING:
    from imageseo.web.accessibility.graphics import PageGraphics

SEVERITY = Severity.ERROR
SOURCES = ("WCAG 1.1.1", "ACT 9eb3f6")
_HINT = 'describe what it shows, or write `alt=""` if it is decorative'


def check(images: Sequence[ImageFact], graphics: PageGraphics) -> Iterator[Problem]:
    for number, image in enumerate(images):
        alt = (image.ref.get("alt") or "").strip().lstrip("!")  # `![!name](…)` is a common mistake in Markdown
        if not alt:
            continue
        kind, severity = _classify(alt, image.ref.src)
        if kind and not _is_named_otherwise(image, graphics, number):
            yield Problem(
                message=f"{image.name}: its alternative text {shorten(alt)!r} is {kind}",
                hint=_HINT,
                at=image.ref,
                changes=TO_DESCRIBE,
                severity=severity,
            )
    for button in graphics.inputs() if graphics.has_drawings else ():
        src = button.values.get("src", "").strip()
        kind, severity = _classify(button.name.text, src) if button.name.source == "alt" else (None, None)
        if kind and not button.is_hidden:
            yield Problem(
                message=f"the image button {shorten(src)}: alternative text {shorten(button.name.text)!r} is {kind}",
                hint="write what the button does",
                severity=severity,
                place=ProblemLocation(offset=button.element.offset, image=src or None),
            )


def _is_named_otherwise(image: ImageFact, graphics: PageGraphics, number: int) -> bool:
    """Whether nobody hears the alternative text as the image's: another name, hidden, or a file to download."""
    ref, graphic = image.ref, None
    if ref.link is not None:
        graphic = graphics.image(number)
        link = None if graphic is None else graphic.element.node.closest("a")
        if link is not None and link.attr("download") is not None:
            return True
    if not any(ref.get(name) for name in ("aria-label", "aria-labelledby", "role", "aria-hidden")):
        return False
    graphic = graphic or graphics.image(number)
    return graphic is None or graphic.name.source != "alt" or graphic.is_hidden


def _classify(alt: str, src: str) -> tuple[str | None, Severity | None]:
    if SUFFIX.search(alt) and (" " not in alt or alt.casefold() == file_name(src).casefold()):
        return "a file name", None
    if is_machine_name(alt):
        return "a machine-generated name", None
    name = SUFFIX.sub("", file_name(src))
    is_own_name = alt.casefold() in (name.casefold(), stem(name).casefold())
    if only_digits(alt):
        return ("the file's own name", None) if is_own_name else ("a number", Severity.WARN)
    pieces = re.split(r"[-_]+", alt)
    if " " in alt:
        return None, None
    if len(pieces) < 2:
        return ("the file's own name", Severity.WARN) if is_own_name and is_numbered(alt) else (None, None)
    if is_own_name:
        words = sum(re.search(r"[^\W\d]{2}", piece) is not None for piece in pieces)
        return "the file's own name", None if words > 2 else Severity.WARN
    return None, None
