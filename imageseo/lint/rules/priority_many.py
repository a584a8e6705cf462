"""At most one image of a page has high fetch priority.

``fetchpriority="high"`` puts one download before the others. On several images it puts them all at the same level
again, and the image that visitors wait for shares the bandwidth with the rest. Of images that are shown in one colour
scheme only (``#only-light``, ``#only-dark``) a browser loads one: such a pair counts once. Only the author can tell
which image is the right one; ``imageseo measure`` shows which one was the LCP.

Bad (a warning, at the second):
    <article><img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high">
    <img src="boats-1600x900.jpg" alt="Boats" fetchpriority="high"></article>

Good:
    <article><img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high">
    <img src="boats-1600x900.jpg" alt="Boats" fetchpriority="low"></article>

Good (one of them is shown):
    <article><img src="day-800x450.jpg#only-light" alt="A harbour" fetchpriority="high">
    <img src="night-800x450.jpg#only-dark" alt="A harbour" fetchpriority="high"></article>

Good (one file in two places is one download):
    <article><img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high">
    <img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high"></article>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imageseo.lint.tag_edits import color_scheme, has_high_priority
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import AttributeChange, Severity

SEVERITY = Severity.WARN
LINT_ONLY = True


def check(images: Sequence[ImageFact]) -> Iterator[Problem]:
    prioritized = {image.name: image for image in images if has_high_priority(image.ref)}
    light = sum(color_scheme(image.ref) != "dark" for image in prioritized.values())
    dark = sum(color_scheme(image.ref) != "light" for image in prioritized.values())
    if max(light, dark) > 1:
        first, second = list(prioritized.values())[:2]
        yield Problem(
            message=f'{max(light, dark)} images of the page have fetchpriority="high", the first is {first.name}',
            hint="keep it on the one image that visitors wait for, and remove it from the others",
            at=second.ref,
            changes=(AttributeChange("fetchpriority", None),),
        )
