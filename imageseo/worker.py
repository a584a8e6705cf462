"""The process that encodes: it is told what to make on stdin, and says what becomes of it on stdout."""

from __future__ import annotations

import os
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from imageseo import outfit
from imageseo.errors import ImageseoError
from imageseo.isolate import Began, Ended, Task, say
from imageseo.schedule import work_through
from imageseo.work import Source


def main() -> None:
    """Work through one task. Faults that a user can mend travel home; anything else ends the process."""
    # What a library prints must not come between the messages.
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        task: Task = pickle.load(sys.stdin.buffer)
        _limit(task.memory)

        def began(source: Source) -> None:
            say(out, Began(source.asset.sha256))

        try:
            tuner = outfit.tuner(task.settings, task.project)
            with ThreadPoolExecutor(max_workers=task.workers, thread_name_prefix="imageseo") as executor:
                for outcome in work_through(task.sources, tuner, executor, workers=task.workers, began=began):
                    say(out, outcome)
        except ImageseoError as error:
            say(out, Ended(error))
        else:
            say(out, Ended())


def _limit(memory: int) -> None:
    """Let no decoder take the machine's memory: it gets an error instead."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with suppress(OSError, ValueError):  # a smaller limit that stands already
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limit = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
