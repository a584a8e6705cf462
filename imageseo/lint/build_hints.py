"""Hints in the report of a build: none advises what the build itself is doing."""

from __future__ import annotations

import re

_REWORDED = (
    (r", or let `imageseo build` add it", ""),
    (r", let `imageseo build` offer smaller candidates, or ", ", or "),
    (r", or let `imageseo build` offer smaller candidates", ""),
    (
        r"^`imageseo build` adds AVIF and WebP candidates of the right widths",
        "no smaller variant is safe on this page: export the file again, smaller",
    ),
    (r"without that, `imageseo build` adds smaller candidates", "without that, it gets smaller candidates"),
    (r", or leave the srcset to `imageseo build`", ", or remove the srcset: then it gets such candidates"),
    (r"; `imageseo build` does so for a srcset[^;]*$", ""),
    (r"[;,] (?:as )?`imageseo build` (?:adds|does)(?: it| so)?$", ""),
)

_OF_VARIANTS = re.compile(r"^`imageseo build` adds AVIF and WebP candidates of the right widths")


def without_variants(hint: str) -> str:
    """Return a rule's hint under a setting by which no build adds variants."""
    return _OF_VARIANTS.sub(
        "the setting `markup` disables variants: change it, or export the file again, smaller", hint
    )


def in_build(hint: str) -> str:
    """Return a rule's hint without the advice to run the build that reports it."""
    if "`imageseo build`" in hint:
        for pattern, text in _REWORDED:
            hint = re.sub(pattern, text, hint)
    return hint
