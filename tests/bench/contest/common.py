"""What both ways of the contest have in common: running ours and a peer, and judging what they have made."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import jobs as asking
from tests.bench import peers, scoring
from tests.bench.figures import Entrant
from tests.bench.jobs import Job
from tests.bench.measure import Run, measure

ROOT = Path(__file__).parents[3]
PROFILES = {"imageseo": "default", "imageseo_fast": "fast"}


@dataclass(slots=True)
class Contest:
    """One run of the benchmark in a scratch folder."""

    options: argparse.Namespace
    pictures: Sequence[Path]
    scratch: Path

    def entrants(self) -> tuple[dict[str, Entrant | None], dict[str, peers.Peer]]:
        """Ours by its profiles and all peers, None for one that is absent or not asked for; and how to run peers."""
        found = peers.found(peers.folder(self.options.node_modules))
        present = {name: peer for name, peer in found.items() if peer is not None and name in self.options.peers}
        tools: dict[str, Entrant | None] = {name: Entrant(name=name, version=own_version()) for name in PROFILES}
        for name in peers.NAMES:
            peer = present.get(name)
            tools[name] = Entrant(name=name, version=peer.version, formats=peer.formats) if peer else None
        return tools, present

    def ours(self, asked: Sequence[Job], out: Path, *words: str | Path) -> Run:
        settings = [word for each in self.options.set for word in ("--set", each)]
        request = asking.write(out / "request.json", asked, out=out)
        return measure([self.options.python, "-m", "tests.bench.ours", request, *settings, *words], cwd=ROOT)

    def peer(self, peer: peers.Peer, asked: Sequence[Job], out: Path, **more: Any) -> Run:
        modules = peers.folder(self.options.node_modules)
        # Beside the output, which holds nothing but pictures.
        request = asking.write(out.with_suffix(".json"), asked, out=out, modules=modules, **more)
        return measure([*peer.command, request], cwd=ROOT)

    def judge(self, judge: scoring.Scorer, tools: Mapping[str, Entrant], references: Mapping[str, Path]) -> None:
        for tool in tools.values():
            note(f"judging {tool.name} by {judge.name}")
            waiting: dict[Path, list[Path]] = {}
            for name, file in tool.made.items():
                waiting.setdefault(references[tool.name] / f"{name.rpartition('.')[0]}.png", []).append(file)
            scores = judge.scores(waiting)
            # Two pictures may share one file of the store; both would then have the same score.
            tool.scores = {name: scores[file] for name, file in tool.made.items()}

    def butteraugli(self, tools: Mapping[str, Entrant], references: Mapping[str, Path]) -> dict[str, Any] | None:
        """Mean of the 3-norm by tool and format: an eye that nobody was tuned to."""
        every = self.options.butteraugli
        if not every:
            return None
        found: dict[str, Any] = {}
        for tool in tools.values():
            found[tool.name] = {}
            for format in tool.formats:
                sample = tool.named(format)[::every]
                pairs = [(references[tool.name] / f"{name.rpartition('.')[0]}.png", tool.made[name]) for name in sample]
                norms = scoring.butteraugli(pairs)
                if norms is None:
                    return None
                if norms:
                    found[tool.name][format] = {"files": len(norms), "mean_3_norm": round(sum(norms) / len(norms), 3)}
        return found

    def folder(self, *parts: str) -> Path:
        path = self.scratch.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True)
        return path


def own_version() -> str:
    from PIL import __version__ as pillow
    from PIL import features

    from imageseo import __version__ as own

    return f"{own} with Pillow {pillow}, libavif {features.version('avif')}, libwebp {features.version('webp')}"


def own_environment() -> dict[str, str | None]:
    """Changes of the environment for this tree's imageseo, without settings and options that it may hold."""
    return {**{name: None for name in os.environ if name.startswith("IMAGESEO_")}, "PYTHONPATH": str(ROOT)}


def processors() -> int:
    return len(os.sched_getaffinity(0))


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
