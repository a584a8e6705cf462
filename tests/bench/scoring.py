"""Who judges the files: SSIMULACRA2 by a program, or by our own metric where no program is at hand.

    python -m tests.bench.scoring numpy|vszip REFERENCE FILE

prints one score, so that a Python of another version can be the program too. A file is always judged against the
picture that its own tool had resized: resamplers differ by more than codecs do.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from tests.bench.jobs import upright

VARIABLE = "IMAGESEO_BENCH_SCORER"
OWN = ("numpy", "vszip")
_FEW = 6  # pictures


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """``command``: words to be followed by two files without loss; one of ``OWN`` alone: our metric in process."""

    name: str
    command: tuple[str, ...]

    def scores(self, judged: Mapping[Path, Sequence[Path]]) -> dict[Path, float]:
        """Reference -> files to judge by it; the score of every file."""
        processors = len(os.sched_getaffinity(0))
        if len(judged) <= _FEW:  # processes would cost more than they spare
            return {
                file: score
                for reference, files in judged.items()
                for file, score in zip(files, _judge(self.command, reference, files), strict=True)
            }
        with ProcessPoolExecutor(processors, mp_context=get_context("spawn")) as executor:
            done = executor.map(_judge, [self.command] * len(judged), judged, judged.values())
            return {
                file: score
                for files, scores in zip(judged.values(), done, strict=True)
                for file, score in zip(files, scores, strict=True)
            }


def scorer(asked: str | None) -> Scorer:
    """What was asked for (a command, or one of ``OWN``), else ``ssimulacra2`` where installed, else our own."""
    asked = asked or os.environ.get(VARIABLE) or shutil.which("ssimulacra2")
    if asked and asked not in OWN:
        words = tuple(shlex.split(asked))
        if shutil.which(words[0]) is None:
            raise SystemExit(f"there is no scorer {words[0]}")
        return Scorer(name=Path(words[0]).name if len(words) == 1 else asked, command=words)
    if asked is None:
        from importlib.util import find_spec

        asked = "vszip" if find_spec("vapoursynth") is not None else "numpy"
    return Scorer(name=f"imageseo.metrics ({asked})", command=(asked,))


def butteraugli(pairs: Sequence[tuple[Path, Path]]) -> list[float] | None:
    """Butteraugli's 3-norm of each pair (reference, file), smaller is better; None without ``butteraugli_main``."""
    program = shutil.which("butteraugli_main")
    if program is None:
        return None

    def norm(pair: tuple[Path, Path]) -> float:
        with tempfile.TemporaryDirectory() as folder:
            words = [program, str(pair[0]), str(_without_loss(pair[1], Path(folder)))]
            said = subprocess.run(words, capture_output=True, text=True, check=True)
        found = re.search(r"3-norm: ([0-9.]+)", said.stdout + said.stderr)
        assert found is not None, said.stdout
        return float(found[1])

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as executor:
        return list(executor.map(norm, pairs))


def _judge(command: tuple[str, ...], reference: Path, files: Sequence[Path]) -> list[float]:
    if command[0] not in OWN:
        with tempfile.TemporaryDirectory() as folder:
            return [_ask([*command, reference, _without_loss(file, Path(folder))]) for file in files]
    from imageseo.images.encoding import factory

    metric = factory.metrics(command[0])
    picture = upright(reference)
    known = metric.reference(picture)
    return [float(metric.score(known, upright(file).convert(picture.mode))) for file in files]


def _without_loss(file: Path, folder: Path) -> Path:
    path = folder / f"{file.name}.png"
    upright(file).save(path, compress_level=1)
    return path


def _ask(words: Sequence[str | Path]) -> float:
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    number = re.search(r"-?\d+(?:\.\d+)?", said)
    assert number is not None, f"{words[0]} said no number: {said!r}"
    return float(number[0])


def main() -> None:
    which, reference, file = sys.argv[1:]
    print(_judge((which,), Path(reference), [Path(file)])[0])


if __name__ == "__main__":
    main()
