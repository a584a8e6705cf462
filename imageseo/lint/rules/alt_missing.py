"""Every image has an alternative text.

Screen readers read the alternative text aloud, and search engines index it. Without an ``alt`` attribute screen readers
spell out the file name (WCAG 1.1.1). ``alt=""`` marks an image as decorative and is accepted. imageseo never invents an
alternative text.

An image that is hidden (``hidden``, ``aria-hidden``, ``inert``, ``display: none`` or ``visibility: hidden``, also
around it or by a style sheet of the site), decorative by its role, or named by ``aria-label`` or ``aria-labelledby``
needs none. ``aria-labelledby`` must name an element with a text, which may be hidden; ``role="none"`` is void on what
the keyboard reaches or has another ``aria-*`` attribute. A name that is only a ``title`` is a note: search engines read
the ``alt``, and a ``title`` is shown to a mouse only.

Bad:
    <img src="bicycle-800x600.jpg" width="800" height="600">

Bad (inside a picture the text still belongs on the img):
    <picture><source type="image/webp" srcset="bicycle-800x600.webp"><img src="bicycle-800x600.jpg"></picture>

Bad (named by nothing):
    <img src="bicycle-800x600.jpg" aria-labelledby="nowhere">

Bad (a role that is void):
    <img src="bicycle-800x600.jpg" role="none" tabindex="0">

Bad (a note: a title only):
    <img src="bicycle-800x600.jpg" title="A red bicycle">

Good:
    <img src="bicycle-800x600.jpg" width="800" height="600" alt="A red bicycle leans on a harbour wall">

Good (only decoration):
    <img src="ornament-80x20.png" width="80" height="20" alt="">

Good (hidden from assistive technology):
    <img src="ornament-80x20.png" width="80" height="20" aria-hidden="true">

Good (named by an element, which may be hidden):
    <span hidden id="red">A red bicycle</span><img src="bicycle-800x600.jpg" aria-labelledby="red">

Good (in what is not shown):
    <div style="display: none"><img src="bicycle-800x600.jpg"></div>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.lint.alt_text import TO_DESCRIBE, is_unseen, nameless
from imageseo.lint.facts.occurrences import is_inserted_hero
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import AttributeChange, Severity
from imageseo.model.image import ImageRef

if TYPE_CHECKING:
    from imageseo.web.accessibility.graphics import PageGraphics

SEVERITY = Severity.ERROR
SOURCES = ("WCAG 1.1.1", "ACT 23a2a8", "axe image-alt", "Lighthouse image-alt", "html-validate wcag/h37", "HTML alt")


def check(images: Sequence[ImageFact], graphics: PageGraphics) -> Iterator[Problem]:
    for number, image in enumerate(images):
        if image.ref.get("alt") is not None:
            continue
        graphic = graphics.image(number)
        if graphic is None or not graphic.needs_name or is_unseen(image.ref, graphic):
            continue
        if not graphic.name.text:
            yield Problem(
                message=f"{image.name} has {nameless(graphic, 'no alt attribute')}",
                hint=_hint(image.ref),
                at=image.ref,
                changes=TO_DESCRIBE,
            )
        elif graphic.name.source == "title":
            yield Problem(
                message=f"{image.name} has no alt attribute, only a title",
                hint="write the text as `alt`: search engines read no other, and a title is shown to a mouse only",
                at=image.ref,
                changes=(AttributeChange("alt", graphic.name.text), AttributeChange("title", None)),
                severity=Severity.INFO,
            )


def _hint(ref: ImageRef) -> str:
    if is_inserted_hero(ref) and ref.get("height"):
        return "give the hero an `alt`, in front matter `hero: {src: bicycle.jpg, alt: a red bicycle}`"
    return 'describe what it shows, in Markdown `![a red bicycle](bicycle.jpg)`; `alt=""` if it is decorative'
