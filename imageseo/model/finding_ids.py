"""The ids of findings that builds make and not rules, with what each means; a rule's id is the name of its file."""

from __future__ import annotations

from collections.abc import Mapping

MADE_BY_BUILDS: Mapping[str, str] = {
    "disable-unused": "a rule is silenced in place where it has nothing to say, or does not exist",
    "animation-kept": "an animation that cannot be converted: too much of one, or not shown alike everywhere",
    "fallback-kept": "a file that an earlier build made smaller, and whose original the cache has lost",
    "hero-master": "the pinned file is gone, or is not what was pinned",
    "hero-provider": "nobody of that name makes heroes, or making it failed",
    "hero-recipe": "the front matter cannot be understood",
    "hero-stale": "what the recipe took from the page changed since the hero was pinned",
    "hero-store": "a drawn hero cannot be kept in the cache",
    "hero-unpinned": "a recipe has no pin in imageseo.lock",
    "hero-unused": "what looks like a hero leads to none: a slip of a key, a pattern that no page has",
    "ld-parse": "a JSON-LD block of the theme is broken",
    "measure-failed": "a browser could not look at the page, or met something beside it",
    "measure-offline": "what the page asks of other hosts was not there when it was measured",
    "page-unreadable": "the page is no HTML, or in an encoding that cannot be edited",
    "page-unwritable": "no right to write, or no room on the disk",
    "site-url-missing": "no JSON-LD and no image sitemap without the site's URL",
    "sitemap-schema": "the host's sitemap cannot be extended",
    "variant-dropped": "variants that would save nothing are left out",
}
"""Permanent; the manual has a row for each. ``lint.rules`` may name them like rules (``levels.graded``)."""
