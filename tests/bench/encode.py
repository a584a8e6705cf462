"""The contest: our encoder beside the tools that people use, on the same photographs, widths and processors.

Rounds alternate (every other one in reverse order); all ratios are medians of the ratios within a round. Each tool runs
in a process of its own, with an empty cache and output folder. Ours takes part twice, by its profiles default and fast.
After the rounds every file is judged against the picture its own tool had resized (see ``scoring``), and the codec
floor is replayed in each round (see ``floor``).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import corpus, figures, matched, peers, plots, scoring, worst
from tests.bench import jobs as asking
from tests.bench.figures import Entrant
from tests.bench.jobs import Job
from tests.bench.measure import Run, measure

ROOT = Path(__file__).parents[2]
PROFILES = {"imageseo": "default", "imageseo_fast": "fast"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="photographs; downloaded into it when it lacks them")
    parser.add_argument("--half", choices=corpus.HALVES, default="report")
    parser.add_argument("--photos", type=int, metavar="N", help="only the first N of that half")
    parser.add_argument("--widths", type=_widths, default=asking.WIDTHS, metavar="PX,PX…")
    parser.add_argument(
        "--node-modules", type=Path, metavar="DIR", help=f"with @11ty/eleventy-img, sharp; or ${peers.NODE_MODULES}"
    )
    parser.add_argument("--peers", type=_names, default=peers.NAMES, metavar="NAME,…", help="of those installed")
    parser.add_argument("--scorer", metavar="COMMAND", help=f"numpy, vszip or a command; or ${scoring.VARIABLE}")
    parser.add_argument("--butteraugli", type=int, default=0, metavar="N", help="cross-check on every Nth file")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="of our settings: target.avif=73"
    )
    parser.add_argument("--match", choices=("eleventy", "sharp"), help="ours once more, at that peer's mean score")
    parser.add_argument("--python", default=sys.executable, help="that runs our side, say one with vszip")
    parser.add_argument("--plots", type=Path, metavar="DIR")
    parser.add_argument("--worst", type=Path, metavar="DIR", help="crops at 100 %% of our five worst files")
    parser.add_argument("--no-fixtures", dest="fixtures", action="store_false")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """All figures of one contest, or why there is none."""
    try:
        photos = corpus.half(corpus.photos(options.corpus), options.half)[: options.photos]
    except corpus.Unavailable as error:
        return {"skipped": str(error)}
    with tempfile.TemporaryDirectory(prefix="imageseo-bench-") as scratch:
        return Contest(options, photos, Path(scratch)).figures()


@dataclass(slots=True)
class Contest:
    """One run of the benchmark in a scratch folder."""

    options: argparse.Namespace
    photos: Sequence[Path]
    scratch: Path

    def figures(self) -> dict[str, Any]:
        options, asked = self.options, asking.jobs(self.photos, self.options.widths)
        found = peers.found(peers.folder(options.node_modules))
        present = {name: peer for name, peer in found.items() if peer is not None and name in options.peers}
        resized = self._folder("reference", "imageseo")
        self._ours(asked, resized, "--reference")
        for name, profile in PROFILES.items():
            out = self._folder("recorded", name)
            self._ours(asked, out, "--profile", profile, "--record", out / "record")
        tools: dict[str, Entrant | None] = {name: Entrant(name=name, version=_own_version()) for name in PROFILES}
        for name in peers.NAMES:
            peer = present.get(name)
            tools[name] = Entrant(name=name, version=peer.version, formats=peer.formats) if peer else None
        floors: dict[str, list[dict[str, Any]]] = {name: [] for name in PROFILES}
        order = [*tools, *(f"floor of {name}" for name in PROFILES)]
        for number in range(options.rounds):
            for name in order if number % 2 == 0 else reversed(order):
                floored = name.removeprefix("floor of ")
                if floored != name:
                    floors[floored].append(self._floor(floored))
                elif (tool := tools[name]) is not None:
                    _note(f"round {number + 1} of {options.rounds}: {name}")
                    self._round(tool, number, present.get(name), asked, resized)
        references = self._references(present, asked, resized)
        judge = scoring.scorer(options.scorer)
        running = {name: tool for name, tool in tools.items() if tool is not None}
        self._judge(judge, running, references)
        processors = _processors()
        result = {
            **figures.headline(tools, floors, processors),
            "photos": len(self.photos),
            "half": options.half,
            "rounds": options.rounds,
            "variants": len(list(asking.names(asked))),
            "scorer": judge.name,
            "settings": dict(each.split("=", 1) for each in options.set),
            "tools": {name: figures.entrant(tool, processors) if tool else None for name, tool in tools.items()},
            "targets": running["imageseo"].targets,
            "matched": self._matched(judge, running.get(options.match), resized) if options.match else None,
            "missing": {name: lost for name, tool in running.items() if (lost := _missing(tool, asked))},
            "floor": floors,
            "butteraugli": self._butteraugli(running, references),
            "fixtures": self._fixtures(judge, present) if options.fixtures else None,
            "machine": {"processors": processors, "system": platform.platform(), "python": platform.python_version()},
        }
        if options.plots:
            result["plots"] = [str(path) for path in plots.draw(options.plots, running, asking.pixels(asked))]
        if options.worst:
            ours = running["imageseo"]
            result["worst"] = [str(path) for path in worst.crops(options.worst, ours, references["imageseo"])]
        return result

    def _round(self, tool: Entrant, number: int, peer: peers.Peer | None, asked: Sequence[Job], resized: Path) -> None:
        out = self._folder(f"round {number}", tool.name)
        if peer is None:
            run = self._ours(asked, out, "--profile", PROFILES[tool.name])
            told = json.loads(run.out)
            tool.made = {name: Path(path) for name, path in told["made"].items()}
            tool.targets = told["targets"]
        else:
            run = self._peer(peer, asked, out, inputs=resized, mode=peer.mode)
            tool.made = {path.name: path for path in out.iterdir() if path.suffix[1:] in tool.formats}
        tool.runs.append(run)
        shutil.rmtree(self.scratch / f"round {number - 1}" / tool.name, ignore_errors=True)

    def _ours(self, asked: Sequence[Job], out: Path, *words: str | Path) -> Run:
        settings = [word for each in self.options.set for word in ("--set", each)]
        request = asking.write(out / "request.json", asked, out=out)
        return measure([self.options.python, "-m", "tests.bench.ours", request, *settings, *words], cwd=ROOT)

    def _matched(self, judge: scoring.Scorer, peer: Entrant | None, resized: Path) -> dict[str, Any] | None:
        def make(targets: Mapping[str, float]) -> Entrant:
            out = self._folder("matched", *(f"{target:.2f}" for target in targets.values()))
            words = [f"target.{format}={target}" for format, target in targets.items()]
            told = json.loads(self._ours(asked, out, *(word for each in words for word in ("--set", each))).out)
            tool = Entrant(name="imageseo", version=_own_version(), targets=told["targets"])
            tool.made = {name: Path(path) for name, path in told["made"].items()}
            self._judge(judge, {tool.name: tool}, {tool.name: resized})
            return tool

        asked = asking.jobs(self.photos, self.options.widths)
        return matched.matched(peer, make) if peer is not None else None

    def _floor(self, name: str) -> dict[str, Any]:
        record = self.scratch / "recorded" / name / "record"
        told: dict[str, Any] = json.loads(
            measure([self.options.python, "-m", "tests.bench.floor", record], cwd=ROOT).out
        )
        return told

    def _peer(self, peer: peers.Peer, asked: Sequence[Job], out: Path, **more: Any) -> Run:
        modules = peers.folder(self.options.node_modules)
        # Beside the output, which holds nothing but pictures.
        request = asking.write(out.with_suffix(".json"), asked, out=out, modules=modules, **more)
        return measure([*peer.command, request], cwd=ROOT)

    def _references(self, present: Mapping[str, peers.Peer], asked: Sequence[Job], resized: Path) -> dict[str, Path]:
        """Where each tool's own pictures without loss are: sharp shrinks alike at every effort."""
        found = dict.fromkeys(PROFILES, resized)
        for name, peer in present.items():
            if not peer.reference:
                found[name] = resized
            elif name == "sharp_effort0" and "sharp" in found:
                found[name] = found["sharp"]
            else:
                found[name] = self._folder("reference", name)
                self._peer(peer, asked, found[name], mode="reference")
        return found

    def _judge(self, judge: scoring.Scorer, tools: Mapping[str, Entrant], references: Mapping[str, Path]) -> None:
        for tool in tools.values():
            _note(f"judging {tool.name} by {judge.name}")
            waiting: dict[Path, list[Path]] = {}
            for name, file in tool.made.items():
                waiting.setdefault(references[tool.name] / f"{name.rpartition('.')[0]}.png", []).append(file)
            scores = judge.scores(waiting)
            # Two pictures may share one file of the store; both would then have the same score.
            tool.scores = {name: scores[file] for name, file in tool.made.items()}

    def _butteraugli(self, tools: Mapping[str, Entrant], references: Mapping[str, Path]) -> dict[str, Any] | None:
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
                found[tool.name][format] = {"files": len(norms), "mean_3_norm": round(sum(norms) / len(norms), 3)}
        return found

    def _fixtures(self, judge: scoring.Scorer, present: Mapping[str, peers.Peer]) -> dict[str, Any]:
        """Awkward pictures at one width, ours beside Eleventy: bytes, and the score against Pillow's plain resize.

        The resamplers differ, so this score tells no codecs apart; it falls far where colours, transparency or the
        turn of a picture are lost.
        """
        from PIL import Image

        width = min(640, max(self.options.widths))
        asked = asking.jobs(corpus.fixtures(self._folder("fixtures", "made")), (width,))
        plain = self._folder("fixtures", "plain")
        for job in asked:
            at = job.widths[0]
            resized = asking.upright(job.file).resize((at, job.height_at(at)), Image.Resampling.LANCZOS)
            resized.save(plain / f"{job.stem}-{at}.png", compress_level=1)
        made = {}
        out = self._folder("fixtures", "imageseo")
        told = json.loads(self._ours(asked, out).out)["made"]
        made["imageseo"] = {name: Path(path) for name, path in told.items()}
        if "eleventy" in present:
            out = self._folder("fixtures", "eleventy")
            self._peer(present["eleventy"], asked, out, mode="defaults")
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

    def _folder(self, *parts: str) -> Path:
        path = self.scratch.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True)
        return path


def _missing(tool: Entrant, asked: Sequence[Job]) -> list[str]:
    wanted = {f"{name}.{format}" for name, format in asking.names(asked) if format in tool.formats}
    return sorted(wanted - tool.made.keys())


def _own_version() -> str:
    from PIL import __version__ as pillow
    from PIL import features

    from imageseo import __version__ as own

    return f"{own} with Pillow {pillow}, libavif {features.version('avif')}, libwebp {features.version('webp')}"


def _processors() -> int:
    return len(os.sched_getaffinity(0))


def _widths(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in text.split(","))


def _names(text: str) -> tuple[str, ...]:
    unknown = [name for name in text.split(",") if name and name not in peers.NAMES]
    if unknown:
        raise argparse.ArgumentTypeError(f"no peer is called {unknown[0]}; they are {', '.join(peers.NAMES)}")
    return tuple(name for name in text.split(",") if name)


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    from tests.bench.__main__ import main as command

    command(["encode", *sys.argv[1:]])


if __name__ == "__main__":
    main()
