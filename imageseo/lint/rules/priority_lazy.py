"""No image is both high-priority and lazy.

``loading="lazy"`` waits for the layout, ``fetchpriority="high"`` asks to be loaded first: together the image loads
late, and validators accept it. An image in view needs the priority, one further down should be lazy. The page's hero is
covered by ``lcp-lazy``. ``--fix`` keeps an image that is not the hero lazy and removes the priority.

Bad:
    <article><img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high">
    <img src="boats-1600x900.jpg" alt="Boats" loading="lazy" fetchpriority="high"></article>

Bad (letter case does not matter):
    <header><img src="photo-1600x900.jpg" alt="A harbour" loading="LAZY" fetchpriority="High"></header>

Good:
    <article><img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high">
    <img src="boats-1600x900.jpg" alt="Boats" loading="lazy"></article>

Good (urgent once it is in view, which browsers do by themselves):
    <article><img src="boats-1600x900.jpg" alt="Boats" loading="lazy" fetchpriority="auto"></article>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imageseo.lint.tag_edits import has_high_priority, is_lazy, remove_attribute
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity

SEVERITY = Severity.ERROR
SOURCES = ("HTML fetchpriority", "HTML loading")


def check(html: bytes, images: Sequence[ImageFact], hero: ImageFact | None) -> Iterator[Problem]:
    for image in images:
        if image is not hero and has_high_priority(image.ref) and is_lazy(image.ref):
            yield Problem(
                message=f'{image.name} has both loading="lazy" and fetchpriority="high"',
                hint='remove loading="lazy" if it is in view when the page opens, else remove fetchpriority',
                at=image.ref,
                fix=remove_attribute(html, image.ref, "fetchpriority"),
            )
