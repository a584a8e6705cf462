"""What is offered of the variants that exist, and which of a hero over budget to encode once more."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from imageseo.lint.budgets import lcp
from imageseo.model.facts import LcpImage
from imageseo.model.finding import Budget
from imageseo.model.image import Variant, VariantSpec

# A little under the least factor by which bytes fall for each point of quality, on five photographs: AVIF from 70 to
# 35, WebP from 76 to 50. There is one try, and a budget kept with points to spare beats one missed by a hair.
_STEP = {"avif": 1.016, "webp": 1.009}
_MARGIN = 0.98


# Bytes, less than a packet on the wire, by which a format may cost more at one width when it saves at the others: at
# 320 px headers weigh as much as pixels, and AVIF has the larger ones.
_PACKET = 1024


class DropReason(StrEnum):
    """Why a variant that exists is not offered."""

    SOURCE = "larger than the file itself"
    WIDER = "no fewer bytes than a wider one"
    FORMAT = "more bytes than another format"
    ALONE = "the widest of its format is not offered"


def select_variants(
    specs: Iterable[VariantSpec],
    variants: Mapping[VariantSpec, Variant],
    source_bytes: int | None = None,
    *,
    alike: bool = True,
) -> tuple[VariantSpec, ...]:
    """The specs of one image to offer, in order: those that exist and that :func:`drops` does not name."""
    wanted = tuple(specs)
    dropped = dropped_variants(wanted, variants, source_bytes, alike=alike)
    return tuple(spec for spec in wanted if spec in variants and spec not in dropped)


def dropped_variants(
    specs: Iterable[VariantSpec],
    variants: Mapping[VariantSpec, Variant],
    source_bytes: int | None = None,
    *,
    alike: bool = True,
) -> dict[VariantSpec, DropReason]:
    """The variants of one image that no browser should be offered, each with the reason.

    ``specs``: formats as preferred. ``source_bytes``: of the file itself; ``None`` where larger ones are gone already.
    ``alike``: the formats are to look equally good. Where the author wants one of them better, its bytes are no reason
    against it.

    A browser settles on the first format it knows and then on the narrowest candidate that is wide enough. So:

    - A candidate with no fewer bytes than a wider one goes, and not the wider: who asked for it gets more px for less.
    - A format that lacks its widest candidate goes, or it would be stretched on a large screen.
    - A format that costs more than a less preferred one goes as a whole, be it at a single width: without that one
      candidate a browser would load its next, which is larger still.
    """
    wanted = tuple(specs)
    found: dict[VariantSpec, DropReason] = {}
    kept: list[dict[int, int]] = []
    for name in reversed(dict.fromkeys(spec.format for spec in wanted)):
        mine = sorted((spec for spec in wanted if spec.format == name), key=lambda spec: -spec.width)
        have = {spec: variants[spec].bytes for spec in mine if spec in variants}
        dropped = _of_format(mine, have, source_bytes)
        left = {spec.width: size for spec, size in have.items() if spec not in dropped}
        if alike and any(_costs_more(left, other) for other in kept):
            dropped.update(dict.fromkeys(have.keys() - dropped.keys(), DropReason.FORMAT))
        elif left:
            kept.append(left)
        found.update(dropped)
    return {spec: found[spec] for spec in wanted if spec in found}


def bytes_saved(
    specs: Iterable[VariantSpec], variants: Mapping[VariantSpec, Variant], source_bytes: int, need: float
) -> int:
    """Bytes that a browser is spared by what is offered of one image: the file's less its pick's, never below 0.

    ``specs``: as :func:`offered`, formats as preferred; the browser knows the first. ``need``: px, the slot's CSS px
    times the screen's density.
    """
    have = [spec for spec in specs if spec in variants]
    first = {spec.width: variants[spec].bytes for spec in have if spec.format == have[0].format}
    return max(0, source_bytes - bytes_loaded(first, need)) if first else 0


def bytes_loaded(candidates: Mapping[int, int], need: float) -> int:
    """Bytes that a browser loads for so many px. ``candidates``: px -> bytes, of one format, at least one."""
    return candidates[min((width for width in candidates if width >= need), default=max(candidates))]


def _of_format(
    specs: Sequence[VariantSpec], have: Mapping[VariantSpec, int], source_bytes: int | None
) -> dict[VariantSpec, DropReason]:
    """``specs``: of one format, the widest first; ``have``: bytes of those that exist."""
    found: dict[VariantSpec, DropReason] = {}
    least: int | None = None
    for spec in specs:
        size = have.get(spec)
        if size is None:
            continue
        if source_bytes is not None and size > source_bytes:
            found[spec] = DropReason.SOURCE
        elif least is not None and size >= least:
            found[spec] = DropReason.WIDER
        else:
            least = size
    if specs[0] not in have or specs[0] in found:
        found.update(dict.fromkeys(have.keys() - found.keys(), DropReason.ALONE))
    return found


def _costs_more(preferred: Mapping[int, int], other: Mapping[int, int]) -> bool:
    """Whether browsers would load less of the other format: in all, or at one width by more than a trifle."""
    if not preferred:
        return False
    needs = [need for need in {*preferred, *other} if need <= min(max(preferred), max(other))]
    excess = [bytes_loaded(preferred, need) - bytes_loaded(other, need) for need in needs]
    return sum(excess) > 0 or max(excess, default=0) > _PACKET


def candidates_over_budget(image: LcpImage, budgets: Iterable[Budget]) -> dict[str, int]:
    """URL of each chosen candidate over an error budget -> the least of the budgets it breaks, in bytes."""
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
