"""The hero's file has a name that says what it shows.

Search engines take what an image is about from its name too, and people who save it keep it by that name: ``IMG_1234``,
``screenshot``, ``untitled`` or a hash tell neither anything. Variants keep the stem of the name, so one name is enough.
A note, for the page's hero alone.

Bad (a note):
    <article><h1>Harbour</h1><img src="IMG_1234.jpg" alt="A harbour" fetchpriority="high">
    </article>

Good:
    <article><h1>Harbour</h1><img src="harbour-1600x900.jpg" alt="A harbour" fetchpriority="high"></article>

Good (further down it matters less):
    <article><h1>Harbour</h1><img src="harbour-1600x900.jpg" alt="A harbour" fetchpriority="high">
    <img src="IMG_1234.jpg" alt="Boats"></article>
"""

from __future__ import annotations

from collections.abc import Iterator

from imageseo.lint.alt_text import file_name, is_generic, stem
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity

SEVERITY = Severity.INFO
LINT_ONLY = True


def check(hero: ImageFact | None) -> Iterator[Problem]:
    if hero is None:
        return
    name = file_name(hero.ref.src)
    if name and is_generic(stem(name)):
        yield Problem(
            message=f"the hero's file is called {name}, which says nothing of what it shows",
            hint="name it by its subject: paper-cut-mountains.jpg",
            at=hero.ref,
        )
