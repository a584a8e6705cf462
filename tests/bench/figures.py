"""From runs and scores to figures; nothing is measured here."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.jobs import FORMATS
from tests.bench.measure import Run

Floors = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(slots=True, kw_only=True)
class Entrant:
    """One tool in the contest: a run a round, and what it has made (``stem-width.format`` -> file) with its scores."""

    name: str
    version: str
    formats: tuple[str, ...] = FORMATS
    runs: list[Run] = field(default_factory=list)
    made: dict[str, Path] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    targets: Mapping[str, float | None] = field(default_factory=dict)

    def bytes_of(self, name: str) -> int:
        return self.made[name].stat().st_size

    def named(self, format: str) -> list[str]:
        return sorted(name for name in self.made if name.endswith(f".{format}"))


def entrant(tool: Entrant, processors: int) -> dict[str, Any]:
    """Seconds and peak memory (medians of the rounds), and by format the bytes and how the scores spread."""
    wall, cpu = (statistics.median(getattr(run, name) for run in tool.runs) for name in ("wall", "cpu"))
    return {
        "version": tool.version,
        "wall_s": round(wall, 2),
        "cpu_s": round(cpu, 2),
        "busy": round(cpu / wall / processors, 3),
        "peak_rss_mb": round(max(run.rss_mb for run in tool.runs)),
        **{
            format: {
                "files": len(tool.named(format)),
                "bytes": sum(map(tool.bytes_of, tool.named(format))),
                "ssimulacra2": spread(tool.scores[name] for name in tool.named(format) if name in tool.scores),
            }
            for format in tool.formats
        },
    }


def spread(values: Iterable[float]) -> dict[str, float] | None:
    """Mean, standard deviation of the population, fifth percentile (interpolated) and minimum."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = 0.05 * (len(ordered) - 1)
    low, share = int(place), place % 1
    p5 = ordered[low] + share * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low])
    figures = (statistics.fmean(ordered), statistics.pstdev(ordered), p5, ordered[0])
    return {name: round(value, 2) for name, value in zip(("mean", "sd", "p5", "min"), figures, strict=True)}


def headline(tools: Mapping[str, Entrant | None], floors: Floors, processors: int) -> dict[str, Any]:
    """What is to be reached, and what is to be told beside it; None where a peer is absent."""
    ours, fast = tools["imageseo"], tools["imageseo_fast"]
    assert ours is not None
    assert fast is not None
    eleventy, effort0 = tools.get("eleventy"), tools.get("sharp_effort0")
    return {
        "overhead_vs_codec_floor": overhead(ours, floors["imageseo"], processors),
        "overhead_vs_codec_floor_fast": overhead(fast, floors["imageseo_fast"], processors),
        "ssimulacra2_within_3_of_target": within(ours),
        "cpu_vs_eleventy": ratio(ours, eleventy, "cpu"),
        "wall_vs_eleventy": ratio(ours, eleventy, "wall"),
        "bytes_vs_eleventy": bytes_ratio(ours, eleventy),
        **{f"{name}_vs_eleventy": beside(ours, eleventy, name) for name in ("mean", "sd", "p5", "min")},
        "peak_rss_mb": round(max(run.rss_mb for run in ours.runs)),
        "fast_wall_vs_sharp0": ratio(fast, effort0, "wall"),
        "fast_cpu_vs_sharp0": ratio(fast, effort0, "cpu"),
        "fast_bytes_vs_sharp0": bytes_ratio(fast, effort0),
        "fast_mean_vs_sharp0": beside(fast, effort0, "mean"),
    }


def overhead(tool: Entrant, floors: Sequence[Mapping[str, Any]], processors: int) -> float:
    """Processors × wall over the floor's CPU, round by round; the median. See ``floor``."""
    pairs = zip(tool.runs, floors, strict=True)
    found: list[float] = [processors * run.wall / floor["cpu_s"] for run, floor in pairs]
    return round(statistics.median(found), 3)


def ratio(ours: Entrant, peer: Entrant | None, what: str) -> float | None:
    """Ours over theirs within each round; the median of the rounds."""
    if peer is None:
        return None
    rounds: list[float] = [
        getattr(mine, what) / getattr(theirs, what) for mine, theirs in zip(ours.runs, peer.runs, strict=True)
    ]
    return round(statistics.median(rounds), 3)


def bytes_ratio(ours: Entrant, peer: Entrant | None) -> float | None:
    """All bytes of both formats, ours over theirs, of the files that both have made."""
    if peer is None:
        return None
    shared = ours.made.keys() & peer.made.keys()
    return round(sum(map(ours.bytes_of, shared)) / sum(map(peer.bytes_of, shared)), 4)


def beside(ours: Entrant, peer: Entrant | None, what: str) -> dict[str, float] | None:
    """Ours less theirs, by format."""
    if peer is None:
        return None
    found = {}
    for format in FORMATS:
        mine, theirs = (spread(tool.scores[n] for n in tool.named(format) if n in tool.scores) for tool in (ours, peer))
        if mine and theirs:
            found[format] = round(mine[what] - theirs[what], 2)
    return found or None


def within(tool: Entrant, limit: float = 3.0) -> float | None:
    """The share of files whose score is at most ``limit`` off the target they were tuned to."""
    off = [
        abs(score - target)
        for name, score in tool.scores.items()
        if (target := tool.targets.get(name.rpartition(".")[2])) is not None
    ]
    return round(sum(each <= limit for each in off) / len(off), 4) if off else None
