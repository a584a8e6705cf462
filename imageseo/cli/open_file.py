"""Open a file in the browser of the user."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from imageseo.cli.options import print_result


def open_in_browser(path: Path) -> None:
    """Show a file in the browser; without one, or without a display, only say where it is."""
    if not (_has_display() and _opened(path.resolve().as_uri())):
        print_result(f"no browser could be opened; the report is {path}")
        return
    print_result(f"opened {path}")


def _has_display() -> bool:
    """Whether a browser with windows can be opened: without a display Python would start one in the terminal."""
    if os.environ.get("BROWSER") or sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _opened(url: str) -> bool:
    import webbrowser

    try:
        return webbrowser.open(url)
    except (webbrowser.Error, OSError):
        return False
