"""The LCP image is never lazy.

``loading="lazy"`` holds the download back until the layout is known. On the image that a visitor waits for, that is
the most common way to a slow page. The image judged is the page's hero: as ``imageseo build`` marked it, else the one
with ``fetchpriority="high"``, else the first large image near the top of the article.

Bad:
    <article><h1>Harbour</h1>
    <img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high" loading="lazy"></article>

Bad (nobody says so, but it is the first thing to see):
    <article><h1>Harbour</h1>
    <img src="photo-1600x900.jpg" alt="A harbour" width="1600" height="900" loading="lazy"></article>

Good:
    <article><h1>Harbour</h1>
    <img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high"></article>

Good (the second image may wait):
    <article><h1>Harbour</h1>
    <img src="photo-1600x900.jpg" alt="A harbour" width="1600" height="900">
    <img src="boats-1600x900.jpg" alt="Boats" width="1600" height="900" loading="lazy"></article>
"""

from __future__ import annotations

from collections.abc import Iterator

from imageseo.lint.tag_edits import is_lazy, remove_attribute
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity

SEVERITY = Severity.ERROR


def check(html: bytes, hero: ImageFact | None) -> Iterator[Problem]:
    if hero is not None and is_lazy(hero.ref):
        yield Problem(
            message=f'{hero.name} is the page\'s LCP image and has loading="lazy"',
            hint="take the attribute away here; images further down may keep it",
            at=hero.ref,
            fix=remove_attribute(html, hero.ref, "loading"),
        )
