"""Pelican's log and console: errors, warnings, and the lines at the end of a build."""

from __future__ import annotations

import logging

from pelican.log import console  # type: ignore[import-untyped]
from rich.text import Text

log = logging.getLogger("pelican.plugins.imageseo")


class ImageseoFailed(SystemExit):
    """Ends Pelican with an exit code, after one message: for other exceptions Pelican 4.12 prints a traceback."""

    def __init__(self, message: str, exitcode: int = 1) -> None:
        super().__init__(exitcode)
        log.critical("imageseo: %s", message)


def print_summary(text: str) -> None:
    """Print the summary line like Pelican's own; not under `--quiet`."""
    if log.isEnabledFor(logging.ERROR):
        console.print(Text.from_ansi(f"imageseo: {text}"), soft_wrap=True)


class PelicanLogger:
    """Pelican's logger. Under `--fatal` it raises at the first warning; this class logs all warnings before raising."""

    def __init__(self) -> None:
        self._fatal: RuntimeError | None = None

    def debug(self, msg: object, *args: object, exc_info: bool = False) -> None:
        log.debug(msg, *args, exc_info=exc_info)

    def info(self, msg: object, *args: object) -> None:
        log.info(msg, *args)

    def warning(self, msg: object, *args: object) -> None:
        try:
            log.warning(msg, *args)
        except RuntimeError as error:
            self._fatal = error

    def error(self, msg: object, *args: object) -> None:
        try:
            log.error(msg, *args)
        except RuntimeError as error:
            self._fatal = error

    def end(self, *, serving: bool) -> None:
        """Raise the error of `--fatal`, if any."""
        if self._fatal is not None and not serving:
            raise self._fatal
