"""The contest at given widths: every tool makes each picture at each width that it has, as AVIF and WebP.

Rounds alternate (every other one in reverse order); all ratios are medians of the ratios within a round. Each tool runs
in a process of its own, with an empty cache and output folder. Ours takes part twice, by its profiles default and fast.
After the rounds every file is judged against the picture its own tool had resized (see ``scoring``), and the codec
floor is replayed in each round (see ``floor``).
"""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench import corpus, figures, matched, peers, plots, scoring, worst
from tests.bench import jobs as asking
from tests.bench.contest.common import PROFILES, ROOT, Contest, note, own_version, processors
from tests.bench.figures import Entrant
from tests.bench.jobs import Job
from tests.bench.measure import measure


class WidthsContest(Contest):
    """The contest at the widths of the options."""

    def figures(self) -> dict[str, Any]:
        options, asked = self.options, asking.jobs(self.pictures, self.options.widths)
        tools, present = self.entrants()
        resized = self.folder("reference", "imageseo")
        self.ours(asked, resized, "--reference")
        for name, profile in PROFILES.items():
            out = self.folder("recorded", name)
            self.ours(asked, out, "--profile", profile, "--record", out / "record")
        floors: dict[str, list[dict[str, Any]]] = {name: [] for name in PROFILES}
        order = [*tools, *(f"floor of {name}" for name in PROFILES)]
        for number in range(options.rounds):
            for name in order if number % 2 == 0 else reversed(order):
                floored = name.removeprefix("floor of ")
                if floored != name:
                    floors[floored].append(self._floor(floored))
                elif (tool := tools[name]) is not None:
                    note(f"round {number + 1} of {options.rounds}: {name}")
                    self._round(tool, number, present.get(name), asked, resized)
        references = self._references(present, asked, resized)
        judge = scoring.scorer(options.scorer)
        running = {name: tool for name, tool in tools.items() if tool is not None}
        self.judge(judge, running, references)
        cores = processors()
        result = {
            **figures.headline(tools, floors, cores),
            "kind": self.options.kind,
            "photos": len(self.pictures),
            "half": options.half,
            "rounds": options.rounds,
            "variants": len(list(asking.names(asked))),
            "scorer": judge.name,
            "settings": dict(each.split("=", 1) for each in options.set),
            "tools": {name: figures.entrant(tool, cores) if tool else None for name, tool in tools.items()},
            "targets": running["imageseo"].targets,
            "matched": self._matched(judge, running.get(options.match), resized) if options.match else None,
            "missing": {name: lost for name, tool in running.items() if (lost := _missing(tool, asked))},
            "floor": floors,
            "butteraugli": self.butteraugli(running, references),
            "fixtures": self._fixtures(judge, present) if options.fixtures else None,
            "machine": {"processors": cores, "system": platform.platform(), "python": platform.python_version()},
        }
        if options.plots:
            result["plots"] = [str(path) for path in plots.draw(options.plots, running, asking.pixels(asked))]
        if options.worst:
            ours = running["imageseo"]
            result["worst"] = [str(path) for path in worst.crops(options.worst, ours, references["imageseo"])]
        return result

    def _round(self, tool: Entrant, number: int, peer: peers.Peer | None, asked: Sequence[Job], resized: Path) -> None:
        out = self.folder(f"round {number}", tool.name)
        if peer is None:
            run = self.ours(asked, out, "--profile", PROFILES[tool.name])
            told = json.loads(run.out)
            tool.made = {name: Path(path) for name, path in told["made"].items()}
            tool.targets = told["targets"]
        else:
            run = self.peer(peer, asked, out, inputs=resized, mode=peer.mode)
            tool.made = {path.name: path for path in out.iterdir() if path.suffix[1:] in tool.formats}
        tool.runs.append(run)
        shutil.rmtree(self.scratch / f"round {number - 1}" / tool.name, ignore_errors=True)

    def _matched(self, judge: scoring.Scorer, peer: Entrant | None, resized: Path) -> dict[str, Any] | None:
        def make(targets: Mapping[str, float]) -> Entrant:
            out = self.folder("matched", *(f"{target:.2f}" for target in targets.values()))
            words = [f"target.{format}={target}" for format, target in targets.items()]
            told = json.loads(self.ours(asked, out, *(word for each in words for word in ("--set", each))).out)
            tool = Entrant(name="imageseo", version=own_version(), targets=told["targets"])
            tool.made = {name: Path(path) for name, path in told["made"].items()}
            self.judge(judge, {tool.name: tool}, {tool.name: resized})
            return tool

        asked = asking.jobs(self.pictures, self.options.widths)
        return matched.matched(peer, make) if peer is not None else None

    def _floor(self, name: str) -> dict[str, Any]:
        record = self.scratch / "recorded" / name / "record"
        told: dict[str, Any] = json.loads(
            measure([self.options.python, "-m", "tests.bench.floor", record], cwd=ROOT).out
        )
        return told

    def _references(self, present: Mapping[str, peers.Peer], asked: Sequence[Job], resized: Path) -> dict[str, Path]:
        """Where each tool's own pictures without loss are: sharp shrinks alike at every effort."""
        found = dict.fromkeys(PROFILES, resized)
        for name, peer in present.items():
            if not peer.reference:
                found[name] = resized
            elif name == "sharp_effort0" and "sharp" in found:
                found[name] = found["sharp"]
            else:
                found[name] = self.folder("reference", name)
                self.peer(peer, asked, found[name], mode="reference")
        return found

    def _fixtures(self, judge: scoring.Scorer, present: Mapping[str, peers.Peer]) -> dict[str, Any]:
        """Awkward pictures at one width, ours beside Eleventy: bytes, and the score against Pillow's plain resize.

        The resamplers differ, so this score tells no codecs apart; it falls far where colours, transparency or the
        turn of a picture are lost.
        """
        from PIL import Image

        width = min(640, max(self.options.widths))
        asked = asking.jobs(corpus.fixtures(self.folder("fixtures", "made")), (width,))
        plain = self.folder("fixtures", "plain")
        for job in asked:
            at = job.widths[0]
            resized = asking.upright(job.file).resize((at, job.height_at(at)), Image.Resampling.LANCZOS)
            resized.save(plain / f"{job.stem}-{at}.png", compress_level=1)
        made = {}
        out = self.folder("fixtures", "imageseo")
        told = json.loads(self.ours(asked, out).out)["made"]
        made["imageseo"] = {name: Path(path) for name, path in told.items()}
        if "eleventy" in present:
            out = self.folder("fixtures", "eleventy")
            self.peer(present["eleventy"], asked, out, mode="defaults")
            made["eleventy"] = {path.name: path for path in out.iterdir()}
        found: dict[str, Any] = {}
        waiting: dict[Path, list[Path]] = {}
        for tool, files in made.items():
            for name, file in sorted(files.items()):
                reference = plain / f"{name.rpartition('.')[0]}.png"
                same = asking.upright(file).size == asking.upright(reference).size
                found.setdefault(name, {})[tool] = {"bytes": file.stat().st_size, "same_size": same, "score": None}
                if same:
                    waiting.setdefault(reference, []).append(file)
        scores = judge.scores(waiting)
        for tool, files in made.items():
            for name, file in files.items():
                if file in scores:
                    found[name][tool]["score"] = round(scores[file], 1)
        return found


def _missing(tool: Entrant, asked: Sequence[Job]) -> list[str]:
    wanted = {f"{name}.{format}" for name, format in asking.names(asked) if format in tool.formats}
    return sorted(wanted - tool.made.keys())
