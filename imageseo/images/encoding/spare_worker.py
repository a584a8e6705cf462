"""A process that waits for images to encode: for programs that build again and again, where its start takes longest."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

_START = "import sys; sys.path.append({path!r}); from imageseo.images.encoding.worker import main; main({spare})"


def start_worker(*, is_spare: bool = False, background: bool = False) -> subprocess.Popen[bytes]:
    """Start a process that reads one task from its input. Raises OSError.

    ``is_spare``: it does what it can before. ``background``: it has a session of its own.
    """
    # Appended to the path: finds a checkout that is not installed without shadowing other modules. The current
    # folder is left out (-P), because a file in it may have the name of a module.
    code = _START.format(path=str(Path(__file__).parents[3]), spare="is_spare=True" if is_spare else "")
    return subprocess.Popen(
        [sys.executable, "-P", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=background,
    )


class SpareWorker:
    """At most one process that has been started ahead. It ends with this process, when its input is closed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Start a process unless one is waiting; without one, the next build starts its own."""
        if self._process is None or self._process.poll() is not None:
            self.stop()
            with suppress(OSError):
                self._process = start_worker(is_spare=True)

    def take(self) -> subprocess.Popen[bytes] | None:
        """Return the process that is waiting; it is the caller's from now on."""
        process, self._process = self._process, None
        return process if process is not None and process.poll() is None else None

    def stop(self) -> None:
        """End the process that is waiting."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()
