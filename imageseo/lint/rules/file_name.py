"""The hero's file name describes what the image shows.

Search engines use the file name as a hint about the image, and readers who save the image see it: ``IMG_1234``,
``screenshot``, ``untitled`` or a hash describe nothing. Variants keep the stem of the name, so renaming the source file
is enough; with `names.rename` a build publishes such files under the words of their alternative text. A note, for the
page's hero only.

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
from imageseo.lint.naming.nameless import is_nameless
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity

SEVERITY = Severity.INFO
LINT_ONLY = True
SOURCES = ("Google images",)


def check(hero: ImageFact | None) -> Iterator[Problem]:
    if hero is None:
        return
    name = file_name(hero.ref.src)
    if name and (is_generic(stem(name)) or is_nameless(name)):
        yield Problem(
            message=f"the hero's file name {name} does not describe what the image shows",
            hint="name the file after its subject, such as `paper-cut-mountains.jpg`, or set `names.rename = true`",
            at=hero.ref,
        )
