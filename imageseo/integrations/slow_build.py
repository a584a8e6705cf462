"""One line at the end of a long build: what would make the next one faster."""

from __future__ import annotations

from collections.abc import Callable

from imageseo.config.settings import Settings
from imageseo.integrations.progress import duration
from imageseo.model import extras
from imageseo.model.protocols import Result

LONG = 60.0
"""Seconds from which a build is long."""


def tell_advice(settings: Settings, result: Result, seconds: float, tell: Callable[[str], None]) -> None:
    """Print the line for a build that took long, if it encoded anything. ``tell``: prints a line."""
    line = advice(settings, seconds, int(result.summary.get("encoded", 0)))
    if line is not None:
        tell(line)


def advice(settings: Settings, seconds: float, encoded: int) -> str | None:
    """Return the line for a build that took ``seconds`` and encoded that many variants; None if there is none."""
    if seconds < LONG or not encoded:
        return None
    cached = f"Keep {settings.cache_dir} between builds, in CI too: then only new images are encoded"
    faster = []
    if settings.encode.resizer != "vips":
        faster.append(f"`encode.resizer: vips` ({extras.install_command('vips')}) halves the time to shrink images")
    if settings.encode.avif_encoder != "svt" and "avif" in settings.formats and settings.profile != "fast":
        faster.append(
            f"`encode.avif_encoder: svt` ({extras.install_command('svt')}) encodes AVIF of photographs twice as fast, "
            "8 % larger"
        )
    return f"this build took {duration(seconds)} to encode {encoded} variants. " + "; ".join([cached, *faster])
