"""The tables of the manual's page *Benchmarks* of what ``encode --json`` has printed.

python -m tests.bench table photographs.json screenshots.json…
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

NAMES = {
    "eleventy": "Eleventy Image 7",
    "sharp": "sharp",
    "sharp_effort0": "sharp, AVIF effort 0",
    "avifenc": "avifenc",
    "cwebp": "cwebp",
    "imageseo": "imageseo",
    "imageseo_fast": "imageseo `fast`",
}
"""Columns in order."""
_BROWSERS = {"avif": "", "webp": ", WebP only"}

Tool = Mapping[str, Any]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE.json")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """The tables by file, as Markdown."""
    return {path.name: table(json.loads(path.read_text("utf-8"))) for path in options.files}


def table(told: Mapping[str, Any]) -> str:
    """One Markdown table of a contest's figures, a column a tool that took part."""
    if "skipped" in told:
        return f"Skipped: {told['skipped']}"
    tools = {name: told["tools"][name] for name in NAMES if told["tools"].get(name)}
    rows: list[tuple[str, Callable[[Tool], str]]] = [
        ("wall s; CPU s", lambda tool: f"{tool['wall_s']:.1f}; {tool['cpu_s']:.1f}")
    ]
    for format in ("avif", "webp"):
        label = f"{format.upper() if format == 'avif' else 'WebP'}: files, MB; score mean ± sd, 5th percentile, minimum"
        rows.append((label, partial(_of_format, format)))
    if told.get("way") == "site":
        rows += _of_site(next(iter(tools.values())))
    rows.append(("peak memory, MB", lambda tool: f"{tool['peak_rss_mb']:,}"))
    head = ["| | " + " | ".join(NAMES[name] for name in tools) + " |", "|---" * (len(tools) + 1) + "|"]
    lines = [f"| {label} | {' | '.join(cell(tool) for tool in tools.values())} |" for label, cell in rows]
    count = told.get("pictures", told.get("photos"))
    kind = told.get("kind", "photographs")
    intro = (
        f"{count} {kind}, the half `{told['half']}`, medians of {told['rounds']} rounds, judged by {told['scorer']}."
    )
    return "\n".join(["", intro, "", *head, *lines, *_ratios(told)])


def _of_format(format: str, tool: Tool) -> str:
    figures = tool.get(format)
    score = figures["ssimulacra2"] if figures else None
    if not figures or not score:
        return "–"
    spread = f"{score['mean']:.1f} ± {score['sd']:.1f}, {score['p5']:.1f}, {score['min']:.1f}"
    return f"{figures['files']}, {figures['bytes'] / 1e6:.2f}; {spread}"


def _of_site(first: Tool) -> Iterable[tuple[str, Callable[[Tool], str]]]:
    """Rows of what browsers load and paint."""
    yield (
        "encoded; of these not offered",
        lambda tool: f"{tool['encoded']}; {tool['encoded'] - tool['offered']} ({tool['not_offered_share']:.0%})",
    )
    for screen in first["loaded"]:
        for browser, words in _BROWSERS.items():
            yield (
                f"{screen}{words}: KiB loaded; painted score mean, minimum",
                partial(_seen, screen, browser),
            )
    yield (
        "candidates with 0.95 of the screen's px",
        lambda tool: ", ".join(
            f"{min(each['share_at_95'] for each in of.values()):.0%}" for of in tool["sharp"].values()
        ),
    )


def _seen(screen: str, browser: str, tool: Tool) -> str:
    painted = tool["painted"][screen][browser]
    score = painted["ssimulacra2"]
    words = f"{tool['loaded'][screen][browser] / 1024:,.0f}; {score['mean']:.1f}, {score['min']:.1f}"
    norm = painted.get("butteraugli_3_norm")
    return words + (f" (Butteraugli {norm['mean']:.2f})" if norm else "")


def _ratios(told: Mapping[str, Any]) -> Iterable[str]:
    """What has goals: ours against Eleventy's defaults."""
    found = {name: told[name] for name in ("cpu_vs_eleventy", "wall_vs_eleventy") if told.get(name) is not None}
    for screen, of in ((told.get("loaded_vs_eleventy") or {}).get("imageseo") or {}).items():
        found.update({f"loaded on {screen}, {browser}": ratio for browser, ratio in of.items()})
    if isinstance(told.get("bytes_vs_eleventy"), float):
        found["bytes_vs_eleventy"] = told["bytes_vs_eleventy"]
    if found:
        yield ""
        yield "Against Eleventy: " + "; ".join(f"{name.replace('_', ' ')} {value:.2f}" for name, value in found.items())
