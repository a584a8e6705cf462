"""Schema of the settings of `imageseo measure`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from imageseo.config.fields import SettingsGroup, Text


class MeasureSettings(SettingsGroup, frozen=True, kw_only=True):
    """How `imageseo measure` opens pages."""

    chromium: Annotated[
        Text | None, Meta(description="Browser program; unset: $CHROME_PATH, else a program with a known name.")
    ] = None
    workers: Annotated[int, Meta(ge=1, le=32, description="Number of parallel browsers.")] = 2
    timeout: Annotated[
        float, Meta(ge=1, le=600, description="Seconds that a page may take to load before it counts as hanging.")
    ] = 15.0
