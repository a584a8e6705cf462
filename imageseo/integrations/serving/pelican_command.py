"""How Pelican was started: it does not pass its command line to plug-ins."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from types import FrameType


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """How Pelican was started. ``settings``: its configuration file. ``serves``: whether it reloads or listens."""

    settings: str | None = None
    serves: bool = False


def find_command() -> Command:
    """Return Pelican's command line, read from the call stack: Pelican does not pass it to plug-ins.

    The arguments of the process are no substitute: tasks call `pelican.main` with their own, and reloading may run in
    a separate process.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__") == "pelican" and frame.f_code.co_name in ("main", "autoreload"):
            args = frame.f_locals.get("args")
            if isinstance(args, argparse.Namespace):
                serves = frame.f_code.co_name == "autoreload" or bool(args.autoreload or args.listen)
                return Command(settings=args.settings, serves=serves)
        frame = frame.f_back
    return Command()
