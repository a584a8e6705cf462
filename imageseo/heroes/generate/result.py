"""The result of a run of `generate`: heroes that were made, kept or failed, and the time that providers took."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from imageseo.model.errors import ImageseoError

WHY = {
    "missing": "new",
    "changed": "its recipe has changed",
    "gone": "its image was missing",
    "damaged": "its image was not the pinned one",
    "model": "its model has changed",
    "adopted": "adopted from a file",
}
"""Why an image is made, by ``GeneratedHero.reason``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedHero:
    """One hero that ``generate`` made. ``reason``: a key of ``WHY``.

    ``stored``: whether an earlier build had left it in the cache, so that it was not drawn again.
    """

    page: str
    file: str
    reason: str
    notes: tuple[str, ...] = ()
    stored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderWork:
    """The work of one provider. ``seconds``: for each image that it made, in order. ``stored``: images reused."""

    provider: str
    seconds: tuple[float, ...] = ()
    stored: int = 0

    @property
    def p50(self) -> float | None:
        """Median of the seconds per image; None if there are none."""
        return _percentile(self.seconds, 50)

    @property
    def p95(self) -> float | None:
        """95th percentile of the seconds per image; None if there are none."""
        return _percentile(self.seconds, 95)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateResult:
    """The result of ``generate``.

    ``kept``: pages whose pin is unchanged. ``shared``: pages that got the pin of an equal recipe (moved pages).
    ``stale``: pages whose pin was kept although the recipe's text from the page has changed; ``aged``: page -> the
    keys of the recipe that differ. ``pruned``: pages whose pins were dropped. ``failed``: page and error; the other
    heroes were made. ``missing``: page and reason of heroes that a frozen run did not make. ``work``: by provider.
    ``compared``: number of heroes of changed models in the regression report.
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
    """Return the percentile by nearest rank, which is one of the values; None if there are none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share / 100 * len(ordered)) - 1)] if ordered else None
