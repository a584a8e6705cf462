"""The LCP image is not lazy.

``loading="lazy"`` delays the download until the layout is known. On the image that visitors wait for, this is the most
common cause of a slow page. The image is the page's hero: the one that ``imageseo build`` marked, else the one with
``fetchpriority="high"``, else the first large image near the top of the article.

Bad:
    <article><h1>Harbour</h1>
    <img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high" loading="lazy"></article>

Bad (without a priority, but in the first screen):
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
from imageseo.model.finding import AttributeChange, Severity

SEVERITY = Severity.ERROR
SOURCES = ("Lighthouse lcp-discovery-insight", "HTML loading")


def check(html: bytes, hero: ImageFact | None) -> Iterator[Problem]:
    if hero is not None and is_lazy(hero.ref):
        yield Problem(
            message=f'{hero.name} is the page\'s LCP image but has loading="lazy"',
            hint="remove the attribute here; images further down may keep it",
            at=hero.ref,
            changes=(AttributeChange("loading", None),),
            fix=remove_attribute(html, hero.ref, "loading"),
        )
