"""No alternative text is published as a draft.

A text that a program proposed, or that an author postponed, is marked until a person has reviewed it:
``data-imageseo-alt="draft"`` on the image (in Markdown with attribute lists:
``![A harbour](harbour.jpg){ data-imageseo-alt=draft }``). To approve the text, remove the attribute. A text that begins
with ``TODO``, ``FIXME``, ``TBD``, ``draft:`` or ``needs-review:`` is a draft as well.

Bad (a warning):
    <img src="photo-1600x900.jpg" alt="A harbour with boats" data-imageseo-alt="draft">

Bad (a warning: a note to oneself):
    <img src="photo-1600x900.jpg" alt="TODO describe the harbour">

Good:
    <img src="photo-1600x900.jpg" alt="A harbour with boats">

Good (the words as such):
    <img src="photo-1600x900.jpg" alt="Draft beer in a harbour bar"><img src="photo-1600x900.jpg" alt="Todos os barcos">

Good (approved):
    <img src="photo-1600x900.jpg" alt="A harbour with boats" data-imageseo-alt="approved">
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from imageseo.lint.alt_text import TO_DESCRIBE
from imageseo.model.facts import ImageFact, Problem, shorten
from imageseo.model.finding import Severity

SEVERITY = Severity.WARN
LINT_ONLY = True
SOURCES = ("WCAG 1.1.1",)
MARKER = "data-imageseo-alt"

_LATER = re.compile(r"\W*(?:(?:TODO|FIXME|TBD)\b|(?:draft|needs[- ]review|todo|fixme)\s*[:\]])")
_DRAFT = frozenset({"draft", "auto", "needs-review"})


def check(images: Sequence[ImageFact]) -> Iterator[Problem]:
    for image in images:
        alt = image.ref.get("alt")
        if not alt:
            continue
        is_marked = (image.ref.get(MARKER) or "").strip().lower() in _DRAFT
        if is_marked or _LATER.match(alt):
            yield Problem(
                message=f"{image.name}: its alternative text {shorten(alt.strip())!r} is a draft",
                hint=f"compare it with the image, correct it, and remove {MARKER}"
                if is_marked
                else "describe what the image shows",
                at=image.ref,
                changes=() if is_marked else TO_DESCRIBE,
            )
