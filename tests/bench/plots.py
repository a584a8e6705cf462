"""Pictures of a contest, for people: quality over size, how scores spread, and how busy the processors were."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.figures import Entrant
from tests.bench.jobs import FORMATS
from tests.bench.measure import TICK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {
    "imageseo": "#0072b2",
    "imageseo_fast": "#56b4e9",
    "eleventy": "#d55e00",
    "sharp": "#e69f00",
    "sharp_effort0": "#cc79a7",
    "avifenc": "#009e73",
    "cwebp": "#009e73",
}
"""Okabe and Ito's, told apart by everyone."""


def draw(folder: Path, tools: Mapping[str, Entrant], pixels: Mapping[str, int]) -> list[Path]:
    """Writes the plots as PNG; needs matplotlib (the ``bench`` extra). ``pixels``: of each ``stem-width``."""
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for format in FORMATS:
        figure = Figure(figsize=(8, 5), dpi=120, layout="constrained")
        _rate(figure.subplots(), format, _of(tools, format), pixels)
        made.append(folder / f"rate-quality-{format}.png")
        figure.savefig(made[-1])
    figure = Figure(figsize=(8, 6), dpi=120, layout="constrained")
    for axes, format in zip(figure.subplots(len(FORMATS), 1), FORMATS, strict=True):
        _strip(axes, format, _of(tools, format))
    made.append(folder / "scores.png")
    figure.savefig(made[-1])
    figure = Figure(figsize=(8, 1.3 * len(tools) + 0.6), dpi=120, layout="constrained")
    _busy(figure.subplots(len(tools), 1, squeeze=False)[:, 0], tools)
    made.append(folder / "utilisation.png")
    figure.savefig(made[-1])
    return made


def draw_seen(folder: Path, tools: Mapping[str, Any]) -> list[Path]:
    """What browsers load, and how like the original it is painted. ``tools``: their figures of a site."""
    from matplotlib.figure import Figure

    tools = {name: tool for name, tool in tools.items() if tool is not None}
    screens = list(next(iter(tools.values()))["loaded"])
    figure = Figure(figsize=(4 * len(screens), 4.5), dpi=120, layout="constrained")
    for axes, screen in zip(figure.subplots(1, len(screens), squeeze=False)[0], screens, strict=True):
        for name, tool in tools.items():
            for browser, marker in (("avif", "o"), ("webp", "s")):
                size = tool["loaded"][screen][browser] / 1024
                score = tool["painted"][screen][browser]["ssimulacra2"]["mean"]
                label = f"{name}, {'AVIF' if browser == 'avif' else 'WebP only'}"
                axes.scatter(size, score, s=70, marker=marker, color=COLOURS[name], edgecolors="black", label=label)
        axes.set(title=screen, xlabel="KiB loaded", ylabel="SSIMULACRA2 of what is painted")
        axes.set_xlim(left=0)
        axes.grid(alpha=0.25)
    axes.legend(fontsize=7)
    figure.savefig(path := folder / "seen.png")
    return [path]


def _of(tools: Mapping[str, Entrant], format: str) -> dict[str, Entrant]:
    return {name: tool for name, tool in tools.items() if tool.named(format)}


def _rate(axes: Axes, format: str, tools: Mapping[str, Entrant], pixels: Mapping[str, int]) -> None:
    """A dot a file; the cross is all bytes over all pixels, and the mean score."""
    for name, tool in tools.items():
        files = tool.named(format)
        area = [pixels[file.rpartition(".")[0]] for file in files]
        size = [tool.bytes_of(file) for file in files]
        scores = [tool.scores[file] for file in files]
        bits = [8 * each / many for each, many in zip(size, area, strict=True)]
        colour = COLOURS[name]
        axes.scatter(bits, scores, s=12, alpha=0.45, color=colour, linewidths=0)
        mean = (8 * sum(size) / sum(area), statistics.fmean(scores))
        axes.scatter(*mean, s=140, marker="X", color=colour, edgecolors="black", label=name, zorder=3)
    axes.set(xscale="log", xlabel="bits a pixel", ylabel="SSIMULACRA2 (higher is better)")
    axes.set_title(f"{format.upper()}: a dot a file, a cross the whole")
    _plain_ticks(axes)
    axes.grid(alpha=0.25)
    axes.legend(loc="lower right")


def _strip(axes: Axes, format: str, tools: Mapping[str, Entrant]) -> None:
    """A row a tool: every score, the mean, and the fifth percentile as a bar."""
    rows = list(tools)[::-1]
    for row, name in enumerate(rows):
        scores = sorted(tools[name].scores[file] for file in tools[name].named(format))
        offsets = [row + ((number * 7) % 11 - 5) * 0.05 for number in range(len(scores))]
        axes.scatter(scores, offsets, s=10, alpha=0.5, color=COLOURS[name], linewidths=0)
        axes.plot([statistics.fmean(scores)] * 2, [row - 0.4, row + 0.4], color="black", linewidth=1.5)
    target = next((tool.targets[format] for tool in tools.values() if tool.targets.get(format) is not None), None)
    if target is not None:
        axes.axvline(target, color="grey", linestyle="--", linewidth=1, label="our target")
        axes.legend(loc="lower left")
    axes.set_yticks(range(len(rows)), rows)
    axes.set(title=f"{format.upper()}: every file's score, the line is the mean", xlabel="SSIMULACRA2")
    axes.grid(alpha=0.25, axis="x")


def _busy(all_axes: Any, tools: Mapping[str, Entrant]) -> None:
    """Processors kept busy in the last round, each tool on its own time."""
    for axes, (name, tool) in zip(all_axes, tools.items(), strict=True):
        busy = tool.runs[-1].busy
        seconds = [(number + 0.5) * TICK for number in range(len(busy))]
        axes.fill_between(seconds, busy, step="mid", color=COLOURS[name], alpha=0.6)
        axes.set_xlim(0, max(tool.runs[-1].wall, TICK))
        axes.set_ylim(0, max(2.2, *busy, 0.0) if busy else 2.2)
        axes.set_ylabel("busy")
        axes.set_title(f"{name}: processors kept busy, over {tool.runs[-1].wall:.1f} s", fontsize=9, loc="left")
    all_axes[-1].set_xlabel("seconds")


def _plain_ticks(axes: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axes.set_xticks([0.1, 0.2, 0.5, 1, 2, 5])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
