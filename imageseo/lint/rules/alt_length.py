"""An alternative text is no longer than a sentence or two.

No standard sets a limit, but a screen reader cannot pause, skip or search in an alternative text: anything that takes
longer than a breath to read belongs in the caption or the surrounding text, where everybody can read it. Above 125
characters it is a note, above 250 a warning. A chart or a diagram that needs more explanation gets a short text and a
description in the page.

Bad (a warning):
    <img src="chart-1600x900.png" alt="[300 characters of text]">

Bad (a note, for a little too long):
    <img src="chart-1600x900.png" alt="[160 characters of text]">

Good:
    <img src="chart-1600x900.png" alt="Build times by page count: warm builds stay below a second">

Good (the description stands in the page):
    <figure><img src="chart-1600x900.png" alt="Build times by page count" aria-describedby="times">
    <figcaption id="times">[300 characters of text]</figcaption></figure>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity
from imageseo.model.image import PageRegion

SEVERITY = Severity.WARN
LINT_ONLY = True
SOURCES = ("HTML alt",)
LONG, TOO_LONG = 125, 250  # characters


def check(images: Sequence[ImageFact]) -> Iterator[Problem]:
    for image in images:
        alt = image.ref.get("alt")
        if not alt or len(alt) <= LONG or image.ref.region is PageRegion.CHROME:
            continue
        length = len(" ".join(alt.split()))
        if length > LONG:
            limit = TOO_LONG if length > TOO_LONG else LONG
            yield Problem(
                message=f"{image.name}: its alternative text has {length} characters, more than {limit}",
                hint="keep the essential part, and move the rest into the caption or the surrounding text",
                at=image.ref,
                severity=None if length > TOO_LONG else Severity.INFO,
            )
