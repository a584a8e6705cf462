"""An alternative text is not what a program left in its place.

``undefined``, ``null``, ``NaN`` or ``[object Object]`` is what JavaScript prints for a value that does not exist, and
``None`` is Python's word for it. ``{{ page.title }}``, ``{% … %}``, ``${…}`` and ``<%= … %>`` are instructions of a
template that was never rendered. Screen readers read them aloud.

A text that mentions a template among other words is a warning: it may be about templates. So are ``none``, ``nil``,
``true`` and ``false``, which may be meant.

Bad:
    <img src="photo-1600x900.jpg" alt="undefined">

Bad (an object):
    <img src="photo-1600x900.jpg" alt="[object Object]">

Bad (a template that was not rendered):
    <img src="photo-1600x900.jpg" alt="{{ image.alt }}">

Bad (others):
    <img src="photo-1600x900.jpg" alt="${alt}">

Bad (from a suggestion of imageseo):
    <img src="photo-1600x900.jpg" alt="describe what it shows">

Bad (a warning: perhaps about templates):
    <img src="photo-1600x900.jpg" alt="Portrait of {{ author.name }}">

Bad (a warning: a value, or a word):
    <img src="photo-1600x900.jpg" alt="false">

Good:
    <img src="photo-1600x900.jpg" alt="A harbour at dawn">

Good (the words as such):
    <img src="photo-1600x900.jpg" alt="A null pointer, undefined behaviour and NaN in the debugger">

Good (a price, a share, a brace):
    <img src="a-64x64.png" alt="$20 off"><img src="b-64x64.png" alt="100 %"><img src="c-64x64.png" alt="{ and }">
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imageseo.lint.alt_text import TO_DESCRIBE, classify_placeholder
from imageseo.model.facts import ImageFact, Problem, shorten
from imageseo.model.finding import Severity

SEVERITY = Severity.ERROR
LINT_ONLY = True
SOURCES = ("WCAG 1.1.1", "ACT qt1vmo")

_HINT = 'correct the template or the script that writes it; `alt=""` if the image is decorative'


def check(images: Sequence[ImageFact]) -> Iterator[Problem]:
    for image in images:
        alt = (image.ref.get("alt") or "").strip()
        kind, severity = classify_placeholder(alt) if alt else (None, Severity.ERROR)
        if kind is not None:
            yield Problem(
                message=f"{image.name}: its alternative text {shorten(alt)!r} {kind}",
                hint=_HINT,
                at=image.ref,
                changes=TO_DESCRIBE,
                severity=severity,
            )
