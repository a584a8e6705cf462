"""One program run: its wall time, the CPU it took, its peak memory and how busy it kept the processors meanwhile."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

TICK = 0.2
"""Seconds between two looks at /proc."""
_HERTZ = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Failure(Exception):
    """A program that did not do what it was asked; its last words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """``cpu``: user and system seconds, children included.

    ``rss_mb``: peak of the program and all it started; pages that they share are counted for each. ``pss_mb``: peak of
    what they really hold, shared pages counted once; 0 where the kernel does not tell, and for runs below ``TICK``.
    ``busy``: processors kept busy, at ``TICK`` seconds each. MB is 10^6 bytes.
    """

    wall: float
    cpu: float
    rss_mb: float
    out: str
    pss_mb: float = 0.0
    busy: tuple[float, ...] = field(default=())


def measure(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str | None] | None = None,
    cwd: Path | None = None,
    fine: Sequence[int] = (0,),
) -> Run:
    """Run a program to its end. Raises Failure when it ends with another code than the ``fine`` ones.

    ``env``: changes of the environment; None removes a variable.
    """
    changed = {**os.environ, **(env or {})}
    began = time.perf_counter()
    with subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={name: value for name, value in changed.items() if value is not None},
        cwd=cwd,
    ) as program:
        words: dict[str, bytes] = {}

        def listen(name: str) -> None:
            stream = getattr(program, name)
            words[name] = stream.read()

        ears = [threading.Thread(target=listen, args=(name,)) for name in ("stdout", "stderr")]
        for ear in ears:
            ear.start()
        watch = _Watch(program.pid)
        watch.start()
        # wait4 tells this program's own share; what the other children of ours took does not count.
        _, status, usage = os.wait4(program.pid, 0)
        wall = time.perf_counter() - began
        watch.stop()
        for ear in ears:
            ear.join()
        program.returncode = os.waitstatus_to_exitcode(status)
    if program.returncode not in fine:
        last = words["stderr"].decode("utf-8", "replace").strip()[-2000:]
        raise Failure(f"{command[0]} ended with {program.returncode}: {last}")
    peak = max(usage.ru_maxrss * 1024, watch.peak)
    return Run(
        wall=wall,
        cpu=usage.ru_utime + usage.ru_stime,
        rss_mb=peak / 1e6,
        out=words["stdout"].decode("utf-8", "replace"),
        pss_mb=watch.peak_held / 1e6,
        busy=tuple(watch.busy),
    )


@contextmanager
def cpu(spent: dict[str, float], name: str) -> Iterator[None]:
    """Adds this process's CPU seconds within the block to ``spent[name]``."""
    began = time.process_time()
    yield
    spent[name] += time.process_time() - began


class _Watch(threading.Thread):
    """Looks at a program and all that it started. ``peak``: pages that processes share are counted for each, a ceiling;
    ``peak_held``: they are counted once.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._over = threading.Event()
        self.peak = self.peak_held = 0
        self.busy: list[float] = []

    def run(self) -> None:
        before, then = 0.0, time.perf_counter()
        while not self._over.wait(TICK):
            seconds, memory, held = _tree(self._pid)
            now = time.perf_counter()
            self.peak, self.peak_held = max(self.peak, memory), max(self.peak_held, held)
            if seconds:
                self.busy.append(max(0.0, seconds - before) / (now - then))
                before, then = seconds, now

    def stop(self) -> None:
        self._over.set()
        self.join()


def _tree(pid: int) -> tuple[float, int, int]:
    """CPU seconds (those of children that have ended included) of a process and its descendants, and their resident
    bytes: shared pages counted for each, and once.
    """
    seconds, memory, held = 0.0, 0, 0
    waiting = [pid]
    while waiting:
        each = Path(f"/proc/{waiting.pop()}")
        try:
            fields = (each / "stat").read_text().rpartition(")")[2].split()
            seconds += sum(map(int, fields[11:15])) / _HERTZ
            memory += int(fields[21]) * _PAGE
            held += _proportional(each)
            for task in (each / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except OSError:  # it has just ended
            continue
    return seconds, memory, held


def _proportional(process: Path) -> int:
    """Resident bytes of a process, of each shared page its part; 0 where the kernel does not tell."""
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
