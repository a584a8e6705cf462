"""Mutated pages, images and other files, and what must hold for all of them.

python -m tests.fuzz [--minutes 2] [--seed 1] [--only pages|images|inputs] [--real DIR] [--cases DIR] [--no-browser]

The same seed tries the same inputs in the same order. What fails is made small and saved; exit code 1 then.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

from tests.fuzz.jobs import Failure, ImageJob, InputJob, Job, PageJob
from tests.fuzz.mutations import smallest
from tests.fuzz.project import peak_memory

_KINDS = ("pages", "images", "inputs")
_MAX_CASES = 20  # of one property: more say nothing new


def main(words: Sequence[str] | None = None) -> int:
    """Run for some minutes, print a summary, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--batches", type=int, default=None, help="stop after so many batches of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=_KINDS)
    parser.add_argument("--real", type=Path, help="a built site whose pages are mutated too")
    parser.add_argument("--cases", type=Path, default=Path("fuzz-cases"), help="folder for what fails")
    parser.add_argument("--no-browser", action="store_true", help="compare trees without Chromium")
    options = parser.parse_args(words)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        browser = None
        if not options.no_browser and options.only in (None, "pages"):
            from tests.fuzz.dom import doms

            browser = stack.enter_context(doms())
        jobs: dict[str, Job] = {}
        if options.only in (None, "pages"):
            jobs["pages"] = PageJob(folder / "pages", real=_real_pages(options.real), browser=browser)
        if options.only in (None, "images"):
            jobs["images"] = ImageJob(folder / "images")
        if options.only in (None, "inputs"):
            jobs["inputs"] = InputJob(folder / "inputs")
        return _run(jobs, options)


def _run(jobs: Mapping[str, Job], options: argparse.Namespace) -> int:
    end = time.monotonic() + options.minutes * 60
    tried: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    number = 0
    while time.monotonic() < end and (options.batches is None or number < options.batches):
        for kind, job in jobs.items():
            # the other files take a twentieth of the time of a batch of pages
            for part in range(6 if kind == "inputs" else 1):
                rnd = random.Random(f"{options.seed} {kind} {number} {part}")
                files = job.batch(rnd)
                tried[kind] += 1 if kind == "inputs" else len(files)
                for failure in _one_for_each(job.failures(files)):
                    failed[f"{kind} {failure.property}"] += 1
                    if failed[f"{kind} {failure.property}"] <= _MAX_CASES:
                        save(job, files, failure, options.cases / kind)
        number += 1
    print(f"seed {options.seed}, {number} batches, {peak_memory() >> 20} MiB at most")
    for kind in jobs:
        of_kind = {
            name.partition(" ")[2]: count for name, count in sorted(failed.items()) if name.startswith(f"{kind} ")
        }
        text = ", ".join(f"{count} {name}" for name, count in of_kind.items()) or "nothing failed"
        changed = f", {job.changed:,} changed" if isinstance(job := jobs[kind], PageJob) else ""
        print(f"{kind}: {tried[kind]:,} tried{changed}: {text}")
    if failed:
        print(f"see {options.cases}")
    return 1 if failed else 0


def _one_for_each(failures: Sequence[Failure]) -> list[Failure]:
    """Return one failure for each input and property."""
    return list({(each.name, each.property): each for each in failures}.values())


def save(job: Job, files: Mapping[str, bytes], failure: Failure, folder: Path) -> None:
    """Save the smallest set of files, and the smallest content, that still shows a failure."""

    def fails(tried: Mapping[str, bytes]) -> bool:
        return any(each.property == failure.property for each in job.failures(tried))

    culprits = (
        _fewest(dict(files), fails) if failure.name not in files else {str(failure.name): files[str(failure.name)]}
    )
    if not fails(culprits):
        culprits = dict(files)  # only together
    if len(culprits) == 1:
        name, data = next(iter(culprits.items()))
        culprits = {name: smallest(data, lambda part: fails({name: part}))}
    case = folder / f"{failure.property}-{sha256(repr(sorted(culprits.items())).encode()).hexdigest()[:10]}"
    for name, data in culprits.items():
        path = case / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (case / "failure.txt").write_text(f"{failure.name or ''}\n{failure.fault}\n", encoding="utf-8", errors="replace")


def _fewest(files: dict[str, bytes], fails: object) -> dict[str, bytes]:
    """Return few files that still fail together, by halves."""
    assert callable(fails)
    while len(files) > 1:
        names = sorted(files)
        halves = [names[: len(names) // 2], names[len(names) // 2 :]]
        smaller = next((part for half in halves if fails(part := {name: files[name] for name in half})), None)
        if smaller is None:
            return files
        files = smaller
    return files


def _real_pages(site: Path | None) -> list[bytes]:
    """Return pages of a built site that are small enough to be built thousands of times."""
    if site is None:
        return []
    paths = (path for path in sorted(site.rglob("*.html")) if path.stat().st_size < 60_000)
    return [path.read_bytes() for path in paths][:200]


if __name__ == "__main__":
    sys.exit(main())
