"""avifenc or cwebp over a folder of resized pictures, a program a picture and one of them a processor.

python -m tests.bench.peers.programs avifenc|cwebp REQUEST.json
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def command(program: str, source: Path, target: Path) -> list[str]:
    """At the settings that sharp's defaults stand for (AVIF quality 50 at speed 6, WebP 80), one thread each."""
    if program == "cwebp":
        return ["cwebp", "-quiet", "-m", "4", "-q", "80", str(source), "-o", str(target)]
    told = subprocess.run(["avifenc", "--version"], capture_output=True, text=True, check=True).stdout
    known = re.search(r"Version: (\d+)", told)
    quality = ["-q", "50"] if known and int(known[1]) >= 1 else ["--min", "0", "--max", "63", "-a", "cq-level=32"]
    end = [] if "-q" in quality else ["-a", "end-usage=q"]
    return ["avifenc", "-j", "1", "-s", "6", "-y", "420", *quality, *end, str(source), str(target)]


def main() -> None:
    program, request = sys.argv[1], json.loads(Path(sys.argv[2]).read_text("utf-8"))
    suffix = {"avifenc": "avif", "cwebp": "webp"}[program]
    names = [f"{job['stem']}-{width}" for job in request["jobs"] for width in job["widths"]]
    inputs = sorted((Path(request["inputs"]) / f"{name}.png" for name in names), key=lambda path: -path.stat().st_size)
    processors = len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(processors) as executor:
        targets = [Path(request["out"]) / f"{path.stem}.{suffix}" for path in inputs]
        commands = [command(program, path, target) for path, target in zip(inputs, targets, strict=True)]
        for done in executor.map(lambda words: subprocess.run(words, capture_output=True, check=False), commands):
            if done.returncode:
                sys.exit(done.stderr.decode("utf-8", "replace"))


if __name__ == "__main__":
    main()
