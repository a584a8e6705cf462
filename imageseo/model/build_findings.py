"""The ids of findings that builds make and not rules: what each means, and what to do.

A rule's id is the name of its file.
"""

from __future__ import annotations

from collections.abc import Mapping

BUILD_FINDINGS: Mapping[str, str] = {
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

REMEDIES: Mapping[str, str] = {
    "disable-unused": "Take the disable out, or mend the rule's name in it.",
    "animation-kept": "Nothing, where the file is small. Else shorten it, or convert it to a video by hand.",
    "fallback-kept": "Let the site's generator write the file anew, or put the original there; and keep the cache.",
    "hero-master": "The finding says what was met. `imageseo generate PAGE` makes a lost file again, where the "
    "provider can; else take it from version control. The build fails until then.",
    "hero-provider": "The finding says what was met, and what to install or to change.",
    "hero-recipe": "Mend the key that the finding names; `imageseo generate --dry-run` shows all recipes as they are "
    "understood.",
    "hero-stale": "Nothing, if the picture still fits: the pin stays. `imageseo generate PAGE` makes it anew.",
    "hero-store": "See to it that the cache folder (`imageseo cache info`) can be written to, or pin the hero: what is "
    "pinned needs no cache.",
    "hero-unpinned": "`imageseo generate` makes the picture, keeps it in heroes/ and writes the pin; commit both. "
    "Until then a build draws procedural heroes into the cache and warns; it fails under `frozen`, and for all others.",
    "hero-unused": "Mend the name or the pattern; the finding names the nearest one that would be understood.",
    "ld-parse": "Mend the template that writes the block. Search engines pass it over, and ours is written beside it.",
    "measure-failed": "Open the page in a browser: visitors meet it too. An error leaves that page out, and no other.",
    "measure-offline": "Nothing, if what comes from there is no image of the first screen. Else publish it with the "
    "site.",
    "page-unreadable": "Declare the encoding that the page is in, or exclude the file from the site. It is published "
    "as it was.",
    "page-unwritable": "Give the build the right to write into the output folder, or make room. What could "
    "not be written is as it was.",
    "site-url-missing": "Write `site_url` in imageseo.toml or in the host's own configuration: both name URLs in full.",
    "sitemap-schema": "Mend the sitemap, or set `sitemap: false`; the finding says what is wrong with it.",
    "variant-dropped": "Nothing: the original is served instead. It is often well compressed already, or tiny.",
}
"""What to do about each, in a sentence or two."""
