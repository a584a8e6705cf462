"""The shared store: a cold build that fills it, a second machine with an empty cache, and warm builds.

python -m tests.bench store [--images 30] [--width 1600] [--rounds 5]

An S3 server (rclone) runs on loopback, behind a proxy that counts requests; so figures are upper bounds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.support import small_sites
from tests.support.proxies import proxy
from tests.support.s3_servers import BUCKET, rclone

_PAGE = (
    '<!doctype html><html lang="en"><head><title>Page {0}</title></head><body><main><article><h1>Page {0}</h1>'
    '<p><img src="{0}.jpg" alt="Photograph {0}"></p></article></main></body></html>'
)


def _site(project: Path, images: int, width: int) -> None:
    (project / "site").mkdir(parents=True)
    for number in range(images):
        (project / f"site/{number}.jpg").write_bytes(small_sites.photo(width, width * 2 // 3, seed=number))
        (project / f"site/{number}.html").write_text(_PAGE.format(number))


def _build(project: Path, environment: Mapping[str, str]) -> tuple[float, str]:
    """Return the seconds of a build, and what it says."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "imageseo", "build", "site"],
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return time.perf_counter() - start, done.stdout + done.stderr


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--images", type=int, default=30)
    parser.add_argument("--width", type=int, default=1600)
    parser.add_argument("--rounds", type=int, default=5)


def run(options: argparse.Namespace) -> dict[str, object]:
    """Return the figures."""
    with (
        tempfile.TemporaryDirectory() as name,
        rclone(Path(name) / "buckets") as server,
        proxy(server.endpoint) as told,
    ):
        root = Path(name)
        shared = {
            **server.environment,
            "AWS_ENDPOINT_URL": told.endpoint,
            "IMAGESEO_SITE_URL": "https://example.org/",
            "IMAGESEO_STORE__REMOTE": f"s3://{BUCKET}/imageseo",
            "IMAGESEO_STORE__REMOTE_MODE": "read-write",
        }
        alone = {"IMAGESEO_SITE_URL": "https://example.org/"}
        _site(root / "source", options.images, options.width)
        for machine in ("first", "second", "alone"):
            shutil.copytree(root / "source", root / machine)
        cold, _ = _build(root / "first", shared)
        written = len(told.requests)
        told.requests.clear()
        second, said = _build(root / "second", shared)
        read = len(told.requests)
        without, _ = _build(root / "alone", alone)
        warm: dict[str, list[float]] = {"second": [], "alone": []}
        for _ in range(options.rounds):
            for machine, environment in (("second", shared), ("alone", alone)):
                warm[machine].append(_build(root / machine, environment)[0])
        return {
            "cold without a store": round(without, 2),
            "cold, writing": round(cold, 2),
            "second machine": round(second, 2),
            "second / cold": round(second / cold, 3),
            "warm with / without": round(statistics.median(warm["second"]) / statistics.median(warm["alone"]), 3),
            "requests, writing": written,
            "requests, second machine": read,
            "second machine said": said.strip().splitlines(),
        }
