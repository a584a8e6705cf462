"""What is said about an exception that foreign code raises."""

from __future__ import annotations

import re
from pathlib import PurePath

_LONGEST = 300
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+\b")  # of an object in memory: other in every run, and of no use


class UnfitPlugin(TypeError):
    """A module is not the plug-in that it should be; the message says why, without file and line."""


def describe_error(error: BaseException) -> str:
    """Return an exception in one line, and where it happened, without folders of this machine."""
    if isinstance(error, UnfitPlugin):
        return str(error)
    import traceback

    frames = [each for each in traceback.extract_tb(error.__traceback__) if not each.filename.startswith("<")]
    if frames and PurePath(frames[-1].filename).parent.name in ("importlib", "metadata"):
        frames = []  # the module itself was not found
    place = f" ({PurePath(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    if isinstance(error, SyntaxError) and error.filename:
        place, text = f" ({PurePath(error.filename).name}:{error.lineno})", error.msg
    else:
        text = error.strerror if isinstance(error, OSError) and error.strerror else _text(error)
    text = _ADDRESS.sub("", " ".join(text.split()))
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    return f"{type(error).__name__}: {text}{place}"


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # an exception whose own text cannot be made
        return "(no text)"
