"""What is offered of the variants that exist, and which of a hero over budget to encode once more."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from imageseo.core import lcp
from imageseo.model.fact import LcpImage
from imageseo.model.finding import Budget
from imageseo.model.image import Variant, VariantSpec

# A little under the least factor by which bytes fall for each point of quality, on five photographs: AVIF from 70 to
# 35, WebP from 76 to 50. There is one try, and a budget kept with points to spare beats one missed by a hair.
_STEP = {"avif": 1.016, "webp": 1.009}
_MARGIN = 0.98


def offered(specs: Iterable[VariantSpec], variants: Mapping[VariantSpec, Variant]) -> tuple[VariantSpec, ...]:
    """The specs to offer, in order: those of every format that has its widest variant.

    A browser settles on the first format it knows. One that ends early (its wide variants were larger than the
    source, or failed) would be stretched on a large screen, so it is left to the next format or the original.
    """
    wanted = tuple(specs)
    widest: dict[str, VariantSpec] = {}
    for spec in wanted:
        if spec.format not in widest or spec.width > widest[spec.format].width:
            widest[spec.format] = spec
    return tuple(spec for spec in wanted if spec in variants and widest[spec.format] in variants)


def excesses(image: LcpImage, budgets: Iterable[Budget]) -> dict[str, int]:
    """URL of each chosen candidate over an error budget -> the least of the budgets it breaks, in bytes."""
    found: dict[str, int] = {}
    limits = {budget.viewport.name: budget.error for budget in budgets if budget.metric == lcp.METRIC}
    for pick in image.picks:
        limit = limits.get(pick.viewport.name)
        if limit is not None and pick.bytes > limit:
            found[pick.url] = min(limit, found.get(pick.url, limit))
    return found


def lighter(
    specs: Iterable[VariantSpec],
    variants: Mapping[VariantSpec, Variant],
    *,
    limit_of: Callable[[Variant], int | None],
    quality_of: Callable[[Variant], int | None],
    floors: Mapping[str, int],
) -> dict[VariantSpec, VariantSpec]:
    """For each variant that breaks its limit (bytes; None: it has none), the same with less quality.

    ``quality_of``: what a variant was encoded with. ``floors``: least quality by format. A variant that stands at its
    floor already is left out.
    """
    found: dict[VariantSpec, VariantSpec] = {}
    for spec in specs:
        variant = variants.get(spec)
        limit = limit_of(variant) if variant is not None else None
        if variant is None or limit is None or spec.format not in floors:
            continue
        before = quality_of(variant)
        if before is None:
            continue
        points = math.ceil(math.log(variant.bytes / (limit * _MARGIN)) / math.log(_STEP[spec.format]))
        quality = max(floors[spec.format], before - max(1, points))
        if quality < before:
            found[spec] = replace(spec, quality=quality)
    return found
