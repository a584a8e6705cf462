"""At a peer's own mean score: what the same average costs in bytes, and how low the worst files fall.

Our default profile is tuned to the peer's mean in each format; where the mean that comes out is further off than
``NEAR``, the target is moved by that much, once. The rest of the settings stay.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from typing import Any

from tests.bench import figures
from tests.bench.figures import Entrant
from tests.bench.jobs import FORMATS

NEAR = 0.5
"""Points of score within which two means count as equal."""

Make = Callable[[Mapping[str, float]], Entrant]
"""Targets by format -> our files at them, judged."""


def matched(peer: Entrant, make: Make) -> dict[str, Any]:
    """The figures of ours beside the peer's, by format and together."""
    wanted = {format: _mean(peer, format) for format in FORMATS}
    targets = dict(wanted)
    ours = make(targets)
    off = {format: _mean(ours, format) - wanted[format] for format in FORMATS}
    if any(abs(each) > NEAR for each in off.values()):
        targets = {format: targets[format] - off[format] for format in FORMATS}
        ours = make(targets)
    return {
        "peer": peer.name,
        "targets": {format: round(target, 2) for format, target in targets.items()},
        "bytes_vs_peer": figures.bytes_ratio(ours, peer),
        "ssimulacra2_within_3_of_target": figures.within(ours),
        **{format: _format(ours, peer, format) for format in FORMATS},
    }


def _format(ours: Entrant, peer: Entrant, format: str) -> dict[str, Any]:
    scores, theirs = (_spread(each, format) for each in (ours, peer))
    return {
        "bytes": sum(map(ours.bytes_of, ours.named(format))),
        "ssimulacra2": scores,
        "beside": {name: round(scores[name] - theirs[name], 2) for name in scores},
    }


def _spread(tool: Entrant, format: str) -> dict[str, float]:
    found = figures.spread(tool.scores[name] for name in tool.named(format))
    assert found is not None, f"{tool.name} has made no {format}"
    return found


def _mean(tool: Entrant, format: str) -> float:
    return statistics.fmean(tool.scores[name] for name in tool.named(format))
