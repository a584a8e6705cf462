"""An element that is an image by its role has a name.

``role="img"`` turns everything in an element into one image for screen readers, which then read its name alone:
``aria-label``, ``aria-labelledby`` (of an element that exists) or ``title``; in SVG also a ``<title>`` directly in it
(axe: role-img-alt, svg-img-alt). Its text and an ``alt`` are no names. The same holds for ``graphics-document`` and
``graphics-symbol``. An SVG without a role is not judged; neither is what is hidden.

Bad:
    <div role="img" style="background-image: url(photo-1600x900.jpg)"></div>

Bad (alt belongs to img):
    <div role="img" alt="A harbour"></div>

Bad (a drawing):
    <svg role="img" width="9" height="9"><path d="M0 0h9v9z"/></svg>

Bad (words in a drawing are no name):
    <svg role="img" width="9" height="9"><text>Star</text></svg>

Bad (a title of a part names only that part):
    <svg role="img" width="9" height="9"><g><title>Star</title><path d="M0 0h9v9z"/></g></svg>

Good:
    <div role="img" aria-label="A harbour" style="background-image: url(photo-1600x900.jpg)"></div>

Good (named by an element, which may be hidden):
    <p hidden id="h">A harbour</p><span role="img" aria-labelledby="h"></span>

Good (a drawing with a title):
    <svg role="img" width="9" height="9"><title>Star</title><path d="M0 0h9v9z"/></svg>

Good (hidden, and without a role):
    <svg role="img" aria-hidden="true"><path d="M0 0h9v9z"/></svg><svg><path d="M0 0h9v9z"/></svg>
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from imageseo.lint.alt_text import nameless
from imageseo.model.facts import Problem, ProblemLocation
from imageseo.model.finding import Severity

if TYPE_CHECKING:
    from imageseo.web.accessibility.graphics import PageGraphics

SEVERITY = Severity.ERROR
LINT_ONLY = True
SOURCES = ("WCAG 1.1.1", "ACT 23a2a8", "ACT 7d6734", "axe role-img-alt", "axe svg-img-alt", "Lighthouse svg-img-alt")


def check(graphics: PageGraphics) -> Iterator[Problem]:
    for graphic in graphics.by_role():
        if graphic.name.text or graphic.is_hidden:
            continue
        tag = graphic.element.node.tag
        usual = "no accessible name"
        if graphic.values.get("alt"):
            usual += f" (an alt names no <{tag}>)"
        hint = "describe what it shows in `aria-label`"
        yield Problem(
            message=f'an <{tag}> with role="{graphic.values.get("role", "").strip()}" has {nameless(graphic, usual)}',
            hint=f'{hint}, or write `aria-hidden="true"` if it only decorates',
            place=ProblemLocation(offset=graphic.element.offset),
        )
