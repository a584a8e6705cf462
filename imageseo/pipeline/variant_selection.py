"""Select the variants to offer, and the specs with lower quality for a hero over budget."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from imageseo.lint.budgets import lcp
from imageseo.model.facts import LcpImage
from imageseo.model.finding import Budget
from imageseo.model.formats import BUILT_IN, FORMATS
from imageseo.model.image import Variant, VariantSpec

_MARGIN = 0.98
# Bytes (less than one network packet) by which a format may be larger at one width if it is smaller in total: at
# 320 px headers are as large as pixel data, and those of AVIF are larger.
_TOLERANCE = 1024
_SHARE = 0.1  # the same for larger files


class DropReason(StrEnum):
    """Why an existing variant is not offered."""

    SOURCE = "larger than the source file"
    WIDER = "not smaller than a wider variant"
    FORMAT = "larger than in another format"
    ALONE = "the widest variant of its format is not offered"


def select_variants(
    specs: Iterable[VariantSpec],
    variants: Mapping[VariantSpec, Variant],
    source_bytes: int | None = None,
    *,
    equal_quality: bool = True,
    oversized: Container[VariantSpec] = (),
    slot: float = math.inf,
) -> tuple[VariantSpec, ...]:
    """Return the specs of one image to offer, in order: existing ones that ``dropped_variants`` does not list."""
    ordered = tuple(specs)
    dropped = dropped_variants(
        ordered, variants, source_bytes, equal_quality=equal_quality, oversized=oversized, slot=slot
    )
    return tuple(spec for spec in ordered if spec in variants and spec not in dropped)


def dropped_variants(
    specs: Iterable[VariantSpec],
    variants: Mapping[VariantSpec, Variant],
    source_bytes: int | None = None,
    *,
    equal_quality: bool = True,
    oversized: Container[VariantSpec] = (),
    slot: float = math.inf,
) -> dict[VariantSpec, DropReason]:
    """Return the variants of one image that are not offered, each with the reason.

    ``specs``: preferred formats first. ``source_bytes``: of the source file; None: not compared.
    ``equal_quality``: the formats are to look equally good. Otherwise a format is not dropped for its size.
    ``oversized``: specs that do not fit into their format; narrower ones are offered without them if the widest still
    fills ``slot``, the widest slot of the image in CSS px.

    A browser chooses the first format that it supports, then the narrowest candidate that is wide enough. Therefore:

    - A candidate that is not smaller than a wider one is dropped: the browser then loads more px in no more bytes.
    - A format without its widest candidate is dropped: it would be scaled up on a large screen.
    - A format that costs more than a less preferred one is dropped as a whole, even if only at a single width: without
      that candidate a browser would load the next one, which is even larger. A format of a plug-in is no reason to drop
      another: a browser may show the one and not the other.
    """
    ordered = tuple(specs)
    found: dict[VariantSpec, DropReason] = {}
    offered: list[dict[int, int]] = []
    for name in reversed(dict.fromkeys(spec.format for spec in ordered)):
        of_format = sorted((spec for spec in ordered if spec.format == name), key=lambda spec: -spec.width)
        sizes = {spec: variants[spec].bytes for spec in of_format if spec in variants}
        fitting = [spec for spec in of_format if spec not in oversized]
        widest = fitting[0] if fitting and fitting[0].width >= slot else of_format[0]
        dropped = _drop_in_format(of_format, sizes, source_bytes, widest)
        left = {spec.width: size for spec, size in sizes.items() if spec not in dropped}
        if equal_quality and any(_costs_more(left, other) for other in offered):
            dropped.update(dict.fromkeys(sizes.keys() - dropped.keys(), DropReason.FORMAT))
        elif left and name in BUILT_IN:
            offered.append(left)
        found.update(dropped)
    return {spec: found[spec] for spec in ordered if spec in found}


def bytes_saved(
    specs: Iterable[VariantSpec], variants: Mapping[VariantSpec, Variant], source_bytes: int, needed_width: float
) -> int:
    """Return the bytes that a browser saves with one image: source file minus chosen variant, at least 0.

    ``specs``: those offered, preferred formats first; the browser supports the first. ``needed_width``: px, the slot's
    CSS px times the screen's density.
    """
    existing = [spec for spec in specs if spec in variants]
    first = {spec.width: variants[spec].bytes for spec in existing if spec.format == existing[0].format}
    return max(0, source_bytes - bytes_loaded(first, needed_width)) if first else 0


def bytes_loaded(candidates: Mapping[int, int], needed_width: float) -> int:
    """Return the bytes that a browser loads. ``candidates``: px -> bytes, of one format, at least one."""
    return candidates[min((width for width in candidates if width >= needed_width), default=max(candidates))]


def _drop_in_format(
    specs: Sequence[VariantSpec], sizes: Mapping[VariantSpec, int], source_bytes: int | None, widest: VariantSpec
) -> dict[VariantSpec, DropReason]:
    """Return the dropped variants of one format. ``specs``: the widest first. ``sizes``: bytes of existing variants.

    ``widest``: without this one, none is offered.
    """
    found: dict[VariantSpec, DropReason] = {}
    smallest: int | None = None
    for spec in specs:
        size = sizes.get(spec)
        if size is None:
            continue
        if source_bytes is not None and size > source_bytes:
            found[spec] = DropReason.SOURCE
        elif smallest is not None and size >= smallest:
            found[spec] = DropReason.WIDER
        else:
            smallest = size
    if widest not in sizes or widest in found:
        found.update(dict.fromkeys(sizes.keys() - found.keys(), DropReason.ALONE))
    return found


def _costs_more(preferred: Mapping[int, int], other: Mapping[int, int]) -> bool:
    """Whether browsers would load fewer bytes of the other format: in total, or clearly at one width."""
    if not preferred:
        return False
    widths = [width for width in {*preferred, *other} if width <= min(max(preferred), max(other))]
    excess = [bytes_loaded(preferred, width) - bytes_loaded(other, width) for width in widths]
    tolerated = [max(_TOLERANCE, bytes_loaded(other, width) * _SHARE) for width in widths]
    return sum(excess) > 0 or any(more > limit for more, limit in zip(excess, tolerated, strict=True))


def hero_ceiling(budgets: Iterable[Budget]) -> int | None:
    """Return the bytes up to which the hero of a page with these budgets may be better than other images: half of the
    lowest warning level of its LCP image; None if there is none.
    """
    levels = [budget.warn for budget in budgets if budget.metric == lcp.METRIC and budget.warn]
    return min(levels) // 2 if levels else None


def candidates_over_budget(image: LcpImage, budgets: Iterable[Budget]) -> dict[str, int]:
    """Return the URL of each chosen candidate over an error budget -> the lowest exceeded budget, in bytes."""
    found: dict[str, int] = {}
    limits = {budget.viewport.name: budget.error for budget in budgets if budget.metric == lcp.METRIC}
    for pick in image.picks:
        limit = limits.get(pick.viewport.name)
        if limit is not None and pick.bytes > limit:
            found[pick.url] = min(limit, found.get(pick.url, limit))
    return found


def lower_quality_specs(
    specs: Iterable[VariantSpec],
    variants: Mapping[VariantSpec, Variant],
    *,
    limit_of: Callable[[Variant], int | None],
    quality_of: Callable[[Variant], int | None],
    floors: Mapping[str, int],
) -> dict[VariantSpec, VariantSpec]:
    """Return for each variant over its limit the same spec with lower quality.

    ``limit_of``: bytes; None: no limit. ``quality_of``: the quality of a variant. ``floors``: lowest quality by format;
    a variant that is at its floor already is omitted.
    """
    found: dict[VariantSpec, VariantSpec] = {}
    for spec in specs:
        variant = variants.get(spec)
        limit = limit_of(variant) if variant is not None else None
        if variant is None or limit is None or spec.format not in floors:
            continue
        current, factor = quality_of(variant), FORMATS[spec.format].bytes_per_point
        if current is None or factor is None:
            continue
        points = math.ceil(math.log(variant.bytes / (limit * _MARGIN)) / math.log(factor))
        quality = max(floors[spec.format], current - max(1, points))
        if quality < current:
            found[spec] = replace(spec, quality=quality)
    return found
