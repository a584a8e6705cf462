"""The seeds of a series: which of the approved ones its next page takes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from imageseo.model.hero import HeroRequest, Pin


def next_seed(seeds: Sequence[int], taken: Collection[int], page: str) -> int:
    """One of ``seeds`` (ValueError when there are none): of those that ``taken`` names least often, the first from
    where the page's name points. ``taken``: the seeds of the series' other pictures, each as often as it is used.
    """
    if not seeds:
        raise ValueError("a series without approved seeds has no next one")
    used = Counter(taken)
    start = int.from_bytes(hashlib.sha256(page.encode("utf-8", "surrogatepass")).digest()[:8], "big") % len(seeds)
    return min((*seeds[start:], *seeds[:start]), key=lambda seed: used[seed])  # the first of equals


def drawn(requests: Mapping[str, HeroRequest], pins: Iterable[Pin]) -> dict[str, int]:
    """Page -> seed, for each request that takes one from its series' list and has no pin: in the order of pages. A
    pinned page keeps its seed, also when that was struck off the list.

    Each draws after those before it, so that a run over many pages spreads them over the list. A pin belongs to a
    series that its evidence (``env``) names.
    """
    taken: dict[str, list[int]] = {}
    pinned = set()
    for pin in pins:
        pinned.add(pin.page)
        series = pin.env.get("series")
        if isinstance(series, str):
            taken.setdefault(series, []).append(pin.recipe.seed)
    found: dict[str, int] = {}
    for page, request in sorted(requests.items()):
        if page in pinned or not request.seeds or "seed" not in request.derived:
            continue
        others = taken.setdefault(str(request.evidence.get("series", "")), [])
        found[page] = next_seed(request.seeds, others, page)
        others.append(found[page])
    return found
