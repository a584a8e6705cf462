"""The limit of `--fail-on-growth`: what grew by more than a share of its bytes. Only measured bytes count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from imageseo.model.humanize import format_bytes
from imageseo.pipeline.comparison.changes import SiteComparison

_SHARE = re.compile(r"\s*(\d{1,6}(?:[.,]\d{1,6})?)\s*%\s*", re.ASCII)


def parse_percent(text: str) -> Decimal:
    """Return the number of a share such as ``20%``. Raises ValueError."""
    found = _SHARE.fullmatch(text)
    if found is None:
        raise ValueError(f"found {text!r}, expected a share such as 20%")
    return Decimal(found[1].replace(",", "."))


def faults(comparison: SiteComparison, percent: Decimal) -> Iterator[str]:
    """Yield what grew by more: the LCP bytes of a page, and the sum of the images that were there before.

    Added pages and images do not count: a new article is no fault.
    """
    for change in comparison.lcp:
        for each in change.bytes if not change.is_new else ():
            if each.before and each.after is not None and _is_more(each.before, each.after, percent):
                sizes = _growth(each.before, each.after)
                yield f"{change.source or change.page}: the LCP bytes grew by {sizes} at {each.viewport}"
    for screen, kept in comparison.pictures.kept.items():
        if _is_more(kept.before, kept.after, percent):
            yield f"the images that were there before grew by {_growth(kept.before, kept.after)} on {screen}"


def _is_more(before: int, after: int, percent: Decimal) -> bool:
    return before > 0 and after * 100 > before * (100 + percent)


def _growth(before: int, after: int) -> str:
    return f"{after / before - 1:.0%} ({format_bytes(before)} → {format_bytes(after)})"
