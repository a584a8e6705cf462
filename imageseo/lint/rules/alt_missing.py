"""Every image has an alternative text.

Screen readers read the alternative text aloud, and search engines index it. Without an ``alt`` attribute screen readers
spell out the file name (WCAG 1.1.1). ``alt=""`` marks an image as decorative and is accepted. imageseo never invents an
alternative text.

An image that is hidden from assistive technology (``aria-hidden="true"``, ``role="presentation"``) or named by
``aria-label``/``aria-labelledby`` needs none.

Bad:
    <img src="bicycle-800x600.jpg" width="800" height="600">

Bad (inside a picture the text still belongs on the img):
    <picture><source type="image/webp" srcset="bicycle-800x600.webp"><img src="bicycle-800x600.jpg"></picture>

Good:
    <img src="bicycle-800x600.jpg" width="800" height="600" alt="A red bicycle leans on a harbour wall">

Good (only decoration):
    <img src="ornament-80x20.png" width="80" height="20" alt="">

Good (hidden from assistive technology):
    <img src="ornament-80x20.png" width="80" height="20" aria-hidden="true">
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imageseo.lint.alt_text import needs_no_alt
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity
from imageseo.model.image import ImageRef

SEVERITY = Severity.ERROR


def check(images: Sequence[ImageFact]) -> Iterator[Problem]:
    for image in images:
        if image.ref.get("alt") is None and not needs_no_alt(image.ref):
            yield Problem(
                message=f"{image.name} has no alt attribute",
                hint=_hint(image.ref),
                at=image.ref,
            )


def _hint(ref: ImageRef) -> str:
    if ref.is_marked_hero and ref.get("height") and ref.get("data-imageseo") == "height hero":
        return "give the hero an `alt`, in front matter `hero: {src: bicycle.jpg, alt: a red bicycle}`"
    return 'describe what it shows, in Markdown `![a red bicycle](bicycle.jpg)`; `alt=""` if it is decorative'
