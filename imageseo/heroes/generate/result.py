"""What a run of `generate` came to: what was made, kept, refused, and how long the making took."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from imageseo.model.errors import ImageseoError

WHY = {
    "missing": "new",
    "changed": "its recipe is another now",
    "gone": "its picture was missing",
    "damaged": "its picture was not the pinned one",
    "model": "its model is another now",
}
"""Why a picture is made, by ``Made.reason``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedHero:
    """One hero that ``generate`` made. ``reason``: a key of ``WHY``.

    ``stored``: it was not drawn again, for an earlier build had left it in the cache.
    """

    page: str
    file: str
    reason: str
    notes: tuple[str, ...] = ()
    stored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderWork:
    """What one provider had to do. ``seconds``: for each picture that it made, in order; for reports alone."""

    provider: str
    seconds: tuple[float, ...] = ()
    stored: int = 0

    @property
    def p50(self) -> float | None:
        """Seconds that half of the pictures were made in; None when there are none."""
        return _percentile(self.seconds, 50)

    @property
    def p95(self) -> float | None:
        """Seconds that 95 of 100 pictures were made in; None when there are none."""
        return _percentile(self.seconds, 95)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateResult:
    """``kept``: pages whose pin stood. ``shared``: pages that took over the pin of an equal recipe (a moved page).

    ``stale``: pages whose pin stood although what the recipe took from them is another now; ``aged``: page -> the
    recipe's keys that differ.
    ``pruned``: pages whose pins were dropped. ``failed``: page and fault; the others were made all the same.
    ``missing``: page and reason of what a frozen run would have made. ``work``: by provider.
    ``compared``: how many heroes of changed models the regression report sets side by side.
    """

    made: tuple[GeneratedHero, ...] = ()
    kept: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    aged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pruned: tuple[str, ...] = ()
    failed: tuple[tuple[str, ImageseoError], ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    work: tuple[ProviderWork, ...] = ()
    compared: int = 0


def _percentile(values: Sequence[float], share: int) -> float | None:
    """The nearest rank: a value that was measured."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share / 100 * len(ordered)) - 1)] if ordered else None
