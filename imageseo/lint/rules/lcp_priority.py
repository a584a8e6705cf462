"""The LCP image has high fetch priority.

A browser gives images a low priority until it knows which of them are in view, which requires the layout.
``fetchpriority="high"`` on the one image that visitors wait for moves its download to the front. ``imageseo build``
writes it; this rule is for pages that it has not processed, whose hero is detected by place and size: the first large
image near the top of the article. Any ``fetchpriority`` that the author wrote on it is accepted. A lazy hero is
reported by ``lcp-lazy`` first, and a preloaded image needs no more. If another image has the high priority, nothing is
reported, unless visitors do not see that one at first (it is in a closed ``<details>``, an inactive tab or the like).

Bad (a warning):
    <article><h1>Harbour</h1>
    <img src="photo-1600x900.jpg" alt="A harbour" width="1600" height="900"></article>

Bad (a warning: a hidden image has the priority instead):
    <article><details><summary>Plan</summary>
    <img src="boats-1600x900.jpg" alt="Boats" fetchpriority="high"></details>
    <h1>Harbour</h1><img src="photo-1600x900.jpg" alt="A harbour" width="1600" height="900"></article>

Good:
    <article><h1>Harbour</h1>
    <img src="photo-1600x900.jpg" alt="A harbour" width="1600" height="900" fetchpriority="high"></article>

Good (the author gives the priority to another image):
    <header><img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high"></header>
    <article><h1>Harbour</h1>
    <img src="boats-1600x900.jpg" alt="Boats" width="1600" height="900"></article>

Good (the author wrote another priority):
    <article><h1>Harbour</h1>
    <img src="photo-1600x900.jpg" alt="A harbour" width="1600" height="900" fetchpriority="auto"></article>

Good (too small to be what visitors wait for):
    <article><h1>Harbour</h1><img src="mark-120x120.png" alt="The harbour's mark" width="120" height="120"></article>

Good (preloaded):
    <link rel="preload" as="image" href="photo-1600x900.jpg" fetchpriority="high">
    <article><h1>Harbour</h1><img src="photo-1600x900.jpg" alt="A harbour" width="1600" height="900"></article>

Good (an ornament of the theme):
    <header><img src="logo-1600x900.png" alt="logo"></header><article><h1>Harbour</h1></article>
"""

from __future__ import annotations

from collections.abc import Iterator

from imageseo.lint.tag_edits import add_attributes, has_high_priority, is_lazy
from imageseo.model.facts import ImageFact, Problem, shorten
from imageseo.model.finding import AttributeChange, Severity
from imageseo.model.image import PageScan

SEVERITY = Severity.WARN
LINT_ONLY = True
SOURCES = ("Lighthouse lcp-discovery-insight", "HTML fetchpriority")


def check(html: bytes, scan: PageScan, hero: ImageFact | None) -> Iterator[Problem]:
    if hero is None or scan.preload_images or is_lazy(hero.ref):
        return
    if hero.ref.get("fetchpriority") is not None:
        return
    prioritized = [ref for ref in scan.refs if has_high_priority(ref)]
    if any(ref.hidden_by is None for ref in prioritized):
        return  # a second one would contradict `priority-many`
    if prioritized:
        yield Problem(
            message=f"{hero.name} is the page's LCP image, but "
            f'fetchpriority="high" is on {shorten(prioritized[0].src)}, '
            f"which is hidden at first by {prioritized[0].hidden_by}",
            hint="move the attribute to the image that visitors see",
            at=hero.ref,
        )
    elif not hero.ref.is_marked_hero:
        yield Problem(
            message=f"{hero.name} is the page's LCP image but has no fetchpriority",
            hint='write fetchpriority="high" on it, and on no other image of the page; `imageseo build` adds it',
            at=hero.ref,
            changes=(AttributeChange("fetchpriority", "high"),),
            fix=add_attributes(html, hero.ref, 'fetchpriority="high"'),
        )
