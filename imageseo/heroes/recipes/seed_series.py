"""Assign approved seeds of a series to its pages."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from imageseo.model.hero import HeroRequest, Pin


def next_seed(seeds: Sequence[int], used: Collection[int], page: str) -> int:
    """Return the least used of ``seeds``; among equals, the first one from a start that depends on the page.

    ``used``: the seeds of the other images of the series, each as often as it is used. Raises ValueError if ``seeds``
    is empty.
    """
    if not seeds:
        raise ValueError("the series has no approved seeds")
    counts = Counter(used)
    start = int.from_bytes(hashlib.sha256(page.encode("utf-8", "surrogatepass")).digest()[:8], "big") % len(seeds)
    return min((*seeds[start:], *seeds[:start]), key=lambda seed: counts[seed])  # the first of equals


def assign_seeds(requests: Mapping[str, HeroRequest], pins: Iterable[Pin]) -> dict[str, int]:
    """Map the page of each unpinned request that takes a seed from its series to that seed.

    Pages are processed in sorted order, and each counts the seeds assigned before, so that many pages spread over the
    list. A pinned page keeps its seed, even if that was removed from the list. The series of a pin is read from its
    evidence (``env``).
    """
    used: dict[str, list[int]] = {}
    pinned = set()
    for pin in pins:
        pinned.add(pin.page)
        series = pin.env.get("series")
        if isinstance(series, str):
            used.setdefault(series, []).append(pin.recipe.seed)
    assigned: dict[str, int] = {}
    for page, request in sorted(requests.items()):
        if page in pinned or not request.seeds or "seed" not in request.derived:
            continue
        in_series = used.setdefault(str(request.evidence.get("series", "")), [])
        assigned[page] = next_seed(request.seeds, in_series, page)
        in_series.append(assigned[page])
    return assigned
